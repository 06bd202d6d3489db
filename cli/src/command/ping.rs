//! `jetbridge ping`: is the server there, does it let us in, and how long does that take.

use std::io::{self, Write as _};
use std::time::Instant;

use crate::args::PingArgs;
use crate::connect::Target;
use crate::exit::Failure;
use crate::interrupt::Signals;
use crate::progress::time;

pub(crate) async fn run(args: PingArgs, signals: &mut Signals) -> Result<(), Failure> {
    let target = Target::at(args.connection.as_deref(), &args.login)?;
    let begun = Instant::now();
    let connection = signals.guard(target.connect()).await?;
    let work = async {
        let session = connection.session().await?;
        say(&format!(
            "connected and logged in to {} in {}",
            session.peer(),
            time(begun.elapsed())
        ))?;
        let asked = Instant::now();
        session.ping().await?;
        say(&format!("answered in {}", time(asked.elapsed())))
    };
    let outcome = Box::pin(signals.guard(work)).await;
    let goodbye = async {
        connection.close().await;
        Ok(())
    };
    let _ = signals.guard(goodbye).await;
    outcome
}

fn say(line: &str) -> Result<(), Failure> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
