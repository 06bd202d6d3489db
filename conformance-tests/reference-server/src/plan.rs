//! GetFlightInfo: a statement becomes endpoints, and a ticket becomes batches again.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc::writer::IpcWriteOptions;
use arrow_flight::sql::{ProstMessageExt, TicketStatementQuery};
use arrow_flight::{FlightDescriptor, FlightEndpoint, FlightInfo, IpcMessage, Location, SchemaAsIpc, Ticket};
use bytes::Bytes;
use futures::{StreamExt, stream};
use prost::Message;
use tonic::Status;

use crate::datetime::timestamp_in;
use crate::flow::{self, DataStream};
use crate::hints::Hints;
use crate::results::{self, Batches, Outcome, Query};
use crate::state::State;
use crate::stop::Stop;
use crate::tickets::{Group, Part};

/// A result that can be fetched.
pub(crate) struct Plan {
    pub(crate) group: Arc<Group>,
    pub(crate) endpoints: Vec<FlightEndpoint>,
    pub(crate) total_records: i64,
}

impl Plan {
    /// The answer to GetFlightInfo, with the first endpoints only where not all are ready.
    pub(crate) fn info(&self, descriptor: FlightDescriptor, endpoints: usize) -> Result<FlightInfo, Status> {
        let hints = &self.group.hints;
        Ok(FlightInfo {
            schema: self
                .group
                .schema
                .as_ref()
                .map(encode_schema)
                .transpose()?
                .unwrap_or_default(),
            flight_descriptor: Some(descriptor),
            endpoint: self.endpoints.iter().take(endpoints).cloned().collect(),
            total_records: hints.total_records.unwrap_or(self.total_records),
            total_bytes: -1,
            ordered: hints.ordered,
            app_metadata: Bytes::from(self.group.id.clone().into_bytes()),
        })
    }
}

/// A schema as the protocol carries it.
pub(crate) fn encode_schema(schema: &SchemaRef) -> Result<Bytes, Status> {
    let options = IpcWriteOptions::default();
    let message: Result<IpcMessage, _> = SchemaAsIpc::new(schema.as_ref(), &options).try_into();
    message
        .map(|message| message.0)
        .map_err(|error| Status::internal(error.to_string()))
}

impl State {
    /// Runs a statement (or, in lazy mode, only describes it) and issues its tickets. `paced`: the tickets give out a
    /// slow result slowly; otherwise the time has passed already.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub(crate) async fn plan(&self, query: Query, stop: Stop, paced: bool) -> Result<Plan, Status> {
        if let Some(delay) = query.hints.delay {
            tokio::time::sleep(delay).await;
        }
        if self.lazy {
            let schema = query.describe(false).await?.schema;
            let group = self.tickets.group(&query, schema.clone(), stop);
            let endpoint = self.endpoint(&group, Part::Unread(query, schema));
            return Ok(Plan {
                group,
                endpoints: vec![endpoint],
                total_records: -1,
            });
        }
        self.tally.executed(&query.sql);
        let outcome = query.run(&stop, None).await?;
        let group = self.tickets.group(&query, Some(outcome.schema()), stop.clone());
        match outcome {
            Outcome::Open(opened) if !query.hints.shaped() => {
                let endpoint = self.endpoint(&group, Part::Open(opened, query));
                Ok(Plan {
                    group,
                    endpoints: vec![endpoint],
                    total_records: -1,
                })
            }
            outcome => {
                let (_, batches) = outcome.collect().await?;
                Ok(self.plan_kept(group, &batches, paced))
            }
        }
    }

    fn plan_kept(&self, group: Arc<Group>, batches: &[RecordBatch], paced: bool) -> Plan {
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let pace = group.hints.slow.filter(|_| paced);
        let endpoints = results::split(batches, group.hints.endpoints)
            .into_iter()
            .map(|part| self.endpoint(&group, Part::Kept(Arc::new(part), pace)))
            .collect();
        Plan {
            group,
            endpoints,
            total_records: i64::try_from(rows).unwrap_or(-1),
        }
    }

    fn endpoint(&self, group: &Arc<Group>, part: Part) -> FlightEndpoint {
        let lifetime = group.hints.expire;
        let handle = self.tickets.issue(group, part, lifetime);
        endpoint(&handle, &group.hints, lifetime)
    }

    /// Redeems a statement's ticket.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` when the ticket has ended; what SQLite says when the statement runs only now.
    pub(crate) async fn redeem(&self, handle: &[u8]) -> Result<DataStream, Status> {
        let (group, part) = self.tickets.redeem(handle)?;
        let (schema, batches) = match part {
            Part::Open(opened, _) => (opened.schema.clone(), results::batches_of(opened)),
            Part::Kept(batches, pace) => {
                let schema = group.schema.clone().unwrap_or_else(|| Arc::new(Schema::empty()));
                let count = batches.len();
                let mut kept = kept(batches);
                if let Some(time) = pace {
                    kept = flow::paced(kept, count, time);
                }
                (schema, kept)
            }
            Part::Unread(query, announced) => self.run_now(&query, &group.stop, announced).await?,
        };
        // A result is found by cancel requests for as long as something holds its group.
        let held = group.clone();
        let batches = batches
            .map(move |batch| {
                let _held = &held;
                batch
            })
            .boxed();
        Ok(self.flow(schema, batches, &group.hints, group.stop.clone()))
    }

    /// Runs a statement for the DoGet that asks for it.
    pub(crate) async fn run_now(
        &self,
        query: &Query,
        stop: &Stop,
        announced: Option<SchemaRef>,
    ) -> Result<(SchemaRef, Batches), Status> {
        self.tally.executed(&query.sql);
        let outcome = query.run(stop, announced).await?;
        if let (Outcome::Open(opened), None) = (&outcome, query.hints.slow) {
            return Ok((opened.schema.clone(), results::batches_of(opened.clone())));
        }
        let (schema, batches) = outcome.collect().await?;
        let count = batches.len();
        let mut kept = kept(Arc::new(batches));
        if let Some(time) = query.hints.slow {
            kept = flow::paced(kept, count, time);
        }
        Ok((schema, kept))
    }

    /// Batches as the data of a DoGet.
    pub(crate) fn flow(&self, schema: SchemaRef, batches: Batches, hints: &Hints, stop: Stop) -> DataStream {
        let batches = match hints.die_after {
            Some(after) => flow::dying(batches, after),
            None => batches,
        };
        flow::encoded(schema, flow::stoppable(batches, stop), self.tally.stream())
    }
}

fn kept(batches: Arc<Vec<RecordBatch>>) -> Batches {
    let count = batches.len();
    stream::iter((0..count).filter_map(move |index| batches.get(index).cloned().map(Ok))).boxed()
}

/// An endpoint for a ticket.
pub(crate) fn endpoint(handle: &str, hints: &Hints, lifetime: Option<std::time::Duration>) -> FlightEndpoint {
    let ticket = TicketStatementQuery {
        statement_handle: Bytes::from(handle.to_owned().into_bytes()),
    };
    FlightEndpoint {
        ticket: Some(Ticket::new(ticket.as_any().encode_to_vec())),
        location: hints
            .locations
            .iter()
            .map(|uri| Location { uri: uri.clone() })
            .collect(),
        expiration_time: lifetime.map(timestamp_in),
        app_metadata: Bytes::new(),
    }
}
