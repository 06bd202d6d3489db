//! `jetbridge ping`: is the server there, does it let us in, how long does each step take, and which one fails.

use std::io::{self, Write as _};

use jetbridge::{Kind, Probe, Session, Step};

use crate::args::PingArgs;
use crate::connect::Target;
use crate::exit::{Failure, one_line};
use crate::interrupt::Signals;
use crate::progress::time;

pub(crate) async fn run(args: PingArgs, signals: &mut Signals) -> Result<(), Failure> {
    let config = Target::at(args.connection.as_deref(), &args.login)?.into_config();
    let work = async { Ok(Session::probe(config).await?) };
    let probes = signals.guard(Box::pin(work)).await?;
    let mut out = io::stdout().lock();
    for probe in &probes {
        write!(out, "{}", report(probe))?;
    }
    out.flush()?;
    // One host that answers is enough to connect.
    let mut outcome = Ok(());
    for probe in probes {
        outcome = probe.into_result();
        if outcome.is_ok() {
            break;
        }
    }
    Ok(outcome?)
}

/// A line for the server and one for each step; after the step that failed, what can be done.
fn report(probe: &Probe) -> String {
    let mut text = format!("{}\n", one_line(probe.peer()));
    for (step, took) in probe.steps() {
        text.push_str(&format!("  ✓ {:<12} {:>8}\n", step.to_string(), time(*took)));
    }
    let Some((step, error)) = probe.failure() else {
        return text;
    };
    text.push_str(&format!(
        "  ✗ {:<12} {}\n",
        step.to_string(),
        one_line(error.message())
    ));
    let next = error.get_hint().unwrap_or_else(|| advice(step, error.kind()));
    text + &format!("    → {}\n", one_line(next))
}

/// What can be done where the driver knows nothing closer.
fn advice(step: Step, kind: Kind) -> &'static str {
    match (step, kind) {
        (Step::Name, _) => "check the host name, and that this machine can look names up",
        (Step::Connect, Kind::Timeout) => {
            "nobody answers there: check the address, and whether a firewall drops the connection"
        }
        (Step::Connect, _) => "check the address and the port, and that the server is running",
        (Step::Tls, _) => {
            "check that the port speaks TLS (else transport=tcp), and the options that begin with tls_"
        }
        (Step::Http2, Kind::Timeout) => {
            "something takes connections there and says nothing: check the port, and transport=tls or tcp; a slow server needs a longer connect_timeout"
        }
        (Step::Http2, _) => "check that a Flight SQL server listens on that port, and transport=tls or tcp",
        (_, Kind::Authentication) => "check the user and password, or the token",
        (_, Kind::Permission) => "the server knows you and does not let you in: ask whoever runs it",
        (_, Kind::Timeout) => "the server is there and slow: see query_timeout",
        _ => "the server is there: what it says is about the question, not about the way",
    }
}
