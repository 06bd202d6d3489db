//! The pool's own concurrency under a model checker: the book of who waits and what is on its way, in all orders a scheduler can find.
//!
//! The file is compiled here a second time, with Shuttle's lock in place of the standard library's.

mod sync {
    pub(crate) use shuttle::sync::{Mutex, MutexGuard};
}

#[path = "../src/supply.rs"]
#[expect(
    dead_code,
    reason = "the model drives the part of it that is shared between threads"
)]
mod supply;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use shuttle::{check_random, future, thread};

use crate::supply::{Refused, Supply};

/// A session that is counted.
#[derive(Debug)]
struct Session(Arc<AtomicUsize>);

impl Session {
    fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(open))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

type Book = Arc<Supply<Session, ()>>;

/// `CI` keeps to what takes a few seconds; set `SCHEDULES` for more.
fn schedules() -> usize {
    std::env::var("SCHEDULES")
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(20_000)
}

fn connect(book: &Book, open: &Arc<AtomicUsize>) {
    while book.reserve_if_lacking() {
        drop(book.connected(Session::new(open)));
    }
}

/// One caller: waits, uses the session, and hands it back.
fn caller(book: Book, open: Arc<AtomicUsize>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let wait = book.wait();
        connect(&book, &open);
        match future::block_on(wait) {
            Ok(session) => drop(book.put(session)),
            Err(Refused::Closed | Refused::Failed(_)) => {}
        }
    })
}

/// One caller that gives up after its first look.
fn impatient(book: Book, open: Arc<AtomicUsize>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut wait = pin!(book.wait());
        connect(&book, &open);
        let looked = future::block_on(poll_fn(|context| {
            Poll::Ready(match wait.as_mut().poll(context) {
                Poll::Ready(served) => served.ok(),
                Poll::Pending => None,
            })
        }));
        if let Some(session) = looked {
            drop(book.put(session));
        }
    })
}

#[test]
fn every_caller_is_served_though_others_give_up() {
    check_random(
        || {
            let open = Arc::new(AtomicUsize::new(0));
            let book: Book = Arc::new(Supply::new(1));
            let tasks = [
                caller(Arc::clone(&book), Arc::clone(&open)),
                impatient(Arc::clone(&book), Arc::clone(&open)),
                caller(Arc::clone(&book), Arc::clone(&open)),
            ];
            // A lost wake-up is a deadlock, which the checker reports.
            for task in tasks {
                task.join().unwrap();
            }
            assert_eq!(open.load(Ordering::SeqCst), 1, "one place, one session");
            assert_eq!(book.count(), (1, 0, 0));
        },
        schedules(),
    );
}

#[test]
fn closing_ends_every_wait_and_every_session() {
    check_random(
        || {
            let open = Arc::new(AtomicUsize::new(0));
            let book: Book = Arc::new(Supply::new(2));
            let tasks = [
                caller(Arc::clone(&book), Arc::clone(&open)),
                caller(Arc::clone(&book), Arc::clone(&open)),
            ];
            let closing = {
                let book = Arc::clone(&book);
                thread::spawn(move || drop(book.close()))
            };
            for task in tasks {
                task.join().unwrap();
            }
            closing.join().unwrap();
            assert_eq!(open.load(Ordering::SeqCst), 0, "a session outlives the pool");
        },
        schedules(),
    );
}

#[test]
fn a_failure_reaches_all_who_wait_and_no_place_is_lost() {
    check_random(
        || {
            let open = Arc::new(AtomicUsize::new(0));
            let book: Book = Arc::new(Supply::new(2));
            let waiting: Vec<_> = (0..2)
                .map(|_| {
                    let book = Arc::clone(&book);
                    thread::spawn(move || {
                        let wait = book.wait();
                        // As the pool does: after an attempt has ended, whoever came meanwhile is looked after.
                        while book.reserve_if_lacking() {
                            // The attempt fails for good.
                            book.failed();
                            book.refuse(&Arc::new(()));
                            book.given_up();
                        }
                        matches!(future::block_on(wait), Err(Refused::Failed(_)))
                    })
                })
                .collect();
            for caller in waiting {
                assert!(caller.join().unwrap());
            }
            assert_eq!(book.count(), (0, 0, 0));
            let after = caller(Arc::clone(&book), Arc::clone(&open));
            after.join().unwrap();
            assert_eq!(open.load(Ordering::SeqCst), 1);
        },
        schedules(),
    );
}
