//! Jetbridge, as a user would write it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::SocketAddr;
use std::time::Instant;

use jetbridge::types::Timestamp;
use jetbridge::{Cursor, Session};
use jetbridge_pool::Pool;

use super::{Client, Order, expect, memory, sql, tasks};
use crate::Failure;

#[derive(Default)]
pub(super) struct Jetbridge {
    sessions: HashMap<SocketAddr, Session>,
}

impl Jetbridge {
    async fn session(&mut self, address: SocketAddr) -> Result<&Session, Failure> {
        Ok(match self.sessions.entry(address) {
            Entry::Occupied(session) => session.into_mut(),
            Entry::Vacant(place) => place.insert(Session::connect(uri(address)).await?),
        })
    }
}

/// The defaults, save TLS; more options may be given in the environment, to try them.
fn uri(address: SocketAddr) -> String {
    let more = std::env::var("COMPARE_OPTIONS").unwrap_or_default();
    format!("flightsql://{address}?transport=tcp{more}")
}

impl Client for Jetbridge {
    async fn run(&mut self, case: &str, order: Order) -> Result<Option<Vec<f64>>, Failure> {
        if case == "tasks" {
            return pooled(order).await.map(Some);
        }
        let session = self.session(order.address).await?;
        let mut numbers = Vec::new();
        for _ in 0..order.times {
            let started = Instant::now();
            let mut cursor = session.query(sql(order.rows)).await?;
            let rows = match case {
                "batches" => batches(&mut cursor).await?,
                "query" | "rows" => rows(&mut cursor).await?,
                "struct" => structs(&mut cursor).await?,
                "long" => {
                    numbers = long(&mut cursor, started, order.rows).await?;
                    order.rows
                }
                _ => return Ok(None),
            };
            expect(order.rows, rows)?;
            if case != "long" {
                numbers.push(started.elapsed().as_secs_f64());
            }
        }
        Ok(Some(numbers))
    }
}

async fn batches(cursor: &mut Cursor) -> Result<u64, Failure> {
    let mut rows = 0;
    while let Some(batch) = cursor.next_batch().await? {
        rows += u64::try_from(batch.num_rows())?;
    }
    Ok(rows)
}

/// All six columns of every row; what is read is used, so that nothing can be left out.
async fn rows(cursor: &mut Cursor) -> Result<u64, Failure> {
    let (mut rows, mut sum) = (0, 0_i64);
    while let Some(row) = cursor.fetch_one().await? {
        sum = sum.wrapping_add(row.get::<i64>(0)?);
        sum = sum.wrapping_add(i64::from(row.get::<i32>(1)?));
        sum = sum.wrapping_add(i64::from(row.get::<Option<f64>>(2)?.is_some()));
        sum = sum.wrapping_add(i64::try_from(row.get::<&str>(3)?.len())?);
        sum = sum.wrapping_add(i64::from(row.get::<Timestamp>(4)?.nanosecond()));
        sum = sum.wrapping_add(i64::from(row.get::<bool>(5)?));
        rows += 1;
    }
    std::hint::black_box(sum);
    Ok(rows)
}

/// What a program makes of a row.
#[derive(serde::Deserialize)]
struct Numbers {
    id: i64,
    small: i32,
    ratio: Option<f64>,
    label: String,
    at: Timestamp,
    flag: bool,
}

async fn structs(cursor: &mut Cursor) -> Result<u64, Failure> {
    let mut rows = 0;
    loop {
        let numbers: Vec<Numbers> = cursor.fetch_many_as(10_000).await?;
        if numbers.is_empty() {
            return Ok(rows);
        }
        for Numbers {
            id,
            small,
            ratio,
            label,
            at,
            flag,
        } in &numbers
        {
            std::hint::black_box((id, small, ratio, label, at, flag));
        }
        rows += u64::try_from(numbers.len())?;
    }
}

/// The time to the first row and to the end, and the most memory after the first and at the end.
async fn long(cursor: &mut Cursor, started: Instant, rows: u64) -> Result<Vec<f64>, Failure> {
    let first = cursor.fetch_one().await?.ok_or("no row")?.get::<i64>(0)?;
    let first_row = started.elapsed().as_secs_f64();
    std::hint::black_box(first);
    let [peak_at_first, _] = memory()?;
    expect(rows, batches(cursor).await? + 1)?;
    let [peak, _] = memory()?;
    Ok(vec![
        first_row,
        started.elapsed().as_secs_f64(),
        peak_at_first,
        peak,
    ])
}

async fn pooled(order: Order) -> Result<Vec<f64>, Failure> {
    let size = format!("{}&pool_max_size={}", uri(order.address), tasks::TASKS);
    let pool = Pool::connect(size).await?;
    let query = || on_loan(pool.clone(), order.rows);
    tasks::run(order.times.div_ceil(10), query).await?;
    let numbers = tasks::run(order.times, query).await?;
    pool.close().await?;
    Ok(numbers)
}

async fn on_loan(pool: Pool, rows: u64) -> Result<(), Failure> {
    let session = pool.get().await?;
    let mut cursor = session.query(sql(rows)).await?;
    expect(rows, batches(&mut cursor).await?)
}
