//! The messages of a streamed answer.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{FutureExt as _, Stream, StreamExt as _};
use tokio::time::{Instant, Sleep};
use tonic::Streaming;

use super::{CallOptions, Transport, deadline::expired};
use crate::error::{Operation, Result, metadata_of};
use crate::metadata::Metadata;

/// A streamed answer: each message within the idle deadline, the trailers read at the end.
///
/// Dropping it resets the stream, which tells the server to stop.
pub(crate) struct Reply<T> {
    messages: Streaming<T>,
    transport: Transport,
    operation: Operation,
    idle: Option<Duration>,
    option: &'static str,
    /// Runs from the first poll that found nothing until the next message.
    timer: Option<Pin<Box<Sleep>>>,
    waiting: bool,
    headers: Metadata,
    trailers: Metadata,
    done: bool,
}

impl<T> Reply<T> {
    pub(crate) fn new(
        transport: Transport,
        operation: Operation,
        options: &CallOptions,
        (messages, headers): (Streaming<T>, Metadata),
    ) -> Self {
        let (idle, option) = transport.deadline(&operation, options);
        Self {
            messages,
            transport,
            operation,
            idle,
            option,
            timer: None,
            waiting: false,
            headers,
            trailers: Metadata::new(),
            done: false,
        }
    }

    /// The headers the server sent before its first message.
    pub(crate) fn headers(&self) -> &Metadata {
        &self.headers
    }

    /// The trailers, once the stream has ended.
    pub(crate) fn trailers(&self) -> &Metadata {
        &self.trailers
    }

    pub(crate) fn operation(&self) -> &Operation {
        &self.operation
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let Some(idle) = self.idle else {
            return Poll::Pending;
        };
        let until = Instant::now() + idle;
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if !self.waiting {
            timer.as_mut().reset(until);
            self.waiting = true;
        }
        match timer.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                self.done = true;
                let error = expired(idle, self.option).during(self.operation.clone());
                Poll::Ready(Some(Err(error.on(self.transport.peer()))))
            }
        }
    }

    fn end(&mut self) {
        self.done = true;
        if let Some(Ok(Some(trailers))) = self.messages.trailers().now_or_never() {
            self.trailers = metadata_of(&trailers);
            self.transport.absorb(&self.trailers);
        }
    }
}

impl<T> Stream for Reply<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let this = &mut *self;
        if this.done {
            return Poll::Ready(None);
        }
        match this.messages.poll_next_unpin(context) {
            Poll::Ready(Some(Ok(message))) => {
                this.waiting = false;
                Poll::Ready(Some(Ok(message)))
            }
            Poll::Ready(Some(Err(status))) => {
                this.done = true;
                let error = this.transport.failed(&status).during(this.operation.clone());
                Poll::Ready(Some(Err(error.on(this.transport.peer()))))
            }
            Poll::Ready(None) => {
                this.end();
                Poll::Ready(None)
            }
            Poll::Pending => this.poll_deadline(context),
        }
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("operation", &self.operation)
            .field("transport", &self.transport)
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}
