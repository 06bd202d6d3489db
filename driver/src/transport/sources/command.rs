//! A token that a command prints (`token_command`), as the tools of the clouds do.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

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
        let mut command = Command::new(shell);
        command
            .arg(flag)
            .arg(&self.line)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut running =
            Running::start(command).map_err(|error| wrong(format!("cannot be started: {error}")))?;
        let run = async {
            let mut printed = Vec::new();
            if let Some(output) = running.child.stdout.take() {
                output.take(LONGEST + 1).read_to_end(&mut printed).await?;
            }
            if printed.len() as u64 > LONGEST {
                return Ok((printed, None));
            }
            Ok::<_, std::io::Error>((printed, Some(running.ended().await?)))
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

/// A command that is not waited for any more ends, and so does all that it has started: a shell alone would leave its children behind.
struct Running {
    child: Child,
    /// The process group of its own, until the command has ended by itself.
    #[cfg(unix)]
    group: Option<rustix::process::Pid>,
}

impl Running {
    fn start(mut command: Command) -> std::io::Result<Self> {
        #[cfg(unix)]
        command.process_group(0);
        let child = command.kill_on_drop(true).spawn()?;
        Ok(Self {
            #[cfg(unix)]
            group: child
                .id()
                .and_then(|id| i32::try_from(id).ok())
                .and_then(rustix::process::Pid::from_raw),
            child,
        })
    }

    /// Waits for its end. What it leaves running in the background then is its own business.
    async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        #[cfg(unix)]
        {
            self.group = None;
        }
        Ok(status)
    }
}

#[cfg(unix)]
impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // The shell has not been waited for, so the number is still its own. A group that is gone needs no end.
            let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[async_trait]
impl TokenSource for TokenCommand {
    async fn token(&self) -> Result<AccessToken> {
        Ok(AccessToken::new(self.printed().await?).check_after(LOOK_AGAIN))
    }
}
