//! DoAction and ListActions. Every answer is read to its end: a refusal may come after the first message, or in place of it.

use arrow::datatypes::SchemaRef;
use arrow_flight::sql;
use arrow_flight::{
    Action, CancelFlightInfoRequest, CancelFlightInfoResult, Empty, RenewFlightEndpointRequest,
};
use bytes::Bytes;
use futures::TryStreamExt as _;
use prost::Message as _;

use super::messages::PreparedStatementResult;
use super::{FlightEndpoint, FlightInfo, Protocol, SubstraitPlan, decode, pack, read_schema, unpack};
use crate::error::{Error, Operation, Result};
use crate::transport::{CallOptions, Reply};

/// The most messages read of an answer to an action, and the most bytes.
const MOST_RESULTS: usize = 65_536;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// A prepared statement as the server described it.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) handle: Bytes,
    pub(crate) dataset_schema: Option<SchemaRef>,
    pub(crate) parameter_schema: Option<SchemaRef>,
    pub(crate) is_update: Option<bool>,
}

/// How a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionEnd {
    /// Its changes become lasting.
    Commit,
    /// Its changes are undone.
    Rollback,
}

/// How a savepoint ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SavepointEnd {
    /// It is forgotten; the changes since stay in the transaction.
    Release,
    /// The changes since are undone.
    Rollback,
}

/// What a server says to a request to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CancelStatus {
    /// It does not say.
    Unspecified,
    /// The query has been cancelled.
    Cancelled,
    /// The query is being cancelled.
    Cancelling,
    /// The query cannot be cancelled, or has ended.
    NotCancellable,
}

impl From<i32> for CancelStatus {
    fn from(code: i32) -> Self {
        match code {
            1 => Self::Cancelled,
            2 => Self::Cancelling,
            3 => Self::NotCancellable,
            _ => Self::Unspecified,
        }
    }
}

/// An action a server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionType {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
}

impl Protocol {
    /// DoAction: sends the body, reads the whole answer.
    pub(crate) async fn action(
        &self,
        operation: &Operation,
        name: &str,
        body: Bytes,
        options: &CallOptions,
    ) -> Result<Vec<Bytes>> {
        let action = Action {
            r#type: name.to_owned(),
            body,
        };
        let answer = self
            .transport
            .call(operation, options, action, |mut client, request| async move {
                client.do_action(request).await
            })
            .await?;
        let mut reply = Reply::new(self.transport.clone(), operation.clone(), options, answer);
        let mut results = Vec::new();
        let mut bytes = 0_usize;
        while let Some(result) = reply.try_next().await? {
            bytes = bytes.saturating_add(result.body.len());
            if results.len() >= MOST_RESULTS || bytes > MOST_BYTES {
                let error = Error::protocol(format!("the answer to {name} does not end"));
                return Err(self.blame(error, operation));
            }
            results.push(result.body);
        }
        Ok(results)
    }

    /// An action whose answer is one message.
    async fn ask(
        &self,
        operation: &Operation,
        name: &str,
        body: Bytes,
        options: &CallOptions,
    ) -> Result<Bytes> {
        let results = self.action(operation, name, body, options).await?;
        let nothing = || {
            self.blame(
                Error::protocol(format!("the server answered {name} with nothing")),
                operation,
            )
        };
        results.into_iter().next().ok_or_else(nothing)
    }

    /// ListActions.
    pub(crate) async fn list_actions(&self, options: &CallOptions) -> Result<Vec<ActionType>> {
        let operation = Operation::ListActions;
        let answer = self
            .transport
            .call(&operation, options, Empty {}, |mut client, request| async move {
                client.list_actions(request).await
            })
            .await?;
        let mut reply = Reply::new(self.transport.clone(), operation.clone(), options, answer);
        let mut actions = Vec::new();
        while let Some(action) = reply.try_next().await? {
            if actions.len() >= MOST_RESULTS {
                return Err(self.blame(Error::protocol("the list of actions does not end"), &operation));
            }
            actions.push(ActionType {
                name: action.r#type,
                description: action.description,
            });
        }
        Ok(actions)
    }

