//! Endpoints that wait for their turn. Those that expire are renewed meanwhile, as a slow reader may let them wait for long.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::endpoint::Reading;
use crate::protocol::{FlightEndpoint, Protocol};

/// How long before its end an endpoint is renewed; of a short life, at half of it.
const BEFORE_ITS_END: Duration = Duration::from_secs(5);
/// However short a life, the server is not asked more often than this.
const SHORTEST_PAUSE: Duration = Duration::from_millis(200);

/// The endpoints not yet opened, in their order.
#[derive(Clone)]
pub(super) struct Waiting(Arc<Mutex<VecDeque<Entry>>>);

struct Entry {
    index: usize,
    endpoint: FlightEndpoint,
    /// None for one that does not expire, or that the server does not renew.
    due: Option<Instant>,
}

impl Waiting {
    pub(super) fn new(endpoints: impl IntoIterator<Item = (usize, FlightEndpoint)>) -> Self {
        let entry = |(index, endpoint)| Entry {
            index,
            due: due(&endpoint),
            endpoint,
        };
        Self(Arc::new(Mutex::new(endpoints.into_iter().map(entry).collect())))
    }

    pub(super) fn pop(&self) -> Option<(usize, FlightEndpoint)> {
        self.lock().pop_front().map(|entry| (entry.index, entry.endpoint))
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Says whether any of them expires.
    pub(super) fn expires(&self) -> bool {
        self.next_due().is_some()
    }

    /// Renews endpoints in time for as long as any wait that the server renews.
    pub(super) async fn keep(self, reading: Arc<Reading>) {
        while let Some((index, due)) = self.next_due() {
            tokio::time::sleep_until(due).await;
            let Some(endpoint) = self.get(index) else {
                continue;
            };
            let protocol = Protocol::new(reading.locations.original().clone());
            let renewed = protocol.renew(&endpoint, &reading.options).await;
            self.replace(index, renewed.ok());
        }
    }

    fn next_due(&self) -> Option<(usize, Instant)> {
        let entries = self.lock();
        let due = entries.iter().filter_map(|entry| Some((entry.index, entry.due?)));
        due.min_by_key(|(_, due)| *due)
    }

    fn get(&self, index: usize) -> Option<FlightEndpoint> {
        let entries = self.lock();
        let entry = entries.iter().find(|entry| entry.index == index)?;
        Some(entry.endpoint.clone())
    }

    /// Takes the endpoint the server gave in its place; one it does not renew, or only without a ticket, is left as it is, and not asked for again.
    fn replace(&self, index: usize, renewed: Option<FlightEndpoint>) {
        let renewed = renewed.filter(|renewed| renewed.ticket().is_some());
        let mut entries = self.lock();
        let Some(entry) = entries.iter_mut().find(|entry| entry.index == index) else {
            return;
        };
        entry.due = renewed.as_ref().and_then(due);
        if let Some(endpoint) = renewed {
            entry.endpoint = endpoint;
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When an endpoint is to be renewed; never once it has expired, as its rows may still be there.
fn due(endpoint: &FlightEndpoint) -> Option<Instant> {
    let left = endpoint
        .expiration_time()?
        .duration_since(SystemTime::now())
        .ok()?;
    let pause = left
        .saturating_sub(BEFORE_ITS_END)
        .max(left / 2)
        .max(SHORTEST_PAUSE);
    Instant::now().checked_add(pause)
}
