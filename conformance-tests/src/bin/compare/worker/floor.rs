//! No client at all: the same bytes over plain TCP.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use super::{Client, Order};
use crate::Failure;

pub(super) struct Floor;

impl Client for Floor {
    async fn run(&mut self, case: &str, order: Order) -> Result<Option<Vec<f64>>, Failure> {
        if case != "batches" {
            return Ok(None);
        }
        let mut buffer = vec![0; 256 << 10];
        let mut times = Vec::new();
        for _ in 0..order.times {
            let started = Instant::now();
            let mut stream = TcpStream::connect(order.address)?;
            stream.write_all(&order.rows.to_le_bytes())?;
            let mut bytes = 0_u64;
            loop {
                match stream.read(&mut buffer)? {
                    0 => break,
                    read => bytes += u64::try_from(read)?,
                }
            }
            if bytes < order.rows * 40 {
                return Err(format!("{bytes} bytes for {} rows", order.rows).into());
            }
            times.push(started.elapsed().as_secs_f64());
        }
        Ok(Some(times))
    }
}
