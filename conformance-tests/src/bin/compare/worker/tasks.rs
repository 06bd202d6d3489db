//! Many tasks that query at the same time.

use std::time::{Duration, Instant};

use super::percentile;
use crate::Failure;

/// How many there are.
pub(super) const TASKS: usize = 64;

/// Has every task run its queries one after the other; gives queries per second, and the median and the 99th percentile of one.
pub(super) async fn run<F>(times: usize, query: impl Fn() -> F) -> Result<Vec<f64>, Failure>
where
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let started = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let queries: Vec<_> = (0..times).map(|_| query()).collect();
            tokio::spawn(async move {
                let mut times = Vec::with_capacity(queries.len());
                for query in queries {
                    let started = Instant::now();
                    query.await?;
                    times.push(started.elapsed());
                }
                Ok::<Vec<Duration>, Failure>(times)
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await??);
    }
    let throughput = f64::from(u32::try_from(all.len())?) / started.elapsed().as_secs_f64();
    Ok(vec![
        throughput,
        percentile(&mut all, 50),
        percentile(&mut all, 99),
    ])
}
