//! DoExchange as a caller sees it: send and read in turns, over one call.

use std::fmt;
use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use arrow_flight::FlightData;
use bytes::Bytes;
use futures::future::{BoxFuture, poll_fn};
use tokio::sync::mpsc;

use super::reader::{FlightChunk, FlightReader};
use crate::error::{Error, Kind, Operation, Result};
use crate::protocol::{DataReply, Exchange, ExchangeEncoder, Sent};
use crate::transport::{CallOptions, Transport, within};

/// An exchange of batches and application metadata with a server (DoExchange): what is sent and what is read take turns as the two have agreed.
///
/// Dropping it before the end of the answer tells the server to stop; what was sent then counts as cut off, not as ended.
pub struct FlightExchange {
    /// The sending side, until it is finished.
    sender: Option<mpsc::Sender<Sent>>,
    encoder: ExchangeEncoder,
    answer: Answer,
    idle: (Option<Duration>, &'static str),
    peer: String,
}

/// The receiving side.
enum Answer {
    /// The server has not begun to answer.
    Awaited(BoxFuture<'static, Result<DataReply>>),
    Begun(Box<FlightReader>),
    /// It failed, and the error was given.
    Failed,
}

impl Answer {
    /// Drives the call up to the beginning of its answer.
    fn poll_begun(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        let Self::Awaited(answer) = self else {
            return Poll::Ready(Ok(()));
        };
        answer.as_mut().poll(context).map(|answer| match answer {
            Ok(reply) => {
                *self = Self::Begun(Box::new(FlightReader::new(reply)));
                Ok(())
            }
            Err(error) => {
                *self = Self::Failed;
                Err(error)
            }
        })
    }
}

impl FlightExchange {
    /// Begins the call, and does not wait for its answer.
    pub(crate) async fn begin(
        transport: &Transport,
        exchange: Exchange,
        options: &CallOptions,
    ) -> Result<Self> {
        let mut begun = Self {
            sender: Some(exchange.sender),
            encoder: exchange.encoder,
            answer: Answer::Awaited(exchange.answer),
            idle: transport.deadline(&Operation::Exchange, options),
            peer: transport.peer().to_owned(),
        };
        let asked = poll_fn(|context| Poll::Ready(begun.answer.poll_begun(context))).await;
        match asked {
            Poll::Ready(Err(error)) => Err(begun.blame(error)),
            _ => Ok(begun),
        }
    }

    /// Sends a batch, application metadata (empty for none), or both in one message. Nothing is sent for neither.
    ///
    /// It waits while the network takes no more, and not for an answer. Who sends a lot without reading may meet a server that stops taking
    /// because its answers are not read.
    ///
    /// # Errors
    ///
    /// `Conversion` when the batch is not of the schema of the exchange; `State` after [`finish`](Self::finish), or when the server takes no
    /// more, of which [`read_chunk`](Self::read_chunk) knows more; `Timeout` when it takes nothing for `idle_timeout`; what the server says when it
    /// refuses the call.
    ///
    /// # Cancellation
    ///
    /// Dropping the future sends the message or does not; a batch with dictionaries may have been sent in part. Drop the exchange then.
    pub async fn send(
        &mut self,
        batch: impl Into<Option<RecordBatch>>,
        app_metadata: impl Into<Bytes>,
    ) -> Result<()> {
        let app_metadata = app_metadata.into();
        let mut messages = match batch.into() {
            Some(batch) => self.encoder.encode(&batch)?,
            None if app_metadata.is_empty() => return Ok(()),
            None => vec![FlightData::default()],
        };
        // The batch is the last, after its dictionaries.
        if let Some(last) = messages.last_mut() {
            last.app_metadata = app_metadata;
        }
        for message in messages {
            self.push(Sent::Data(message)).await?;
        }
        Ok(())
    }

    /// Tells the server that nothing more comes; its answer may go on. Again is nothing.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Cancellation
    ///
    /// Dropping the future finishes or does not; call it again.
    pub async fn finish(&mut self) -> Result<()> {
        if self.sender.is_none() {
            return Ok(());
        }
        self.push(Sent::Finished).await?;
        self.sender = None;
        Ok(())
    }

    /// The next message of the answer that carries a batch or application metadata; `None` at its end.
    ///
    /// # Errors
    ///
    /// What the server says; `Timeout` when nothing came for `idle_timeout`; `Protocol` for what is no Arrow. The exchange is over then.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses nothing.
    pub async fn read_chunk(&mut self) -> Result<Option<FlightChunk>> {
        let (idle, option) = self.idle;
        if matches!(self.answer, Answer::Awaited(_)) {
            let begun = poll_fn(|context| self.answer.poll_begun(context));
            let begun = within(idle, option, begun).await.and_then(|begun| begun);
            if let Err(error) = begun {
                self.answer = Answer::Failed;
                self.sender = None;
                return Err(self.blame(error));
            }
        }
        match &mut self.answer {
            Answer::Begun(reader) => {
                let chunk = reader.read_chunk().await;
                if chunk.is_err() {
                    self.sender = None;
                }
                chunk
            }
            Answer::Awaited(_) | Answer::Failed => Ok(None),
        }
    }

    /// Hands a message over once the one before it has gone.
    async fn push(&mut self, message: Sent) -> Result<()> {
        let Self {
            sender,
            answer,
            idle: (idle, option),
            peer,
            ..
        } = self;
        let blame = |error: Error| error.during(Operation::Exchange).on(peer.clone());
        let Some(sender) = sender else {
            return Err(blame(Error::new(
                Kind::State,
                "nothing more is sent in this exchange",
            )));
        };
        let mut room = pin!(sender.reserve());
        // A refusal of the call is worth more than a closed channel.
        let taken = poll_fn(|context| match answer.poll_begun(context) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => room.as_mut().poll(context).map(|room| room.map_err(|_| ended())),
        });
        match within(*idle, option, taken).await.and_then(|room| room) {
            Ok(room) => {
                room.send(message);
                Ok(())
            }
            Err(error) => Err(blame(error)),
        }
    }

    fn blame(&self, error: Error) -> Error {
        error.during(Operation::Exchange).on(self.peer.clone())
    }
}

fn ended() -> Error {
    Error::new(Kind::State, "the server takes no more of this exchange")
        .hint("its answer says why, if read to its end")
}

impl fmt::Debug for FlightExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlightExchange")
            .field("peer", &self.peer)
            .field("finished", &self.sender.is_none())
            .finish_non_exhaustive()
    }
}
