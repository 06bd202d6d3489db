//! Where bearer tokens come from: one trait, whoever implements it.

mod cache;

use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use async_trait::async_trait;

pub(crate) use self::cache::{Failures, Tokens};
use crate::error::Result;
use crate::secret::Secret;

/// Gives bearer tokens: a file, a command, an OAuth server or the program's own code.
///
/// The driver asks once for all calls of all sessions that share a [`Config`](crate::Config) (a pool's do): those who need a
/// token meanwhile wait for the same answer. It asks again shortly before the token expires, and once when a server refuses it.
/// With a connection string alone, `token_file`, `token_command` and `oauth_flow` make such a source.
///
/// ```
/// use jetbridge::{AccessToken, Config};
///
/// let config = Config::new("db.example", 31337).token_source(jetbridge::token_from(|| async {
///     // Ask a vault, sign a JWT, …
///     Ok(AccessToken::new("eyJhbGciOi…"))
/// }));
/// # let _ = config;
/// ```
#[async_trait]
pub trait TokenSource: Send + Sync + 'static {
    /// Gets a token that a server will take now. It is called by one caller at a time.
    ///
    /// # Errors
    ///
    /// Every caller that waits for the token gets this error; the next one asks again. It must not hold a secret.
    ///
    /// # Cancellation
    ///
    /// Dropped when the caller that asked is; the next one asks anew.
    async fn token(&self) -> Result<AccessToken>;
}

/// A bearer token and how long it is good for.
#[derive(Clone)]
pub struct AccessToken {
    value: Secret,
    /// From when on a fresh one is wanted, though this one may still do.
    refresh_at: Option<Instant>,
    expires_at: Option<Instant>,
}

impl AccessToken {
    /// A token that is good until a server refuses it.
    pub fn new(value: impl Into<Secret>) -> Self {
        Self {
            value: value.into(),
            refresh_at: None,
            expires_at: None,
        }
    }

    /// Says how long it is good for from now: it is renewed when a fifth of that, or a minute, is left.
    ///
    /// The time runs by the monotonic clock of this machine: a wrong date does no harm.
    #[must_use]
    pub fn valid_for(mut self, lifetime: Duration) -> Self {
        // Less than a second would be a new token for every call.
        let lifetime = lifetime.max(Duration::from_secs(1));
        let margin = (lifetime / 5).min(Duration::from_secs(60));
        let now = Instant::now();
        self.expires_at = now.checked_add(lifetime);
        self.refresh_at = now.checked_add(lifetime - margin);
        self
    }

    /// Says after which time the source is asked again; until then, and while it cannot answer, this token is used.
    #[must_use]
    pub fn check_after(mut self, time: Duration) -> Self {
        self.refresh_at = Instant::now().checked_add(time);
        self
    }

    pub(crate) fn value(&self) -> &Secret {
        &self.value
    }

    fn wants_refresh(&self) -> bool {
        self.refresh_at.is_some_and(|time| Instant::now() >= time)
    }

    fn has_expired(&self) -> bool {
        self.expires_at.is_some_and(|time| Instant::now() >= time)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

/// Makes a token source of a closure that gives a future.
pub fn token_from<F, Fut>(source: F) -> impl TokenSource
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<AccessToken>> + Send + 'static,
{
    FromFn(source)
}

struct FromFn<F>(F);

#[async_trait]
impl<F, Fut> TokenSource for FromFn<F>
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<AccessToken>> + Send + 'static,
{
    async fn token(&self) -> Result<AccessToken> {
        (self.0)().await
    }
}
