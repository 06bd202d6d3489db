//! Sessions that share channels: what a pool is built on.

use std::fmt;
use std::sync::Arc;

use super::Session;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::transport::Transport;

/// Makes sessions of one configuration over shared channels, so that a session costs no connection and, without a handshake, no RPC.
///
/// One HTTP/2 channel carries the calls of many sessions; each session still has its own token, cookies, options and transaction.
pub struct Connector {
    config: Config,
    channels: tokio::sync::Mutex<Vec<Shared>>,
}

/// A channel and how many sessions use it: each holds a clone of the lease.
struct Shared {
    transport: Transport,
    lease: Arc<()>,
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
        Ok(Self {
            config,
            channels: tokio::sync::Mutex::default(),
        })
    }

    /// The configuration of its sessions.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Makes a session: over a channel that has room (`pool_sessions_per_channel`), else over a new one.
    ///
    /// # Errors
    ///
    /// As [`Session::connect`].
    pub async fn connect(&self) -> Result<Session> {
        let room = self.config.get_pool_sessions_per_channel().unwrap_or(usize::MAX);
        let mut channels = self.channels.lock().await;
        // A lease is held once by the channel itself.
        let free = channels
            .iter()
            .position(|channel| Arc::strong_count(&channel.lease) <= room);
        let (transport, lease) = match free.and_then(|index| channels.get(index)) {
            Some(channel) => (channel.transport.clone(), Arc::clone(&channel.lease)),
            None => {
                let transport = Transport::connect_bare(&self.config).await?;
                let lease = Arc::new(());
                channels.push(Shared {
                    transport: transport.clone(),
                    lease: Arc::clone(&lease),
                });
                (transport, lease)
            }
        };
        drop(channels);
        let session = async {
            Session::begin_over(transport.share(&self.config).await?, Some(Arc::clone(&lease))).await
        };
        match session.await {
            Err(error) if error.is_connection() => {
                // The next session opens a channel anew, to whichever host answers then.
                self.channels
                    .lock()
                    .await
                    .retain(|channel| !Arc::ptr_eq(&channel.lease, &lease));
                Err(error)
            }
            session => session,
        }
    }

    /// Forgets its channels: sessions that have one keep it, the next session opens a new one, to whichever host answers then.
    ///
    /// What a pool does when a session has turned out broken: its host may be gone for good.
    pub fn forget_channels(&self) {
        // Held by somebody else, the list is being mended already.
        if let Ok(mut channels) = self.channels.try_lock() {
            channels.clear();
        }
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
