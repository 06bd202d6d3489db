//! Statements whose rows nobody wants: sent as updates, or as queries that are read to their end.

use bytes::Bytes;
use futures::TryStreamExt as _;

use super::{Command, Protocol};
use crate::error::{Error, Kind, Operation, Result};
use crate::transport::CallOptions;

impl Protocol {
    /// Runs a statement for what it does; gives the number of rows it changed, where the server says so.
    ///
    /// A server without updates gets it as a query, which it may run only while it is read: all of it is read, over the session's own connection.
    pub(crate) async fn run_text(
        &self,
        operation: &Operation,
        sql: &str,
        transaction: Option<Bytes>,
        options: &CallOptions,
    ) -> Result<Option<u64>> {
        let update = Command::Update {
            sql: sql.to_owned(),
            transaction: transaction.clone(),
        };
        match self.update(operation, &update, None, options).await {
            // Refused unread: nothing has run yet.
            Err(error) if error.kind() == Kind::NotSupported => {}
            answer => return answer,
        }
        let query = Command::Query {
            sql: sql.to_owned(),
            transaction,
        };
        let info = self.flight_info(operation, &query, options).await?;
        for endpoint in info.endpoints() {
            let Some(ticket) = endpoint.ticket() else {
                continue;
            };
            let mut reply = self.do_get(operation.clone(), &ticket, options).await?;
            while reply.try_next().await?.is_some() {}
        }
        Ok(None)
    }
}

impl Error {
    /// What an error means to a commit: one whose answer did not come may have happened.
    pub(crate) fn of_commit(self) -> Self {
        match self.kind() {
            Kind::Connection | Kind::Timeout if !self.is_unsent() => self
                .becomes(Kind::CommitOutcomeUnknown)
                .hint("look whether its changes are there before trying again"),
            _ => self,
        }
    }
}
