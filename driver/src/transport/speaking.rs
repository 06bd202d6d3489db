//! The first words on a connection: a server must say something in time, and it must be what was expected.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::steps::{Step, Steps};
use crate::error::SILENT;

/// The words for a plaintext client at a TLS server.
pub(super) const SPEAKS_TLS: &str = "the server speaks TLS";
/// The words for a server that speaks something else than HTTP/2.
pub(super) const NOT_HTTP2: &str = "the server does not speak HTTP/2";
/// The words for a server that hangs up at once.
pub(super) const CLOSED: &str = "the server closed the connection without a word";
/// The words for a server that hangs up once TLS is agreed upon.
pub(super) const CLOSED_AFTER_TLS: &str = "the server closed the connection right after the TLS handshake";

/// What a server is expected to say first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// Its part of the TLS handshake, which rustls judges.
    Tls,
    /// The settings of HTTP/2.
    Http2,
    /// The same, within TLS.
    Http2OverTls,
}

/// A connection whose peer must say something (a TLS hello, HTTP/2 settings) within the connect timeout.
pub(super) struct Speaking<S> {
    stream: S,
    expects: First,
    heard: bool,
    silence: Option<(Duration, Pin<Box<Sleep>>)>,
    steps: Steps,
}

impl<S> Speaking<S> {
    pub(super) fn new(stream: S, expects: First, patience: Option<Duration>, steps: Steps) -> Self {
        let silence = patience.map(|patience| (patience, Box::pin(tokio::time::sleep(patience))));
        Self {
            stream,
            expects,
            heard: false,
            silence,
            steps,
        }
    }
}

/// Judges the first bytes of a connection.
fn first_words(expects: First, bytes: &[u8]) -> io::Result<()> {
    let wrong = |words: String| Err(io::Error::new(io::ErrorKind::InvalidData, words));
    match (expects, bytes) {
        (First::Http2OverTls, []) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, CLOSED_AFTER_TLS)),
        (_, []) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, CLOSED)),
        // The first frame of HTTP/2 has a length far below 2^16.
        (First::Tls, _) | (_, [0, ..]) => Ok(()),
        // An alert of TLS.
        (First::Http2, [0x15] | [0x15, 0x03, ..]) => {
            wrong(format!("{SPEAKS_TLS} there, and was spoken to in plaintext"))
        }
        (_, [b'H', ..]) => wrong(format!("{NOT_HTTP2}, it answered in HTTP/1")),
        _ => wrong(NOT_HTTP2.to_owned()),
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Speaking<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.heard || buffer.remaining() == 0 {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(context, buffer) {
            self.silence = None;
            self.heard = true;
            read?;
            first_words(self.expects, buffer.filled().get(before..).unwrap_or_default())?;
            if self.expects != First::Tls {
                self.steps.done(Step::Http2);
            }
            return Poll::Ready(Ok(()));
        }
        let Some((patience, silence)) = &mut self.silence else {
            return Poll::Pending;
        };
        ready!(silence.as_mut().poll(context));
        let words = format!("{SILENT} for {patience:?}");
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, words)))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Speaking<S> {
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
    use super::{CLOSED, CLOSED_AFTER_TLS, First, NOT_HTTP2, SPEAKS_TLS, first_words};

    #[test]
    fn the_first_bytes_say_what_is_spoken() {
        let says = |expects, bytes: &[u8]| first_words(expects, bytes).err().map(|error| error.to_string());
        assert_eq!(says(First::Http2, &[0, 0, 18, 4]), None);
        assert!(says(First::Http2, &[0x15, 3, 3, 0]).is_some_and(|words| words.starts_with(SPEAKS_TLS)));
        assert!(says(First::Http2OverTls, b"HTTP/1.1").is_some_and(|words| words.ends_with("HTTP/1")));
        assert_eq!(says(First::Http2, b"SSH-2.0-").as_deref(), Some(NOT_HTTP2));
        assert_eq!(says(First::Http2, b"").as_deref(), Some(CLOSED));
        assert_eq!(says(First::Http2OverTls, b"").as_deref(), Some(CLOSED_AFTER_TLS));
        assert_eq!(says(First::Tls, b"HTTP/1.1"), None);
        assert_eq!(says(First::Tls, b"").as_deref(), Some(CLOSED));
    }
}
