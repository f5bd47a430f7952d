//! The committed corpus, through every target.

use std::path::Path;

use fuzz_targets::TARGETS;

#[test]
fn the_committed_corpus_finds_nothing() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let files =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut tried = 0;
        for file in files {
            let path = file.unwrap().path();
            println!("{}", path.display());
            target(&std::fs::read(&path).unwrap());
            tried += 1;
        }
        assert!(tried >= 10, "{name} has {tried} files");
    }
}
