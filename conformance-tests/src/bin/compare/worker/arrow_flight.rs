//! arrow-flight's own client on a channel with its defaults.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Instant;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_flight::sql::client::FlightSqlServiceClient;
use futures::TryStreamExt as _;
use tonic::transport::{Channel, Endpoint};

use super::{Client, Order, expect, memory, sql, tasks};
use crate::Failure;

#[derive(Default)]
pub(super) struct ArrowFlight {
    channels: HashMap<SocketAddr, Channel>,
}

impl ArrowFlight {
    async fn channel(&mut self, address: SocketAddr) -> Result<Channel, Failure> {
        if let Some(channel) = self.channels.get(&address) {
            return Ok(channel.clone());
        }
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
        let channel = endpoint.connect().await?;
        self.channels.insert(address, channel.clone());
        Ok(channel)
    }
}

impl Client for ArrowFlight {
    async fn run(&mut self, case: &str, order: Order) -> Result<Option<Vec<f64>>, Failure> {
        let channel = self.channel(order.address).await?;
        if case == "tasks" {
            return bare(channel, order).await.map(Some);
        }
        let mut numbers = Vec::new();
        for _ in 0..order.times {
            let started = Instant::now();
            let each = match case {
                "batches" | "query" | "long" => count,
                "rows" => columns,
                _ => return Ok(None),
            };
            let mut first = None;
            let rows = read(channel.clone(), order.rows, |batch| {
                if case == "long" && first.is_none() {
                    first = Some((started.elapsed().as_secs_f64(), memory()?));
                }
                each(batch)
            })
            .await?;
            expect(order.rows, rows)?;
            let elapsed = started.elapsed().as_secs_f64();
            match first {
                None => numbers.push(elapsed),
                Some((first, [peak_at_first, _])) => {
                    let [peak, _] = memory()?;
                    numbers = vec![first, elapsed, peak_at_first, peak];
                }
            }
        }
        Ok(Some(numbers))
    }
}

/// The two calls of a query.
async fn read(
    channel: Channel,
    rows: u64,
    mut each: impl FnMut(&RecordBatch) -> Result<u64, Failure>,
) -> Result<u64, Failure> {
    let mut client = FlightSqlServiceClient::new(channel);
    let info = client.execute(sql(rows), None).await?;
    let mut rows = 0;
    for endpoint in info.endpoint {
        let mut batches = client.do_get(endpoint.ticket.ok_or("no ticket")?).await?;
        while let Some(batch) = batches.try_next().await? {
            rows += each(&batch)?;
        }
    }
    Ok(rows)
}

fn count(batch: &RecordBatch) -> Result<u64, Failure> {
    Ok(u64::try_from(batch.num_rows())?)
}

/// Rows by hand from the arrays: the least that any reader of rows has to do.
fn columns(batch: &RecordBatch) -> Result<u64, Failure> {
    let id = batch.column(0).as_primitive::<Int64Type>();
    let small = batch.column(1).as_primitive::<Int32Type>();
    let ratio = batch.column(2).as_primitive::<Float64Type>();
    let label = batch.column(3).as_string::<i32>();
    let at = batch.column(4).as_primitive::<TimestampMicrosecondType>();
    let flag = batch.column(5).as_boolean();
    let mut sum = 0_i64;
    for row in 0..batch.num_rows() {
        sum = sum.wrapping_add(id.value(row));
        sum = sum.wrapping_add(i64::from(small.value(row)));
        sum = sum.wrapping_add(i64::from(ratio.is_valid(row)));
        sum = sum.wrapping_add(i64::try_from(label.value(row).len())?);
        sum = sum.wrapping_add(at.value(row));
        sum = sum.wrapping_add(i64::from(flag.value(row)));
    }
    std::hint::black_box(sum);
    count(batch)
}

/// Clones of one channel, one for each task.
async fn bare(channel: Channel, order: Order) -> Result<Vec<f64>, Failure> {
    let query = || {
        let (channel, rows) = (channel.clone(), order.rows);
        async move { expect(rows, read(channel, rows, count).await?) }
    };
    tasks::run(order.times.div_ceil(10), query).await?;
    tasks::run(order.times, query).await
}
