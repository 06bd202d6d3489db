//! What has run, and what is known about it: nothing runs twice, and a commit whose answer is lost is said to be in doubt.

use jetbridge::{Kind, Session};
use jetbridge_conformance::check::runs;
use jetbridge_conformance::server::{Direction, Toxic};
use jetbridge_conformance::{require, server};
use jetbridge_reference_server::ReferenceServer;

const CUT: Toxic = Toxic::LimitData { bytes: 0 };

#[tokio::test]
async fn a_commit_cut_in_transit_is_in_doubt_and_never_sent_twice() {
    let toxiproxy = require!(server::toxiproxy().await);
    for run in 0..runs(10, 100) {
        for place in ["before it is sent", "on its way", "on the way back"] {
            let server = ReferenceServer::builder().serve().await.unwrap();
            let direct = Session::connect(server::uri_of(server.address())).await.unwrap();
            direct.update("CREATE TABLE t (a INTEGER)").await.unwrap();
            let proxy = toxiproxy.proxy(server.address()).await;
            let mut session = Session::connect(format!("{}&close_timeout=1s", proxy.uri()))
                .await
                .unwrap();
            let transaction = session.begin().await.unwrap();
            transaction.update("INSERT INTO t VALUES (1)").await.unwrap();
            match place {
                "before it is sent" => {
                    proxy.disable().await;
                    // Only once the session has noticed is the commit surely not sent.
                    while transaction.ping().await.is_ok() {}
                }
                "on its way" => drop(proxy.add(CUT, Direction::Upstream).await),
                _ => drop(proxy.add(CUT, Direction::Downstream).await),
            }
            let error = transaction.commit().await.unwrap_err();
            let expected = if place == "before it is sent" {
                Kind::Connection
            } else {
                Kind::CommitOutcomeUnknown
            };
            assert_eq!(error.kind(), expected, "{place}, run {run}: {error}");
            assert_eq!(
                error.is_retryable(),
                expected == Kind::Connection,
                "{place}, run {run}: {error}"
            );
            let counters = server.counters();
            let ends = counters.action("EndTransaction");
            let commits = if place == "on the way back" { 1 } else { 0 };
            assert!(ends <= commits + 1, "{place}, run {run}: {ends} ends");
            if place == "on the way back" {
                let rows = direct
                    .query("SELECT a FROM t")
                    .await
                    .unwrap()
                    .fetch_all()
                    .await
                    .unwrap();
                assert_eq!(rows.len(), 1, "{place}, run {run}");
            }
        }
    }
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[tokio::test]
async fn no_statement_runs_twice_whatever_the_network_does() {
    let toxiproxy = require!(server::toxiproxy().await);
    let server = ReferenceServer::builder().serve().await.unwrap();
    let direct = Session::connect(server::uri_of(server.address())).await.unwrap();
    direct.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    let mut dice = Dice(0x5eed);
    let (mut failed, mut reads) = (0, 0);
    for n in 0..runs(100, 500) {
        let proxy = toxiproxy.proxy(server.address()).await;
        let Ok(session) = Session::connect(format!("{}&close_timeout=1s", proxy.uri())).await else {
            panic!("nothing is cut yet");
        };
        session.ping().await.unwrap();
        let direction = match dice.below(2) {
            0 => Direction::Upstream,
            _ => Direction::Downstream,
        };
        proxy
            .add(
                Toxic::LimitData {
                    bytes: dice.below(2500),
                },
                direction,
            )
            .await;
        let update = format!("INSERT INTO t VALUES ({n})");
        let query = format!("SELECT a FROM t WHERE a < {n} /* query {n} */");
        let before = server.counters().do_get;
        let updated = session.update(&update).await;
        let queried = async { session.query(&query).await?.fetch_all().await }.await;
        failed += usize::from(updated.is_err()) + usize::from(queried.is_err());
        let counters = server.counters();
        assert!(counters.executions(&update) <= 1, "{n}: {:?}", counters.executed);
        assert!(counters.executions(&query) <= 1, "{n}: {:?}", counters.executed);
        assert!(
            counters.do_get - before <= 1,
            "{n}: a ticket was read {} times",
            counters.do_get - before
        );
        if updated.is_ok() {
            assert_eq!(counters.executions(&update), 1, "{n}");
        }
        reads += counters.do_get - before;
    }
    assert!(failed > 20 && reads > 10, "{failed} failed, {reads} were read");
}
