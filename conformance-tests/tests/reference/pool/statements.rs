//! Statements that sessions keep prepared.

use super::pool;

#[tokio::test]
async fn a_statement_is_prepared_once_for_all_loans_of_a_session() {
    let (server, pool) = pool("pool_max_size=1").await;
    for expected in 0..10_i64 {
        let session = pool.get().await.unwrap();
        let statement = session.prepare_cached("SELECT ?").await.unwrap();
        let mut cursor = statement.query((expected,)).await.unwrap();
        let row = cursor.fetch_one().await.unwrap().unwrap();
        assert_eq!(row.get::<i64>(0).unwrap(), expected);
    }
    assert_eq!(server.counters().action("CreatePreparedStatement"), 1);
    assert_eq!(pool.metrics().connected, 1);
    pool.close().await.unwrap();
    assert_eq!(server.counters().open_statements, 0);
}

#[tokio::test]
async fn the_statement_used_longest_ago_makes_room_and_is_closed_on_the_server() {
    let (server, pool) = pool("pool_max_size=1&pool_statement_cache_size=2").await;
    let session = pool.get().await.unwrap();
    for sql in ["SELECT 1", "SELECT 2", "SELECT 1", "SELECT 3", "SELECT 1"] {
        session.prepare_cached(sql).await.unwrap();
    }
    session.settle().await;
    let counters = server.counters();
    assert_eq!(counters.open_statements, 2);
    assert_eq!(
        counters.action("CreatePreparedStatement"),
        3,
        "the first was never evicted"
    );
}

#[tokio::test]
async fn a_statement_of_a_transaction_is_not_kept() {
    let (server, pool) = pool("pool_max_size=1").await;
    let session = pool.get().await.unwrap();
    session.update("CREATE TABLE t (a INTEGER)").await.unwrap();
    let insert = "INSERT INTO t VALUES (?)";
    session
        .prepare_cached(insert)
        .await
        .unwrap()
        .update((1,))
        .await
        .unwrap();
    session.set_autocommit(false).await.unwrap();
    session
        .prepare_cached(insert)
        .await
        .unwrap()
        .update((2,))
        .await
        .unwrap();
    session.rollback().await.unwrap();
    session.set_autocommit(true).await.unwrap();
    session
        .prepare_cached(insert)
        .await
        .unwrap()
        .update((3,))
        .await
        .unwrap();
    let rows = super::number(&session, "SELECT sum(a) FROM t").await.unwrap();
    assert_eq!(rows, 4, "what ran in the transaction went with it");
    session.settle().await;
    assert_eq!(server.counters().open_statements, 1);
}

#[tokio::test]
async fn ten_thousand_statements_leave_nothing_on_the_server() {
    let (server, pool) = pool("pool_max_size=4&pool_statement_cache_size=8").await;
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..4 {
        let pool = pool.clone();
        tasks.spawn(async move {
            for round in 0..625 {
                let session = pool.get().await.unwrap();
                for turn in 0..4 {
                    let sql = format!("SELECT {}", (task + round * turn) % 20);
                    match turn {
                        0 => drop(session.prepare_cached(&sql).await.unwrap()),
                        1 => session.prepare(sql).await.unwrap().close().await.unwrap(),
                        2 => drop(session.prepare("SELEC").await.unwrap_err()),
                        _ => {
                            let statement = session.prepare_cached("SELECT ?").await.unwrap();
                            statement
                                .query((round,))
                                .await
                                .unwrap()
                                .fetch_all()
                                .await
                                .unwrap();
                        }
                    }
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    pool.close().await.unwrap();
    let counters = server.counters();
    assert_eq!((counters.open_statements, counters.open_sessions), (0, 0));
}
