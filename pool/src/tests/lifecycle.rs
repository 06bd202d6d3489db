//! How long sessions live.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::stand_in::Gate;
use super::{Scene, StandIn};
use crate::metrics::Closed;

fn closed_for(stand_in: &StandIn, why: Closed) -> u64 {
    stand_in.pool.core().counts.snapshot().closed_for(why)
}

async fn open_together(stand_in: &StandIn, count: usize) {
    let mut held = Vec::new();
    for _ in 0..count {
        held.push(stand_in.get().await.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn sessions_born_together_do_not_end_together() {
    let options = "pool_max_size=100;pool_max_lifetime=1000s;pool_idle_timeout=none";
    let stand_in = StandIn::new(options, Scene::default());
    open_together(&stand_in, 100).await;
    assert_eq!(stand_in.pool.status().idle, 100);
    let begun = Instant::now();
    let (mut first, mut last) = (None, begun);
    let mut open = 100;
    while open > 0 {
        sleep(Duration::from_secs(1)).await;
        let now = stand_in.scene.open.load(Ordering::SeqCst);
        if now < open {
            first.get_or_insert(Instant::now());
            last = Instant::now();
            open = now;
        }
        assert!(begun.elapsed() <= Duration::from_secs(1040));
    }
    let spread = last - first.unwrap();
    // The reaper looks every thirty seconds.
    assert!(spread >= Duration::from_secs(30), "{spread:?}");
    assert!(last - begun <= Duration::from_secs(1031), "{:?}", last - begun);
    assert_eq!(closed_for(&stand_in, Closed::Lifetime), 100);
}

#[tokio::test(start_paused = true)]
async fn the_moments_at_which_sessions_end_are_spread_over_four_percent_of_a_lifetime() {
    let options = "pool_max_size=100;pool_max_lifetime=1000s;pool_idle_timeout=none";
    let stand_in = StandIn::new(options, Scene::default());
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(stand_in.get().await.unwrap());
    }
    let begun = Instant::now();
    let mut ends = Vec::new();
    while ends.len() < 100 {
        sleep(Duration::from_secs(1)).await;
        let old = held.iter().filter(|loan| loan.slot().is_old()).count();
        ends.resize(old, begun.elapsed());
    }
    let spread = *ends.last().unwrap() - ends[0];
    assert!(spread >= Duration::from_secs(40), "{spread:?}");
    assert!(begun.elapsed() <= Duration::from_secs(1001));
    assert_eq!(
        stand_in.scene.open.load(Ordering::SeqCst),
        100,
        "none is ended while somebody has it"
    );
    drop(held);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(stand_in.scene.open.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn an_idle_pool_shrinks_to_its_least() {
    let options = "pool_max_size=8;pool_min_idle=2;pool_idle_timeout=100s;pool_max_lifetime=none";
    let stand_in = StandIn::new(options, Scene::default());
    open_together(&stand_in, 8).await;
    sleep(Duration::from_secs(99)).await;
    assert_eq!(stand_in.pool.status().size, 8);
    // One period of the reaper: a quarter of the timeout.
    sleep(Duration::from_secs(27)).await;
    let status = stand_in.pool.status();
    assert_eq!((status.size, status.idle), (2, 2));
    sleep(Duration::from_secs(1000)).await;
    assert_eq!(stand_in.pool.status().size, 2);
    assert_eq!(closed_for(&stand_in, Closed::Idle), 6);
}

#[tokio::test(start_paused = true)]
async fn a_pool_makes_ready_what_is_to_be_ready_and_replaces_what_broke() {
    let options = "pool_max_size=8;pool_min_idle=3;pool_keepalive=10s";
    let stand_in = StandIn::new(options, Scene::default());
    stand_in.pool.warm_up().await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(stand_in.pool.status().idle, 3);
    let mut loan = stand_in.get().await.unwrap();
    loan.slot_mut().session.broken = true;
    drop(loan);
    sleep(Duration::from_secs(20)).await;
    assert_eq!(stand_in.pool.status().idle, 3);
    assert_eq!(closed_for(&stand_in, Closed::Broken), 1);
}

#[tokio::test(start_paused = true)]
async fn idle_sessions_are_asked_for_a_sign_of_life_within_the_keepalive() {
    let options = "pool_max_size=4;pool_keepalive=10s;pool_idle_timeout=none";
    let stand_in = StandIn::new(options, Scene::default());
    open_together(&stand_in, 4).await;
    sleep(Duration::from_secs(100)).await;
    let checks = stand_in.scene.checks.load(Ordering::SeqCst);
    // Every 10 to 12.5 seconds, as the reaper looks four times in a keepalive.
    assert!((4 * 7..=4 * 10).contains(&checks), "{checks}");
    assert_eq!(stand_in.pool.status().idle, 4);
    assert_eq!(stand_in.scene.connects.load(Ordering::SeqCst), 4);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_does_not_answer_is_replaced_before_it_is_lent() {
    for check in [Gate::Err, Gate::Never] {
        let scene = Scene {
            check,
            ..Scene::default()
        };
        let stand_in = StandIn::new("pool_max_size=1", scene);
        let first = stand_in.get().await.unwrap().slot().session.number;
        sleep(Duration::from_secs(2)).await;
        let begun = Instant::now();
        let second = stand_in.get().await.unwrap().slot().session.number;
        assert_ne!(first, second);
        assert!(begun.elapsed() <= Duration::from_secs(2), "{check:?}");
        assert_eq!(closed_for(&stand_in, Closed::CheckFailed), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn one_broken_session_casts_doubt_on_the_others() {
    let stand_in = StandIn::new("pool_max_size=2", Scene::default());
    let (mut one, two) = (stand_in.get().await.unwrap(), stand_in.get().await.unwrap());
    one.slot_mut().session.broken = true;
    drop(two);
    drop(one);
    assert_eq!(stand_in.scene.checks.load(Ordering::SeqCst), 0);
    drop(stand_in.get().await.unwrap());
    assert_eq!(
        stand_in.scene.checks.load(Ordering::SeqCst),
        1,
        "it was used a moment ago, and is asked all the same"
    );
    drop(stand_in.get().await.unwrap());
    assert_eq!(stand_in.scene.checks.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_of_a_pool_ends_it() {
    let stand_in = StandIn::new("pool_max_size=4", Scene::default());
    open_together(&stand_in, 3).await;
    let held = stand_in.get().await.unwrap();
    let StandIn { pool, scene } = stand_in;
    let clone = pool.clone();
    drop(pool);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(scene.open.load(Ordering::SeqCst), 3, "a clone is left");
    drop(clone);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(scene.open.load(Ordering::SeqCst), 1, "one is on loan");
    drop(held);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(scene.open.load(Ordering::SeqCst), 0);
}

#[test]
fn a_pool_outlives_the_runtime_it_was_first_used_in() {
    let options = "pool_max_size=2;pool_acquire_timeout=5s";
    let stand_in = StandIn::new(
        options,
        Scene {
            dirty: true,
            ..Scene::default()
        },
    );
    for _ in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let held = (stand_in.get().await.unwrap(), stand_in.get().await.unwrap());
            drop(held);
        });
        // What was handed back is being put in order when its runtime ends.
        drop(runtime);
    }
    assert!(stand_in.pool.status().size <= 2);
}