    pub(crate) async fn prepare(
        &self,
        query: String,
        transaction_id: Option<Bytes>,
        options: &CallOptions,
    ) -> Result<Prepared> {
        let request = sql::ActionCreatePreparedStatementRequest {
            query,
            transaction_id,
        };
        let body = pack("ActionCreatePreparedStatementRequest", &request);
        let answer = self
            .ask(&Operation::Prepare, "CreatePreparedStatement", body, options)
            .await?;
        self.prepared(&answer)
    }

    pub(crate) async fn prepare_substrait(
        &self,
        plan: &SubstraitPlan,
        transaction_id: Option<Bytes>,
        options: &CallOptions,
    ) -> Result<Prepared> {
        let plan = Some(plan.message());
        let request = sql::ActionCreatePreparedSubstraitPlanRequest { plan, transaction_id };
        let body = pack("ActionCreatePreparedSubstraitPlanRequest", &request);
        let answer = self
            .ask(&Operation::Prepare, "CreatePreparedSubstraitPlan", body, options)
            .await?;
        self.prepared(&answer)
    }

    fn prepared(&self, answer: &[u8]) -> Result<Prepared> {
        let read = || {
            let raw: PreparedStatementResult = unpack("ActionCreatePreparedStatementResult", answer)?;
            Ok(Prepared {
                dataset_schema: read_schema("dataset schema", &raw.dataset_schema)?,
                parameter_schema: read_schema("parameter schema", &raw.parameter_schema)?,
                handle: raw.handle,
                is_update: raw.is_update,
            })
        };
        read().map_err(|error| self.blame(error, &Operation::Prepare))
    }

    pub(crate) async fn close_prepared(
        &self,
        prepared_statement_handle: Bytes,
        options: &CallOptions,
    ) -> Result<()> {
        let request = sql::ActionClosePreparedStatementRequest {
            prepared_statement_handle,
        };
        let body = pack("ActionClosePreparedStatementRequest", &request);
        self.action(
            &Operation::CloseStatement,
            "ClosePreparedStatement",
            body,
            options,
        )
        .await
        .map(drop)
    }

    pub(crate) async fn begin(&self, options: &CallOptions) -> Result<Bytes> {
        // arrow-flight does not export the request, which is empty.
        let body = pack("ActionBeginTransactionRequest", &Empty {});
        let answer = self
            .ask(&Operation::Begin, "BeginTransaction", body, options)
            .await?;
        let result: Identified = unpack("ActionBeginTransactionResult", &answer)
            .map_err(|error| self.blame(error, &Operation::Begin))?;
        if result.id.is_empty() {
            let error = Error::protocol("the server began a transaction without an id");
            return Err(self.blame(error, &Operation::Begin));
        }
        Ok(result.id)
    }

    /// Ends a transaction. A commit whose answer did not come may have happened: the error then says so.
    pub(crate) async fn end(
        &self,
        transaction_id: Bytes,
        end: TransactionEnd,
        options: &CallOptions,
    ) -> Result<()> {
        let (operation, action) = match end {
            TransactionEnd::Commit => (Operation::Commit, sql::EndTransaction::Commit),
            TransactionEnd::Rollback => (Operation::Rollback, sql::EndTransaction::Rollback),
        };
        let request = sql::ActionEndTransactionRequest {
            transaction_id,
            action: i32::from(action),
        };
        let body = pack("ActionEndTransactionRequest", &request);
        let answer = self.action(&operation, "EndTransaction", body, options).await;
        answer.map(drop).map_err(|error| match end {
            TransactionEnd::Commit => error.of_commit(),
            TransactionEnd::Rollback => error,
        })
    }

