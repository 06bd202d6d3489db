//! How many there may be, and how many may wait.

use std::sync::Arc;
use std::time::Duration;

use jetbridge::Kind;
use tokio::time::Instant;

use super::{Scene, StandIn};

#[tokio::test(start_paused = true)]
async fn whoever_waits_too_long_is_told_how_full_the_pool_is() {
    let stand_in = StandIn::new("pool_max_size=2;pool_acquire_timeout=100ms", Scene::default());
    let _held = (stand_in.get().await.unwrap(), stand_in.get().await.unwrap());
    let begun = Instant::now();
    let error = stand_in.get().await.err().unwrap();
    let waited = begun.elapsed();
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(
        error
            .message()
            .contains("2 of 2 in use, 0 idle, 0 others waiting"),
        "{error}"
    );
    assert!(
        (Duration::from_millis(100)..Duration::from_millis(150)).contains(&waited),
        "{waited:?}"
    );
    assert_eq!(stand_in.pool.core().counts.snapshot().timed_out, 1);
}

#[tokio::test(start_paused = true)]
async fn no_more_may_wait_than_the_limit_says() {
    let stand_in = Arc::new(StandIn::new(
        "pool_max_size=1;pool_max_waiting=3",
        Scene::default(),
    ));
    let tasks: Vec<_> = (0..5)
        .map(|_| {
            let stand_in = Arc::clone(&stand_in);
            tokio::spawn(async move {
                let loan = stand_in.get().await?;
                tokio::time::sleep(Duration::from_millis(10)).await;
                drop(loan);
                jetbridge::Result::Ok(())
            })
        })
        .collect();
    let mut refused: Vec<jetbridge::Error> = Vec::new();
    for task in tasks {
        refused.extend(task.await.unwrap().err());
    }
    assert_eq!(refused.len(), 1, "four are served, one is sent away");
    assert_eq!(refused[0].kind(), Kind::Resource);
    assert_eq!(stand_in.pool.core().counts.snapshot().refused, 1);
}

#[tokio::test(start_paused = true)]
async fn a_fork_of_the_process_gets_no_session_of_its_parents_pool() {
    let stand_in = StandIn::new("pool_max_size=1", Scene::default());
    drop(stand_in.get().await.unwrap());
    stand_in
        .pool
        .core()
        .belongs_to_process(std::process::id().wrapping_add(1));
    let error = stand_in.get().await.err().unwrap();
    assert_eq!(error.kind(), Kind::State);
    assert!(error.to_string().contains("after the fork"), "{error}");
    stand_in.pool.core().belongs_to_process(std::process::id());
    stand_in.get().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gave_up_in_the_queue_loses_no_session() {
    let stand_in = Arc::new(StandIn::new("pool_max_size=1", Scene::default()));
    let held = stand_in.get().await.unwrap();
    let gives_up = tokio::time::timeout(Duration::from_millis(5), stand_in.get()).await;
    assert!(gives_up.is_err());
    drop(held);
    for _ in 0..3 {
        stand_in.get().await.unwrap();
    }
    assert_eq!(stand_in.pool.status().size, 1);
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_hear_at_once_that_the_pool_is_closed() {
    let stand_in = Arc::new(StandIn::new("pool_max_size=1", Scene::default()));
    let held = stand_in.get().await.unwrap();
    let waiting = {
        let stand_in = Arc::clone(&stand_in);
        tokio::spawn(async move { stand_in.get().await.err().unwrap() })
    };
    tokio::task::yield_now().await;
    let begun = Instant::now();
    let (closed, error) = tokio::join!(stand_in.pool.close(Duration::from_secs(5)), async {
        let error = waiting.await.unwrap();
        assert!(begun.elapsed() <= Duration::from_millis(50));
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(held);
        error
    });
    closed.unwrap();
    assert_eq!((error.kind(), error.sqlstate().as_str()), (Kind::State, "08003"));
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "the one on loan was awaited, not its deadline"
    );
    assert_eq!(stand_in.pool.status().size, 0);
}

#[tokio::test(start_paused = true)]
async fn a_close_that_finds_sessions_on_loan_says_how_many() {
    let stand_in = StandIn::new("pool_max_size=2", Scene::default());
    let held = (stand_in.get().await.unwrap(), stand_in.get().await.unwrap());
    let error = stand_in.pool.close(Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(
        error.message().starts_with("2 sessions were still on loan"),
        "{error}"
    );
    drop(held);
}
