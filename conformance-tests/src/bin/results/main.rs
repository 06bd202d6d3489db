//! Large results between processes: servers to be killed, and the memory of a client that sleeps.
//!
//! ```text
//! results encoded [PORT]            a server of results of any size, encoded once; prints its address
//! results reference [PORT]          the reference server; prints its address
//! results memory mib=4096 endpoints=16 prefetch=64MiB parallelism=4 sleep=10s
//!                                   starts `results encoded`, opens a result of that size, sleeps, reads it to its end, prints its own memory
//! ```

mod encoded;
mod memory;

use std::net::Ipv4Addr;
use std::process::ExitCode;

use jetbridge_reference_server::ReferenceServer;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let done = match command.as_str() {
        "encoded" => encoded::serve(port(&rest)).await,
        "reference" => reference(port(&rest)).await,
        "memory" => memory::measure(&rest).await,
        _ => Err("encoded, reference or memory?".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// The port that was asked for, or any.
fn port(arguments: &[String]) -> u16 {
    arguments.first().and_then(|port| port.parse().ok()).unwrap_or(0)
}

async fn reference(port: u16) -> Result<(), Failure> {
    let server = ReferenceServer::builder()
        .listen((Ipv4Addr::LOCALHOST, port).into())
        .serve()
        .await?;
    say(&format!("listening on {}", server.address()));
    std::future::pending().await
}

#[expect(clippy::print_stdout, reason = "the output of this program")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "a program says on stderr why it ends")]
fn report(line: &str) {
    eprintln!("{line}");
}
