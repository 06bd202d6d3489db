//! Tickets: which part of which result they stand for, how often and how long they can be redeemed.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use tonic::Status;

use crate::hints::Hints;
use crate::ids::Ids;
use crate::results::{Opened, Query};
use crate::stop::Stop;

/// How long a ticket nobody redeems is kept.
const FORGET_AFTER: Duration = Duration::from_secs(600);
/// Results that wait open in a connection of the pool; the oldest beyond that are run again when they are read.
const MOST_OPEN: usize = 32;
/// Ended tickets whose end can still be explained.
const REMEMBERED: usize = 4096;

/// One result: what its tickets have in common.
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) stop: Stop,
    pub(crate) schema: Option<SchemaRef>,
    pub(crate) hints: Hints,
    transaction: Option<String>,
}

/// What one ticket stands for.
#[derive(Clone)]
pub(crate) enum Part {
    /// A statement not run yet; with the schema announced for it, if any.
    Unread(Query, Option<SchemaRef>),
    /// A result open in its connection, and how to get it again.
    Open(Arc<Opened>, Query),
    /// Rows in memory; given out over so much time.
    Kept(Arc<Vec<RecordBatch>>, Option<Duration>),
}

struct Entry {
    group: Arc<Group>,
    part: Part,
    until: Instant,
    reusable: bool,
}

#[derive(Default)]
struct Shelf {
    entries: HashMap<String, Entry>,
    groups: HashMap<String, Weak<Group>>,
    open: VecDeque<String>,
    ended: HashMap<String, &'static str>,
    ended_order: VecDeque<String>,
}

/// All tickets that can be redeemed.
pub(crate) struct Tickets {
    shelf: Mutex<Shelf>,
    ids: Arc<Ids>,
}

