//! Makes sessions and looks at them before they are handed out again.

use std::time::Duration;

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use jetbridge::{Connector, Error, Kind, RecycleMethod, Session};

/// A session that has rested for less is taken for sound (HikariCP's and pgx' rule).
const FRESH: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Manager {
    connector: Connector,
}

impl Manager {
    pub(crate) fn new(connector: Connector) -> Self {
        Self { connector }
    }

    pub(crate) fn connector(&self) -> &Connector {
        &self.connector
    }

    fn is_worn(&self, metrics: &Metrics) -> Option<&'static str> {
        let config = self.connector.config();
        let older = |age: Duration, limit: Option<Duration>| limit.is_some_and(|limit| age > limit);
        if older(metrics.age(), config.get_pool_max_lifetime()) {
            return Some("it reached pool_max_lifetime");
        }
        if older(metrics.last_used(), config.get_pool_idle_timeout()) {
            return Some("it reached pool_idle_timeout");
        }
        None
    }
}

impl managed::Manager for Manager {
    type Type = Session;
    type Error = Error;

    async fn create(&self) -> Result<Session, Error> {
        self.connector.connect().await
    }

    async fn recycle(&self, session: &mut Session, metrics: &Metrics) -> RecycleResult<Error> {
        if let Some(why) = self.is_worn(metrics) {
            return Err(RecycleError::message(why));
        }
        if session.is_broken() {
            return Err(RecycleError::message("an error left it in doubt"));
        }
        let sound = match self.connector.config().get_pool_recycle() {
            RecycleMethod::Fast => Ok(()),
            RecycleMethod::Verified if metrics.last_used() < FRESH => Ok(()),
            RecycleMethod::Verified => session.ping().await,
            RecycleMethod::Clean => match session.reset().await {
                Ok(()) => session.ping().await,
                Err(error) => Err(error),
            },
            _ => Err(Error::new(
                Kind::NotSupported,
                "this pool does not know that way to recycle",
            )),
        };
        if let Err(error) = &sound {
            tracing::info!(target: "jetbridge::pool", %error, "a session failed its check and is replaced");
        }
        sound.map_err(RecycleError::Backend)
    }
}
