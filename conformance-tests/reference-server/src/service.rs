//! The Flight service: decode, call, encode. No SQL here.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::{Any, Command};
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightEndpoint, FlightInfo,
    HandshakeRequest, HandshakeResponse, PollInfo, SchemaResult, Ticket,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use prost::Message;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use crate::actions::ActionStream;
use crate::auth::bearer;
use crate::capability::Capability;
use crate::catalog;
use crate::flow::DataStream;
use crate::hints::Hints;
use crate::plan::encode_schema;
use crate::poll;
use crate::put::PutStream;
use crate::results::Query;
use crate::sessions::{self, Session};
use crate::state::State;
use crate::status::undecodable;
use crate::stop::Stop;

/// The service as tonic calls it.
#[derive(Clone)]
pub(crate) struct ReferenceService(pub(crate) Arc<State>);

impl ReferenceService {
    fn session(&self, metadata: &MetadataMap) -> Option<Arc<Session>> {
        if self.0.has(Capability::Sessions).is_err() {
            return None;
        }
        self.0.sessions.of(metadata)
    }

    /// The statement a command stands for; nothing when it is no statement.
    async fn statement(
        &self,
        session: Option<&Arc<Session>>,
        command: &Command,
    ) -> Result<Option<Query>, Status> {
        match command {
            Command::CommandStatementQuery(command) => {
                let transaction = command.transaction_id.as_deref();
                self.0
                    .query(session, command.query.clone(), transaction, None)
                    .await
                    .map(Some)
            }
            Command::CommandPreparedStatementQuery(command) => {
                self.0.has(Capability::Prepared)?;
                let (prepared, parameters) = self.0.statements.get(&command.prepared_statement_handle)?;
                let (sql, transaction) = (prepared.sql.clone(), prepared.transaction.as_deref());
                self.0
                    .query(session, sql, transaction, parameters)
                    .await
                    .map(Some)
            }
            Command::CommandStatementSubstraitPlan(_) => Err(Status::unimplemented(
                "Substrait plans are not supported: SQLite understands SQL only",
            )),
            _ => Ok(None),
        }
    }

    /// The answer to a metadata command.
    async fn metadata(
        &self,
        session: Option<&Arc<Session>>,
        command: Command,
    ) -> Result<RecordBatch, Status> {
        self.0.has(catalog::capability(&command))?;
        let place = self.0.place_of(session);
        let facts = self.0.facts();
        place
            .call(&Stop::default(), move |desk| {
                catalog::answer(desk.connection, &command, facts)
            })
            .await
    }

    /// GetFlightInfo for a metadata command: its own descriptor is its ticket.
    fn metadata_info(&self, command: &Command, descriptor: FlightDescriptor) -> Result<FlightInfo, Status> {
        self.0.has(catalog::capability(command))?;
        let schema = catalog::schema_of(command).ok_or_else(|| unknown_command(command))?;
        let ticket = Ticket::new(descriptor.cmd.clone());
        Ok(FlightInfo {
            schema: encode_schema(&schema)?,
            flight_descriptor: Some(descriptor),
            endpoint: vec![FlightEndpoint {
                ticket: Some(ticket),
                ..FlightEndpoint::default()
            }],
            total_records: -1,
            total_bytes: -1,
            ordered: false,
            app_metadata: Bytes::new(),
        })
    }

    fn stream(&self, batch: RecordBatch) -> Result<DataStream, Status> {
        let hints = Hints::parse("")?;
        let schema = batch.schema();
        let batches = if batch.num_rows() == 0 {
            Vec::new()
        } else {
            vec![Ok(batch)]
        };
        Ok(self
            .0
            .flow(schema, stream::iter(batches).boxed(), &hints, Stop::default()))
    }
}

fn decode_command(bytes: &[u8]) -> Result<Command, Status> {
    let any = Any::decode(bytes).map_err(|error| undecodable("the command", &error))?;
    Command::try_from(any).map_err(|error| Status::invalid_argument(error.to_string()))
}

fn unknown_command(command: &Command) -> Status {
    Status::unimplemented(format!("this server does not answer {}", command.type_url()))
}

