//! PollFlightInfo: a query runs in the background, and its endpoints appear as they are ready.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arrow_flight::sql::Any;
use arrow_flight::{FlightDescriptor, PollInfo};
use bytes::Bytes;
use prost::Message;
use tokio::sync::watch;
use tonic::Status;

use crate::datetime::timestamp_in;
use crate::ids::Ids;
use crate::plan::Plan;
use crate::results::Query;
use crate::state::State;
use crate::stop::Stop;

/// The type of the descriptors a client polls with again.
const TYPE: &str = "type.googleapis.com/jetbridge.reference.Poll";
/// How long a client may take until it asks again.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest a call waits for news.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

type Ready = Option<Result<Arc<Plan>, Status>>;

/// A query being polled.
struct Poll {
    id: String,
    ready: watch::Receiver<Ready>,
    started: Instant,
    /// How long the result pretends to take.
    slow: Duration,
    descriptor: FlightDescriptor,
    stop: Stop,
    asked: Mutex<Instant>,
}

/// All queries being polled.
pub(crate) struct Polls {
    open: Mutex<HashMap<String, Arc<Poll>>>,
    ids: Arc<Ids>,
}

impl Polls {
    pub(crate) fn new(ids: Arc<Ids>) -> Self {
        Self {
            open: Mutex::default(),
            ids,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Poll>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives up what nobody asks for any more.
    pub(crate) fn sweep(&self) {
        self.lock().retain(|_, poll| {
            let kept = poll
                .asked
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .elapsed()
                < PATIENCE;
            if !kept {
                poll.stop.raise();
            }
            kept
        });
    }

    /// Cancels a query; `false` when it is not known.
    pub(crate) fn cancel(&self, id: &str) -> bool {
        match self.lock().remove(id) {
            Some(poll) => {
                poll.stop.raise();
                true
            }
            None => false,
        }
    }

    fn get(&self, id: &str) -> Result<Arc<Poll>, Status> {
        let found = self.lock().get(id).cloned();
        found.ok_or_else(|| Status::not_found("no such query: it is unknown, was cancelled, or was given up"))
    }
}

/// The id in a descriptor made here, if it is one.
pub(crate) fn id_of(command: &[u8]) -> Option<String> {
    let any = Any::decode(command).ok().filter(|any| any.type_url == TYPE)?;
    String::from_utf8(any.value.to_vec()).ok()
}

fn descriptor_for(id: &str) -> FlightDescriptor {
    let any = Any {
        type_url: TYPE.into(),
        value: Bytes::from(id.to_owned().into_bytes()),
    };
    FlightDescriptor::new_cmd(any.encode_to_vec())
}

impl State {
    /// Starts a query in the background and gives the first news of it.
    pub(crate) async fn start_poll(
        self: &Arc<Self>,
        query: Query,
        descriptor: FlightDescriptor,
    ) -> Result<PollInfo, Status> {
        let (sender, ready) = watch::channel(None);
        let stop = Stop::default();
        let poll = Arc::new(Poll {
            id: self.polls.ids.fresh(),
            ready,
            started: Instant::now(),
            slow: query.hints.slow.unwrap_or_default(),
            descriptor,
            stop: stop.clone(),
            asked: Mutex::new(Instant::now()),
        });
        self.polls.lock().insert(poll.id.clone(), poll.clone());
        let state = self.clone();
        tokio::spawn(async move {
            let planned = tokio::select! {
                () = stop.wait() => Err(Stop::status()),
                planned = state.plan(query, stop.clone(), false) => planned.map(Arc::new),
            };
            // The poll may have been given up.
            let _ = sender.send(Some(planned));
        });
        self.report(&poll).await
    }

    /// Gives news of a query that is being polled.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` when it is not known; the query's own failure.
    pub(crate) async fn continue_poll(&self, id: &str) -> Result<PollInfo, Status> {
        let poll = self.polls.get(id)?;
        *poll.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.report(&poll).await
    }

    async fn report(&self, poll: &Poll) -> Result<PollInfo, Status> {
        let wait = if poll.slow.is_zero() {
            LONGEST_WAIT
        } else {
            (poll.slow / 8).min(LONGEST_WAIT)
        };
        let mut ready = poll.ready.clone();
        let deadline = tokio::time::Instant::now() + wait;
        let _ = tokio::time::timeout_at(deadline, ready.wait_for(Option::is_some)).await;
        let Some(planned) = poll.ready.borrow().clone() else {
            return poll.pending(None);
        };
        let plan = match planned {
            Ok(plan) => plan,
            Err(error) => {
                self.polls.lock().remove(&poll.id);
                return Err(error);
            }
        };
        // Long polling: the answer waits until something new is there to tell.
        if !poll.slow.is_zero() {
            let end = tokio::time::Instant::from_std(poll.started + poll.slow);
            tokio::select! {
                () = poll.stop.wait() => return Err(Stop::status()),
                () = tokio::time::sleep_until(deadline.min(end)) => {}
            }
        }
        let progress = poll.progress();
        if progress < 1.0 {
            let parts = plan.endpoints.len();
            let shown = (1..=parts)
                .take_while(|part| share(*part, parts) <= progress)
                .count();
            return poll.pending(Some((&plan, shown)));
        }
        self.polls.lock().remove(&poll.id);
        let info = plan.info(poll.descriptor.clone(), plan.endpoints.len())?;
        Ok(PollInfo {
            info: Some(info),
            flight_descriptor: None,
            progress: Some(1.0),
            expiration_time: None,
        })
    }
}

impl Poll {
    fn progress(&self) -> f64 {
        if self.slow.is_zero() {
            return 1.0;
        }
        (self.started.elapsed().as_secs_f64() / self.slow.as_secs_f64()).min(1.0)
    }

    /// The answer while the query runs: the endpoints that are ready, and how to ask again.
    fn pending(&self, ready: Option<(&Plan, usize)>) -> Result<PollInfo, Status> {
        let info = match ready {
            Some((plan, shown)) => plan.info(self.descriptor.clone(), shown)?,
            None => arrow_flight::FlightInfo {
                flight_descriptor: Some(self.descriptor.clone()),
                total_records: -1,
                total_bytes: -1,
                ..Default::default()
            },
        };
        // Cancelling needs to find this query even when there is no endpoint yet.
        let info = info.with_app_metadata(self.id.clone());
        Ok(PollInfo {
            info: Some(info),
            flight_descriptor: Some(descriptor_for(&self.id)),
            progress: Some(if ready.is_some() { self.progress() } else { 0.0 }),
            expiration_time: Some(timestamp_in(PATIENCE)),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most a thousand endpoints")]
fn share(part: usize, parts: usize) -> f64 {
    part as f64 / parts as f64
}
