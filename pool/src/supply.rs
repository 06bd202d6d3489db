//! Who waits for a session that is not there yet, and which sessions are on their way.
//!
//! Deadpool lets a caller in when a session is free or one more may be made; the second kind waits here, for whichever comes first: a session that
//! somebody hands back, or one that is being connected. So a spike is served by the sessions there are, and only what is lacking is connected.
//!
//! Nothing here waits, starts or times anything: it is a book kept under one lock, so that all orders of events can be tried out.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};

use super::sync::{Mutex, MutexGuard};

/// Sessions connected at once when there are none yet; afterwards as many as there are, so that a pool at most doubles at a time.
const FIRST_CONNECTS: usize = 2;

/// Why a caller gets nothing.
#[derive(Debug)]
pub(crate) enum Refused<E> {
    /// The pool is closed.
    Closed,
    /// No session can be made.
    Failed(Arc<E>),
}

/// The book.
#[derive(Debug)]
pub(crate) struct Supply<T, E> {
    state: Mutex<State<T, E>>,
}

#[derive(Debug)]
struct State<T, E> {
    /// How many sessions there may be.
    most: usize,
    /// How many there are: lent, idle, or on their way.
    alive: usize,
    /// Of these, how many are on their way to whoever waits: being connected, checked or put in order.
    incoming: usize,
    /// Of the incoming, how many are being connected.
    connecting: usize,
    /// Callers by the order in which they came.
    waiting: BTreeMap<u64, Option<Waker>>,
    /// What they got and have not taken yet.
    served: HashMap<u64, Result<T, Refused<E>>>,
    next: u64,
    /// Sessions that arrived when nobody waited.
    spare: VecDeque<T>,
    /// The last attempt to connect failed: one at a time is tried until one succeeds.
    failing: bool,
    closed: bool,
}

