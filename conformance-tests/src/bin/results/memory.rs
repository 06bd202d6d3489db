//! How much memory a client has while it sleeps over a large result, and while it reads it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jetbridge::{Config, Session};

use super::encoded::ROWS;
use super::{Failure, say};

/// What is measured.
struct Plan {
    mib: usize,
    endpoints: usize,
    servers: usize,
    sleep: Duration,
    options: String,
}

impl Plan {
    fn read(arguments: &[String]) -> Result<Self, Failure> {
        let mut plan = Self {
            mib: 4096,
            endpoints: 16,
            servers: 0,
            sleep: Duration::from_secs(10),
            options: String::new(),
        };
        for argument in arguments {
            let (name, value) = argument.split_once('=').ok_or("arguments are name=value")?;
            match name {
                "mib" => plan.mib = value.parse()?,
                "endpoints" => plan.endpoints = value.parse()?,
                "servers" => plan.servers = value.parse()?,
                "sleep" => plan.sleep = Duration::from_secs_f64(value.trim_end_matches('s').parse()?),
                "prefetch" => plan.options += &format!("&prefetch_bytes={value}"),
                "parallelism" => plan.options += &format!("&endpoint_parallelism={value}"),
                _ => return Err(format!("what is {name}?").into()),
            }
        }
        Ok(plan)
    }
}

/// A server of its own, ended with this.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// Measures and prints.
pub(crate) async fn measure(arguments: &[String]) -> Result<(), Failure> {
    let plan = Plan::read(arguments)?;
    let program = std::env::current_exe()?;
    let mut server = Served(
        Command::new(program)
            .arg("encoded")
            .stdout(Stdio::piped())
            .spawn()?,
    );
    let output = server.0.stdout.take().ok_or("the server has no output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    let address = line
        .trim()
        .rsplit(' ')
        .next()
        .ok_or("the server gives no address")?;

    let config: Config = format!("flightsql://{address}?transport=tcp{}", plan.options).parse()?;
    let prefetch = config.get_prefetch_bytes();
    let session = Session::connect(config).await?;
    let before = memory("VmRSS")?;
    let Plan {
        mib,
        endpoints,
        servers,
        sleep,
        ..
    } = plan;
    let mut cursor = session
        .query(format!(
            "mib={mib} endpoints={endpoints} servers={servers} ordered"
        ))
        .await?;
    let mut rows = cursor.next_batch().await?.map_or(0, |batch| batch.num_rows());
    let mut asleep = 0;
    let started = Instant::now();
    while started.elapsed() < sleep {
        tokio::time::sleep(Duration::from_millis(50)).await;
        asleep = asleep.max(memory("VmRSS")?);
    }
    let started = Instant::now();
    while let Some(batch) = cursor.next_batch().await? {
        rows += batch.num_rows();
    }
    let seconds = started.elapsed().as_secs_f64();
    let peak = memory("VmHWM")?;
    if rows != mib * ROWS {
        return Err(format!("{rows} rows of {}", mib * ROWS).into());
    }
    let mebibytes = |bytes: usize| bytes >> 20;
    say(&format!(
        "{mib} MiB, {endpoints} endpoints, prefetch_bytes {} MiB: {} MiB before, {} MiB while asleep, {} MiB at most; read in {seconds:.1} s",
        mebibytes(prefetch),
        mebibytes(before),
        mebibytes(asleep),
        mebibytes(peak),
    ));
    let bound = prefetch + (100 << 20);
    if peak > bound {
        return Err(format!("{} MiB are more than {} MiB", mebibytes(peak), mebibytes(bound)).into());
    }
    Ok(())
}

/// A figure of `/proc/self/status`, in bytes.
fn memory(name: &str) -> Result<usize, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with(name))
        .ok_or("no such figure")?;
    let kibibytes: usize = line.split_whitespace().nth(1).ok_or("no number")?.parse()?;
    Ok(kibibytes << 10)
}
