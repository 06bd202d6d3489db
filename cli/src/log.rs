//! What the driver logs, on standard error.

use tracing_subscriber::EnvFilter;

use crate::exit::Failure;

/// The variable that says what is logged, in the words of `tracing`: `jetbridge=debug,h2=info`.
pub(crate) const VARIABLE: &str = "JETBRIDGE_LOG";

/// Switches logging on where `-v` or the environment asks for it; otherwise nothing but the one line of an error is printed.
pub(crate) fn init(verbose: u8) -> Result<(), Failure> {
    let wanted = std::env::var(VARIABLE)
        .ok()
        .filter(|text| !text.trim().is_empty());
    let directives = match (verbose, wanted) {
        (0, None) => return Ok(()),
        (0, Some(wanted)) => wanted,
        (1, _) => "jetbridge=debug".to_owned(),
        _ => "jetbridge=trace,tonic=debug,h2=debug,hyper=debug,hyper_util=debug,rustls=debug".to_owned(),
    };
    let filter = EnvFilter::try_new(directives)
        .map_err(|error| Failure::usage(format!("{VARIABLE} cannot be read: {error}")))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    Ok(())
}