impl<T, E> Supply<T, E> {
    /// A book without sessions, for at most so many.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            state: Mutex::new(State {
                most,
                alive: 0,
                incoming: 0,
                connecting: 0,
                waiting: BTreeMap::new(),
                served: HashMap::new(),
                next: 0,
                spare: VecDeque::new(),
                failing: false,
                closed: false,
            }),
        }
    }

    /// Takes a spare session, or waits for one; callers are served in the order in which they came here.
    pub(crate) fn wait(&self) -> Wait<'_, T, E> {
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        if state.closed {
            state.served.insert(number, Err(Refused::Closed));
        } else if let Some(spare) = state.spare.pop_back() {
            state.served.insert(number, Ok(spare));
        } else {
            state.waiting.insert(number, None);
        }
        Wait {
            supply: self,
            number: Some(number),
        }
    }

    /// Reserves a place for a session that is to be connected now, if one is lacking and may be made.
    pub(crate) fn reserve_if_lacking(&self) -> bool {
        let mut state = self.lock();
        let lacking = state.waiting.len() > state.incoming;
        lacking && state.reserve()
    }

    /// Reserves a place for a session that nobody waits for, if one more may be made now.
    pub(crate) fn reserve(&self) -> bool {
        self.lock().reserve()
    }

    /// Notes that a session whose place was reserved is there.
    pub(crate) fn connected(&self, session: T) -> Result<(), T> {
        let mut state = self.lock();
        state.failing = false;
        state.connecting -= 1;
        state.incoming -= 1;
        self.give(state, session)
    }

    /// Notes that an attempt failed which will be made again; says whether that is to be done by whoever asks, since one is enough.
    pub(crate) fn failed(&self) -> bool {
        let mut state = self.lock();
        state.failing = true;
        state.connecting == 1 && !state.closed
    }

    /// Gives up a reserved place.
    pub(crate) fn given_up(&self) {
        let mut state = self.lock();
        state.connecting -= 1;
        state.incoming -= 1;
        state.alive -= 1;
    }

    /// Notes that a session is being checked or put in order: it may soon be there for those who wait.
    pub(crate) fn on_its_way(&self) {
        self.lock().incoming += 1;
    }

    /// Notes that such a session is fit, and gives it away; it comes back when the pool is closed.
    pub(crate) fn arrived(&self, session: T) -> Result<(), T> {
        let mut state = self.lock();
        state.incoming -= 1;
        self.give(state, session)
    }

    /// Notes that such a session will not come.
    pub(crate) fn lost_on_its_way(&self) {
        self.lock().incoming -= 1;
    }

    /// Notes that a session has ended.
    pub(crate) fn left(&self) {
        self.lock().alive -= 1;
    }

    /// Says whether somebody waits.
    pub(crate) fn is_awaited(&self) -> bool {
        !self.lock().waiting.is_empty()
    }

    /// Gives a session to whoever has waited longest, or keeps it; it comes back when the pool is closed.
    pub(crate) fn put(&self, session: T) -> Result<(), T> {
        self.give(self.lock(), session)
    }

    /// Tells all who wait that nothing will come.
    pub(crate) fn refuse(&self, error: &Arc<E>) {
        let mut state = self.lock();
        let wakers = state.refuse_all(|| Refused::Failed(Arc::clone(error)));
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Lets nobody wait any more, and gives the spare sessions.
    pub(crate) fn close(&self) -> Vec<T> {
        let mut state = self.lock();
        state.closed = true;
        let spare = std::mem::take(&mut state.spare);
        let wakers = state.refuse_all(|| Refused::Closed);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        spare.into()
    }

    /// Takes the spare sessions for which the function says so, the one that has rested longest first.
    pub(crate) fn take_spare(&self, mut which: impl FnMut(&T) -> bool) -> Vec<T> {
        let mut state = self.lock();
        let (taken, kept): (VecDeque<_>, _) = std::mem::take(&mut state.spare)
            .into_iter()
            .partition(|session| which(session));
        state.spare = kept;
        taken.into()
    }

    /// How many sessions there are: all, and those on their way.
    pub(crate) fn count(&self) -> (usize, usize, usize) {
        let state = self.lock();
        (state.alive, state.incoming, state.connecting)
    }

    fn give(&self, mut state: MutexGuard<'_, State<T, E>>, session: T) -> Result<(), T> {
        if state.closed {
            return Err(session);
        }
        let Some((number, waker)) = state.waiting.pop_first() else {
            state.spare.push_back(session);
            return Ok(());
        };
        state.served.insert(number, Ok(session));
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State<T, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T, E> State<T, E> {
    fn reserve(&mut self) -> bool {
        let at_once = match self.failing {
            true => 1,
            false => FIRST_CONNECTS.max(self.alive - self.connecting),
        };
        let may = !self.closed && self.alive < self.most && self.connecting < at_once;
        if may {
            self.alive += 1;
            self.incoming += 1;
            self.connecting += 1;
        }
        may
    }

    fn refuse_all(&mut self, why: impl Fn() -> Refused<E>) -> Vec<Waker> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut wakers = Vec::with_capacity(waiting.len());
        for (number, waker) in waiting {
            self.served.insert(number, Err(why()));
            wakers.extend(waker);
        }
        wakers
    }
}

/// The place of one caller in the queue. Dropped, it gives its place up, and whatever it got already to the next.
#[derive(Debug)]
pub(crate) struct Wait<'s, T, E> {
    supply: &'s Supply<T, E>,
    /// Gone once it was served.
    number: Option<u64>,
}

impl<T, E> Future for Wait<'_, T, E> {
    type Output = Result<T, Refused<E>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(number) = self.number else {
            return Poll::Ready(Err(Refused::Closed));
        };
        let mut state = self.supply.lock();
        if let Some(served) = state.served.remove(&number) {
            drop(state);
            self.number = None;
            return Poll::Ready(served);
        }
        let waker = state.waiting.entry(number).or_default();
        if !waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(context.waker()))
        {
            *waker = Some(context.waker().clone());
        }
        Poll::Pending
    }
}

impl<T, E> Drop for Wait<'_, T, E> {
    fn drop(&mut self) {
        let Some(number) = self.number.take() else {
            return;
        };
        let mut state = self.supply.lock();
        state.waiting.remove(&number);
        if let Some(Ok(session)) = state.served.remove(&number) {
            // Where the pool is closed it ends here.
            let _closed = self.supply.give(state, session);
        }
    }
}
