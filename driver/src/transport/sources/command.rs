//! A token that a command prints (`token_command`), as the tools of the clouds do.

use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use crate::error::{Error, Kind, Result};
use crate::token::{AccessToken, TokenSource};
use crate::transport::deadline::within;

/// How long what it printed is used before it is asked again; a server that refuses the token makes that sooner.
const LOOK_AGAIN: Duration = Duration::from_secs(300);
/// No token is longer.
const LONGEST: u64 = 64 << 10;

pub(super) struct TokenCommand {
    line: String,
    patience: Option<Duration>,
}

impl TokenCommand {
    pub(super) fn new(line: &str, patience: Option<Duration>) -> Self {
        Self {
            line: line.to_owned(),
            patience,
        }
    }

    async fn printed(&self) -> Result<String> {
        let wrong =
            |problem: String| Error::new(Kind::Authentication, format!("the token_command {problem}"));
        let (shell, flag) = if cfg!(windows) {
            ("cmd", "/C")
        } else {
            ("sh", "-c")
        };
        // What it says on standard error is for the user's eyes, and nothing we would keep.
        let mut child = Command::new(shell)
            .arg(flag)
            .arg(&self.line)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| wrong(format!("cannot be started: {error}")))?;
        let run = async {
            let mut printed = Vec::new();
            if let Some(output) = child.stdout.take() {
                output.take(LONGEST + 1).read_to_end(&mut printed).await?;
            }
            if printed.len() as u64 > LONGEST {
                return Ok((printed, None));
            }
            Ok::<_, std::io::Error>((printed, Some(child.wait().await?)))
        };
        let (printed, status) = within(self.patience, "connect_timeout", run)
            .await
            .map_err(|error| error.and_hint("the token_command has not ended by itself"))?
            .map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let Some(status) = status else {
            return Err(wrong("printed too much for a token".to_owned()));
        };
        if !status.success() {
            return Err(wrong(format!("failed: {status}")));
        }
        let text = String::from_utf8(printed).map_err(|_| wrong("printed no text".to_owned()))?;
        let token = text.trim();
        if token.is_empty() || token.contains(char::is_control) {
            return Err(wrong(
                "printed something else than one line with a token".to_owned(),
            ));
        }
        Ok(token.to_owned())
    }
}

#[async_trait]
impl TokenSource for TokenCommand {
    async fn token(&self) -> Result<AccessToken> {
        Ok(AccessToken::new(self.printed().await?).check_after(LOOK_AGAIN))
    }
}
