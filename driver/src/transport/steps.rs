//! The steps of connecting, and when each was done: for who wants to know where it fails.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A step from a connection string to a first answer, in the order they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Looking up the host's name (the proxy's, where there is one).
    Name,
    /// Opening the connection: TCP, with the tunnel of a proxy, or a Unix socket.
    Connect,
    /// The TLS handshake.
    Tls,
    /// The server's first words in HTTP/2.
    Http2,
    /// Logging in: getting a token, or Flight's Handshake.
    Login,
    /// The first question to the server.
    Query,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "name",
            Self::Connect => "connect",
            Self::Tls => "TLS",
            Self::Http2 => "HTTP/2",
            Self::Login => "login",
            Self::Query => "first query",
        })
    }
}

/// Takes down which steps are done; the default one takes nothing down. Clones share what they know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Steps(Option<Arc<Mutex<Done>>>);

#[derive(Debug)]
struct Done {
    last: Instant,
    steps: Vec<(Step, Duration)>,
}

impl Steps {
    /// Starts the clock.
    pub(crate) fn begin() -> Self {
        let done = Done {
            last: Instant::now(),
            steps: Vec::new(),
        };
        Self(Some(Arc::new(Mutex::new(done))))
    }

    /// A step is done. A channel that connects once more does not take it again.
    pub(crate) fn done(&self, step: Step) {
        let Some(done) = &self.0 else { return };
        let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
        if done.steps.iter().any(|(known, _)| *known == step) {
            return;
        }
        let now = Instant::now();
        let took = now.saturating_duration_since(done.last);
        done.last = now;
        done.steps.push((step, took));
    }

    /// The steps done so far and how long each took, in their order.
    pub(crate) fn taken(&self) -> Vec<(Step, Duration)> {
        let Some(done) = &self.0 else { return Vec::new() };
        let mut steps = done.lock().unwrap_or_else(PoisonError::into_inner).steps.clone();
        steps.sort_by_key(|(step, _)| *step);
        steps
    }
}
