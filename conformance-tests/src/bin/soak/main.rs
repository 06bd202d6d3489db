//! The pool under load for minutes, while its server is killed and started again and its connections are cut.
//!
//! ```sh
//! cargo run --release -p jetbridge-conformance --bin soak -- 600
//! ```
//!
//! The server is a process of its own: this program, started a second time. What is measured is printed at the end; anything that must not be
//! (a hang, a wrong row, something left on the server, memory or descriptors that grow) ends it with an error.

mod load;
mod measure;
mod serve;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use jetbridge_conformance::relay::Relay;
use jetbridge_conformance::server::{Process, Program, free_port};
use jetbridge_pool::Pool;

use crate::load::Load;
use crate::measure::Usage;

const SESSIONS: usize = 8;
const TASKS: usize = 16;
/// Between two cuts or kills.
const PEACE: Duration = Duration::from_millis(700);
/// How long the server stays away.
const AWAY: Duration = Duration::from_millis(500);

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let done = match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["serve", port, report] => serve::run(port, report).await,
        [seconds] => match seconds.parse() {
            Ok(seconds) => soak(Duration::from_secs(seconds)).await,
            Err(_) => Err("usage: soak SECONDS".into()),
        },
        _ => Err("usage: soak SECONDS".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("FAILED: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn start(port: u16, report: &std::path::Path) -> Result<Process, Failure> {
    for _ in 0..50 {
        let program = Program::new("soak-server", std::env::current_exe()?)
            .args(["serve".to_owned(), port.to_string(), report.display().to_string()])
            .says("Listening");
        match program.start().await {
            Ok(server) => return Ok(server),
            // The port is still being given back.
            Err(failed) if failed.port_was_taken() => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(failed) => return Err(failed.into()),
        }
    }
    Err("the port of the server is not given back".into())
}

async fn soak(length: Duration) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let report = folder.path().join("counters");
    let port = free_port()?;
    let mut server = start(port, &report).await?;
    let relay = Relay::to((std::net::Ipv4Addr::LOCALHOST, port).into()).await;
    let string = format!(
        "flightsql://{}?transport=tcp&catalog=main&pool_max_size={SESSIONS}&pool_acquire_timeout=20s&pool_min_idle=2&pool_keepalive=5s\
         &pool_leak_threshold=15s&query_timeout=10s&idle_timeout=10s",
        relay.address()
    );
    let pool = Pool::connect(string).await?;
    let load = Load::start(&pool, TASKS);
    let begun = Instant::now();
    let (mut kills, mut cuts) = (0_u32, 0_u32);
    let mut slowest = Duration::ZERO;
    let mut early: Option<Usage> = None;
    let mut turn = 0_u32;
    while begun.elapsed() < length {
        tokio::time::sleep(PEACE).await;
        if early.is_none() && begun.elapsed() > length / 4 {
            early = Some(Usage::now()?);
        }
        turn += 1;
        if !turn.is_multiple_of(4) {
            relay.cut();
            cuts += 1;
            continue;
        }
        server.kill()?;
        tokio::time::sleep(AWAY).await;
        server = start(port, &report).await?;
        let back = Instant::now();
        kills += 1;
        let found = load
            .next_success(Duration::from_secs(20))
            .await
            .ok_or("nothing succeeds after the server is back")?;
        slowest = slowest.max(found.saturating_duration_since(back));
    }
    // A server whose connections were cut may not have heard of every end; the last one has only peace.
    server.kill()?;
    server = start(port, &report).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let late = Usage::now()?;
    let done = load.stop().await?;
    let metrics = pool.metrics();
    pool.close_within(Duration::from_secs(10)).await?;
    let left = serve::left(&report).await?;
    say(&format!(
        "{:.0} s, {kills} kills and {cuts} cuts: {} loans succeeded, {} failed with an error, 0 hung, 0 gave wrong rows",
        begun.elapsed().as_secs_f64(),
        done.succeeded,
        done.failed,
    ));
    say(&format!(
        "longest time from the server's return to a success: {slowest:.1?}"
    ));
    let early = early.unwrap_or(late);
    say(&format!(
        "after a quarter of the time: {early}; at the end: {late}"
    ));
    say(&format!("left on the server after the close: {left}"));
    say(&format!(
        "{} sessions connected, {} attempts failed, wait {:?} on average, hold {:?}",
        metrics.connected,
        metrics.connect_failed,
        metrics.wait.mean().unwrap_or_default(),
        metrics.hold.mean().unwrap_or_default(),
    ));
    drop(server);
    if metrics.leaked > 0 {
        return Err(format!("{} loans lasted longer than 15 s", metrics.leaked).into());
    }
    if !left.is_nothing() {
        return Err("something is left on the server".into());
    }
    if slowest > Duration::from_secs(5) {
        return Err("the server was found again too late".into());
    }
    early.holds(&late)
}

#[expect(clippy::print_stdout, reason = "the figures are this program's output")]
fn say(line: &str) {
    println!("{line}");
}
