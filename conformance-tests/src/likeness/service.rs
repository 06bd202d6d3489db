//! The Flight service of a likeness.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::Int64Type;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::{
    ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest,
    ActionCreatePreparedStatementResult, Any, Command, ProstMessageExt as _,
};
use arrow_flight::utils::flight_data_to_batches;
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo, HandshakeRequest,
    HandshakeResponse, PollInfo, PutResult, SchemaResult, Ticket,
};
use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use prost::Message as _;
use tokio::sync::watch;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use super::login::{Door, handshake};
use super::{Catalog, Likeness, Parameters, messages, sql};
use crate::fault::{Seen, data};

/// What both ports of a server share.
#[derive(Debug)]
pub(super) struct State {
    likeness: Likeness,
    /// The port that has the rows.
    port: u16,
    seen: Arc<Seen>,
    door: Door,
    /// The results nobody has read yet: a ticket is good for one read.
    results: Mutex<HashMap<String, Waiting>>,
    prepared: Mutex<HashMap<String, Statement>>,
    next: AtomicUsize,
    in_use: AtomicBool,
    /// The number of the statement that ran last.
    last: watch::Sender<usize>,
}

#[derive(Debug)]
struct Waiting {
    rows: RecordBatch,
    number: usize,
    endless: bool,
}

#[derive(Debug, Clone)]
struct Statement {
    sql: String,
    bound: Option<i64>,
}

impl State {
    pub(super) fn new(likeness: Likeness, port: u16, seen: Arc<Seen>) -> Self {
        Self {
            likeness,
            port,
            seen,
            door: Door::default(),
            results: Mutex::default(),
            prepared: Mutex::default(),
            next: AtomicUsize::new(0),
            in_use: AtomicBool::new(false),
            last: watch::channel(0).0,
        }
    }

    /// Keeps a result until it is read.
    fn keep(&self, rows: RecordBatch, endless: bool) -> FlightInfo {
        let number = self.next.fetch_add(1, Ordering::SeqCst) + 1;
        self.last.send_replace(number);
        let ticket = format!("result-{number}");
        let info = messages::info(&self.likeness, &rows, ticket.clone(), self.port);
        let waiting = Waiting {
            rows,
            number,
            endless,
        };
        lock(&self.results).insert(ticket, waiting);
        info
    }

    fn run(&self, sql: &str, bound: Option<i64>) -> Result<FlightInfo, Status> {
        let ran = sql::run(&self.likeness, sql, bound, self.in_use.load(Ordering::SeqCst))?;
        if ran.uses {
            self.in_use.store(true, Ordering::SeqCst);
        }
        Ok(self.keep(ran.rows, ran.endless))
    }

    fn statement(&self, handle: &[u8]) -> Result<Statement, Status> {
        let handle = String::from_utf8_lossy(handle).into_owned();
        let known = lock(&self.prepared).get(&handle).cloned();
        known.ok_or_else(|| Status::not_found("no such prepared statement"))
    }

    fn prepare(&self, sql: String) -> Result<ActionCreatePreparedStatementResult, Status> {
        if self.likeness.parameters == Parameters::NotPrepared {
            return Err(Status::unimplemented("prepared statements are not supported"));
        }
        let in_use = self.in_use.load(Ordering::SeqCst);
        let rows = sql::run(&self.likeness, &sql, Some(0), in_use)?.rows;
        let dataset_schema = match self.likeness.parameters {
            Parameters::Sentinel => data::encoded(&sql::with_sentinel(&rows)),
            _ => data::encoded(&rows.schema()),
        };
        let handle = format!("statement-{}", self.next.fetch_add(1, Ordering::SeqCst));
        lock(&self.prepared).insert(handle.clone(), Statement { sql, bound: None });
        Ok(ActionCreatePreparedStatementResult {
            prepared_statement_handle: handle.into(),
            dataset_schema,
            parameter_schema: bytes::Bytes::new(),
        })
    }

    fn bind(&self, handle: &[u8], sent: &[FlightData]) -> Result<(), Status> {
        if self.likeness.parameters == Parameters::Refused {
            return Err(Status::unimplemented("parameters are not supported"));
        }
        let batches =
            flight_data_to_batches(sent).map_err(|error| Status::invalid_argument(error.to_string()))?;
        let value = batches.first().and_then(|batch| {
            let column = batch.column(0).as_primitive_opt::<Int64Type>()?;
            column.values().first().copied()
        });
        let handle = String::from_utf8_lossy(handle).into_owned();
        if let Some(statement) = lock(&self.prepared).get_mut(&handle) {
            statement.bound = value;
        }
        Ok(())
    }
}

