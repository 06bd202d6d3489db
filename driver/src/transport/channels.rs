//! Channels to other servers than the session's own: opened when an endpoint first leads there, kept, and shared by all sessions of a channel.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::connect::{self, Dial, Reach};
use super::http2::Channel;
use super::{Address, Candidate, Route, Steps, Transport, location};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::trace;

/// How many channels are kept beside the session's own.
const MOST_CHANNELS: usize = 64;
/// How long a location gets to answer; the session's own connection waits for longer.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a location that did not answer is left alone.
const DEAD_FOR: Duration = Duration::from_secs(60);
/// After how long without use a channel is given up.
const IDLE_FOR: Duration = Duration::from_secs(300);

/// The channels, by address. All of one registry have one TLS identity: that of the configuration it was made for.
#[derive(Default)]
pub(crate) struct Channels(Mutex<HashMap<Address, Place>>);

struct Place {
    /// Held while a channel is opened: who comes second waits and uses the same.
    state: Arc<tokio::sync::Mutex<State>>,
    used: Instant,
}

#[derive(Default)]
enum State {
    #[default]
    Unknown,
    Open(Channel),
    Dead {
        until: Instant,
        why: String,
    },
}

impl Channels {
    async fn get(&self, config: &Config, address: &Address, reach: Reach) -> Result<Channel> {
        let place = self.place(address);
        let mut state = place.lock().await;
        match &*state {
            State::Open(channel) => return Ok(channel.clone()),
            State::Dead { until, why } if *until > Instant::now() => {
                let words = format!("the location failed a short while ago: {why}");
                return Err(Error::new(Kind::Connection, words).on(address.peer()));
            }
            State::Unknown | State::Dead { .. } => {}
        }
        let patience = config
            .get_connect_timeout()
            .map_or(CONNECT_TIMEOUT, |set| set.min(CONNECT_TIMEOUT));
        let dial = Dial {
            reach,
            patience: Some(patience),
            steps: Steps::default(),
        };
        let opened = connect::open(config, address, &dial).await;
        *state = match &opened {
            Ok(channel) => State::Open(channel.clone()),
            Err(error) => dead(error),
        };
        opened.map_err(|error| error.on(address.peer()))
    }

    /// The place of an address. Those that nobody has used for long give way, and the one unused for longest where there are too many.
    fn place(&self, address: &Address) -> Arc<tokio::sync::Mutex<State>> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        places.retain(|known, place| known == address || now.duration_since(place.used) < IDLE_FOR);
        if places.len() >= MOST_CHANNELS && !places.contains_key(address) {
            let oldest = places
                .iter()
                .min_by_key(|(_, place)| place.used)
                .map(|(address, _)| address.clone());
            oldest.and_then(|oldest| places.remove(&oldest));
        }
        let place = places.entry(address.clone()).or_insert_with(|| Place {
            state: Arc::default(),
            used: now,
        });
        place.used = now;
        Arc::clone(&place.state)
    }
}

fn dead(error: &Error) -> State {
    State::Dead {
        until: Instant::now() + DEAD_FOR,
        why: error.message().to_owned(),
    }
}

/// Where a session may read endpoints: its own channel and those of [`Channels`].
pub(crate) struct Locations {
    original: Transport,
}

impl Locations {
    pub(crate) fn new(original: Transport) -> Arc<Self> {
        Arc::new(Self { original })
    }

    pub(crate) fn original(&self) -> &Transport {
        &self.original
    }

    /// Plans where an endpoint is read.
    pub(crate) fn route(&self, locations: &[String]) -> Route {
        let route = location::route(self.original.config(), self.original.address(), locations);
        for refused in &route.refused {
            trace::location_skipped(refused, "see the reason in the text");
        }
        route
    }

    /// A transport to a Flight server, with the identity of this session.
    pub(crate) async fn open(&self, candidate: &Candidate) -> Result<Transport> {
        let Candidate::Other(address, reach) = candidate else {
            return Ok(self.original.clone());
        };
        let channel = self
            .original
            .channels()
            .get(self.original.config(), address, *reach)
            .await?;
        self.original.beside(channel, address.clone())
    }

    /// Remembers that a location accepts connections and yet fails.
    pub(crate) async fn bury(&self, candidate: &Candidate, error: &Error) {
        if let Candidate::Other(address, _) = candidate {
            let place = self.original.channels().place(address);
            *place.lock().await = dead(error);
        }
    }
}

impl fmt::Debug for Locations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locations")
            .field("original", &self.original)
            .finish_non_exhaustive()
    }
}