#[async_trait]
impl FlightService for ReferenceService {
    type HandshakeStream = BoxStream<'static, Result<HandshakeResponse, Status>>;
    type ListFlightsStream = BoxStream<'static, Result<FlightInfo, Status>>;
    type DoGetStream = DataStream;
    type DoPutStream = PutStream;
    type DoActionStream = ActionStream;
    type ListActionsStream = BoxStream<'static, Result<ActionType, Status>>;
    type DoExchangeStream = BoxStream<'static, Result<FlightData, Status>>;

    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        self.0.tally.add(|counters| counters.handshake += 1);
        self.0.has(Capability::Handshake)?;
        let gate = &self.0.gate;
        let answer = |payload: Bytes| {
            let response = HandshakeResponse {
                protocol_version: 0,
                payload,
            };
            Response::new(stream::once(std::future::ready(Ok(response))).boxed())
        };
        if !gate.is_closed() {
            return Ok(answer(Bytes::new()));
        }
        let (metadata, _, mut messages) = request.into_parts();
        let user = match gate.check_headers(&metadata.into_headers())? {
            Some(caller) => caller.user,
            None => {
                let first = messages.message().await?.unwrap_or_default();
                gate.check_payload(&first.payload)?
            }
        };
        let token = gate.issue(&user);
        let mut response = answer(Bytes::from(token.clone().into_bytes()));
        let header = bearer(&token)
            .parse()
            .map_err(|_| Status::internal("the token is no header value"))?;
        response.metadata_mut().insert("authorization", header);
        Ok(response)
    }

    async fn list_flights(&self, _: Request<Criteria>) -> Result<Response<Self::ListFlightsStream>, Status> {
        Ok(Response::new(stream::empty().boxed()))
    }

    async fn get_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.0.tally.add(|counters| counters.get_flight_info += 1);
        let session = self.session(request.metadata());
        let descriptor = request.into_inner();
        let command = decode_command(&descriptor.cmd)?;
        let info = match self.statement(session.as_ref(), &command).await? {
            Some(query) => {
                let plan = self.0.plan(query, Stop::default(), true).await?;
                plan.info(descriptor, plan.endpoints.len())?
            }
            None => self.metadata_info(&command, descriptor)?,
        };
        Ok(Response::new(info))
    }

    async fn poll_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<PollInfo>, Status> {
        self.0.tally.add(|counters| counters.poll_flight_info += 1);
        self.0.has(Capability::Poll)?;
        let session = self.session(request.metadata());
        let descriptor = request.into_inner();
        if let Some(id) = poll::id_of(&descriptor.cmd) {
            return self.0.continue_poll(&id).await.map(Response::new);
        }
        let command = decode_command(&descriptor.cmd)?;
        let info = match self.statement(session.as_ref(), &command).await? {
            Some(query) => self.0.start_poll(query, descriptor).await?,
            None => PollInfo {
                info: Some(self.metadata_info(&command, descriptor)?),
                progress: Some(1.0),
                ..PollInfo::default()
            },
        };
        Ok(Response::new(info))
    }

    async fn get_schema(&self, request: Request<FlightDescriptor>) -> Result<Response<SchemaResult>, Status> {
        self.0.tally.add(|counters| counters.get_schema += 1);
        self.0.has(Capability::GetSchema)?;
        let session = self.session(request.metadata());
        let command = decode_command(&request.into_inner().cmd)?;
        let schema = match self.statement(session.as_ref(), &command).await? {
            Some(query) => match query.describe(true).await?.schema {
                Some(schema) => schema,
                None => query.guess_schema().await?,
            },
            None => {
                self.0.has(catalog::capability(&command))?;
                catalog::schema_of(&command).ok_or_else(|| unknown_command(&command))?
            }
        };
        Ok(Response::new(SchemaResult {
            schema: encode_schema(&schema)?,
        }))
    }

    async fn do_get(&self, request: Request<Ticket>) -> Result<Response<DataStream>, Status> {
        self.0.tally.add(|counters| counters.do_get += 1);
        let session = self.session(request.metadata());
        let command = decode_command(&request.into_inner().ticket)?;
        if let Command::TicketStatementQuery(ticket) = &command {
            return self.0.redeem(&ticket.statement_handle).await.map(Response::new);
        }
        // Some clients go without GetFlightInfo and send the command itself as ticket.
        if let Some(query) = self.statement(session.as_ref(), &command).await? {
            let stop = Stop::default();
            let (schema, batches) = self.0.run_now(&query, &stop, None).await?;
            return Ok(Response::new(self.0.flow(schema, batches, &query.hints, stop)));
        }
        let batch = self.metadata(session.as_ref(), command).await?;
        self.stream(batch).map(Response::new)
    }

    async fn do_put(&self, request: Request<Streaming<FlightData>>) -> Result<Response<PutStream>, Status> {
        self.0.tally.add(|counters| counters.do_put += 1);
        let session = self.session(request.metadata());
        let mut messages = request.into_inner();
        let first = messages
            .message()
            .await?
            .ok_or_else(|| Status::invalid_argument("DoPut without a message"))?;
        let descriptor = first.flight_descriptor.clone();
        let descriptor = descriptor.ok_or_else(|| Status::invalid_argument("DoPut without a descriptor"))?;
        let upload = stream::iter([Ok(first)]).chain(messages).boxed();
        let session = session.as_ref();
        match decode_command(&descriptor.cmd)? {
            Command::CommandStatementUpdate(command) => self
                .0
                .put_update(session, command, upload)
                .await
                .map(Response::new),
            Command::CommandPreparedStatementQuery(command) => {
                self.0.put_bind(command, upload).await.map(Response::new)
            }
            Command::CommandPreparedStatementUpdate(command) => self
                .0
                .put_prepared_update(session, command, upload)
                .await
                .map(Response::new),
            Command::CommandStatementIngest(command) => {
                let (answer, created) = self.0.put_ingest(session, command, upload).await?;
                let mut response = Response::new(answer);
                if let Some(cookie) =
                    created.and_then(|session| sessions::set_cookie(&session.id).parse().ok())
                {
                    response.metadata_mut().append("set-cookie", cookie);
                }
                Ok(response)
            }
            Command::CommandStatementSubstraitPlan(_) => Err(Status::unimplemented(
                "Substrait plans are not supported: SQLite understands SQL only",
            )),
            other => Err(unknown_command(&other)),
        }
    }

    async fn do_action(&self, request: Request<Action>) -> Result<Response<ActionStream>, Status> {
        let session = self.session(request.metadata());
        let action = request.into_inner();
        self.0.tally.action(&action.r#type);
        self.0.act(session, action).await
    }

    async fn list_actions(&self, _: Request<Empty>) -> Result<Response<Self::ListActionsStream>, Status> {
        self.0.tally.add(|counters| counters.list_actions += 1);
        Ok(Response::new(
            stream::iter(self.0.actions().into_iter().map(Ok)).boxed(),
        ))
    }

    async fn do_exchange(
        &self,
        _: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        Err(Status::unimplemented("Flight SQL has no use for DoExchange"))
    }
}
