//! Thirty seconds of the soak; `cargo run --release -p jetbridge-conformance --bin soak -- 600` is the whole of it.

use std::process::Stdio;
use std::time::Duration;

#[tokio::test]
async fn a_pool_survives_thirty_seconds_of_kills_and_cuts_and_leaves_nothing_behind() {
    let soak = tokio::process::Command::new(env!("CARGO_BIN_EXE_soak"))
        .arg("30")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    // The first run may have to fetch and build the server.
    let soak = tokio::time::timeout(Duration::from_secs(240), soak).await;
    let soak = soak.expect("the soak does not end").expect("the soak starts");
    let said = [soak.stdout, soak.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(soak.status.success(), "{}:\n{said}", soak.status);
    assert!(
        said.contains("left on the server after the close: 0 sessions"),
        "{said}"
    );
}
