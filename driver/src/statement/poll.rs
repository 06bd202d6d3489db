//! Long queries: PollFlightInfo until the result is complete.

use std::sync::Arc;
use std::time::Duration;

use super::Statement;
use crate::cursor::Cursor;
use crate::error::{Kind, Result};
use crate::protocol::PollInfo;
use crate::shared::Feature;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Statement {
    /// Runs it as a query that the server reports on: `watch` is called after every poll, with the progress where the server knows it.
    ///
    /// On a server without PollFlightInfo it is [`query`](Self::query). Parameters are bound as there, and then it is not polled.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops polling; [`cancel_handle`](Self::cancel_handle) has the server stop too.
    pub async fn query_with_progress(&self, mut watch: impl FnMut(&PollInfo) + Send) -> Result<Cursor> {
        if !self.params.is_none() || self.is_change() {
            return self.query().await;
        }
        self.handle
            .guard(async {
                let command = self.command(&self.text).await?;
                let protocol = self.shared.protocol()?;
                let mut pause = FIRST_PAUSE;
                if self.shared.lacks(Feature::Poll) {
                    return self.query_of(&self.text).await;
                }
                let state = protocol.poll(&command, &self.options).await;
                let mut state = match self.shared.note(Feature::Poll, state) {
                    Err(error) if error.kind() == Kind::NotSupported => {
                        return self.query_of(&self.text).await;
                    }
                    state => self.shared.watch(state)?,
                };
                watch(&state);
                while !state.is_complete() {
                    self.shared.ask_about(&Arc::new(state.info.clone()), &self.handle);
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                    state = self
                        .shared
                        .watch(protocol.poll_again(&state, &self.options).await)?;
                    watch(&state);
                }
                Ok(Cursor::new(
                    self.shared
                        .open(state.info, &self.options, self.handle.clone())
                        .await?,
                ))
            })
            .await
    }
}
