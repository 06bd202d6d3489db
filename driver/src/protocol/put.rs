//! DoPut: updates, parameters, bulk ingest.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::error::FlightError;
use arrow_flight::sql::{DoPutPreparedStatementResult, DoPutUpdateResult};
use arrow_flight::{FlightData, FlightDescriptor, PutResult};
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use tokio::sync::oneshot;
use tonic::Request;

use super::command;
use super::{Command, IngestMode, Protocol, decode};
use crate::error::{Error, Kind, Operation, Result};
use crate::transport::{CallOptions, Client, Reply};

/// How many messages of an answer to DoPut are read; one is what the specification has.
const MOST_ANSWERS: usize = 1024;

/// What binding parameters gave.
#[derive(Debug)]
pub(crate) struct Bound {
    /// The handle to use from now on, where the server gave another.
    pub(crate) handle: Option<Bytes>,
}

/// The parameters of an update, one run for each row.
pub(crate) enum Parameters {
    One(RecordBatch),
    Stream(SchemaRef, BoxStream<'static, Result<RecordBatch>>),
}

/// Messages on their way to the server.
type Messages = BoxStream<'static, Result<FlightData>>;

/// What a DoPut sends.
enum Upload {
    /// What comes once. It is not sent again, even where the server has refused it unread: it is gone by then.
    Once(Mutex<Option<Messages>>),
    /// What can be made again: an upload that the server has refused unread is repeated.
    Again(Box<dyn Fn() -> Messages + Send + Sync>),
}

impl Upload {
    fn once(messages: Messages) -> Self {
        Self::Once(Mutex::new(Some(messages)))
    }

    fn messages(&self) -> Messages {
        match self {
            Self::Once(messages) => {
                let taken = messages.lock().unwrap_or_else(PoisonError::into_inner).take();
                taken.unwrap_or_else(|| futures::stream::empty().boxed())
            }
            Self::Again(make) => make(),
        }
    }
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
        parameters: Option<Parameters>,
        options: &CallOptions,
    ) -> Result<Option<u64>> {
        let upload = match parameters {
            // An update without parameters is one empty message (what C++, Go and Java send).
            None => {
                let message = FlightData {
                    flight_descriptor: Some(command.descriptor()),
                    ..FlightData::default()
                };
                Upload::Again(Box::new(move || {
                    futures::stream::iter([Ok(message.clone())]).boxed()
                }))
            }
            Some(Parameters::One(batch)) => one_batch(command.descriptor(), batch),
            Some(Parameters::Stream(schema, batches)) => {
                Upload::once(encode(command.descriptor(), schema, batches))
            }
        };
        let answers = self.put(operation, upload, options).await?;
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
        let upload = one_batch(command.descriptor(), parameters);
        let answers = self.put(&Operation::Bind, upload, options).await?;
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
        let upload = Upload::once(encode(command::ingest(target), schema, batches));
        let mut answers = Vec::new();
        let put = self.put_into(&Operation::Ingest, upload, options, &mut answers);
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
        upload: Upload,
        options: &CallOptions,
    ) -> Result<Vec<PutResult>> {
        let mut answers = Vec::new();
        self.put_into(operation, upload, options, &mut answers).await?;
        Ok(answers)
    }

    /// Sends an upload and reads all of the answer. An error of the upload itself resets the call: the server must not take what it has got
    /// for all there is.
    async fn put_into(
        &self,
        operation: &Operation,
        upload: Upload,
        options: &CallOptions,
        answers: &mut Vec<PutResult>,
    ) -> Result<()> {
        let (broken, broke) = oneshot::channel();
        let broken: Broken = Arc::new(Mutex::new(Some(broken)));
        let again = matches!(upload, Upload::Again(_));
        let send = move |mut client: Client, request: Request<()>| {
            let (metadata, extensions, ()) = request.into_parts();
            let sound = Sound {
                messages: upload.messages(),
                broken: Arc::clone(&broken),
            };
            async move {
                client
                    .do_put(Request::from_parts(metadata, extensions, sound))
                    .await
            }
        };
        let exchange = async {
            let answer = match again {
                true => Box::pin(self.transport.call(operation, options, (), send)).await?,
                false => Box::pin(self.transport.send(operation, options, (), send)).await?,
            };
            let reply = Reply::new(self.transport.clone(), operation.clone(), options, answer);
            collect(reply, answers).await
        };
        tokio::select! {
            biased;
            Ok(error) = broke => Err(self.blame(error, operation)),
            done = exchange => done,
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

/// Who hears of an error of the upload itself.
type Broken = Arc<Mutex<Option<oneshot::Sender<Error>>>>;

/// What is sent, up to the first error. It has a name so that the compiler finds every future above it `Send`, whatever the lifetimes: else they
/// could not be spawned.
struct Sound {
    messages: Messages,
    broken: Broken,
}

impl Stream for Sound {
    type Item = FlightData;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<FlightData>> {
        match ready!(self.messages.poll_next_unpin(context)) {
            Some(Ok(message)) => Poll::Ready(Some(message)),
            None => Poll::Ready(None),
            Some(Err(error)) => {
                // It neither goes on nor ends: who hears of the error resets the call.
                self.messages = futures::stream::pending().boxed();
                let listener = self.broken.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(listener) = listener {
                    let _given_up = listener.send(error);
                }
                Poll::Pending
            }
        }
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

/// An upload of one batch.
fn one_batch(descriptor: FlightDescriptor, batch: RecordBatch) -> Upload {
    Upload::Again(Box::new(move || {
        let batches = futures::stream::iter([Ok(batch.clone())]);
        encode(descriptor.clone(), batch.schema(), batches)
    }))
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
