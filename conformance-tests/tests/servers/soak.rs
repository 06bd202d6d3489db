//! Thirty seconds of the soak; `cargo run --release -p jetbridge-conformance --bin soak -- 600` is the whole of it.

use jetbridge_conformance::server::Program;

#[tokio::test]
async fn a_pool_survives_thirty_seconds_of_kills_and_cuts_and_leaves_nothing_behind() {
    let soak = Program::new("soak", env!("CARGO_BIN_EXE_soak"))
        .arg("30")
        .says("connected, ")
        .ready_within(std::time::Duration::from_secs(180))
        .start()
        .await;
    let soak = soak.unwrap_or_else(|failed| panic!("{failed}"));
    let begun = std::time::Instant::now();
    let ended = loop {
        match soak.exit_status() {
            Some(ended) => break ended,
            None => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
        assert!(begun.elapsed().as_secs() < 60, "the soak does not end");
    };
    assert!(ended.success(), "{}", soak.log());
    eprintln!("{}", soak.log());
}
