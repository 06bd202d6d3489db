//! `jetbridge query`: one statement, its rows written as they come.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::time::Instant;

use jetbridge::{Cursor, Params, Value};

use crate::args::{Format, QueryArgs, looks_like_connection};
use crate::connect::{Connection, Target, environment_has_connection};
use crate::exit::Failure;
use crate::interrupt::{Signal, Signals};
use crate::output::Output;
use crate::printer::Printer;
use crate::progress::{self, Progress};

/// A query whose command line has been understood.
pub(crate) struct Query {
    target: Target,
    statement: Statement,
    output: Output,
    max_rows: u64,
    quiet: bool,
}

struct Statement {
    sql: String,
    params: Vec<Value>,
}

/// What came of it.
enum Outcome {
    Rows { written: u64, stopped_early: bool },
    Update { affected: Option<u64> },
}

impl Query {
    /// Reads the command line, and standard input where the statement comes from there. Nothing is connected yet.
    pub(crate) fn new(args: QueryArgs, quiet: bool) -> Result<Self, Failure> {
        let (target, sql) = target_and_sql(&args)?;
        let output = Output::new(args.output)?;
        Ok(Self {
            target,
            statement: Statement {
                sql,
                params: args.params,
            },
            output,
            max_rows: args.max_rows.unwrap_or(u64::MAX),
            quiet,
        })
    }

    /// Connects, runs the statement and writes its rows, until a signal comes.
    pub(crate) async fn run(self, signals: &mut Signals) -> Result<(), Failure> {
        let Self {
            target,
            statement,
            output,
            max_rows,
            quiet,
        } = self;
        let begun = Instant::now();
        let (is_terminal, format) = (output.is_terminal, output.format);
        let progress = Progress::default();
        let connection = signals.guard(target.connect()).await?;
        let work = execute(&connection, statement, output, max_rows, &progress);
        let work = with_progress(&progress, progress::is_wanted(quiet, is_terminal), work);
        let outcome = Box::pin(signals.guard(work)).await;
        // Whoever presses Ctrl-C once more does not want to wait for this either.
        let goodbye = async {
            connection.close().await;
            Ok(())
        };
        let _ = signals.guard(goodbye).await;
        if let (Err(Failure::Stopped(Signal::Interrupt)), false) = (&outcome, quiet) {
            note("cancelled");
        }
        report(&outcome?, begun, format, is_terminal, quiet);
        Ok(())
    }
}

async fn execute(
    connection: &Connection,
    statement: Statement,
    output: Output,
    max_rows: u64,
    progress: &Progress,
) -> Result<Outcome, Failure> {
    let session = connection.session().await?;
    let params = if statement.params.is_empty() {
        Params::none()
    } else {
        Params::from(statement.params)
    };
    let mut cursor = session.statement(statement.sql).bind(params).execute().await?;
    let outcome = if cursor.columns().is_empty() {
        cursor.drain().await?;
        Outcome::Update {
            affected: cursor.rows_affected(),
        }
    } else {
        write(cursor, output, max_rows, progress).await?
    };
    // With autocommit off, what was done would be undone when the session is handed back.
    session.commit().await?;
    Ok(outcome)
}

async fn write(
    mut cursor: Cursor,
    output: Output,
    max_rows: u64,
    progress: &Progress,
) -> Result<Outcome, Failure> {
    let Output {
        format,
        style,
        destination,
        ..
    } = output;
    let printer = Printer::start(format, cursor.columns(), style, destination, progress)?;
    let mut left = max_rows;
    while left > 0 {
        match cursor.next_batch().await {
            Ok(Some(batch)) => {
                let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(batch.num_rows());
                left = left.saturating_sub(u64::try_from(wanted).unwrap_or(u64::MAX));
                if printer.print(batch.slice(0, wanted)).await.is_err() {
                    break;
                }
            }
            Ok(None) => break,
            Err(error) => {
                // What has come is written; why it is not all matters more than whether that worked.
                let _ = printer.stop().await;
                return Err(Failure::from(error).after(progress.rows()));
            }
        }
    }
    printer.finish().await.map_err(|failure| match failure {
        Failure::Driver(_) => failure.after(progress.rows()),
        failure => failure,
    })?;
    Ok(Outcome::Rows {
        written: progress.rows(),
        stopped_early: left == 0,
    })
}

/// Does work beside a progress line.
async fn with_progress<T>(progress: &Progress, wanted: bool, work: impl Future<Output = T>) -> T {
    if !wanted {
        return work.await;
    }
    tokio::select! {
        outcome = work => outcome,
        never = progress.show() => match never {},
    }
}

/// Says on standard error what was done, where that is to be seen and does not stand in the way.
fn report(outcome: &Outcome, begun: Instant, format: Format, is_terminal: bool, quiet: bool) {
    if quiet {
        return;
    }
    match outcome {
        Outcome::Update { affected: Some(1) } => note("1 row affected"),
        Outcome::Update {
            affected: Some(count),
        } => note(&format!("{count} rows affected")),
        Outcome::Update { affected: None } => note("done"),
        Outcome::Rows {
            written,
            stopped_early,
        } => {
            let is_welcome = format == Format::Table || !is_terminal;
            if is_welcome && io::stderr().is_terminal() {
                let limit = if *stopped_early {
                    ", stopped by --max-rows"
                } else {
                    ""
                };
                note(&format!(
                    "({}{limit}, {})",
                    progress::rows(*written),
                    progress::time(begun.elapsed())
                ));
            }
        }
    }
}

fn note(words: &str) {
    // Without a standard error there is nobody to tell.
    let _ = writeln!(io::stderr(), "{words}");
}

/// Tells the connection string from the statement: two words are both, one word is what it looks like.
fn target_and_sql(args: &QueryArgs) -> Result<(Target, String), Failure> {
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    #[cfg(feature = "embedded")]
    if let Some(database) = &args.embedded.embedded {
        let sql = match words.as_slice() {
            [] => None,
            [sql] => Some(*sql),
            _ => {
                return Err(Failure::usage(
                    "--embedded takes one statement, and no connection string (a file is written --embedded=FILE)",
                ));
            }
        };
        return Ok((Target::embedded(database.clone(), &args.login)?, statement(sql)?));
    }
    let (connection, sql) = match words.as_slice() {
        [] => (None, None),
        [word] if looks_like_connection(word) => (Some(*word), None),
        [word] => (None, Some(*word)),
        [connection, sql] => (Some(*connection), Some(*sql)),
        _ => {
            return Err(Failure::usage(
                "give one connection string and one statement; a statement goes in quotes",
            ));
        }
    };
    if connection.is_none() && !environment_has_connection() {
        // Said before standard input is waited for.
        Target::at(None, &args.login)?;
    }
    Ok((Target::at(connection, &args.login)?, statement(sql)?))
}

/// The statement: the word given, or what comes on standard input.
fn statement(word: Option<&str>) -> Result<String, Failure> {
    let sql = match word {
        Some(sql) if sql != "-" => sql.to_owned(),
        None if io::stdin().is_terminal() => {
            return Err(Failure::usage(
                "the statement is missing; `-` reads it from standard input",
            ));
        }
        _ => {
            let mut sql = String::new();
            io::stdin().read_to_string(&mut sql).map_err(|error| {
                Failure::usage(format!("cannot read the statement from standard input: {error}"))
            })?;
            sql
        }
    };
    if sql.trim().is_empty() {
        return Err(Failure::usage("the statement is empty"));
    }
    Ok(sql)
}
