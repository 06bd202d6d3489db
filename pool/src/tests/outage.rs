//! What happens while no session can be made.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jetbridge::Kind;
use tokio::time::{Instant, sleep};

use super::{Scene, StandIn};

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_is_asked_seldom_and_found_soon_when_it_is_back() {
    let stand_in = Arc::new(StandIn::new("pool_max_size=32", Scene::default()));
    stand_in.scene.down.store(true, Ordering::SeqCst);
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let stand_in = Arc::clone(&stand_in);
            tokio::spawn(async move { stand_in.get().await.map(|_| Instant::now()) })
        })
        .collect();
    sleep(Duration::from_secs(5)).await;
    let connects = stand_in.scene.connects.load(Ordering::SeqCst);
    assert!(
        (5..=20).contains(&connects),
        "{connects} attempts in five seconds"
    );
    stand_in.scene.down.store(false, Ordering::SeqCst);
    let back = Instant::now();
    for task in tasks {
        let served = task.await.unwrap().unwrap();
        assert!(served - back <= Duration::from_secs(1), "{:?}", served - back);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_in_vain_for_a_server_is_told_what_is_wrong_with_it() {
    let stand_in = StandIn::new("pool_acquire_timeout=3s", Scene::default());
    stand_in.scene.down.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    let error = stand_in.get().await.err().unwrap();
    assert_eq!(error.kind(), Kind::Connection);
    assert_eq!(error.message(), "connection refused");
    assert!(error.get_hint().unwrap().contains("tried"), "{error}");
    assert_eq!(begun.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_told_to_all_and_tried_once() {
    let stand_in = Arc::new(StandIn::new("pool_max_size=1", Scene::default()));
    stand_in.scene.refuses_password.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    for _ in 0..10 {
        let error = stand_in.get().await.err().unwrap();
        assert_eq!(
            (error.kind(), error.message()),
            (Kind::Authentication, "wrong password")
        );
    }
    assert_eq!(stand_in.scene.connects.load(Ordering::SeqCst), 1);
    assert!(begun.elapsed() < Duration::from_millis(50));
    stand_in.scene.refuses_password.store(false, Ordering::SeqCst);
    sleep(Duration::from_secs(1)).await;
    stand_in.get().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn warming_up_fails_at_once_when_the_server_is_down() {
    let stand_in = StandIn::new("pool_min_idle=4", Scene::default());
    stand_in.scene.down.store(true, Ordering::SeqCst);
    assert_eq!(
        stand_in.pool.warm_up().await.unwrap_err().kind(),
        Kind::Connection
    );
    assert_eq!(stand_in.pool.status().size, 0);
    assert_eq!(stand_in.scene.connects.load(Ordering::SeqCst), 1);
}
