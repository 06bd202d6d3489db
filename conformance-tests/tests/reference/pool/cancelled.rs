//! Futures dropped at every point.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use super::{number, pool, until};

/// Polls a future so often and drops it; gives its result when it was done before.
async fn after_polls<T>(most: usize, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut polls = 0;
    poll_fn(|context| {
        if polls == most {
            return Poll::Ready(None);
        }
        polls += 1;
        match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            // The last poll has been made: drop it now, not when it is woken.
            Poll::Pending if polls == most => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_future_may_be_dropped_after_any_number_of_polls() {
    let (server, pool) = pool("pool_max_size=1").await;
    pool.get()
        .await
        .unwrap()
        .update("CREATE TABLE t (a INTEGER)")
        .await
        .unwrap();
    for operation in 0..7 {
        for most in 0..200 {
            let done = match operation {
                0 => after_polls(most, Box::pin(async { drop(pool.get().await.unwrap()) })).await,
                _ => {
                    let mut session = pool.get().await.unwrap();
                    match operation {
                        1 => {
                            after_polls(
                                most,
                                Box::pin(async { drop(session.query("SELECT 1").await.unwrap()) }),
                            )
                            .await
                        }
                        2 => {
                            let sql = "SELECT value FROM generate_series(1, 50) /* rows_per_batch=10 */";
                            let mut cursor = session.query(sql).await.unwrap();
                            after_polls(
                                most,
                                Box::pin(async {
                                    assert_eq!(cursor.fetch_all().await.unwrap().len(), 50);
                                }),
                            )
                            .await
                        }
                        3 => {
                            after_polls(most, Box::pin(async { drop(session.begin().await.unwrap()) })).await
                        }
                        4 => {
                            let transaction = session.begin().await.unwrap();
                            transaction.update("INSERT INTO t VALUES (1)").await.unwrap();
                            after_polls(most, Box::pin(async { transaction.commit().await.unwrap() })).await
                        }
                        5 => {
                            let transaction = session.begin().await.unwrap();
                            transaction.update("INSERT INTO t VALUES (1)").await.unwrap();
                            after_polls(most, Box::pin(async { transaction.rollback().await.unwrap() })).await
                        }
                        _ => {
                            after_polls(
                                most,
                                Box::pin(async { drop(session.prepare("SELECT 1").await.unwrap()) }),
                            )
                            .await
                        }
                    }
                }
            };
            // The next query gets its own row, and no transaction stands in its way.
            let expected = i64::try_from(operation * 1000 + most).unwrap();
            let mut next = pool.get().await.unwrap();
            assert_eq!(
                number(&next, &format!("SELECT {expected}")).await.unwrap(),
                expected
            );
            drop(next.begin().await.unwrap());
            if done.is_some() {
                break;
            }
            assert!(most < 199, "operation {operation} does not end");
        }
    }
    until("transactions are left open", async || {
        server.counters().open_transactions == 0
    })
    .await;
    pool.close().await.unwrap();
    // What the server had prepared when its answer was dropped nobody can name; it goes with the session.
    assert_eq!(server.counters().open_sessions, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_anothers_rows() {
    let (_server, pool) = pool("pool_max_size=8&pool_acquire_timeout=none").await;
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..64_i64 {
        let pool = pool.clone();
        tasks.spawn(async move {
            let mut random = fastrand_of(task);
            let mut answered = 0;
            for turn in 0..40_i64 {
                let nonce = task * 1000 + turn;
                let work = async {
                    let session = pool.get().await.unwrap();
                    let sql = format!("SELECT {nonce} FROM generate_series(1, 30) /* rows_per_batch=10 */");
                    let rows = session.query(sql).await.unwrap().fetch_all().await.unwrap();
                    assert_eq!(rows.len(), 30);
                    assert!(
                        rows.iter().all(|row| row.get::<i64>(0).unwrap() == nonce),
                        "foreign rows"
                    );
                };
                // One in five is dropped on the way.
                let patience = if random().is_multiple_of(5) {
                    random() % 8
                } else {
                    60_000
                };
                let done = tokio::time::timeout(Duration::from_millis(patience), work).await;
                answered += u32::from(done.is_ok());
            }
            answered
        });
    }
    let mut answered = 0;
    while let Some(done) = tasks.join_next().await {
        answered += done.unwrap();
    }
    assert!(answered >= 64 * 30, "{answered}");
    let status = pool.status();
    assert!(status.size <= 8, "{status:?}");
    pool.close().await.unwrap();
}

/// Numbers that are the same in every run.
fn fastrand_of(seed: i64) -> impl FnMut() -> u64 {
    let mut state = seed.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 16
    }
}

#[tokio::test]
async fn many_callers_with_one_stale_token_log_in_once() {
    let server = jetbridge_reference_server::ReferenceServer::builder()
        .users([("ada", "x")])
        .serve()
        .await
        .unwrap();
    let string = format!(
        "flightsql://ada:x@{}?transport=tcp&pool_max_size=1",
        server.address()
    );
    let pool = jetbridge_pool::Pool::connect(string.as_str()).await.unwrap();
    let session = pool.get().await.unwrap();
    // The server keeps the last 64 tokens of a user.
    for _ in 0..64 {
        jetbridge::Session::connect(string.as_str()).await.unwrap();
    }
    let before = server.counters().handshake;
    let answers = futures::future::join_all((0..32).map(|_| number(&session, "SELECT 1"))).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap() == 1));
    assert_eq!(server.counters().handshake - before, 1);
}
