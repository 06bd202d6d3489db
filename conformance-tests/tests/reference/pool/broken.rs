//! After whatever error, the next user gets a session that works.

use std::time::Duration;

use futures::FutureExt as _;
use jetbridge::Kind;
use jetbridge_conformance::relay::Relay;
use jetbridge_pool::{Closed, Pool};
use jetbridge_reference_server::ReferenceServer;

use super::{number, until};

const ROUNDS: usize = 25;

/// Twelve ways in which a session can be handed back after something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    Syntax,
    NoTable,
    BadParameter,
    WrongType,
    Deadline,
    Cancelled,
    ShortResult,
    StreamFails,
    DroppedResult,
    DroppedCall,
    Panic,
    Cut,
}

const ALL: [Mishap; 12] = [
    Mishap::Syntax,
    Mishap::NoTable,
    Mishap::BadParameter,
    Mishap::WrongType,
    Mishap::Deadline,
    Mishap::Cancelled,
    Mishap::ShortResult,
    Mishap::StreamFails,
    Mishap::DroppedResult,
    Mishap::DroppedCall,
    Mishap::Panic,
    Mishap::Cut,
];

async fn suffer(mishap: Mishap, pool: &Pool, relay: &Relay) {
    let session = pool.get().await.unwrap();
    let many = "SELECT value FROM generate_series(1, 100000) /* rows_per_batch=100 */";
    match mishap {
        Mishap::Syntax => drop(session.query("SELEC 1").await.unwrap_err()),
        Mishap::NoTable => drop(session.query("SELECT * FROM nowhere").await.unwrap_err()),
        Mishap::BadParameter => {
            let statement = session.prepare("SELECT ?, ?").await.unwrap();
            drop(statement.query((1,)).await);
        }
        Mishap::WrongType => {
            let mut cursor = session.query("SELECT 'text'").await.unwrap();
            let row = cursor.fetch_one().await.unwrap().unwrap();
            assert_eq!(row.get::<i64>(0).unwrap_err().kind(), Kind::Conversion);
        }
        Mishap::Deadline => {
            let options = jetbridge::CallOptions::new().timeout(Duration::from_millis(5));
            let error = session
                .flight_info("SELECT 1 /* delay=10s */", options)
                .await
                .unwrap_err();
            assert_eq!(error.kind(), Kind::Timeout);
        }
        Mishap::Cancelled => {
            let statement = session.statement(many);
            let handle = statement.cancel_handle();
            let mut cursor = statement.query().await.unwrap();
            cursor.fetch_one().await.unwrap();
            handle.cancel().await.unwrap();
            while cursor.fetch_one().await.is_ok() {}
        }
        Mishap::ShortResult => {
            let mut cursor = session.query("SELECT 1 /* total_records=7 */").await.unwrap();
            assert_eq!(cursor.fetch_all().await.unwrap_err().kind(), Kind::Protocol);
        }
        Mishap::StreamFails => {
            let sql = "SELECT value FROM generate_series(1, 1000) /* rows_per_batch=100 die_after=3 */";
            let mut cursor = session.query(sql).await.unwrap();
            cursor.fetch_all().await.unwrap_err();
        }
        Mishap::DroppedResult => {
            let mut cursor = session.query(many).await.unwrap();
            cursor.fetch_one().await.unwrap();
        }
        Mishap::DroppedCall => {
            let query = session.query("SELECT 1 /* delay=10s */");
            let dropped = tokio::time::timeout(Duration::from_millis(2), query).await;
            assert!(dropped.is_err());
        }
        Mishap::Panic => {
            let user = std::panic::AssertUnwindSafe(async move {
                let _session = session;
                std::panic::resume_unwind(Box::new("the user's own mistake"));
            });
            assert!(user.catch_unwind().await.is_err());
        }
        Mishap::Cut => {
            let mut cursor = session.query(many).await.unwrap();
            cursor.fetch_one().await.unwrap();
            relay.cut();
            let ended = async {
                while cursor.fetch_one().await?.is_some() {}
                Ok::<_, jetbridge::Error>(())
            };
            // What had arrived before may be all of it.
            drop(ended.await);
            drop(session.query("SELECT 1").await);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_went_wrong_the_next_user_gets_a_session_that_works() {
    for mishap in ALL {
        let server = ReferenceServer::builder().serve().await.unwrap();
        let relay = Relay::to(server.address()).await;
        let string = format!(
            "flightsql://{}?transport=tcp&pool_max_size=1&row_count_check=error&idle_timeout=20s",
            relay.address()
        );
        let pool = Pool::connect(string).await.unwrap();
        let begun = std::time::Instant::now();
        for round in 0..ROUNDS {
            suffer(mishap, &pool, &relay).await;
            let session = pool.get().await.unwrap();
            let expected = i64::try_from(round).unwrap();
            let answer = number(&session, &format!("SELECT {expected}")).await;
            assert_eq!(
                answer.unwrap_or_else(|error| panic!("{mishap:?}: {error}")),
                expected
            );
        }
        eprintln!("{mishap:?}: {:?}", begun.elapsed());
        let broken = pool.metrics().closed_for(Closed::Broken);
        let doubtful = [Mishap::ShortResult, Mishap::Cut];
        assert!(
            !doubtful.contains(&mishap) || broken >= 5,
            "{mishap:?}: {broken} were ended"
        );
        pool.close().await.unwrap();
        let counters = server.counters();
        assert_eq!(
            (
                counters.open_sessions,
                counters.open_transactions,
                counters.open_statements
            ),
            (0, 0, 0),
            "{mishap:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_restarts_under_load_is_found_again_by_all() {
    let server = ReferenceServer::builder().serve().await.unwrap();
    let address = server.address();
    let string = format!("flightsql://{address}?transport=tcp&pool_max_size=8");
    let pool = Pool::connect(string).await.unwrap();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let answered = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (pool, stop, answered) = (
            pool.clone(),
            std::sync::Arc::clone(&stop),
            std::sync::Arc::clone(&answered),
        );
        tasks.spawn(async move {
            let mut errors = 0_u32;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let answer = async { number(&*pool.get().await?, "SELECT 1").await };
                match answer.await {
                    Ok(_) => {
                        answered.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    }
                    Err(_) => errors += 1,
                }
                tokio::task::yield_now().await;
            }
            errors
        });
    }
    until("nobody is served", async || {
        answered.load(std::sync::atomic::Ordering::Relaxed) > 100
    })
    .await;
    drop(server);
    until("nobody tries to connect", async || {
        pool.metrics().connect_failed > 0
    })
    .await;
    // The pauses between attempts are what is looked at.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let while_down = pool.metrics().connect_failed;
    assert!(while_down <= 20, "{while_down} attempts in a second");
    let again = loop {
        match ReferenceServer::builder().listen(address).serve().await {
            Ok(server) => break server,
            // The port is still being given back.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    let back = std::time::Instant::now();
    number(&pool.get().await.unwrap(), "SELECT 1").await.unwrap();
    let found = back.elapsed();
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut errors = 0;
    while let Some(done) = tasks.join_next().await {
        errors += done.unwrap();
    }
    eprintln!("{errors} errors, {while_down} attempts while it was down, found again after {found:?}");
    // In flight when it died: the eight sessions; each may have been lent once more over the same dead channel.
    assert!((1..=32).contains(&errors), "{errors} errors");
    assert!(found < Duration::from_secs(20), "{found:?}");
    drop(again);
}
