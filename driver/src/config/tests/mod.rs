//! Tables of text and what must come of it.

mod contradictions;
mod keyvalue;
mod options;
mod secrets;
mod uri;

use super::Config;
use crate::error::{Error, Kind};

/// Parses what must parse.
fn read(text: &str) -> Config {
    Config::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Gets the error of what must not parse.
fn refused(text: &str) -> Error {
    match Config::parse(text) {
        Ok(config) => panic!("{text} was read as {config:?}"),
        Err(error) => {
            assert_eq!(error.kind(), Kind::Config);
            error
        }
    }
}

/// Checks that a text is refused with a message that says so.
fn refuses(text: &str, expected: &str) {
    let error = refused(text).to_string();
    assert!(
        error.contains(expected),
        "{text}\n  gave:     {error}\n  expected: {expected}"
    );
}

#[test]
fn what_is_no_connection_string_is_answered_with_an_example() {
    for text in ["", "   ", "localhost", "localhost:31337", "nonsense"] {
        refuses(
            text,
            "write flightsql://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE or Host=HOST;Port=PORT",
        );
    }
}

#[test]
fn a_string_a_reference_and_a_config_are_all_targets() {
    fn target<E>(target: impl TryInto<Config, Error = E>) -> Result<Config, Error>
    where
        Error: From<E>,
    {
        Ok(target.try_into()?)
    }
    let config = Config::new("h", 31337);
    let text = "flightsql://h".to_owned();
    assert_eq!(target("flightsql://h").unwrap(), config);
    assert_eq!(target(&text).unwrap(), config);
    assert_eq!(target(text).unwrap(), config);
    assert_eq!(target(&config).unwrap(), config);
    assert_eq!(target(config.clone()).unwrap(), config);
    assert_eq!("flightsql://h".parse::<Config>().unwrap(), config);
}
