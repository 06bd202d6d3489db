//! What the pool needs to know of a session: the one place where its rules meet the driver.

use std::fmt;
use std::future::Future;

use jetbridge::{CloseHandle, Connector, Error, Kind, RecycleMethod, Result, Session};

/// Makes sessions and looks after them. The pool's rules are written against it, so that they can be tried out with sessions that fail, stall or
/// never come.
pub(crate) trait Backend: fmt::Debug + Send + Sync + 'static {
    type Session: fmt::Debug + Send + Sync + 'static;
    type CloseHandle: fmt::Debug + Send + Sync + 'static;

    /// Makes a session.
    fn connect(&self) -> impl Future<Output = Result<Self::Session>> + Send;

    /// Asks the server for a sign of life.
    fn check(&self, session: &Self::Session) -> impl Future<Output = Result<()>> + Send;

    /// Ends what the last user has left open; what takes time goes on in the background.
    fn release(&self, session: &mut Self::Session);

    /// Says whether a session can be lent again as it is. `kept` statements are known to stand on it.
    fn is_fit(&self, session: &Self::Session, kept: usize) -> bool;

    /// Makes a session fit: waits for what goes on in the background, and puts back what was changed.
    fn reset(&self, session: &mut Self::Session, kept: usize) -> impl Future<Output = Result<()>> + Send;

    /// Says whether an error has left it in doubt.
    fn is_broken(&self, session: &Self::Session) -> bool;

    /// Takes note that it was found broken: the next session goes another way.
    fn forget(&self, session: &Self::Session);

    /// Closes it on the server.
    fn close(&self, session: Self::Session) -> impl Future<Output = Result<()>> + Send;

    /// What closes it while somebody has it.
    fn close_handle(&self, session: &Self::Session) -> Self::CloseHandle;

    /// Closes it while somebody has it.
    fn close_by(&self, handle: Self::CloseHandle) -> impl Future<Output = Result<()>> + Send;
}

impl Backend for Connector {
    type Session = Session;
    type CloseHandle = CloseHandle;

    async fn connect(&self) -> Result<Session> {
        Box::pin(Self::connect(self)).await
    }

    async fn check(&self, session: &Session) -> Result<()> {
        Box::pin(session.ping()).await
    }

    fn release(&self, session: &mut Session) {
        session.release();
    }

    fn is_fit(&self, session: &Session, kept: usize) -> bool {
        let needs_nothing = matches!(
            self.config().get_pool_recycle(),
            RecycleMethod::Fast | RecycleMethod::Verified
        );
        let calm = session.is_settled() && !session.is_in_doubt();
        needs_nothing && calm && !session.has_changed_options() && session.handles() <= kept
    }

    async fn reset(&self, session: &mut Session, kept: usize) -> Result<()> {
        session.settle().await;
        if session.is_in_doubt() {
            Box::pin(session.ping()).await?;
        }
        if session.handles() > kept {
            return Err(Error::new(
                Kind::State,
                "a statement or a result of the session is still in use",
            ));
        }
        match self.config().get_pool_recycle() {
            RecycleMethod::Clean => Box::pin(session.restart()).await,
            RecycleMethod::Sql(sql) => {
                Box::pin(session.reset()).await?;
                let mut answer = Box::pin(session.execute(sql)).await?;
                while answer.next_batch().await?.is_some() {}
                drop(answer);
                Box::pin(session.reset()).await
            }
            _ => Box::pin(session.reset()).await,
        }
    }

    fn is_broken(&self, session: &Session) -> bool {
        session.is_broken()
    }

    fn forget(&self, session: &Session) {
        Self::forget(self, session);
    }

    async fn close(&self, session: Session) -> Result<()> {
        // Handles that others hold keep it: closed is closed all the same.
        Box::pin(session.close()).await
    }

    fn close_handle(&self, session: &Session) -> CloseHandle {
        session.close_handle()
    }

    async fn close_by(&self, handle: CloseHandle) -> Result<()> {
        Box::pin(handle.close()).await
    }
}
