//! The comparison with the peers, in small: it has to work on the day somebody wants its numbers.

use jetbridge_conformance::server::NotRun;

#[tokio::test]
async fn every_client_of_the_comparison_does_its_work() {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_compare"));
    let output = command.arg("--quick").kill_on_drop(true).output().await.unwrap();
    let tables = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    if let Some((_, reason)) = errors.split_once("NOT RUN: toxiproxy") {
        NotRun::new("toxiproxy", reason.trim()).report();
        return;
    }
    assert!(output.status.success(), "{errors}\n{tables}");
    let rows = tables
        .lines()
        .filter(|line| line.starts_with("| ") && !line.contains("---"));
    let (failed, whole): (Vec<_>, Vec<_>) = rows.partition(|line| line.matches(" | ").count() == 1);
    for line in &failed {
        assert!(line.contains("NOT RUN"), "{line}");
        NotRun::new("a peer of the comparison", *line).report();
    }
    for client in ["plain TCP", "Jetbridge", "arrow-flight"] {
        assert!(
            whole.iter().any(|line| line.contains(client)),
            "{client} in {tables}"
        );
    }
}
