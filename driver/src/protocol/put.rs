//! DoPut: updates, parameters, bulk ingest.

use std::pin::Pin;
use std::task::{Context, Poll};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::error::FlightError;
use arrow_flight::sql::{DoPutPreparedStatementResult, DoPutUpdateResult};
use arrow_flight::{FlightData, FlightDescriptor, PutResult};
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _, TryStreamExt as _};

use super::command;
use super::{Command, IngestMode, Protocol, decode};
use crate::error::{Error, Kind, Operation, Result};
use crate::transport::{CallOptions, Reply};

/// How many messages of an answer to DoPut are read; one is what the specification has.
const MOST_ANSWERS: usize = 1024;

/// What binding parameters gave.
#[derive(Debug)]
pub(crate) struct Bound {
    /// The handle to use from now on, where the server gave another.
    pub(crate) handle: Option<Bytes>,
}

/// Where bulk ingest puts its rows.
#[derive(Debug, Clone)]
pub(crate) struct IngestTarget {
    pub(crate) table: String,
    pub(crate) schema: Option<String>,
    pub(crate) catalog: Option<String>,
    pub(crate) temporary: bool,
    pub(crate) mode: IngestMode,
    pub(crate) transaction: Option<Bytes>,
    pub(crate) options: Vec<(String, String)>,
}

