//! Whether the server is still there: a ping after a time of silence.

use std::fmt;
use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use h2::{Ping, PingPong};
use tokio::time::{Instant, sleep_until, timeout_at};
use tower::BoxError;

/// What is known of the life of a connection.
pub(super) struct Life {
    since: Instant,
    /// When the server was last heard, in milliseconds.
    heard: AtomicU64,
    over: AtomicBool,
    /// It did not answer a ping.
    silent: AtomicBool,
}

impl Life {
    pub(super) fn new() -> Self {
        Self {
            since: Instant::now(),
            heard: AtomicU64::new(0),
            over: AtomicBool::new(false),
            silent: AtomicBool::new(false),
        }
    }

    /// Notes that the server said something.
    pub(super) fn hear(&self) {
        let now = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.heard.store(now, Ordering::Relaxed);
    }

    fn last_heard(&self) -> Instant {
        self.since + Duration::from_millis(self.heard.load(Ordering::Relaxed))
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Says why a call failed: HTTP/2 knows only that its connection is gone.
    pub(super) fn judge(&self, error: h2::Error) -> BoxError {
        if self.silent.load(Ordering::Relaxed) {
            Box::new(Silent)
        } else {
            Box::new(error)
        }
    }
}

/// The server was asked whether it is there, and did not answer.
#[derive(Debug)]
struct Silent;

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server did not answer a ping in time (keepalive_timeout)")
    }
}

impl std::error::Error for Silent {}

/// Asks whether the server is there when it has said nothing for `interval`, and ends when it does not answer within `patience`.
///
/// A ping may have to wait behind what the server is sending: as long as that comes, it is alive.
pub(super) async fn keep_alive(
    pings: Option<PingPong>,
    life: Arc<Life>,
    interval: Option<Duration>,
    patience: Duration,
) {
    let (Some(mut pings), Some(interval)) = (pings, interval) else {
        return pending().await;
    };
    loop {
        let due = life.last_heard() + interval;
        if Instant::now() < due {
            sleep_until(due).await;
            continue;
        }
        if pings.send_ping(Ping::opaque()).is_err() {
            // The connection is ending, and says why itself.
            return pending().await;
        }
        let asked = Instant::now();
        loop {
            let until = life.last_heard().max(asked) + patience;
            match timeout_at(until, poll_fn(|context| pings.poll_pong(context))).await {
                Ok(Ok(_)) => break life.hear(),
                Ok(Err(_)) => return pending().await,
                Err(_) if life.last_heard() + patience > Instant::now() => {}
                Err(_) => {
                    life.silent.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
    }
}
