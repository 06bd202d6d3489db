//! The pool.

mod broken;
mod cancelled;
mod closed;
mod hosts;
mod idle;
mod promises;
mod returned;
mod statements;

use jetbridge::{Kind, Session};
use jetbridge_pool::Pool;
use jetbridge_reference_server::{ReferenceServer, Running};

use crate::string;

/// A server, and a pool of it with these options.
async fn pool(options: &str) -> (Running, Pool) {
    let server = ReferenceServer::builder().serve().await.unwrap();
    let pool = Pool::connect(format!("{}&{options}", string(&server)))
        .await
        .unwrap();
    (server, pool)
}

/// The one number that a query gives.
async fn number(session: &Session, sql: &str) -> jetbridge::Result<i64> {
    let mut cursor = session.query(sql.to_owned()).await?;
    let rows = cursor.fetch_all().await?;
    assert_eq!(rows.len(), 1, "{sql}");
    rows[0].get(0)
}

/// Waits until something holds that happens in the background.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{what}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn sessions_come_from_one_string_and_go_back() {
    let server = ReferenceServer::builder().serve().await.unwrap();
    let pool = Pool::connect(format!("{}&pool_max_size=4", string(&server)))
        .await
        .unwrap();
    for _ in 0..10 {
        let session = pool.get().await.unwrap();
        assert_eq!(
            session
                .query("SELECT 1")
                .await
                .unwrap()
                .fetch_all()
                .await
                .unwrap()
                .len(),
            1
        );
    }
    let status = pool.status();
    assert_eq!((status.size, status.idle, status.max_size), (1, 1, 4));
    pool.close().await.unwrap();
    assert_eq!(pool.get().await.unwrap_err().kind(), Kind::State);
}

#[tokio::test]
async fn a_full_pool_says_how_full_it_is() {
    let server = ReferenceServer::builder().serve().await.unwrap();
    let options = "pool_max_size=2&pool_acquire_timeout=50ms";
    let pool = Pool::connect(format!("{}&{options}", string(&server)))
        .await
        .unwrap();
    let _held = (pool.get().await.unwrap(), pool.get().await.unwrap());
    let error = pool.get().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(error.message().contains("2 of 2 in use"), "{error}");
}

#[tokio::test]
async fn a_returned_session_is_rolled_back() {
    let server = ReferenceServer::builder().serve().await.unwrap();
    let pool = Pool::connect(format!("{}&pool_max_size=1", string(&server)))
        .await
        .unwrap();
    let session = pool.get().await.unwrap();
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    session.set_autocommit(false).await.unwrap();
    session.update("INSERT INTO t VALUES (1)").await.unwrap();
    drop(session);
    let session = pool.get().await.unwrap();
    assert!(session.autocommit().await);
    let mut cursor = session.query("SELECT count(*) FROM t").await.unwrap();
    assert_eq!(
        cursor.fetch_one().await.unwrap().unwrap().get::<i64>(0).unwrap(),
        0
    );
    assert_eq!(server.counters().open_transactions, 0);
}

#[tokio::test]
async fn a_wrong_password_is_known_when_the_pool_connects() {
    let server = ReferenceServer::builder()
        .users([("ada", "x")])
        .serve()
        .await
        .unwrap();
    let error = Pool::connect(format!("flightsql://ada:y@{}?transport=tcp", server.address()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Authentication);
}

#[tokio::test]
async fn a_pool_begins_with_its_least_and_refuses_more_who_wait_than_it_may() {
    let server = ReferenceServer::builder().serve().await.unwrap();
    let options = "pool_max_size=2&pool_min_idle=2&pool_max_waiting=1";
    let pool = Pool::connect(format!("{}&{options}", string(&server)))
        .await
        .unwrap();
    assert_eq!(pool.status().idle, 2);
    let held = (pool.get().await.unwrap(), pool.get().await.unwrap());
    let waiting = pool.get();
    let refused = async {
        while pool.status().waiting == 0 {
            tokio::task::yield_now().await;
        }
        let refused = pool.get().await;
        drop(held);
        refused.unwrap_err()
    };
    let (served, refused) = tokio::join!(waiting, refused);
    served.unwrap();
    assert_eq!(refused.kind(), Kind::Resource);
}

#[tokio::test]
async fn a_pool_goes_on_with_the_second_host_when_the_first_is_gone() {
    let (first, second) = (
        ReferenceServer::builder().serve().await.unwrap(),
        ReferenceServer::builder().serve().await.unwrap(),
    );
    let string = format!(
        "flightsql://{},{}?transport=tcp&pool_max_size=2",
        first.address(),
        second.address()
    );
    let pool = Pool::connect(string).await.unwrap();
    let peer = pool.get().await.unwrap().peer().to_owned();
    assert_eq!(peer, first.address().to_string());
    first.shutdown().await.unwrap();
    let mut failures = 0;
    loop {
        let session = pool.get().await.unwrap();
        match session.query("SELECT 1").await {
            Ok(_) => break assert_eq!(session.peer(), second.address().to_string()),
            Err(error) => assert_eq!(error.kind(), Kind::Connection, "{error}"),
        }
        failures += 1;
        assert!(failures <= 2, "the pool does not leave the host that is gone");
    }
}

/// Compiles only as long as every future is `Send` in a function that the compiler knows nothing else about.
#[tokio::test]
async fn every_call_can_be_made_in_a_task_of_its_own() {
    async fn work(pool: Pool) -> jetbridge::Result<usize> {
        let mut session = pool.get().await?;
        session.update("CREATE TABLE t (a INTEGER)").await?;
        let insert = session.prepare("INSERT INTO t VALUES (?)").await?;
        insert.update((7,)).await?;
        let transaction = session.begin().await?;
        transaction.execute("INSERT INTO t VALUES (8)").await?;
        transaction.commit().await?;
        let mut cursor = session
            .statement("SELECT a FROM t WHERE a > ?")
            .bind((7,))
            .query()
            .await?;
        let rows = cursor.fetch_many(10).await?;
        session.catalog().table_types().await?;
        Ok(rows.len())
    }
    let server = ReferenceServer::builder().serve().await.unwrap();
    let pool = Pool::connect(string(&server)).await.unwrap();
    assert_eq!(tokio::spawn(work(pool)).await.unwrap().unwrap(), 1);
}
