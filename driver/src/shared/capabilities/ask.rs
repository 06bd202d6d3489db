//! Asking, once.

use std::sync::Arc;

use futures::TryStreamExt as _;
use tokio::sync::OnceCell;

use super::Capabilities;
use super::read::Reader;
use crate::error::{Error, Kind, Operation, Result};
use crate::protocol::Command;
use crate::shared::Shared;
use crate::stream::{BatchStream, CancelHandle};
use crate::transport::CallOptions;

/// What became of the question.
#[derive(Debug, Default)]
pub(in crate::shared) struct Asked {
    answer: OnceCell<Arc<Capabilities>>,
}

impl Shared {
    /// What the server says it can do. It is asked by the first who wants to know; one that lacks the command, or answers rubbish, says
    /// nothing from then on.
    ///
    /// # Errors
    ///
    /// Where the question did not reach it, or no answer came: the next who wants to know asks again.
    pub(crate) async fn capabilities(&self) -> Result<Arc<Capabilities>> {
        let ask = || async {
            match Box::pin(self.ask_sql_info()).await {
                Ok(capabilities) => Ok(Arc::new(capabilities)),
                Err(error) if is_an_answer(&error) => Ok(Arc::default()),
                Err(error) => self.watch(Err(error)),
            }
        };
        self.asked.answer.get_or_try_init(ask).await.cloned()
    }

    async fn ask_sql_info(&self) -> Result<Capabilities> {
        let (operation, options) = (Operation::SqlInfo, CallOptions::new());
        let command = Command::SqlInfo { codes: Vec::new() };
        let info = self
            .protocol()?
            .flight_info(&operation, &command, &options)
            .await?;
        let mut batches = BatchStream::open(&self.locations, &info, &options, CancelHandle::new()).await?;
        let blame = |error: Error| error.during(operation.clone()).on(self.peer());
        let mut reader = Reader::new(batches.schema()).map_err(blame)?;
        while let Some(batch) = batches.try_next().await? {
            reader.read(batch).map_err(blame)?;
        }
        Ok(reader.end())
    }
}

/// Says whether an error is the server's last word on the question: it lacks the command, refused it, or answered what nobody can read.
pub(in crate::shared) fn is_an_answer(error: &Error) -> bool {
    match error.kind() {
        Kind::Timeout | Kind::Cancelled | Kind::Authentication | Kind::State => false,
        Kind::Connection => error.is_breakdown(),
        _ => true,
    }
}
