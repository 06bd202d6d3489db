//! DoAction: prepared statements, transactions, savepoints, cancelling, renewing, sessions.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_flight::sql::{
    ActionBeginSavepointRequest, ActionBeginSavepointResult, ActionBeginTransactionResult,
    ActionCancelQueryRequest, ActionCancelQueryResult, ActionClosePreparedStatementRequest,
    ActionCreatePreparedStatementRequest, ActionEndSavepointRequest, ActionEndTransactionRequest, Any,
    ProstMessageExt, TicketStatementQuery,
};
use arrow_flight::{
    Action, ActionType, CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus, FlightInfo,
    RenewFlightEndpointRequest, Result as ActionResult, Ticket,
};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use prost::Message;
use tonic::{Code, Response, Status};

use crate::capability::Capability;
use crate::datetime::timestamp_in;
use crate::messages::{
    CloseSessionResult, CloseStatus, GetSessionOptionsResult, PreparedStatementResult,
    SetSessionOptionsRequest, SetSessionOptionsResult,
};
use crate::plan::encode_schema;
use crate::poll;
use crate::sessions::{self, Session};
use crate::state::State;
use crate::status::undecodable;
use crate::tickets;

/// The results of an action.
pub(crate) type ActionStream = BoxStream<'static, Result<ActionResult, Status>>;

type Answer = Result<Response<ActionStream>, Status>;

/// All actions with their descriptions and what switches them off.
const ACTIONS: [(&str, &str, Capability); 13] = [
    (
        "CreatePreparedStatement",
        "Prepares a statement",
        Capability::Prepared,
    ),
    (
        "ClosePreparedStatement",
        "Closes a prepared statement",
        Capability::Prepared,
    ),
    (
        "BeginTransaction",
        "Begins a transaction",
        Capability::Transactions,
    ),
    (
        "EndTransaction",
        "Commits or rolls back a transaction",
        Capability::Transactions,
    ),
    ("BeginSavepoint", "Begins a savepoint", Capability::Savepoints),
    (
        "EndSavepoint",
        "Releases a savepoint or rolls back to it",
        Capability::Savepoints,
    ),
    (
        "CancelQuery",
        "Cancels a query (deprecated: CancelFlightInfo)",
        Capability::Cancel,
    ),
    ("CancelFlightInfo", "Cancels a query", Capability::Cancel),
    (
        "RenewFlightEndpoint",
        "Extends the expiration time of an endpoint",
        Capability::Cancel,
    ),
    ("SetSessionOptions", "Sets session options", Capability::Sessions),
    ("GetSessionOptions", "Lists session options", Capability::Sessions),
    ("CloseSession", "Closes the session", Capability::Sessions),
    (
        "CreatePreparedSubstraitPlan",
        "Not supported",
        Capability::Prepared,
    ),
];

impl State {
    /// The actions that work.
    pub(crate) fn actions(&self) -> Vec<ActionType> {
        ACTIONS
            .iter()
            .filter(|(name, _, capability)| {
                *name != "CreatePreparedSubstraitPlan" && self.has(*capability).is_ok()
            })
            .map(|(name, description, _)| ActionType {
                r#type: (*name).into(),
                description: (*description).into(),
            })
            .collect()
    }

