//! Keeps a connection from running far ahead of those who read its results.
//!
//! The windows of HTTP/2 are large, since a distant server needs them. A near one fills them: what has come then lies in memory that is
//! fresh and cold instead of in the cache, and moving a result costs twice the time. So a connection that is ahead by a megabyte lets its readers
//! catch up before it takes more from the socket, for a moment only: a reader that does something else holds up nobody else.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// A connection that is ahead by this much waits,
const FAR: usize = 1 << 20;
/// until it is ahead by no more than this,
const NEAR: usize = 1 << 19;
/// or until this has passed.
const PATIENCE: Duration = Duration::from_millis(5);
/// Reads below this size are not results, or not worth a thought.
const SMALL: usize = 16 << 10;

/// How far a channel is ahead of its readers.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    ahead: AtomicUsize,
    waiting: AtomicWaker,
}

impl Pace {
    /// A reader has taken so many bytes.
    pub(crate) fn taken(&self, bytes: usize) {
        let subtract = |ahead: usize| Some(ahead.saturating_sub(bytes));
        let before = self
            .ahead
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, subtract);
        if before.is_ok_and(|before| before > NEAR && before.saturating_sub(bytes) <= NEAR) {
            self.waiting.wake();
        }
    }

    fn came(&self, bytes: usize) {
        if bytes >= SMALL {
            self.ahead.fetch_add(bytes, Ordering::AcqRel);
        }
    }

    fn is_beyond(&self, bytes: usize) -> bool {
        self.ahead.load(Ordering::Acquire) > bytes
    }
}

/// A stream that keeps the pace.
#[derive(Debug)]
pub(super) struct Paced<S> {
    stream: S,
    pace: Arc<Pace>,
    /// Made for the first wait, then used again.
    timer: Option<Pin<Box<Sleep>>>,
    waits: bool,
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, pace: Arc<Pace>) -> Self {
        pace.ahead.store(0, Ordering::Release);
        Self {
            stream,
            pace,
            timer: None,
            waits: false,
        }
    }

    fn poll_readers(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.pace.is_beyond(if self.waits { NEAR } else { FAR }) {
            self.waits = false;
            return Poll::Ready(());
        }
        let until = Instant::now() + PATIENCE;
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if !self.waits {
            timer.as_mut().reset(until);
            self.waits = true;
        }
        self.pace.waiting.register(context.waker());
        if self.pace.is_beyond(NEAR) {
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            // Who does not read now is not waited for again.
            self.pace.ahead.store(0, Ordering::Release);
        }
        self.waits = false;
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        std::task::ready!(self.poll_readers(context));
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.pace.came(buffer.filled().len().saturating_sub(before));
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::sync::Arc;

    use tokio::io::{AsyncRead, ReadBuf};

    use super::{FAR, Pace, Paced};

    /// Reads as much as there is without waiting.
    async fn read_at_once(stream: &mut Paced<&[u8]>) -> usize {
        let mut all = 0;
        poll_fn(|context| {
            loop {
                let mut bytes = vec![0; 1 << 18];
                let mut buffer = ReadBuf::new(&mut bytes);
                if Pin::new(&mut *stream)
                    .poll_read(context, &mut buffer)
                    .is_pending()
                    || buffer.filled().is_empty()
                {
                    return std::task::Poll::Ready(());
                }
                all += buffer.filled().len();
            }
        })
        .await;
        all
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_ahead_waits_for_its_readers_and_not_for_long() {
        let bytes = vec![7; 10 << 20];
        let pace = Arc::new(Pace::default());
        let mut stream = Paced::new(&bytes[..], Arc::clone(&pace));
        let first = read_at_once(&mut stream).await;
        assert!((FAR..2 * FAR).contains(&first), "{first}");
        assert_eq!(read_at_once(&mut stream).await, 0, "nobody has read");
        pace.taken(first);
        let second = read_at_once(&mut stream).await;
        assert!(second > 0, "the reader has caught up");
        tokio::time::advance(super::PATIENCE * 2).await;
        assert!(
            read_at_once(&mut stream).await > 0,
            "a reader that does something else is not waited for"
        );
    }
}
