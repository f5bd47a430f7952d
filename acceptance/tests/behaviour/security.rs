//! `SECURITY.md` names the tests that show what it says: each of them has to exist.

use std::collections::BTreeSet;
use std::path::Path;

/// The names `module::test` in the document.
fn named() -> BTreeSet<(String, String)> {
    let document = include_str!("../../../SECURITY.md");
    let quoted = document.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|text| text.split_once("::"))
        .map(|(module, test)| (module.into(), test.into()))
        .collect()
}

#[test]
fn every_test_that_is_named_exists() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/behaviour");
    let named = named();
    assert!(named.len() > 40, "{} tests are named", named.len());
    for (module, test) in named {
        let source = std::fs::read_to_string(folder.join(format!("{module}.rs"))).expect("the module's file");
        let (before, _) =
            source.split_once(&format!("fn {test}()")).unwrap_or_else(|| panic!("{module}::{test}"));
        let before = before.trim_end_matches("async ");
        let mut attributes = before.lines().rev().take_while(|line| line.starts_with("#["));
        assert!(attributes.any(|line| line.contains("test")), "{module}::{test} is no test");
    }
}
