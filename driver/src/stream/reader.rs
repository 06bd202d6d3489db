//! The reader of one ticket: batches with the metadata the server's application gave them.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _};

use super::decode::{Decoded, Decoder};
use crate::error::{Error, Result};
use crate::metadata::Metadata;
use crate::protocol::{Announced, DataReply};

/// How many messages may come before the schema.
pub(super) const MOST_EARLY: usize = 1024;

/// One message of a ticket: a batch, application metadata, or both.
#[derive(Debug, Clone)]
pub struct FlightChunk {
    /// The batch, where the message had one.
    pub batch: Option<RecordBatch>,
    /// What the server's application said with it; empty where it said nothing.
    pub app_metadata: Bytes,
}

/// Reads one ticket. As a `Stream` it gives the batches, empty ones included.
///
/// Dropping it before the end tells the server to stop.
#[derive(Debug)]
pub struct FlightReader {
    reply: DataReply,
    decoder: Decoder,
    /// Application metadata that came before the schema was asked for.
    early: VecDeque<FlightChunk>,
    failed: bool,
    /// Bytes of the messages that have come.
    received: u64,
}

impl FlightReader {
    pub(crate) fn new(reply: DataReply) -> Self {
        let limit = reply.transport().config().get_max_message_size();
        Self {
            reply,
            decoder: Decoder::new(limit),
            early: VecDeque::new(),
            failed: false,
            received: 0,
        }
    }

    /// Spares reading a schema that has been read already.
    pub(super) fn expecting(mut self, announced: Option<Announced>) -> Self {
        self.decoder = self.decoder.expecting(announced);
        self
    }

    /// How many bytes of messages have come.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// The schema of the batches, as the stream says it.
    ///
    /// # Errors
    ///
    /// `Protocol` when a batch or the end comes first; whatever made the stream break.
    pub async fn schema(&mut self) -> Result<SchemaRef> {
        for _ in 0..=MOST_EARLY {
            if let Some(schema) = self.decoder.schema() {
                return Ok(SchemaRef::clone(schema));
            }
            match futures::future::poll_fn(|context| self.poll_message(context))
                .await
                .transpose()?
            {
                Some(Some(chunk)) => self.early.push_back(chunk),
                Some(None) => {}
                None => return Err(self.blame(Error::protocol("the stream ended without a schema"))),
            }
        }
        Err(self.blame(Error::protocol("the server does not send a schema")))
    }

    /// The schema, if its message has been read.
    #[must_use]
    pub fn known_schema(&self) -> Option<&SchemaRef> {
        self.decoder.schema()
    }

    /// The next message that carries a batch or application metadata; `None` at the end.
    ///
    /// # Errors
    ///
    /// Whatever made the stream break: what came before is then not the whole result.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses nothing.
    pub async fn read_chunk(&mut self) -> Result<Option<FlightChunk>> {
        futures::future::poll_fn(|context| self.poll_chunk(context))
            .await
            .transpose()
    }

    /// All batches up to the end.
    ///
    /// # Errors
    ///
    /// Whatever made the stream break; nothing is given then.
    pub async fn read_all(self) -> Result<Vec<RecordBatch>> {
        self.try_collect().await
    }

    /// The headers the server sent before its first message.
    #[must_use]
    pub fn headers(&self) -> &Metadata {
        self.reply.headers()
    }

    /// The trailers, once the stream has ended.
    #[must_use]
    pub fn trailers(&self) -> &Metadata {
        self.reply.trailers()
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<FlightChunk>>> {
        if let Some(chunk) = self.early.pop_front() {
            return Poll::Ready(Some(Ok(chunk)));
        }
        loop {
            match ready!(self.poll_message(context)) {
                Some(Ok(None)) => {}
                Some(Ok(Some(chunk))) => return Poll::Ready(Some(Ok(chunk))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }

    /// Reads one message; `Ok(None)` when it only moved the decoder on (a schema, a dictionary).
    fn poll_message(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Option<FlightChunk>>>> {
        if self.failed {
            return Poll::Ready(None);
        }
        let Some(message) = ready!(self.reply.poll_next_unpin(context)) else {
            return Poll::Ready(None);
        };
        if let Ok(message) = &message {
            self.received = self.received.saturating_add(message.size());
        }
        let chunk = message.and_then(|message| {
            let batch = match self.decoder.decode(&message).map_err(|error| self.blame(error))? {
                Decoded::Batch(batch) => Some(batch),
                Decoded::NoBatch if message.app_metadata.is_empty() => return Ok(None),
                Decoded::NoBatch => None,
            };
            Ok(Some(FlightChunk {
                batch,
                app_metadata: message.app_metadata,
            }))
        });
        self.failed = chunk.is_err();
        Poll::Ready(Some(chunk))
    }

    fn blame(&self, error: Error) -> Error {
        error
            .during(self.reply.operation().clone())
            .on(self.reply.transport().peer())
    }
}

impl Stream for FlightReader {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(self.poll_chunk(context)) {
                Some(Ok(FlightChunk {
                    batch: Some(batch), ..
                })) => return Poll::Ready(Some(Ok(batch))),
                Some(Ok(FlightChunk { batch: None, .. })) => {}
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}