    pub(crate) async fn begin_savepoint(
        &self,
        transaction_id: Bytes,
        name: &str,
        options: &CallOptions,
    ) -> Result<Bytes> {
        let request = BeginSavepointRequest {
            transaction_id,
            name: name.to_owned(),
        };
        let body = pack("ActionBeginSavepointRequest", &request);
        let answer = self
            .ask(&Operation::Savepoint, "BeginSavepoint", body, options)
            .await?;
        let result: Identified = unpack("ActionBeginSavepointResult", &answer)
            .map_err(|error| self.blame(error, &Operation::Savepoint))?;
        Ok(result.id)
    }

    pub(crate) async fn end_savepoint(
        &self,
        savepoint_id: Bytes,
        end: SavepointEnd,
        options: &CallOptions,
    ) -> Result<()> {
        let action = match end {
            SavepointEnd::Release => 1,
            SavepointEnd::Rollback => 2,
        };
        let request = sql::ActionEndSavepointRequest { savepoint_id, action };
        let body = pack("ActionEndSavepointRequest", &request);
        self.action(&Operation::Savepoint, "EndSavepoint", body, options)
            .await
            .map(drop)
    }

    /// CancelFlightInfo of the Flight specification.
    pub(crate) async fn cancel(&self, info: &FlightInfo, options: &CallOptions) -> Result<CancelStatus> {
        let request = CancelFlightInfoRequest {
            info: Some(info.raw().clone()),
        };
        let body = request.encode_to_vec().into();
        let answer = self
            .ask(&Operation::Cancel, "CancelFlightInfo", body, options)
            .await?;
        let result: CancelFlightInfoResult = decode("CancelFlightInfoResult", &answer)
            .map_err(|error| self.blame(error, &Operation::Cancel))?;
        Ok(result.status.into())
    }

    /// CancelQuery, which Flight SQL had before CancelFlightInfo.
    pub(crate) async fn cancel_query(
        &self,
        info: &FlightInfo,
        options: &CallOptions,
    ) -> Result<CancelStatus> {
        let request = CancelQueryRequest {
            info: info.raw().encode_to_vec().into(),
        };
        let body = pack("ActionCancelQueryRequest", &request);
        let answer = self.ask(&Operation::Cancel, "CancelQuery", body, options).await?;
        let result: CancelQueryResult = unpack("ActionCancelQueryResult", &answer)
            .map_err(|error| self.blame(error, &Operation::Cancel))?;
        Ok(result.result.into())
    }

    /// RenewFlightEndpoint: the endpoint to use from now on.
    pub(crate) async fn renew(
        &self,
        endpoint: &FlightEndpoint,
        options: &CallOptions,
    ) -> Result<FlightEndpoint> {
        let request = RenewFlightEndpointRequest {
            endpoint: Some(endpoint.raw().clone()),
        };
        let body = request.encode_to_vec().into();
        let answer = self
            .ask(&Operation::Renew, "RenewFlightEndpoint", body, options)
            .await?;
        let renewed =
            decode("FlightEndpoint", &answer).map_err(|error| self.blame(error, &Operation::Renew))?;
        Ok(FlightEndpoint::new(renewed))
    }
}

/// `ActionBeginTransactionResult` and `ActionBeginSavepointResult` alike: an id in field 1.
#[derive(Clone, PartialEq, prost::Message)]
struct Identified {
    #[prost(bytes = "bytes", tag = "1")]
    id: Bytes,
}

/// `ActionBeginSavepointRequest`.
#[derive(Clone, PartialEq, prost::Message)]
struct BeginSavepointRequest {
    #[prost(bytes = "bytes", tag = "1")]
    transaction_id: Bytes,
    #[prost(string, tag = "2")]
    name: String,
}

/// `ActionCancelQueryRequest`.
#[derive(Clone, PartialEq, prost::Message)]
struct CancelQueryRequest {
    #[prost(bytes = "bytes", tag = "1")]
    info: Bytes,
}

/// `ActionCancelQueryResult`.
#[derive(Clone, PartialEq, prost::Message)]
struct CancelQueryResult {
    #[prost(int32, tag = "1")]
    result: i32,
}
