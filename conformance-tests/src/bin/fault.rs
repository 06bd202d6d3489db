//! Scripted servers for any client: `fault --list`, `fault --case NAME [--port PORT]`, `fault --like SERVER`.

#![expect(clippy::print_stdout, reason = "it is what a program prints")]

use std::net::SocketAddr;
use std::process::ExitCode;

use jetbridge_conformance::fault::plain::{self, Report};
use jetbridge_conformance::fault::{FaultServer, cases};
use jetbridge_conformance::likeness;

const USAGE: &str = "fault --list\nfault --case NAME [--port PORT]\nfault --like SERVER\nfault --plain-client ACT --address HOST:PORT";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).map(String::as_str)
    };
    if arguments.iter().any(|argument| argument == "--list") {
        for case in cases() {
            println!("{:40} the server {}", case.name, case.server);
        }
        for likeness in likeness::likenesses() {
            println!("--like {:33} behaves as that server does", likeness.name);
        }
        return ExitCode::SUCCESS;
    }
    if let Some(name) = value("--like") {
        return serve_likeness(name).await;
    }
    match (value("--case"), value("--plain-client"), value("--address")) {
        (Some(name), None, None) => {
            serve(
                name,
                value("--port").and_then(|port| port.parse().ok()).unwrap_or(0),
            )
            .await
        }
        (None, Some(act), Some(address)) => match address.parse() {
            Ok(address) => act_plainly(act, address).await,
            Err(_) => usage(),
        },
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    println!("{USAGE}");
    ExitCode::from(2)
}

async fn serve(name: &str, port: u16) -> ExitCode {
    let Some(case) = cases().into_iter().find(|case| case.name == name) else {
        println!("no case {name:?}; fault --list names them all");
        return ExitCode::from(2);
    };
    match FaultServer::start(case.script(), port).await {
        Ok(server) => {
            println!(
                "grpc+tcp://{} {} (stop it with Ctrl-C)",
                server.address(),
                case.server
            );
            // Without signals it is ended from outside, which is as good.
            let _interrupted = tokio::signal::ctrl_c().await;
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("port {port}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Behaves as a server of the field, and prints the connection string to use, once as it is and once with the server named.
async fn serve_likeness(name: &str) -> ExitCode {
    let Some(found) = likeness::likenesses()
        .into_iter()
        .find(|likeness| likeness.name == name)
    else {
        println!("no server {name:?}; fault --list names them all");
        return ExitCode::from(2);
    };
    match likeness::serve(found.clone()).await {
        Ok(running) => {
            println!(
                "{}\n{}",
                found.connection(false, &running),
                found.connection(true, &running)
            );
            println!("it has a table `t` (stop it with Ctrl-C)");
            let _interrupted = tokio::signal::ctrl_c().await;
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The peer in Rust: says what the suite reads.
async fn act_plainly(act: &str, address: SocketAddr) -> ExitCode {
    println!("READY");
    match plain::run(act, address).await {
        Ok(Report::Rows(rows)) => println!("ROWS {rows:?}"),
        Ok(Report::Count(count)) => println!("COUNT {count}"),
        Err(error) => println!("ERROR {}", error.to_string().replace('\n', " ")),
    }
    ExitCode::SUCCESS
}