impl Protocol {
    /// Runs an update, once for each row of parameters where there are any; gives the number of rows it changed, where the server knows it.
    pub(crate) async fn update(
        &self,
        operation: &Operation,
        command: &Command,
        parameters: Option<(SchemaRef, BoxStream<'static, Result<RecordBatch>>)>,
        options: &CallOptions,
    ) -> Result<Option<u64>> {
        let messages = match parameters {
            // An update without parameters is one empty message (what C++, Go and Java send).
            None => futures::stream::iter([Ok(FlightData {
                flight_descriptor: Some(command.descriptor()),
                ..FlightData::default()
            })])
            .boxed(),
            Some((schema, batches)) => encode(command.descriptor(), schema, batches),
        };
        let answers = self.put(operation, messages, options).await?;
        self.count(operation, &answers)
    }

    /// Binds parameters to a prepared query.
    pub(crate) async fn bind(
        &self,
        handle: &Bytes,
        parameters: RecordBatch,
        options: &CallOptions,
    ) -> Result<Bound> {
        let command = Command::PreparedQuery {
            handle: handle.clone(),
        };
        let schema = parameters.schema();
        let messages = encode(
            command.descriptor(),
            schema,
            futures::stream::iter([Ok(parameters)]),
        );
        let answers = self.put(&Operation::Bind, messages, options).await?;
        // Older servers answer with nothing; newer ones may move the statement to another handle.
        let Some(answer) = answers.first().filter(|answer| !answer.app_metadata.is_empty()) else {
            return Ok(Bound { handle: None });
        };
        let result: DoPutPreparedStatementResult =
            decode("DoPutPreparedStatementResult", &answer.app_metadata)
                .map_err(|error| self.blame(error, &Operation::Bind))?;
        Ok(Bound {
            handle: result.prepared_statement_handle,
        })
    }

    /// Loads rows in bulk; gives their number as the server counted them.
    pub(crate) async fn ingest(
        &self,
        target: &IngestTarget,
        schema: SchemaRef,
        batches: impl Stream<Item = Result<RecordBatch>> + Send + 'static,
        options: &CallOptions,
    ) -> Result<Option<u64>> {
        let messages = encode(command::ingest(target), schema, batches);
        let mut answers = Vec::new();
        let put = self.put_into(&Operation::Ingest, messages, options, &mut answers);
        if let Err(error) = put.await {
            // Some servers answer for each batch: what they have said is written, is.
            let written = self.count(&Operation::Ingest, &answers).ok().flatten();
            return Err(error.with_rows_written(written.unwrap_or(0)));
        }
        self.count(&Operation::Ingest, &answers)
    }

    async fn put(
        &self,
        operation: &Operation,
        messages: BoxStream<'static, Result<FlightData>>,
        options: &CallOptions,
    ) -> Result<Vec<PutResult>> {
        let mut answers = Vec::new();
        self.put_into(operation, messages, options, &mut answers).await?;
        Ok(answers)
    }

    /// Sends a stream and reads all of the answer. An error of the stream itself comes before what the server made of its end.
    async fn put_into(
        &self,
        operation: &Operation,
        messages: BoxStream<'static, Result<FlightData>>,
        options: &CallOptions,
        answers: &mut Vec<PutResult>,
    ) -> Result<()> {
        let (broken, mut broke) = tokio::sync::oneshot::channel();
        let mut broken = Some(broken);
        let sound = messages.scan((), move |(), message| {
            let sound = match message {
                Ok(message) => Some(message),
                Err(error) => {
                    broken.take().map(|broken| broken.send(error));
                    None
                }
            };
            futures::future::ready(sound)
        });
        let sound = std::sync::Mutex::new(Some(Sound(sound.boxed())));
        let sending = self
            .transport
            .send(operation, options, (), |mut client, request| {
                let (metadata, extensions, ()) = request.into_parts();
                let taken = sound.lock().ok().and_then(|mut sound| sound.take());
                let stream = taken.unwrap_or_else(|| Sound(futures::stream::empty().boxed()));
                async move {
                    client
                        .do_put(tonic::Request::from_parts(metadata, extensions, stream))
                        .await
                }
            });
        let answer = Box::pin(sending).await;
        let collected = match answer {
            Ok(answer) => {
                let reply = Reply::new(self.transport.clone(), operation.clone(), options, answer);
                collect(reply, answers).await
            }
            Err(error) => Err(error),
        };
        match broke.try_recv() {
            Ok(error) => Err(self.blame(error, operation)),
            Err(_) => collected,
        }
    }

    /// The count in the answer to an update. A server that answers nothing, or -1, does not know it.
    fn count(&self, operation: &Operation, answers: &[PutResult]) -> Result<Option<u64>> {
        let mut total = None;
        for answer in answers {
            let result: DoPutUpdateResult = decode("DoPutUpdateResult", &answer.app_metadata)
                .map_err(|error| self.blame(error, operation))?;
            let Ok(count) = u64::try_from(result.record_count) else {
                return Ok(None);
            };
            // One answer is what the specification has; more are added up rather than all but one forgotten.
            total = Some(total.map_or(count, |total: u64| total.saturating_add(count)));
        }
        Ok(total)
    }
}

/// What is sent. It has a name so that the compiler finds every future above it `Send`, whatever the lifetimes: else they could not be spawned.
struct Sound(BoxStream<'static, FlightData>);

impl Stream for Sound {
    type Item = FlightData;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<FlightData>> {
        self.0.poll_next_unpin(context)
    }
}

async fn collect(mut reply: Reply<PutResult>, answers: &mut Vec<PutResult>) -> Result<()> {
    while let Some(answer) = reply.try_next().await? {
        if answers.len() >= MOST_ANSWERS {
            return Err(Error::protocol("the server does not stop answering an upload"));
        }
        answers.push(answer);
    }
    Ok(())
}

fn encode(
    descriptor: FlightDescriptor,
    schema: SchemaRef,
    batches: impl Stream<Item = Result<RecordBatch>> + Send + 'static,
) -> BoxStream<'static, Result<FlightData>> {
    FlightDataEncoderBuilder::new()
        .with_flight_descriptor(Some(descriptor))
        .with_schema(schema)
        .build(batches.map_err(|error| FlightError::ExternalError(Box::new(error))))
        .map_err(|error| match error {
            FlightError::ExternalError(source) => match source.downcast::<Error>() {
                Ok(error) => *error,
                Err(source) => Error::new(Kind::Conversion, source.to_string()),
            },
            other => Error::new(Kind::Conversion, other.to_string()),
        })
        .boxed()
}
