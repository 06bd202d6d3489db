//! What it costs to take a session from the pool and hand it back, beside deadpool with a manager that does nothing.
//!
//! ```sh
//! cargo run --release -p jetbridge-conformance --bin checkout
//! ```
//!
//! The sessions are real ones of the reference server, in this process. It fails where a call was sent, or where the pool costs two microseconds more
//! than deadpool alone.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, RecycleResult};
use jetbridge_pool::Pool;
use jetbridge_reference_server::ReferenceServer;

const ROUNDS: u32 = 1_000;
const SAMPLES: usize = 500;
const MOST: Duration = Duration::from_micros(2);

#[derive(Debug)]
struct Nothing;

impl managed::Manager for Nothing {
    type Type = ();
    type Error = ();

    async fn create(&self) -> Result<(), ()> {
        Ok(())
    }

    async fn recycle(&self, (): &mut (), _: &Metrics) -> RecycleResult<()> {
        Ok(())
    }
}

/// The median and the best of many short runs.
async fn sample(mut round: impl AsyncFnMut()) -> (Duration, Duration) {
    let mut samples = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        let begun = Instant::now();
        for _ in 0..ROUNDS {
            round().await;
        }
        samples.push(begun.elapsed() / ROUNDS);
    }
    samples.sort_unstable();
    (samples[SAMPLES / 2], samples[0])
}

#[expect(clippy::print_stdout, reason = "the figures are this program's output")]
#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let deadpool: managed::Pool<Nothing> = managed::Pool::builder(Nothing).max_size(4).build()?;
    let alone = sample(async || drop(deadpool.get().await.ok())).await;
    let server = ReferenceServer::builder().serve().await?;
    let string = format!(
        "flightsql://{}?transport=tcp&pool_max_size=4&pool_recycle=fast",
        server.address()
    );
    let pool = Pool::connect(string).await?;
    let before = server.counters();
    let ours = sample(async || drop(pool.get().await.ok())).await;
    let sent = before != server.counters();
    let more = ours.0.saturating_sub(alone.0);
    println!(
        "deadpool, nothing to do   median {:?}, best {:?}",
        alone.0, alone.1
    );
    println!("the pool, fast            median {:?}, best {:?}", ours.0, ours.1);
    println!(
        "more by the pool          median {more:?}, best {:?}",
        ours.1.saturating_sub(alone.1)
    );
    println!("calls sent                {}", if sent { "some" } else { "none" });
    let served = pool.metrics().acquired_at_once;
    println!(
        "taken at once             {served}, sessions {}",
        pool.status().size
    );
    let good = !sent && (cfg!(debug_assertions) || more < MOST);
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
