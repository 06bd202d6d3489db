//! The command line of Jetbridge: queries any Flight SQL server, or serves one.
//!
//! It stands on the public API of `jetbridge` and `jetbridge-pool` alone.

#![forbid(unsafe_code)]

mod args;
mod command;
mod connect;
mod exit;
mod interrupt;
mod log;
mod output;
mod parameter;
mod printer;
mod progress;
mod render;

use std::process::ExitCode;

use args::{Arguments, Command};
use command::catalog::List;
use exit::Failure;
use interrupt::Signals;

fn main() -> ExitCode {
    exit::report_panics_in_one_line();
    let outcome = match args::parse(std::env::args_os()) {
        Ok(arguments) => run(arguments),
        Err(error) => args::refuse(&error),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    log::init(arguments.verbose)?;
    let quiet = arguments.quiet;
    match arguments.command {
        Command::Query(args) => {
            // Standard input is read here: until the runtime catches signals, Ctrl-C ends the process by itself.
            let query = command::query::Query::new(*args, quiet)?;
            in_runtime(async move |signals| Box::pin(query.run(signals)).await)
        }
        Command::Tables(args) => list((*args).into(), quiet),
        Command::Columns(args) => list((*args).into(), quiet),
        Command::Keys(args) => list((*args).into(), quiet),
        Command::Info(args) => list((*args).into(), quiet),
        #[cfg(feature = "embedded")]
        Command::Serve(args) => {
            in_runtime(async move |signals| command::serve::run(args, quiet, signals).await)
        }
        Command::Ping(args) => in_runtime(async move |signals| command::ping::run(args, signals).await),
        Command::Options(args) => command::options::run(&args),
    }
}

fn list(list: List, quiet: bool) -> Result<(), Failure> {
    in_runtime(async move |signals| Box::pin(list.run(quiet, signals)).await)
}

/// Runs a command that talks to a server.
fn in_runtime(command: impl AsyncFnOnce(&mut Signals) -> Result<(), Failure>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::here("cannot start", &error))?;
    let outcome = runtime.block_on(async {
        let mut signals = Signals::catch()?;
        command(&mut signals).await
    });
    // Nothing that hangs may keep the process.
    runtime.shutdown_background();
    outcome
}
