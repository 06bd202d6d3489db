//! Jetbridge and its peers side by side, in one run, on one server: `cargo run --release -p jetbridge-conformance --bin compare`.
//!
//! The server and every client are processes of their own. The clients take turns, so that what else the machine does
//! falls on all of them; what counts is the median.

mod cases;
mod client;
mod machine;
mod report;
mod run;
mod server;
mod worker;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// What went wrong, for the person who started the program.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs Jetbridge and its peers side by side and prints how they compare.
#[derive(Debug, Parser)]
#[command(name = "compare")]
struct Arguments {
    #[command(subcommand)]
    role: Option<Role>,
    #[command(flatten)]
    choice: Choice,
}

/// What is run.
#[derive(Debug, clap::Args)]
struct Choice {
    /// Small results and one round: shows that everything works, measures nothing.
    #[arg(long)]
    quick: bool,
    /// Rounds of every case.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Only cases whose name begins so; may be given more than once.
    #[arg(long = "case")]
    cases: Vec<String>,
    /// Only these clients; may be given more than once.
    #[arg(long = "client")]
    clients: Vec<String>,
    /// Writes the tables into this file, between its two marks.
    #[arg(long)]
    save: Option<PathBuf>,
}

/// The parts of the program that it starts itself.
#[derive(Debug, Subcommand)]
enum Role {
    /// The server, until standard input ends.
    #[command(hide = true)]
    Serve,
    /// A client that takes orders from standard input.
    #[command(hide = true)]
    Work {
        /// Which.
        client: String,
    },
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    match arguments.role {
        // One thread: the rest of the machine is the client's.
        Some(Role::Serve) => current_thread()?.block_on(server::serve()),
        Some(Role::Work { client }) => match std::env::var_os("COMPARE_ONE_THREAD") {
            None => workers()?.block_on(worker::work(&client)),
            Some(_) => current_thread()?.block_on(worker::work(&client)),
        },
        None => current_thread()?.block_on(run::run(&arguments.choice)),
    }
}

fn current_thread() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// The runtime of `#[tokio::main]`, for both clients in Rust.
fn workers() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
