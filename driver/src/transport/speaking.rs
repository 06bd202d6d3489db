//! The first words on a connection: a server must say something in time, and it must be what was expected.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use tokio::time::Sleep;

use crate::config::TransportKind;
use crate::error::SILENT;

/// The words for a plaintext client at a TLS server.
pub(super) const SPEAKS_TLS: &str = "the server speaks TLS";
/// The words for a server that speaks something else than HTTP/2.
pub(super) const NOT_HTTP2: &str = "the server does not speak HTTP/2";
/// The words for a server that hangs up at once.
pub(super) const CLOSED: &str = "the server closed the connection without a word";

/// How much is read at first: less than any first frame of HTTP/2, enough to tell what it is.
const FIRST: usize = 8;

/// A connection whose peer must say something (a TLS hello, HTTP/2 settings) within the connect timeout.
pub(super) struct Speaking<S> {
    stream: S,
    kind: TransportKind,
    heard: bool,
    silence: Option<(Duration, Pin<Box<Sleep>>)>,
}

impl<S> Speaking<S> {
    pub(super) fn new(stream: S, kind: TransportKind, patience: Option<Duration>) -> Self {
        let silence = patience.map(|patience| (patience, Box::pin(tokio::time::sleep(patience))));
        Self {
            stream,
            kind,
            heard: false,
            silence,
        }
    }
}

/// Judges the first bytes of a connection.
fn first_words(kind: TransportKind, bytes: &[u8]) -> io::Result<()> {
    let wrong = |words: String| Err(io::Error::new(io::ErrorKind::InvalidData, words));
    match (kind, bytes) {
        (_, []) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, CLOSED)),
        // rustls judges its own; a first frame of HTTP/2 has a length far below 2^16.
        (TransportKind::Tls, _) | (_, [0, ..]) => Ok(()),
        // An alert of TLS.
        (_, [0x15, 0x03, ..] | [0x15]) => {
            wrong(format!("{SPEAKS_TLS} there, and was spoken to in plaintext"))
        }
        (_, [b'H', ..]) => wrong(format!("{NOT_HTTP2}, it answered in HTTP/1")),
        _ => wrong(NOT_HTTP2.to_owned()),
    }
}

impl<S: Read + Unpin> Speaking<S> {
    fn poll_first(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut bytes = [0; FIRST];
        let room = bytes.len().min(buffer.remaining());
        let mut first = ReadBuf::new(bytes.get_mut(..room).unwrap_or_default());
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(context, first.unfilled()) {
            self.silence = None;
            self.heard = true;
            read?;
            first_words(self.kind, first.filled())?;
            buffer.put_slice(first.filled());
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

impl<S: Read + Unpin> Read for Speaking<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.heard || buffer.remaining() == 0 {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        self.poll_first(context, &mut buffer)
    }
}

impl<S: Write + Unpin> Write for Speaking<S> {
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
    use super::{CLOSED, NOT_HTTP2, SPEAKS_TLS, first_words};
    use crate::config::TransportKind::{Tcp, Tls};

    #[test]
    fn the_first_bytes_say_what_is_spoken() {
        let says = |kind, bytes: &[u8]| first_words(kind, bytes).err().map(|error| error.to_string());
        assert_eq!(says(Tcp, &[0, 0, 18, 4]), None);
        assert!(says(Tcp, &[0x15, 3, 3, 0]).is_some_and(|words| words.starts_with(SPEAKS_TLS)));
        assert!(says(Tcp, b"HTTP/1.1").is_some_and(|words| words.ends_with("HTTP/1")));
        assert_eq!(says(Tcp, b"SSH-2.0-").as_deref(), Some(NOT_HTTP2));
        assert_eq!(says(Tcp, b"").as_deref(), Some(CLOSED));
        assert_eq!(says(Tls, b"HTTP/1.1"), None);
        assert_eq!(says(Tls, b"").as_deref(), Some(CLOSED));
    }
}