/// One port of a server.
#[derive(Debug)]
pub(super) struct Playing {
    state: Arc<State>,
    is_backend: bool,
}

impl Playing {
    pub(super) fn new(state: Arc<State>, is_backend: bool) -> Self {
        Self { state, is_backend }
    }

    /// Notes a call, and lets it in.
    fn enter(&self, rpc: &str, headers: &MetadataMap) -> Result<MetadataMap, Status> {
        let rpc = if self.is_backend {
            format!("backend {rpc}")
        } else {
            rpc.to_owned()
        };
        self.state.seen.note(&rpc, headers);
        self.state.door.admit(&self.state.likeness, headers)
    }

    fn demanded(&self, headers: &MetadataMap) -> Result<(), Status> {
        let Some((name, value)) = self.state.likeness.demands else {
            return Ok(());
        };
        match headers.get(name).is_some_and(|sent| sent == value) {
            true => Ok(()),
            false => Err(Status::invalid_argument(format!(
                "the header `{name}` is missing"
            ))),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn command(bytes: &[u8]) -> Result<Command, Status> {
    let any = Any::decode(bytes).map_err(|error| Status::invalid_argument(error.to_string()))?;
    Command::try_from(any).map_err(|error| Status::invalid_argument(error.to_string()))
}

fn with_headers<T>(message: T, headers: MetadataMap) -> Response<T> {
    let mut response = Response::new(message);
    *response.metadata_mut() = headers;
    response
}

fn unimplemented<T>(what: &str) -> Result<T, Status> {
    Err(Status::unimplemented(format!("{what} is not implemented")))
}

#[async_trait]
impl FlightService for Playing {
    type HandshakeStream = BoxStream<'static, Result<HandshakeResponse, Status>>;
    type ListFlightsStream = BoxStream<'static, Result<FlightInfo, Status>>;
    type DoGetStream = BoxStream<'static, Result<FlightData, Status>>;
    type DoPutStream = BoxStream<'static, Result<PutResult, Status>>;
    type DoExchangeStream = BoxStream<'static, Result<FlightData, Status>>;
    type DoActionStream = BoxStream<'static, Result<arrow_flight::Result, Status>>;
    type ListActionsStream = BoxStream<'static, Result<ActionType, Status>>;

    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        self.state.seen.note("Handshake", request.metadata());
        let (response, headers) = handshake(&self.state.likeness, request.metadata())?;
        Ok(with_headers(
            futures::stream::iter([Ok(response)]).boxed(),
            headers,
        ))
    }

    async fn get_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let command = command(&request.get_ref().cmd)?;
        let name = match &command {
            Command::CommandGetSqlInfo(_) => "GetSqlInfo",
            Command::CommandGetXdbcTypeInfo(_) => "GetXdbcTypeInfo",
            _ => "GetFlightInfo",
        };
        let headers = self.enter(name, request.metadata())?;
        self.demanded(request.metadata())?;
        let state = &self.state;
        let by_command = matches!(
            state.likeness.catalog,
            Catalog::Commands | Catalog::WithoutCatalogs
        );
        let info = match command {
            Command::CommandStatementQuery(query) => state.run(&query.query, None)?,
            Command::CommandPreparedStatementQuery(query) => {
                let Statement { sql, bound } = state.statement(&query.prepared_statement_handle)?;
                state.run(&sql, bound)?
            }
            Command::CommandGetSqlInfo(_) => state.keep(messages::sql_info(&state.likeness)?, false),
            Command::CommandGetTables(_) if by_command => state.keep(sql::tables(&state.likeness), false),
            other => return unimplemented(&format!("{other:?}")),
        };
        Ok(with_headers(info, headers))
    }

    async fn do_get(&self, request: Request<Ticket>) -> Result<Response<Self::DoGetStream>, Status> {
        let headers = self.enter("DoGet", request.metadata())?;
        let state = &self.state;
        if state.likeness.backend && !self.is_backend {
            return Err(Status::not_found("this server plans; the rows are at another"));
        }
        let ticket = String::from_utf8_lossy(&request.get_ref().ticket).into_owned();
        let waiting = lock(&state.results).remove(&ticket);
        let Waiting {
            rows,
            number,
            endless,
        } = waiting.ok_or_else(|| Status::not_found("already consumed"))?;
        let mut sent: Vec<_> = messages::result(&state.likeness, &rows)
            .into_iter()
            .map(Ok)
            .collect();
        let trailers = state.likeness.trailers;
        if !trailers.is_empty() {
            let mut map = MetadataMap::new();
            for (name, value) in trailers {
                map.insert(*name, value.parse().expect("a trailer"));
            }
            sent.push(Err(Status::with_metadata(tonic::Code::Ok, "", map)));
        }
        if !endless {
            return Ok(with_headers(futures::stream::iter(sent).boxed(), headers));
        }
        // The schema and the first rows, and then nothing until the next statement ends this one.
        sent.truncate(2);
        let mut last = state.last.subscribe();
        let rest = futures::stream::once(async move {
            let _gone = last.wait_for(|last| *last > number).await;
            Err(Status::cancelled("another statement of the session has run"))
        });
        Ok(with_headers(
            futures::stream::iter(sent).chain(rest).boxed(),
            headers,
        ))
    }

    async fn do_put(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoPutStream>, Status> {
        let headers = self.enter("DoPut", request.metadata())?;
        self.demanded(request.metadata())?;
        let sent: Vec<FlightData> = request.into_inner().try_collect().await?;
        let descriptor = sent.first().and_then(|first| first.flight_descriptor.clone());
        let descriptor = descriptor.ok_or_else(|| Status::invalid_argument("no descriptor"))?;
        let answer = match command(&descriptor.cmd)? {
            Command::CommandStatementUpdate(_) if self.state.likeness.puts => Some(data::updated(3)),
            Command::CommandPreparedStatementQuery(query) => {
                self.state.bind(&query.prepared_statement_handle, &sent)?;
                None
            }
            other => return unimplemented(&format!("{other:?}")),
        };
        let answer = futures::stream::iter(answer.map(Ok)).boxed();
        Ok(with_headers(answer, headers))
    }

    async fn do_action(&self, request: Request<Action>) -> Result<Response<Self::DoActionStream>, Status> {
        let name = request.get_ref().r#type.clone();
        let headers = self.enter(&name, request.metadata())?;
        if self.state.likeness.panics.contains(&name.as_str()) {
            return Err(Status::unknown("task panicked: not implemented"));
        }
        let body = request.into_inner().body;
        let unpack = |error: prost::DecodeError| Status::invalid_argument(error.to_string());
        let any = Any::decode(body).unwrap_or_default();
        let answer = match name.as_str() {
            "CreatePreparedStatement" => {
                let asked = ActionCreatePreparedStatementRequest::decode(any.value).map_err(unpack)?;
                let prepared = self.state.prepare(asked.query)?;
                Some(prepared.as_any().encode_to_vec())
            }
            "ClosePreparedStatement" => {
                let asked = ActionClosePreparedStatementRequest::decode(any.value).map_err(unpack)?;
                let handle = String::from_utf8_lossy(&asked.prepared_statement_handle).into_owned();
                lock(&self.state.prepared).remove(&handle);
                None
            }
            other => return unimplemented(other),
        };
        let answer = answer.map(|body| Ok(arrow_flight::Result { body: body.into() }));
        Ok(with_headers(futures::stream::iter(answer).boxed(), headers))
    }

    async fn list_actions(
        &self,
        request: Request<Empty>,
    ) -> Result<Response<Self::ListActionsStream>, Status> {
        let headers = self.enter("ListActions", request.metadata())?;
        Ok(with_headers(futures::stream::empty().boxed(), headers))
    }

    async fn list_flights(&self, _: Request<Criteria>) -> Result<Response<Self::ListFlightsStream>, Status> {
        unimplemented("ListFlights")
    }

    async fn poll_flight_info(&self, _: Request<FlightDescriptor>) -> Result<Response<PollInfo>, Status> {
        unimplemented("PollFlightInfo")
    }

    async fn get_schema(&self, _: Request<FlightDescriptor>) -> Result<Response<SchemaResult>, Status> {
        unimplemented("GetSchema")
    }

    async fn do_exchange(
        &self,
        _: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        unimplemented("DoExchange")
    }
}