    pub(crate) async fn act(self: &Arc<Self>, session: Option<Arc<Session>>, action: Action) -> Answer {
        let Some((name, _, capability)) = ACTIONS.iter().find(|(name, ..)| *name == action.r#type) else {
            return Err(Status::unimplemented(format!(
                "there is no action \"{}\"",
                action.r#type
            )));
        };
        self.has(*capability)?;
        if *capability == Capability::Savepoints {
            self.has(Capability::Transactions)?;
        }
        let body = &action.body[..];
        match *name {
            "CreatePreparedStatement" => self.prepare(session.as_ref(), unpack(body)?).await,
            "ClosePreparedStatement" => {
                let request: ActionClosePreparedStatementRequest = unpack(body)?;
                self.statements.close(&request.prepared_statement_handle)?;
                Ok(none())
            }
            "BeginTransaction" => {
                let id = self
                    .transactions
                    .begin(session.map(|session| session.id.clone()))
                    .await?;
                Ok(packed(&ActionBeginTransactionResult {
                    transaction_id: id.into_bytes().into(),
                }))
            }
            "EndTransaction" => self.end_transaction(unpack(body)?).await,
            "BeginSavepoint" => {
                let request: ActionBeginSavepointRequest = unpack(body)?;
                let id = self.transactions.begin_savepoint(&request.transaction_id).await?;
                Ok(packed(&ActionBeginSavepointResult {
                    savepoint_id: id.into_bytes().into(),
                }))
            }
            "EndSavepoint" => {
                let request: ActionEndSavepointRequest = unpack(body)?;
                let release = choice(request.action, "EndSavepoint")?;
                self.transactions
                    .end_savepoint(&request.savepoint_id, release)
                    .await?;
                Ok(none())
            }
            "CancelQuery" => {
                let request: ActionCancelQueryRequest = unpack(body)?;
                let info = FlightInfo::decode(request.info)
                    .map_err(|error| undecodable("the FlightInfo", &error))?;
                self.cancel(&info)?;
                Ok(packed(&ActionCancelQueryResult {
                    result: CancelStatus::Cancelled.into(),
                }))
            }
            "CancelFlightInfo" => {
                let request = CancelFlightInfoRequest::decode(body)
                    .map_err(|error| undecodable("CancelFlightInfoRequest", &error))?;
                self.cancel(&request.info.unwrap_or_default())?;
                Ok(bare(&CancelFlightInfoResult {
                    status: CancelStatus::Cancelled.into(),
                }))
            }
            "RenewFlightEndpoint" => self.renew(body),
            "SetSessionOptions" => self.set_options(session, body).await,
            "GetSessionOptions" => Ok(self.get_options(session)),
            "CloseSession" => self.close_session(session).await,
            _ => Err(Status::unimplemented(
                "Substrait plans are not supported: SQLite understands SQL only",
            )),
        }
    }

    async fn prepare(
        &self,
        session: Option<&Arc<Session>>,
        request: ActionCreatePreparedStatementRequest,
    ) -> Answer {
        let transaction = request
            .transaction_id
            .map(|id| id.to_vec())
            .filter(|id| !id.is_empty());
        let query = self
            .query(session, request.query, transaction.as_deref(), None)
            .await?;
        let description = query.describe(!self.lazy).await?;
        let is_named = |field: &arrow::datatypes::FieldRef| {
            let mut name = field.name().chars();
            name.next().is_some_and(|first| first != '?')
                && !name.next().is_some_and(|next| next.is_ascii_digit())
        };
        if self.has(Capability::NamedParameters).is_err()
            && description.parameters.fields().iter().any(is_named)
        {
            return Err(Status::invalid_argument(
                "this server knows no names of parameters: write ? or $1",
            ));
        }
        let dataset = match (&description.schema, description.is_update) {
            // No columns, no schema: clients read an empty schema as "this is an update".
            (_, true) => bytes::Bytes::new(),
            (Some(schema), false) => encode_schema(schema)?,
            (None, false) => encode_schema(&query.guess_schema().await?)?,
        };
        let handle = self.statements.add(query.sql, transaction);
        let result = PreparedStatementResult {
            prepared_statement_handle: handle.into_bytes().into(),
            dataset_schema: dataset,
            parameter_schema: encode_schema(&description.parameters)?,
            is_update: Some(description.is_update),
        };
        let any = Any {
            type_url: "type.googleapis.com/arrow.flight.protocol.sql.ActionCreatePreparedStatementResult"
                .into(),
            value: result.encode_to_vec().into(),
        };
        Ok(bare(&any))
    }

    async fn end_transaction(&self, request: ActionEndTransactionRequest) -> Answer {
        let commit = choice(request.action, "EndTransaction")?;
        self.transactions.end(&request.transaction_id, commit).await?;
        if let Ok(id) = std::str::from_utf8(&request.transaction_id) {
            self.tickets.end_transaction(id);
        }
        Ok(none())
    }

    /// Cancels whatever a FlightInfo leads to: tickets, used ones too, or a query being polled.
    fn cancel(&self, info: &FlightInfo) -> Result<(), Status> {
        let mut found = false;
        for endpoint in &info.endpoint {
            let handle = endpoint.ticket.as_ref().and_then(handle_of);
            if let Some(group) = handle.as_deref().and_then(tickets::group_of) {
                found |= self.tickets.cancel(group);
            }
        }
        let metadata = std::str::from_utf8(&info.app_metadata).unwrap_or_default();
        found |= self.polls.cancel(metadata) | self.tickets.cancel(metadata);
        let polled = info
            .flight_descriptor
            .as_ref()
            .and_then(|descriptor| poll::id_of(&descriptor.cmd));
        found |= polled.is_some_and(|id| self.polls.cancel(&id));
        if found {
            Ok(())
        } else {
            Err(Status::not_found(
                "no such query: it is unknown, has ended, or was cancelled",
            ))
        }
    }

