//! The table of `docs/reliability.md`.

use std::path::PathBuf;

use jetbridge_conformance::fault::peers::Peer;
use jetbridge_conformance::fault::{FaultServer, cases, peer_cells, table};
use jetbridge_conformance::require;

const BEGIN: &str = "<!-- The cases: generated, see below. -->\n";
const END: &str = "<!-- The end of the cases. -->\n";

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Ours is what the other tests hold; the peers' cells are measured where `JETBRIDGE_PEERS` is set.
#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_the_page_is_true() {
    let store = file("src/fault/peers.tsv");
    if std::env::var_os("JETBRIDGE_PEERS").is_some() {
        let measured = require!(measure().await);
        std::fs::write(&store, peer_cells::write(&measured)).unwrap();
    }
    let peers = peer_cells::read(&std::fs::read_to_string(&store).unwrap());
    let names: Vec<_> = cases().iter().map(|case| case.name).collect();
    for name in &names {
        assert!(
            peers.contains_key(*name),
            "{name} was not measured: JETBRIDGE_PEERS=1 measures the peers"
        );
    }
    assert_eq!(
        peers.len(),
        names.len(),
        "the peers were measured with cases there are no longer"
    );
    let page = file("../docs/reliability.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let (before, rest) = text
        .split_once(BEGIN)
        .expect("the page has a place for the table");
    let (_, after) = rest.split_once(END).expect("the place ends");
    let fresh = format!("{before}{BEGIN}{}\n{END}{after}", table(&peers));
    if std::env::var_os("JETBRIDGE_BLESS").is_some() {
        std::fs::write(&page, &fresh).unwrap();
    }
    assert!(
        std::fs::read_to_string(&page).unwrap() == fresh,
        "docs/reliability.md is stale: JETBRIDGE_BLESS=1 cargo test -p jetbridge-conformance --test faults refreshes it"
    );
}

async fn measure() -> Result<peer_cells::PeerCells, jetbridge_conformance::server::NotRun> {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_fault"));
    let mut measured = peer_cells::PeerCells::new();
    for case in cases() {
        let mut cells = Vec::new();
        for peer in Peer::ALL {
            let server = FaultServer::start(case.script(), 0).await.expect("a free port");
            cells.push(peer.run(&case, server.address(), &program).await?);
        }
        measured.insert(case.name.to_owned(), cells.try_into().expect("three cells"));
    }
    Ok(measured)
}
