//! Every combination of steps that succeed, fail, are slow or never end (deadpool's own test, with the pool's rules around it).

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::stand_in::Gate;
use super::{Scene, StandIn};

const GATES: [Gate; 4] = [
    Gate::Ok,
    Gate::Err,
    Gate::Slow(Duration::from_millis(2)),
    Gate::Never,
];
const MOST: usize = 3;

#[test]
fn no_combination_of_failures_loses_a_place_or_makes_too_many_sessions() {
    let mut tried = 0;
    for create in GATES {
        for login in GATES {
            // One runtime for each group: tasks that never end are left with it.
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap();
            for check in GATES {
                for reset in GATES {
                    for close in GATES {
                        let scene = Scene {
                            create,
                            login,
                            check,
                            reset,
                            close,
                            dirty: true,
                            ..Scene::default()
                        };
                        runtime.block_on(play(scene));
                        tried += 1;
                    }
                }
            }
        }
    }
    assert_eq!(tried, 1024);
}

/// Eight callers, who give up after 0 to 8 milliseconds; then everything is whole again.
async fn play(scene: Scene) {
    let options = format!("pool_max_size={MOST};pool_acquire_timeout=20ms");
    let stand_in = std::sync::Arc::new(StandIn::new(&options, scene));
    let mut tasks = tokio::task::JoinSet::new();
    for patience in 0..8 {
        let stand_in = std::sync::Arc::clone(&stand_in);
        tasks.spawn(async move {
            for _ in 0..2 {
                let taken = tokio::time::timeout(Duration::from_millis(patience), stand_in.get()).await;
                if let Ok(Ok(loan)) = taken {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    drop(loan);
                }
                let status = stand_in.pool.status();
                assert!(status.size <= MOST, "{status:?} of {:?}", stand_in.scene);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let scene = &stand_in.scene;
    let passes = |gate: Gate| matches!(gate, Gate::Ok | Gate::Slow(_));
    // A session in doubt is closed beside the new one that takes its place: its server may never answer.
    let in_doubt = !passes(scene.check) || !passes(scene.reset);
    let most_open = scene.most_open.load(Ordering::SeqCst);
    assert!(in_doubt || most_open <= MOST, "{scene:?}");
    let status = stand_in.pool.status();
    assert_eq!(status.waiting, 0, "{status:?} of {scene:?}");
    if passes(scene.create) && passes(scene.login) && passes(scene.close) {
        // All places are there: as many loans at once as the pool may have.
        tokio::time::sleep(Duration::from_secs(5)).await;
        let mut held = Vec::new();
        for _ in 0..MOST {
            // A check that never ends takes longer than a caller waits: the session is ended, and the next attempt gets a new one.
            let mut taken = stand_in.get().await;
            for _ in 0..2 * MOST {
                if taken.is_err() {
                    taken = stand_in.get().await;
                }
            }
            held.push(taken.unwrap_or_else(|error| panic!("{error} of {scene:?}")));
        }
    }
    let closed = stand_in.pool.close(Duration::from_millis(50)).await;
    assert!(
        closed.is_ok()
            || !passes(scene.close)
            || !passes(scene.create)
            || !passes(scene.login)
            || scene.reset == Gate::Never,
        "{closed:?} of {scene:?}"
    );
    assert!(stand_in.get().await.is_err());
}