    fn renew(&self, body: &[u8]) -> Answer {
        let request = RenewFlightEndpointRequest::decode(body)
            .map_err(|error| undecodable("RenewFlightEndpointRequest", &error))?;
        let mut endpoint = request.endpoint.unwrap_or_default();
        let handle = endpoint.ticket.as_ref().and_then(handle_of);
        let handle =
            handle.ok_or_else(|| Status::invalid_argument("the endpoint has no ticket of a statement"))?;
        let (fresh, remaining) = self.tickets.renew(&handle)?;
        let ticket = TicketStatementQuery {
            statement_handle: fresh.into_bytes().into(),
        };
        endpoint.ticket = Some(Ticket::new(ticket.as_any().encode_to_vec()));
        endpoint.expiration_time = Some(timestamp_in(remaining));
        Ok(bare(&endpoint))
    }

    async fn set_options(&self, session: Option<Arc<Session>>, body: &[u8]) -> Answer {
        let request = SetSessionOptionsRequest::decode(body)
            .map_err(|error| undecodable("SetSessionOptionsRequest", &error))?;
        let (session, created) = self.session_or_new(session);
        let catalogs = self.catalog_names(&session).await;
        let mut errors = HashMap::new();
        for (name, value) in request.session_options {
            if let Err(error) = session.set(&name, value, &catalogs) {
                errors.insert(name, error);
            }
        }
        Ok(with_cookie(
            bare(&SetSessionOptionsResult { errors }),
            created.then_some(&session),
        ))
    }

    fn get_options(&self, session: Option<Arc<Session>>) -> Response<ActionStream> {
        let (session, created) = self.session_or_new(session);
        let result = GetSessionOptionsResult {
            session_options: session.options(),
        };
        with_cookie(bare(&result), created.then_some(&session))
    }

    /// The session of the cookie, or a new one; and whether it is new.
    pub(crate) fn session_or_new(&self, session: Option<Arc<Session>>) -> (Arc<Session>, bool) {
        match session {
            Some(session) => (session, false),
            None => (self.sessions.create(), true),
        }
    }

    async fn close_session(&self, session: Option<Arc<Session>>) -> Answer {
        let session = session
            .ok_or_else(|| Status::not_found("no such session: there is no cookie, or it is unknown"))?;
        self.sessions.remove(&session.id);
        self.transactions.end_session(&session.id).await;
        let result = CloseSessionResult {
            status: CloseStatus::Closed.into(),
        };
        let result = ActionResult::new(result.encode_to_vec());
        // The cookie is taken away in the trailers, as the Go server does: clients must look there too.
        let mut end = Status::new(Code::Ok, "");
        if let Ok(cookie) = sessions::forget_cookie(&session.id).parse() {
            end.metadata_mut().append("set-cookie", cookie);
        }
        Ok(Response::new(stream::iter([Ok(result), Err(end)]).boxed()))
    }
}

/// The statement handle in a ticket.
fn handle_of(ticket: &Ticket) -> Option<Vec<u8>> {
    let any = Any::decode(&ticket.ticket[..]).ok()?;
    let ticket: TicketStatementQuery = any.unpack().ok()??;
    Some(ticket.statement_handle.to_vec())
}

/// The two ways to end something: 1 is commit or release, 2 is rollback.
fn choice(action: i32, name: &str) -> Result<bool, Status> {
    match action {
        1 => Ok(true),
        2 => Ok(false),
        other => Err(Status::invalid_argument(format!("{name} has no action {other}"))),
    }
}

fn unpack<M: ProstMessageExt>(body: &[u8]) -> Result<M, Status> {
    let any = Any::decode(body).map_err(|error| undecodable("the body of the action", &error))?;
    let message = any
        .unpack()
        .map_err(|error| Status::invalid_argument(error.to_string()))?;
    message.ok_or_else(|| {
        Status::invalid_argument(format!(
            "the action needs {}, not {}",
            M::type_url(),
            any.type_url
        ))
    })
}

fn packed<M: ProstMessageExt>(message: &M) -> Response<ActionStream> {
    bare(&message.as_any())
}

fn bare(message: &impl Message) -> Response<ActionStream> {
    let result = ActionResult::new(message.encode_to_vec());
    Response::new(stream::once(std::future::ready(Ok(result))).boxed())
}

fn none() -> Response<ActionStream> {
    Response::new(stream::empty().boxed())
}

fn with_cookie(
    mut response: Response<ActionStream>,
    session: Option<&Arc<Session>>,
) -> Response<ActionStream> {
    if let Some(cookie) = session.and_then(|session| sessions::set_cookie(&session.id).parse().ok()) {
        response.metadata_mut().append("set-cookie", cookie);
    }
    response
}
