//! Sessions that share channels: what a pool is built on.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Session;
use crate::config::{Config, HostOrder};
use crate::error::{Error, Kind, Operation, Result};
use crate::token::Tokens;
use crate::transport::{Address, Steps, Transport, tokens};

/// A host that did not answer is tried after the others for so long (pgjdbc's `hostRecheckSeconds`).
const RECHECK: Duration = Duration::from_secs(10);

/// Makes sessions of one configuration over shared channels, so that a session costs no connection and, without a handshake, no RPC.
///
/// One HTTP/2 channel carries the calls of many sessions; each session still has its own token, cookies, options and transaction. With several
/// hosts, `target` says which of them a session goes to; one that does not answer is passed over, and tried last for the next ten seconds.
pub struct Connector {
    config: Config,
    hosts: Vec<Address>,
    /// One source of tokens for all sessions.
    tokens: Option<Tokens>,
    /// Where the next session of `target=round-robin` begins.
    turn: AtomicUsize,
    channels: Mutex<Vec<Shared>>,
    /// Held while a channel is opened: whoever waits may find room on it.
    opening: tokio::sync::Mutex<()>,
    /// When a host, by its place in the list, last did not answer.
    silent: Mutex<HashMap<usize, Instant>>,
}

/// A channel and how many sessions use it: each holds a clone of the lease.
struct Shared {
    host: usize,
    transport: Transport,
    lease: Arc<()>,
    opened: Instant,
}

impl Connector {
    /// Makes a connector; nothing is opened before the first session.
    ///
    /// # Errors
    ///
    /// `Config` when the connection string is wrong.
    pub fn new<T>(target: T) -> Result<Self>
    where
        T: TryInto<Config>,
        Error: From<T::Error>,
    {
        let config: Config = target.try_into()?;
        config.validate()?;
        let config = config.in_manners();
        Ok(Self {
            hosts: Transport::addresses(&config)?,
            tokens: tokens(&config)?,
            config,
            turn: AtomicUsize::new(0),
            channels: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            silent: Mutex::default(),
        })
    }

    /// The configuration of its sessions, with what the option `server` sets.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Makes a session with the first host that will have it: over a channel that has room (`pool_sessions_per_channel`), else over a new one.
    ///
    /// # Errors
    ///
    /// As [`Session::connect`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future gives up the attempt; a session that the server has begun is closed in the background.
    pub async fn connect(&self) -> Result<Session> {
        let mut last = None;
        for host in self.order() {
            // Boxed: it is large, and so would be whatever may connect.
            match Box::pin(self.connect_to(host)).await {
                Ok(session) if self.suits(&session).await? => return Ok(session),
                Ok(session) => {
                    let words =
                        "the server calls itself read-only, and target=primary asks for one that is not";
                    last = Some(
                        Error::new(Kind::Connection, words)
                            .during(Operation::Connect)
                            .on(session.peer()),
                    );
                }
                Err(error) if error.is_connection() || error.kind() == Kind::Timeout => {
                    lock(&self.silent).insert(host, Instant::now());
                    last = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| Error::config("the connection string names no host")))
    }

    /// Leaves the channel of a session that has turned out broken: sessions that have it keep it, the next session opens a new one, to
    /// whichever host answers then.
    pub fn forget(&self, session: &Session) {
        if let Some(lease) = &session.lease {
            self.forget_lease(lease);
        }
    }

    fn forget_lease(&self, lease: &Arc<()>) {
        lock(&self.channels).retain(|channel| !Arc::ptr_eq(&channel.lease, lease));
    }

    /// The hosts, by their place in the list, in the order in which a new session tries them.
    fn order(&self) -> Vec<usize> {
        let count = self.hosts.len();
        let first = match self.config.get_target() {
            HostOrder::RoundRobin => self.turn.fetch_add(1, Ordering::Relaxed) % count.max(1),
            HostOrder::Random => fastrand::usize(..count.max(1)),
            HostOrder::InOrder | HostOrder::Primary => 0,
        };
        let silent = lock(&self.silent);
        let is_silent = |host: &usize| silent.get(host).is_some_and(|since| since.elapsed() < RECHECK);
        let (late, mut order): (Vec<_>, Vec<_>) = (first..count).chain(0..first).partition(is_silent);
        order.extend(late);
        order
    }

    async fn connect_to(&self, host: usize) -> Result<Session> {
        let (transport, lease) = self.channel(host).await?;
        let session = async {
            let transport = transport.share(&self.config).await?;
            Session::begin_over(transport, Some(Arc::clone(&lease))).await
        };
        let session = session.await;
        match &session {
            Err(error) if error.is_connection() || error.kind() == Kind::Timeout => self.forget_lease(&lease),
            _ => {
                lock(&self.silent).remove(&host);
            }
        }
        session
    }

    async fn channel(&self, host: usize) -> Result<(Transport, Arc<()>)> {
        if let Some(found) = self.with_room(host) {
            return Ok(found);
        }
        let _one_at_a_time = self.opening.lock().await;
        if let Some(found) = self.with_room(host) {
            return Ok(found);
        }
        let address = self
            .hosts
            .get(host)
            .ok_or_else(|| Error::config("the connection string names no host"))?;
        let (tokens, steps) = (self.tokens.clone(), Steps::default());
        let transport = Transport::connect_bare(&self.config, tokens, address.clone(), steps).await?;
        let lease = Arc::new(());
        lock(&self.channels).push(Shared {
            host,
            transport: transport.clone(),
            lease: Arc::clone(&lease),
            opened: Instant::now(),
        });
        Ok((transport, lease))
    }

    /// A channel to a host that can take one more session. Those that have reached `pool_max_lifetime` take none, so that a name that means
    /// another address by now is looked up again.
    fn with_room(&self, host: usize) -> Option<(Transport, Arc<()>)> {
        let room = self.config.get_pool_sessions_per_channel().unwrap_or(usize::MAX);
        let lifetime = self.config.get_pool_max_lifetime();
        let mut channels = lock(&self.channels);
        channels.retain(|channel| lifetime.is_none_or(|lifetime| channel.opened.elapsed() < lifetime));
        channels
            .iter()
            // A lease is held once by the channel itself.
            .find(|channel| channel.host == host && Arc::strong_count(&channel.lease) <= room)
            .map(|channel| (channel.transport.clone(), Arc::clone(&channel.lease)))
    }

    /// Says whether a session leads where `target` wants it to; a server that does not say whether it is read-only is not.
    async fn suits(&self, session: &Session) -> Result<bool> {
        if self.config.get_target() != HostOrder::Primary {
            return Ok(true);
        }
        match session.capabilities().await {
            Ok(capabilities) => Ok(capabilities.read_only() != Some(true)),
            Err(error) if error.leaves_doubt() || error.kind() == Kind::Timeout => Err(error),
            Err(_) => Ok(true),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
