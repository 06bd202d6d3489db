//! One query, read by several processes: this one asks for the result, and each of its parts goes to a process of its own.

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use futures::TryStreamExt as _;
use jetbridge::{CallOptions, Error, FlightInfo, Kind, Result, Session};

/// The comment has the reference server split the result; others split it as they like, or not.
const SQL: &str = "SELECT id, name FROM customers /* endpoints=3 */";

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let target = arguments
        .next()
        .unwrap_or_else(|| "flightsql://127.0.0.1:31337?transport=tcp".to_owned());
    match arguments.next() {
        None => split(&target).await,
        Some(part) => read(&target, &part).await,
    }
}

/// Asks for the result and hands out its parts.
async fn split(target: &str) -> Result<()> {
    let session = Session::connect(target).await?;
    let info = session.flight_info(SQL, CallOptions::new()).await?;
    let mut total = 0;
    for (number, part) in info.partitions().iter().enumerate() {
        let rows = in_another_process(target, &part.to_bytes())?;
        println!("part {}: {rows} rows", number + 1);
        total += rows;
    }
    println!("{total} rows in all");
    session.close().await
}

/// Runs this program again, with a part to read: as text here, though any way to pass bytes will do.
fn in_another_process(target: &str, part: &[u8]) -> Result<usize> {
    let digits: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
    let failed = |why: String| Error::new(Kind::Server, why);
    let output = std::env::current_exe()
        .and_then(|program| {
            std::process::Command::new(program)
                .args([target, &digits])
                .output()
        })
        .map_err(|error| failed(error.to_string()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim()
        .parse()
        .map_err(|_| failed(String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// Reads a part that another process was given, and prints how many rows it has.
async fn read(target: &str, part: &str) -> Result<()> {
    let digits = |at: usize| {
        part.get(at..at + 2)
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
    };
    let bytes: Option<Vec<u8>> = (0..part.len()).step_by(2).map(digits).collect();
    let bytes = bytes.ok_or_else(|| Error::new(Kind::Config, "the part is no text of bytes"))?;
    let session = Session::connect(target).await?;
    let batches = session
        .read(FlightInfo::from_bytes(&bytes)?, CallOptions::new())
        .await?;
    let rows = batches
        .try_fold(0, |rows, batch| async move { Ok(rows + batch.num_rows()) })
        .await?;
    println!("{rows}");
    session.close().await
}
