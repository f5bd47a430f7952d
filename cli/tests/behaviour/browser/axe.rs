//! What [axe-core](https://github.com/dequelabs/axe-core) finds in a page as it is now. It is installed by `.ci/install-tools`.

use std::env;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Browser;

/// Checks a state of a page against axe's rules, its best practices among them. The driver runs scripts past the page's policy; style sheets
/// are not loaded once more, which the policy would forbid.
pub(super) async fn assert_accessible(browser: &Browser, what: &str) {
    if browser.session.run("return typeof axe").await == "undefined" {
        let path = tools().join("node/node_modules/axe-core/axe.min.js");
        let axe =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        browser.session.run(&axe).await;
    }
    let run = "return axe.run({ preload: false }).then(({ violations }) => violations)";
    let found = browser.session.run(run).await;
    let findings: Vec<_> = found.as_array().unwrap().iter().flat_map(findings).collect();
    assert!(findings.is_empty(), "{what}:\n{}", findings.join("\n"));
}

/// A line for each place where a rule is broken.
fn findings(violation: &Value) -> impl Iterator<Item = String> {
    violation["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| format!("{} at {}: {}", violation["id"], json!(node["target"]), node["failureSummary"]))
}

/// Where `.ci/install-tools` puts what it installs.
pub(super) fn tools() -> PathBuf {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/ci-tools");
    env::var_os("CI_TOOLS").map_or(installed, PathBuf::from)
}