impl Tickets {
    pub(crate) fn new(ids: Arc<Ids>) -> Self {
        Self {
            shelf: Mutex::default(),
            ids,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().entries.len()
    }

    /// Opens a group for a result.
    pub(crate) fn group(&self, query: &Query, schema: Option<SchemaRef>, stop: Stop) -> Arc<Group> {
        let group = Arc::new(Group {
            id: self.ids.fresh(),
            stop,
            schema,
            hints: query.hints.clone(),
            transaction: query.place.transaction_id().map(str::to_owned),
        });
        self.lock()
            .groups
            .insert(group.id.clone(), Arc::downgrade(&group));
        group
    }

    /// Issues a ticket. With a lifetime it can be redeemed until then, without one once.
    pub(crate) fn issue(&self, group: &Arc<Group>, part: Part, lifetime: Option<Duration>) -> String {
        let handle = format!("{}.{}", group.id, self.ids.fresh());
        let until = Instant::now() + lifetime.unwrap_or(FORGET_AFTER);
        let held_open = matches!(&part, Part::Open(..)) && group.transaction.is_none();
        let mut shelf = self.lock();
        shelf.entries.insert(
            handle.clone(),
            Entry {
                group: group.clone(),
                part,
                until,
                reusable: lifetime.is_some(),
            },
        );
        if held_open {
            shelf.open.push_back(handle.clone());
            shelf.trim_open();
        }
        handle
    }

    /// Redeems a ticket.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND`, saying why: unknown, used, expired, cancelled, or its transaction has ended.
    pub(crate) fn redeem(&self, handle: &[u8]) -> Result<(Arc<Group>, Part), Status> {
        let handle = std::str::from_utf8(handle).map_err(|_| unknown("it is unknown"))?;
        let mut shelf = self.lock();
        let Some(entry) = shelf.entries.get(handle) else {
            return Err(unknown(
                shelf.ended.get(handle).copied().unwrap_or("it is unknown"),
            ));
        };
        if entry.until < Instant::now() {
            shelf.end(handle, "it has expired");
            return Err(unknown("it has expired"));
        }
        let found = (entry.group.clone(), entry.part.clone());
        if !entry.reusable {
            shelf.end(
                handle,
                "it was redeemed before, and without an expiration time a ticket serves once",
            );
        }
        Ok(found)
    }

    /// Issues a new ticket for the same part, with a new lifetime. The old one keeps its own.
    ///
    /// # Errors
    ///
    /// As [`Self::redeem`]; `INVALID_ARGUMENT` for a ticket without expiration time.
    pub(crate) fn renew(&self, handle: &[u8]) -> Result<(String, Duration), Status> {
        let handle = std::str::from_utf8(handle).map_err(|_| unknown("it is unknown"))?;
        let mut shelf = self.lock();
        let Some(entry) = shelf.entries.get(handle) else {
            return Err(unknown(
                shelf.ended.get(handle).copied().unwrap_or("it is unknown"),
            ));
        };
        if entry.until < Instant::now() {
            shelf.end(handle, "it has expired");
            return Err(unknown("it has expired"));
        }
        let Some(lifetime) = entry.group.hints.expire.filter(|_| entry.reusable) else {
            return Err(Status::invalid_argument(
                "this endpoint has no expiration time to extend",
            ));
        };
        // Counted from the end of the old lifetime, so that the new time is later for certain.
        let until = entry.until + lifetime;
        let (group, part) = (entry.group.clone(), entry.part.clone());
        let fresh = format!("{}.{}", group.id, self.ids.fresh());
        shelf.entries.insert(
            fresh.clone(),
            Entry {
                group,
                part,
                until,
                reusable: true,
            },
        );
        Ok((fresh, until.saturating_duration_since(Instant::now())))
    }

    /// Cancels a result: its tickets end, and so do the streams that read from it. `false` when it is not known.
    pub(crate) fn cancel(&self, group: &str) -> bool {
        let mut shelf = self.lock();
        let Some(found) = shelf.groups.remove(group).and_then(|group| group.upgrade()) else {
            return false;
        };
        found.stop.raise();
        shelf.end_where("its query was cancelled", |entry| entry.group.id == group);
        true
    }

    /// Ends the tickets of a transaction.
    pub(crate) fn end_transaction(&self, transaction: &str) {
        self.lock().end_where("its transaction has ended", |entry| {
            entry.group.transaction.as_deref() == Some(transaction)
        });
    }

    /// Forgets what has expired.
    pub(crate) fn sweep(&self) {
        let now = Instant::now();
        let mut shelf = self.lock();
        shelf.end_where("it has expired", |entry| entry.until < now);
        shelf.groups.retain(|_, group| group.strong_count() > 0);
    }
}

impl Shelf {
    fn end(&mut self, handle: &str, why: &'static str) {
        self.entries.remove(handle);
        self.open.retain(|open| open != handle);
        self.ended.insert(handle.to_owned(), why);
        self.ended_order.push_back(handle.to_owned());
        if self.ended_order.len() > REMEMBERED
            && let Some(oldest) = self.ended_order.pop_front()
        {
            self.ended.remove(&oldest);
        }
    }

    fn end_where(&mut self, why: &'static str, condition: impl Fn(&Entry) -> bool) {
        let handles: Vec<String> = self
            .entries
            .iter()
            .filter(|(_, entry)| condition(entry))
            .map(|(handle, _)| handle.clone())
            .collect();
        for handle in handles {
            self.end(&handle, why);
        }
    }

    /// Gives the connections of the oldest unread results back to the pool.
    fn trim_open(&mut self) {
        while self.open.len() > MOST_OPEN {
            let Some(oldest) = self.open.pop_front() else {
                return;
            };
            if let Some(entry) = self.entries.get_mut(&oldest)
                && let Part::Open(opened, query) = &entry.part
            {
                entry.part = Part::Unread(query.clone(), Some(opened.schema.clone()));
            }
        }
    }
}

/// The group a ticket belongs to: it stays readable when the ticket itself has ended.
pub(crate) fn group_of(handle: &[u8]) -> Option<&str> {
    Some(std::str::from_utf8(handle).ok()?.split_once('.')?.0)
}

fn unknown(why: &str) -> Status {
    Status::not_found(format!("this ticket cannot be redeemed: {why}"))
}
