//! Connecting step by step, for who wants to know where it fails and how long each step takes.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::Session;
use crate::config::{Config, TransportKind};
use crate::error::{Error, Kind, Operation, Result};
use crate::token::Tokens;
use crate::transport::{Address, Step, Steps, Transport, tokens};

/// What came of connecting to one host, step by step ([`Session::probe`]).
#[derive(Debug)]
pub struct Probe {
    peer: String,
    steps: Vec<(Step, Duration)>,
    failure: Option<(Step, Error)>,
}

impl Probe {
    /// The server, as `host:port` or the path of a socket.
    #[must_use]
    pub fn peer(&self) -> &str {
        &self.peer
    }

    /// The steps that were done, in their order, and how long each took.
    #[must_use]
    pub fn steps(&self) -> &[(Step, Duration)] {
        &self.steps
    }

    /// The step that failed, and why.
    #[must_use]
    pub fn failure(&self) -> Option<(Step, &Error)> {
        self.failure.as_ref().map(|(step, error)| (*step, error))
    }

    /// Gives the failure as the error that connecting would have ended with.
    ///
    /// # Errors
    ///
    /// What connecting failed with.
    pub fn into_result(self) -> Result<()> {
        match self.failure {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }
}

/// Prints one line.
impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.peer)?;
        for (step, took) in &self.steps {
            write!(f, " {step} {took:.1?}")?;
        }
        match &self.failure {
            Some((step, error)) => write!(f, " {step} failed: {error}"),
            None => Ok(()),
        }
    }
}

impl Session {
    /// Connects to each host of a connection string by a channel of its own, asks for a sign of life, and says how far it got and how long each
    /// step took. The sessions are closed again.
    ///
    /// # Errors
    ///
    /// `Config` when the string is wrong. What fails on the way is in the [`Probe`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future gives up the attempt; a session that the server has begun is closed in the background.
    pub async fn probe<T>(target: T) -> Result<Vec<Probe>>
    where
        T: TryInto<Config>,
        Error: From<T::Error>,
    {
        let config: Config = target.try_into()?;
        config.validate()?;
        let tokens = tokens(&config)?;
        let mut probes = Vec::new();
        for address in Transport::addresses(&config)? {
            probes.push(Box::pin(probe(&config, tokens.clone(), &address)).await);
        }
        Ok(probes)
    }
}

async fn probe(config: &Config, tokens: Option<Tokens>, address: &Address) -> Probe {
    let (peer, steps) = (address.peer(), Steps::begin());
    let expected = expected(address);
    // Until the channel is open nobody knows whether there will be a login: it comes after all that belongs to the connection.
    let failed = |at_least: Step, steps: &Steps, error: Error| {
        // A token is got before anything is sent.
        if error.operation() == Some(&Operation::Token) {
            return (Step::Login, error);
        }
        let taken = steps.taken();
        let missing = |step: &&Step| !taken.iter().any(|(done, _)| done == *step);
        let step = expected.iter().find(missing).copied().unwrap_or(at_least);
        (step, error)
    };
    let attempt = async {
        let opened = Transport::connect_bare(config, tokens, address.clone(), steps.clone())
            .await
            .map_err(|error| failed(Step::Http2, &steps, error))?;
        let logs_in = opened.logs_in();
        let transport = opened
            .share(config)
            .await
            .map_err(|error| failed(Step::Login, &steps, error))?;
        if logs_in {
            steps.done(Step::Login);
        }
        let session = ask(transport)
            .await
            .map_err(|error| failed(Step::Query, &steps, error))?;
        steps.done(Step::Query);
        // The answer is there: what the server says to a farewell changes nothing.
        let _farewell = session.close().await;
        Ok::<_, (Step, Error)>(())
    };
    let outcome = Box::pin(attempt).await;
    Probe {
        peer,
        failure: outcome.err(),
        steps: steps.taken(),
    }
}

/// A session that has had an answer from the server.
async fn ask(transport: Transport) -> Result<Session> {
    let session = Session::begin_over(transport, None).await?;
    match first_query(&session).await {
        Err(error) if is_about_the_way(&error) => return Err(error),
        // A server may know no SQL like that, and be well.
        Err(_) => session.ping().await?,
        Ok(()) => {}
    }
    Ok(session)
}

async fn first_query(session: &Session) -> Result<()> {
    let mut cursor = session.query("SELECT 1").await?;
    while cursor.fetch_one().await?.is_some() {}
    Ok(())
}

/// Says whether an error is about getting in, and not about what was asked.
fn is_about_the_way(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Connection | Kind::Timeout | Kind::Authentication | Kind::Permission | Kind::Protocol
    )
}

/// The steps up to HTTP/2 that a connection to an address takes.
fn expected(address: &Address) -> Vec<Step> {
    match address.kind {
        TransportKind::Unix => vec![Step::Connect],
        TransportKind::Tcp | TransportKind::Tls => {
            let name = address.host.parse::<IpAddr>().is_err().then_some(Step::Name);
            let tls = (address.kind == TransportKind::Tls).then_some(Step::Tls);
            name.into_iter()
                .chain([Step::Connect])
                .chain(tls)
                .chain([Step::Http2])
                .collect()
        }
    }
}
