//! The reference server as a program.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use jetbridge_reference_server::ReferenceServer;

/// SQLite behind Arrow Flight SQL, to test clients against.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:31337")]
    listen: SocketAddr,
    /// The database file; without it, a private database that holds the sample.
    #[arg(long)]
    database: Option<PathBuf>,
    /// Runs statements only when their rows are fetched.
    #[arg(long)]
    lazy: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> std::io::Result<()> {
    let mut builder = ReferenceServer::builder()
        .listen(arguments.listen)
        .lazy(arguments.lazy);
    if let Some(database) = arguments.database {
        builder = builder.database(database);
    }
    let server = builder.serve().await?;
    announce(&format!(
        "Listening on flightsql://{}?transport=tcp",
        server.address()
    ));
    ended().await?;
    server.shutdown().await
}

/// Waits for Ctrl-C or, on Unix, a request to terminate.
async fn ended() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

#[expect(clippy::print_stdout, reason = "the address is this program's output")]
fn announce(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "a program says on stderr why it ends")]
fn report(line: &str) {
    eprintln!("{line}");
}
