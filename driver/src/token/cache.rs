//! One token for many callers: whoever needs a fresh one first gets it, the others wait for the same answer.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use super::{AccessToken, TokenSource};
use crate::error::{Error, Operation, Result};
use crate::secret::Secret;
use crate::trace;

/// How long a source that failed is left alone while the token it gave before is good.
const PAUSE: Duration = Duration::from_secs(5);

/// A source and the token it gave last; clones share both.
#[derive(Clone)]
pub(crate) struct Tokens(Arc<Inner>);

struct Inner {
    source: Box<dyn TokenSource>,
    current: RwLock<Current>,
    /// Held while the source is asked.
    asking: tokio::sync::Mutex<()>,
    failures: Failures,
}

#[derive(Default)]
struct Current {
    token: Option<AccessToken>,
    generation: u64,
}

impl Tokens {
    pub(crate) fn new(source: impl TokenSource) -> Self {
        Self(Arc::new(Inner {
            source: Box::new(source),
            current: RwLock::default(),
            asking: tokio::sync::Mutex::default(),
            failures: Failures::default(),
        }))
    }

    /// The token to send now and its number, which changes with every new one.
    pub(crate) async fn get(&self) -> Result<(Secret, u64)> {
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let seen = self.0.failures.count();
        let _one_at_a_time = self.0.asking.lock().await;
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        match self.ask(seen).await {
            Ok(fresh) => Ok(fresh),
            Err(error) => match self.usable() {
                // It is early: the old one is still good, and the next call tries again.
                Some(old) => {
                    trace::token_not_refreshed(&error);
                    self.postpone();
                    Ok(old)
                }
                None => Err(error),
            },
        }
    }

    /// Replaces a token that a server refused, unless somebody else has meanwhile.
    pub(crate) async fn renew(&self, refused: u64) -> Result<()> {
        let seen = self.0.failures.count();
        let _one_at_a_time = self.0.asking.lock().await;
        if self.generation() != refused {
            return Ok(());
        }
        self.ask(seen).await.map(drop)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.0
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .generation
    }

    async fn ask(&self, seen: u64) -> Result<(Secret, u64)> {
        self.0.failures.since(seen)?;
        let token = self.0.source.token().await.map_err(|error| {
            let error = error.during(Operation::Token);
            self.0.failures.note(&error);
            error
        })?;
        let value = token.value().clone();
        let mut current = self.0.current.write().unwrap_or_else(PoisonError::into_inner);
        current.token = Some(token);
        current.generation = current.generation.wrapping_add(1);
        Ok((value, current.generation))
    }

    fn fresh(&self) -> Option<(Secret, u64)> {
        self.when(|token| !token.wants_refresh() && !token.has_expired())
    }

    fn usable(&self) -> Option<(Secret, u64)> {
        self.when(|token| !token.has_expired())
    }

    /// Leaves a source that fails alone for a while: its old token is still good.
    fn postpone(&self) {
        let mut current = self.0.current.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = current.token.take() {
            current.token = Some(token.check_after(PAUSE));
        }
    }

    fn when(&self, good: impl Fn(&AccessToken) -> bool) -> Option<(Secret, u64)> {
        let current = self.0.current.read().unwrap_or_else(PoisonError::into_inner);
        let token = current.token.as_ref().filter(|token| good(token))?;
        Some((token.value().clone(), current.generation))
    }
}

/// Two are the same when they share one source.
impl PartialEq for Tokens {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A source is the user's own, and may print anything.
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

/// Failed attempts, so that those who waited for one share its outcome and do not each try the same wrong secret.
#[derive(Default)]
pub(crate) struct Failures(Mutex<(u64, Option<Error>)>);

impl Failures {
    /// How many there were; taken before waiting.
    pub(crate) fn count(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// The failure of somebody else's attempt since, if there was one.
    pub(crate) fn since(&self, seen: u64) -> Result<()> {
        let failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &failures.1 {
            Some(error) if failures.0 != seen => Err(error.same()),
            _ => Ok(()),
        }
    }

    pub(crate) fn note(&self, error: &Error) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *failures = (failures.0.wrapping_add(1), Some(error.same()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::Tokens;
    use crate::error::{Error, Kind, Result};
    use crate::token::{AccessToken, token_from};

    /// A source that counts, and takes its time.
    fn counting(asked: &Arc<AtomicU32>, outcome: fn(u32) -> Result<AccessToken>) -> Tokens {
        let asked = Arc::clone(asked);
        Tokens::new(token_from(move || {
            let asked = Arc::clone(&asked);
            async move {
                let number = asked.fetch_add(1, Ordering::SeqCst);
                for _ in 0..50 {
                    tokio::task::yield_now().await;
                }
                outcome(number)
            }
        }))
    }

    #[tokio::test]
    async fn thirty_two_callers_ask_once() {
        let asked = Arc::new(AtomicU32::new(0));
        let tokens = counting(&asked, |n| Ok(AccessToken::new(format!("t{n}"))));
        let all = futures::future::join_all((0..32).map(|_| tokens.get())).await;
        assert!(all.iter().all(|token| token.as_ref().unwrap().0.expose() == "t0"));
        futures::future::join_all((0..32).map(|_| tokens.renew(1))).await;
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert_eq!(tokens.get().await.unwrap().0.expose(), "t1");
    }

    #[tokio::test]
    async fn those_who_waited_share_a_failure_and_the_next_tries_again() {
        let asked = Arc::new(AtomicU32::new(0));
        let tokens = counting(&asked, |n| match n {
            0 => Err(Error::new(Kind::Authentication, "wrong client secret")),
            _ => Ok(AccessToken::new("t")),
        });
        let all = futures::future::join_all((0..32).map(|_| tokens.get())).await;
        assert!(
            all.iter()
                .all(|token| token.as_ref().unwrap_err().message() == "wrong client secret")
        );
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert_eq!(tokens.get().await.unwrap().0.expose(), "t");
    }

    #[tokio::test]
    async fn a_token_that_is_still_good_outlives_a_failed_refresh() {
        let asked = Arc::new(AtomicU32::new(0));
        let tokens = counting(&asked, |n| match n {
            0 => Ok(AccessToken::new("old").check_after(Duration::ZERO)),
            1 => Err(Error::new(Kind::Timeout, "down")),
            _ => Ok(AccessToken::new("new")),
        });
        for _ in 0..10 {
            assert_eq!(tokens.get().await.unwrap().0.expose(), "old");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        tokens.renew(1).await.unwrap();
        assert_eq!(tokens.get().await.unwrap().0.expose(), "new");
    }

    #[tokio::test]
    async fn a_caller_that_gives_up_leaves_the_question_to_the_next() {
        let asked = Arc::new(AtomicU32::new(0));
        let tokens = counting(&asked, |_| Ok(AccessToken::new("t")));
        {
            let first = tokens.get();
            tokio::pin!(first);
            assert!(futures::poll!(first.as_mut()).is_pending());
        }
        assert_eq!(tokens.get().await.unwrap().0.expose(), "t");
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }
}
