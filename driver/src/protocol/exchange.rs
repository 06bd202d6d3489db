//! DoExchange: messages out and messages in, over one call.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use arrow_flight::FlightData;
use arrow_ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions};
use bytes::Bytes;
use futures::Stream;
use futures::future::BoxFuture;
use http::uri::PathAndQuery;
use prost::Message as _;
use tokio::sync::mpsc;
use tonic::Status;
use tonic::client::Grpc;
use tonic::codec::EncodeBuf;

use super::tap::{Outgoing, tap};
use super::{Command, DataReply, Protocol};
use crate::error::{Error, Kind, Operation, Result, guard};
use crate::transport::{CallOptions, Reply};

const PATH: &str = "/arrow.flight.protocol.FlightService/DoExchange";
/// How many messages wait for the network.
const WAITING: usize = 1;

/// What a server that defines its own data is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlightDescriptor {
    /// A command, whose bytes only the server understands.
    Command(Bytes),
    /// A path, as of a file.
    Path(Vec<String>),
}

impl From<FlightDescriptor> for Command {
    fn from(descriptor: FlightDescriptor) -> Self {
        match descriptor {
            FlightDescriptor::Command(command) => Self::Raw(command),
            FlightDescriptor::Path(path) => Self::Path(path),
        }
    }
}

/// One step of the sending side.
#[derive(Debug)]
pub(crate) enum Sent {
    Data(FlightData),
    /// Nothing more comes.
    Finished,
    /// Nothing more comes because nobody is left: the call is reset, so that the server does not take what it has for all.
    Abandoned,
}

impl Outgoing for Sent {
    fn write(self, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        match self {
            Self::Data(message) => message
                .encode(buffer)
                .map_err(|error| Status::internal(error.to_string())),
            Self::Finished | Self::Abandoned => Err(Status::cancelled("the exchange was given up")),
        }
    }
}

/// What is sent, as it comes.
struct Sending {
    /// The first message; it goes before anybody waits for anything.
    first: Option<FlightData>,
    rest: mpsc::Receiver<Sent>,
    ended: bool,
}

impl Stream for Sending {
    type Item = Sent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Sent>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Sent::Data(first)));
        }
        Poll::Ready(match ready!(self.rest.poll_recv(context)) {
            Some(Sent::Data(message)) => Some(Sent::Data(message)),
            Some(Sent::Finished) => {
                self.ended = true;
                None
            }
            Some(Sent::Abandoned) | None => {
                self.ended = true;
                Some(Sent::Abandoned)
            }
        })
    }
}

/// A call that is being made.
pub(crate) struct Exchange {
    /// What is put in is sent; no more than a message waits.
    pub(crate) sender: mpsc::Sender<Sent>,
    pub(crate) encoder: ExchangeEncoder,
    /// The answer. Servers may begin it only once they have something to say, so it has no deadline of its own.
    pub(crate) answer: BoxFuture<'static, Result<DataReply>>,
}

impl Protocol {
    /// DoExchange. Never sent again.
    pub(crate) fn do_exchange(
        &self,
        descriptor: FlightDescriptor,
        schema: SchemaRef,
        options: &CallOptions,
    ) -> Result<Exchange> {
        let (mut encoder, mut first) = ExchangeEncoder::new(schema)
            .map_err(|error| error.during(Operation::Exchange).on(self.transport.peer()))?;
        encoder.peer = self.transport.peer().to_owned();
        first.flight_descriptor = Some(Command::from(descriptor).descriptor());
        let (sender, rest) = mpsc::channel(WAITING);
        let sending = Sending {
            first: Some(first),
            rest,
            ended: false,
        };
        let (transport, options) = (self.transport.clone(), options.clone());
        let answer = async move {
            let limit = transport.config().get_max_message_size();
            let (tapped, codec) = tap(transport.channel(), limit);
            let call = transport.open(&Operation::Exchange, &options, sending, |_, request| async move {
                let mut client = Grpc::new(tapped).max_encoding_message_size(limit);
                client.ready().await.map_err(Status::from_error)?;
                let path = PathAndQuery::from_static(PATH);
                client.streaming(request, path, codec).await
            });
            let answer = call.await?;
            Ok(Reply::new(transport, Operation::Exchange, &options, answer))
        };
        Ok(Exchange {
            sender,
            encoder,
            answer: Box::pin(answer),
        })
    }
}

/// Makes messages of batches: one for each, after those of its new dictionaries.
pub(crate) struct ExchangeEncoder {
    schema: SchemaRef,
    dictionaries: DictionaryTracker,
    options: IpcWriteOptions,
    context: IpcWriteContext,
    peer: String,
}

impl ExchangeEncoder {
    fn new(schema: SchemaRef) -> Result<(Self, FlightData)> {
        let options = IpcWriteOptions::default();
        let mut dictionaries = DictionaryTracker::new(false);
        let first = guard(|| {
            IpcDataGenerator::default().schema_to_bytes_with_dictionary_tracker(
                &schema,
                &mut dictionaries,
                &options,
            )
        })?;
        let encoder = Self {
            schema,
            dictionaries,
            options,
            context: IpcWriteContext::default(),
            peer: String::new(),
        };
        Ok((encoder, first.into()))
    }

    pub(crate) fn encode(&mut self, batch: &RecordBatch) -> Result<Vec<FlightData>> {
        self.encoded(batch)
            .map_err(|error| error.during(Operation::Exchange).on(self.peer.clone()))
    }

    fn encoded(&mut self, batch: &RecordBatch) -> Result<Vec<FlightData>> {
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let schema = SchemaRef::clone(&self.schema);
        let batch = RecordBatch::try_new_with_options(schema, batch.columns().to_vec(), &rows)
            .map_err(|error| Error::new(Kind::Conversion, error.to_string()))?;
        let (dictionaries, batch) = guard(|| {
            IpcDataGenerator::default().encode(
                &batch,
                &mut self.dictionaries,
                &self.options,
                &mut self.context,
            )
        })?
        .map_err(|error| Error::new(Kind::Conversion, error.to_string()))?;
        Ok(dictionaries
            .into_iter()
            .chain([batch])
            .map(FlightData::from)
            .collect())
    }
}
