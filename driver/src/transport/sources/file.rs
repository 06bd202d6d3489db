//! Secrets in files: passwords, and tokens that somebody else keeps fresh.

use std::fs::File;
use std::io::Read as _;
use std::time::Duration;

use async_trait::async_trait;

use crate::error::{Error, Kind, Operation, Result};
use crate::secret::Secret;
use crate::token::{AccessToken, TokenSource};

/// No password or token is longer; a wrong path may name anything.
const LONGEST: u64 = 64 << 10;
/// How long a changed file may go unnoticed by a server that still takes the old token.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Reads the secret in a file: all of it, without the white space around it.
pub(crate) fn secret_in(option: &str, path: &str) -> Result<Secret> {
    let wrong = |problem: String| {
        Error::new(Kind::Config, format!("option {option}: the file {problem}")).during(Operation::Token)
    };
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text))
        .map_err(|error| wrong(format!("cannot be read: {error}")))?;
    if text.len() as u64 > LONGEST {
        return Err(wrong("is too long for a secret".to_owned()));
    }
    match text.trim() {
        "" => Err(wrong("is empty".to_owned())),
        text => Ok(Secret::new(text)),
    }
}

/// A token in a file that is read again when it may have changed (`token_file`).
pub(super) struct TokenFile {
    path: String,
}

impl TokenFile {
    pub(super) fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
        }
    }
}

#[async_trait]
impl TokenSource for TokenFile {
    async fn token(&self) -> Result<AccessToken> {
        Ok(AccessToken::new(secret_in("token_file", &self.path)?).check_after(LOOK_AGAIN))
    }
}
