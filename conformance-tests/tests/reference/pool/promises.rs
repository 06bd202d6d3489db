//! The table of promises in the guide names tests that exist.

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_promise_of_the_guide_names_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut code = String::new();
    for folder in ["pool/src", "pool/tests", "conformance-tests/tests"] {
        sources(&root.join(folder), &mut code);
    }
    let guide = std::fs::read_to_string(root.join("docs/guide/pooling.md")).unwrap();
    let (_, table) = guide.split_once("## What is promised").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(2);
    let mut named = 0;
    for row in rows {
        let proof = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let tests: Vec<_> = proof.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test proves: {row}");
        for test in tests {
            assert!(code.contains(&format!("fn {test}()")), "there is no test {test}");
            named += 1;
        }
    }
    assert!(named > 40, "{named}");
}
