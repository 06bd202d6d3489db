//! Who is served when.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::stand_in::Gate;
use super::{Scene, StandIn};

#[tokio::test(start_paused = true)]
async fn callers_are_served_in_the_order_in_which_they_came() {
    let stand_in = Arc::new(StandIn::new("pool_max_size=2", Scene::default()));
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for number in 0..6 {
        let stand_in = Arc::clone(&stand_in);
        tasks.push(tokio::spawn(async move {
            let loan = stand_in.get().await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
            drop(loan);
            (number, begun.elapsed())
        }));
        tokio::task::yield_now().await;
    }
    let mut ends = Vec::new();
    for task in tasks {
        ends.push(task.await.unwrap());
    }
    let tenths: Vec<_> = ends.iter().map(|(_, end)| (end.as_millis() + 50) / 100).collect();
    assert_eq!(tenths, [2, 2, 4, 4, 6, 6]);
}

#[tokio::test(start_paused = true)]
async fn the_order_of_service_is_the_order_of_arrival_whoever_gives_up() {
    for seed in 0..100 {
        let mut random = fastrand::Rng::with_seed(seed);
        let stand_in = Arc::new(StandIn::new("pool_max_size=3", Scene::default()));
        let served = Arc::new(std::sync::Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for number in 0..40 {
            let (stand_in, served) = (Arc::clone(&stand_in), Arc::clone(&served));
            let (work, patience) = (random.u64(1..20), random.u64(1..100));
            tasks.push(tokio::spawn(async move {
                let patience = Duration::from_millis(patience);
                if let Ok(loan) = tokio::time::timeout(patience, stand_in.get()).await {
                    let loan = loan.unwrap();
                    served.lock().unwrap().push(number);
                    tokio::time::sleep(Duration::from_millis(work)).await;
                    drop(loan);
                }
            }));
            tokio::task::yield_now().await;
        }
        for task in tasks {
            task.await.unwrap();
        }
        let served = served.lock().unwrap();
        assert!(served.is_sorted() && served.len() >= 3, "{seed}: {served:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_spike_is_served_by_the_sessions_there_are() {
    let scene = Scene {
        create: Gate::Slow(Duration::from_millis(150)),
        ..Scene::default()
    };
    let options = "pool_max_size=50;pool_min_idle=5;pool_idle_timeout=none";
    let stand_in = Arc::new(StandIn::new(options, scene));
    stand_in.pool.warm_up().await.unwrap();
    while stand_in.pool.status().idle < 5 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let begun = Instant::now();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let stand_in = Arc::clone(&stand_in);
            tokio::spawn(async move {
                let loan = stand_in.get().await.unwrap();
                tokio::time::sleep(Duration::from_millis(2)).await;
                drop(loan);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(
        begun.elapsed() <= Duration::from_millis(200),
        "{:?}",
        begun.elapsed()
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    let size = stand_in.pool.status().size;
    assert!(size <= 10, "the pool grew to {size}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_gives_up_at_any_moment_swallows_no_session() {
    let stand_in = Arc::new(StandIn::new("pool_max_size=1", Scene::default()));
    let progress: Arc<Vec<AtomicUsize>> = Arc::new((0..200).map(|_| AtomicUsize::new(0)).collect());
    let seconds = if std::env::var_os("JETBRIDGE_FULL").is_some() {
        30
    } else {
        3
    };
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..200 {
        let (stand_in, progress) = (Arc::clone(&stand_in), Arc::clone(&progress));
        tasks.spawn(async move {
            while Instant::now() < end || progress[number].load(Ordering::Relaxed) == 0 {
                let loan = stand_in.get().await.unwrap();
                tokio::task::yield_now().await;
                drop(loan);
                progress[number].fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    for _ in 0..50 {
        let stand_in = Arc::clone(&stand_in);
        tasks.spawn(async move {
            while Instant::now() < end {
                let mut taking = Box::pin(stand_in.get());
                let first =
                    std::future::poll_fn(|context| std::task::Poll::Ready(taking.as_mut().poll(context)))
                        .await;
                drop(taking);
                drop(first);
                tokio::task::yield_now().await;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert!(progress.iter().all(|turns| turns.load(Ordering::Relaxed) > 0));
    stand_in.pool.close(Duration::from_secs(5)).await.unwrap();
    assert_eq!(stand_in.scene.open.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_callers_on_sixteen_sessions_all_get_their_turn_and_none_shares() {
    let (longest, mean) = a_thousand_callers().await;
    assert!(longest <= mean * 3, "longest {longest:?}, mean {mean:?}");
}

/// On several threads it is the machine that says who waits how long: what counts here is that nothing is shared or lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_callers_on_several_threads_share_and_lose_no_session() {
    a_thousand_callers().await;
}

/// The longest wait, and the mean of all.
async fn a_thousand_callers() -> (Duration, Duration) {
    let stand_in = Arc::new(StandIn::new(
        "pool_max_size=16;pool_acquire_timeout=none",
        Scene::default(),
    ));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let stand_in = Arc::clone(&stand_in);
        tasks.spawn(async move {
            let mut longest = Duration::ZERO;
            let mut total = Duration::ZERO;
            for _ in 0..20 {
                let begun = Instant::now();
                let loan = stand_in.get().await.unwrap();
                let waited = begun.elapsed();
                longest = longest.max(waited);
                total += waited;
                let stage = &loan.slot().session.on_stage;
                assert!(!stage.swap(true, Ordering::SeqCst), "two have one session");
                tokio::time::sleep(Duration::from_micros(200)).await;
                loan.slot().session.on_stage.store(false, Ordering::SeqCst);
            }
            (longest, total)
        });
    }
    let (mut longest, mut total) = (Duration::ZERO, Duration::ZERO);
    while let Some(done) = tasks.join_next().await {
        let (one, all) = done.unwrap();
        longest = longest.max(one);
        total += all;
    }
    assert!(stand_in.scene.most_open.load(Ordering::SeqCst) <= 16);
    let status = stand_in.pool.status();
    assert_eq!((status.idle, status.waiting), (status.size, 0));
    (longest, total / 20_000)
}
