//! The tables of what is proved name tests that exist.

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "rs" || extension == "py")
        {
            found.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// The rows of a table with the tests that each names, as they stand in its last column.
fn proofs<'a>(page: &'a str, heading: &str) -> Vec<(&'a str, Vec<&'a str>)> {
    let (_, table) = page.split_once(heading).unwrap();
    let rows = table
        .lines()
        .skip_while(|line| !line.starts_with("| "))
        .take_while(|line| line.starts_with('|'));
    rows.skip(2)
        .map(|row| {
            let proof = row.trim_end_matches('|').rsplit('|').next().unwrap();
            (row, proof.split('`').skip(1).step_by(2).collect())
        })
        .collect()
}

fn every_test_exists(page: &str, heading: &str, folders: &[&str]) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut code = String::new();
    for folder in folders {
        sources(&root.join(folder), &mut code);
    }
    let page = std::fs::read_to_string(root.join(page)).unwrap();
    let mut named = 0;
    for (row, tests) in proofs(&page, heading) {
        assert!(!tests.is_empty(), "no test proves: {row}");
        for test in tests {
            let exists = ["fn ", "def "]
                .iter()
                .any(|word| code.contains(&format!("{word}{test}(")));
            assert!(exists, "there is no test {test}");
            named += 1;
        }
    }
    named
}

#[test]
fn every_promise_of_the_guide_names_a_test_that_exists() {
    let folders = ["pool/src", "pool/tests", "conformance-tests/tests"];
    let named = every_test_exists("docs/guide/pooling.md", "## What is promised", &folders);
    assert!(named > 40, "{named}");
}

#[test]
fn every_line_of_the_page_on_reliability_names_a_test_that_exists() {
    let folders = [
        "driver/src",
        "driver/tests",
        "pool/src",
        "pool/tests",
        "conformance-tests/tests",
        "bindings/python/tests",
    ];
    let named = every_test_exists("docs/reliability.md", "## What is proved", &folders);
    assert!(named > 60, "{named}");
}
