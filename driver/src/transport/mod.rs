//! The one gate through which every RPC leaves: credentials, headers, cookies, deadline, retry and the log record are written once, here.

mod auth;
mod channels;
mod compression;
mod connect;
mod cookies;
mod deadline;
mod framing;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod headers;
mod http2;
mod location;
#[cfg(feature = "http-locations")]
mod object;
mod proxy;
mod race;
mod reply;
mod resolve;
mod retry;
mod sources;
mod speaking;
mod steps;
mod tcp;
mod tls;
mod window;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arrow_flight::flight_service_client::FlightServiceClient;
use tonic::{Request, Response, Status};
use url::Url;

use self::auth::Auth;
use self::channels::Channels;
pub(crate) use self::channels::Locations;
pub(crate) use self::connect::Address;
use self::connect::{Dial, Reach};
use self::cookies::CookieJar;
use self::deadline::Deadlines;
pub(crate) use self::deadline::{expired, within};
pub(crate) use self::framing::Framing;
pub use self::headers::CallOptions;
use self::http2::Channel;
pub(crate) use self::location::Candidate;
use self::location::Route;
#[cfg(feature = "http-locations")]
pub(crate) use self::object::Object;
pub(crate) use self::reply::Reply;
pub(crate) use self::retry::{MOST_RETRIES, pause};
pub(crate) use self::sources::tokens;
pub use self::steps::Step;
pub(crate) use self::steps::Steps;
pub(crate) use self::window::waiting_bytes;
use crate::config::{Config, PlaceMode, TransportKind};
use crate::error::{Error, Kind, Operation, Result, metadata_of};
use crate::metadata::Metadata;
use crate::token::Tokens;
use crate::trace;

pub(crate) type Client = FlightServiceClient<Framing<Channel>>;

/// A channel to one server, with the identity of the session that uses it; cheap to clone.
#[derive(Clone)]
pub(crate) struct Transport(Arc<Inner>);

struct Inner {
    channel: Channel,
    client: Client,
    peer: String,
    address: Address,
    origin: Url,
    identity: Arc<Identity>,
    /// Says whether the server has answered a call of this channel.
    answered: Arc<AtomicBool>,
    /// The channels to other servers.
    channels: Arc<Channels>,
}

/// What all channels of a session share.
pub(crate) struct Identity {
    pub(crate) config: Config,
    headers: Metadata,
    auth: Auth,
    cookies: Option<CookieJar>,
    deadlines: Deadlines,
    retries: retry::Budget,
    /// Says whether the server's session holds something that a new login might lose.
    pinned: AtomicBool,
}

impl Identity {
    fn new(config: &Config, tokens: Option<Tokens>) -> Self {
        let mut headers: Metadata = config
            .get_headers()
            .iter()
            .map(|(name, value)| (name, value.expose().as_bytes().to_vec()))
            .collect();
        add_place(config, &mut headers);
        Self {
            headers,
            auth: Auth::new(config, tokens),
            cookies: config.get_cookies().then(CookieJar::new),
            deadlines: Deadlines::new(config),
            retries: retry::Budget::new(),
            pinned: AtomicBool::new(false),
            config: config.clone(),
        }
    }
}

/// The headers that say database, catalog and schema, where they are not told otherwise; a header of the user's own stays as it is.
fn add_place(config: &Config, headers: &mut Metadata) {
    let by_header = config.get_place_mode() == PlaceMode::Headers;
    let place = [("catalog", config.get_catalog()), ("schema", config.get_schema())];
    let place = place.into_iter().filter(|_| by_header);
    let database = config.get_database_header().iter();
    let database = database.map(|name| (name.as_str(), config.get_database()));
    for (name, value) in place.chain(database) {
        if let (Some(value), None) = (value, headers.get_bytes(name)) {
            headers.append(name, value.as_bytes().to_vec());
        }
    }
}

impl Transport {
    /// The hosts of a configuration, in the order in which it names them.
    pub(crate) fn addresses(config: &Config) -> Result<Vec<Address>> {
        addresses(config)
    }

    /// Opens a channel to a host, without logging in.
    pub(crate) async fn connect_bare(
        config: &Config,
        tokens: Option<Tokens>,
        address: Address,
        steps: Steps,
    ) -> Result<Self> {
        let dial = Dial {
            reach: Reach::Named,
            patience: config.get_connect_timeout(),
            steps,
        };
        let channel = connect::open(config, &address, &dial).await?;
        let identity = Arc::new(Identity::new(config, tokens));
        Self::over(channel, identity, address, Arc::default())
    }

    /// The same session over a channel to another server, as a location of an endpoint asks for.
    fn beside(&self, channel: Channel, address: Address) -> Result<Self> {
        let Inner {
            identity, channels, ..
        } = &*self.0;
        Self::over(channel, Arc::clone(identity), address, Arc::clone(channels))
    }

    /// A new session over the channel of this one: its own login, cookies and headers; a source of tokens is shared.
    pub(crate) async fn share(&self, config: &Config) -> Result<Self> {
        let inner = &self.0;
        let tokens = inner.identity.auth.tokens().cloned();
        let identity = Arc::new(Identity::new(config, tokens));
        let inner = Inner {
            channel: inner.channel.clone(),
            client: inner.client.clone(),
            peer: inner.peer.clone(),
            address: inner.address.clone(),
            origin: inner.origin.clone(),
            identity,
            answered: Arc::clone(&inner.answered),
            channels: Arc::clone(&inner.channels),
        };
        Self(Arc::new(inner)).begin().await
    }

    fn over(
        channel: Channel,
        identity: Arc<Identity>,
        address: Address,
        channels: Arc<Channels>,
    ) -> Result<Self> {
        let limit = identity.config.get_max_message_size();
        let client = FlightServiceClient::new(Framing::whole(channel.clone()).unpacking(&identity.config))
            .max_decoding_message_size(limit)
            .max_encoding_message_size(limit);
        let (peer, origin) = (address.peer(), address.origin()?);
        Ok(Self(Arc::new(Inner {
            channel,
            client,
            peer,
            address,
            origin,
            identity,
            answered: Arc::default(),
            channels,
        })))
    }

    async fn begin(self) -> Result<Self> {
        let auth = &self.0.identity.auth;
        self.ready().await?;
        if auth.wants_handshake() {
            let (mut client, headers) = (self.0.client.clone(), &self.0.identity.headers);
            let again = |attempt, error: &Error| self.logs_in_again(attempt, error);
            self.logging_in(auth.login(&mut client, headers, auth.generation(), again))
                .await?;
        } else {
            auth.without_handshake()?;
        }
        Ok(self)
    }

    /// Sees to it that there is a token; a source that has none fails the call before it is sent.
    async fn ready(&self) -> Result<()> {
        self.0
            .identity
            .auth
            .ready()
            .await
            .map_err(|error| error.on(self.peer()))
    }

    async fn renew(&self, generation: u64) -> Result<()> {
        let Inner { client, identity, .. } = &*self.0;
        let mut client = client.clone();
        let again = |attempt, error: &Error| self.logs_in_again(attempt, error);
        let renewal = identity
            .auth
            .renew(&mut client, &identity.headers, generation, again);
        self.logging_in(renewal).await
    }

    /// Says whether a login that failed is tried again: not where the server has said what it thinks of the password.
    fn logs_in_again(&self, attempt: u32, error: &Error) -> bool {
        self.may_try_again(&Operation::Handshake, attempt, error)
    }

    /// Says whether a call is sent once more after so many attempts, and takes that from the budget.
    fn may_try_again(&self, operation: &Operation, attempt: u32, error: &Error) -> bool {
        let again = attempt <= MOST_RETRIES && retry::may_repeat(operation, error) && self.may_spend_retry();
        if again {
            trace::retry(operation, self.peer(), attempt, error);
        }
        again
    }

    async fn logging_in(&self, login: impl Future<Output = Result<Metadata>>) -> Result<()> {
        let Inner { identity, .. } = &*self.0;
        let (deadline, option) = identity.deadlines.of(&Operation::Handshake);
        // A source of tokens has its own deadline: a person may have to enter a code.
        let deadline = deadline.filter(|_| identity.auth.tokens().is_none());
        let started = Instant::now();
        let result = within(deadline, option, login).await.and_then(|answer| answer);
        let result = result.map_err(|error| self.explained(error));
        let result = self.logged(&Operation::Handshake, started, result);
        self.absorb(&result?);
        Ok(())
    }

    /// Says whether a session begins with a login, or with a token from a source.
    pub(crate) fn logs_in(&self) -> bool {
        let auth = &self.0.identity.auth;
        auth.wants_handshake() || auth.tokens().is_some()
    }

    /// `host:port` of the server behind this channel.
    pub(crate) fn peer(&self) -> &str {
        &self.0.peer
    }

    /// The channel below the client, for a call that reads its answer itself.
    pub(crate) fn channel(&self) -> Framing<Channel> {
        Framing::begun(self.0.channel.clone()).unpacking(self.config())
    }

    pub(crate) fn address(&self) -> &Address {
        &self.0.address
    }

    fn channels(&self) -> &Channels {
        &self.0.channels
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.identity.config
    }

    /// The deadline of a whole result (`total_timeout`).
    pub(crate) fn total_timeout(&self, options: &CallOptions) -> Option<Duration> {
        options.own_total_timeout().or(self.0.identity.deadlines.total)
    }

    /// The deadline of one operation, and the option that sets it.
    pub(crate) fn deadline(
        &self,
        operation: &Operation,
        options: &CallOptions,
    ) -> (Option<Duration>, &'static str) {
        let (deadline, option) = self.0.identity.deadlines.of(operation);
        let deadline = options.deadline(operation).or(deadline);
        // A query that may take three seconds in all may not wait longer for its FlightInfo either.
        match self
            .total_timeout(options)
            .filter(|_| *operation == Operation::Execute)
        {
            Some(total) if deadline.is_none_or(|deadline| total < deadline) => (Some(total), "total_timeout"),
            _ => (deadline, option),
        }
    }

    /// Says whether the server's session holds something that a new login might lose, as a transaction begun by SQL: from then on a refused token
    /// is an error, lest what follows runs outside of it.
    pub(crate) fn pin(&self, pinned: bool) {
        self.0.identity.pinned.store(pinned, Ordering::Release);
    }

    fn is_pinned(&self) -> bool {
        self.0.identity.pinned.load(Ordering::Acquire)
    }

    /// Says whether something may be tried once more, and takes that from the budget.
    pub(crate) fn may_spend_retry(&self) -> bool {
        self.0.identity.retries.spend()
    }

    /// Says whether the server has given the session a cookie.
    pub(crate) fn has_cookies(&self) -> bool {
        let Inner { identity, origin, .. } = &*self.0;
        identity
            .cookies
            .as_ref()
            .is_some_and(|jar| jar.header(origin).is_some())
    }

    /// Forgets the cookies of a session that was closed.
    pub(crate) fn forget_session(&self) {
        if let Some(cookies) = &self.0.identity.cookies {
            cookies.clear();
        }
    }

    /// Sends a call whose request can be made again: tries again where that is safe, and logs in once more where the server asks for it.
    ///
    /// All attempts together have the deadline of one.
    pub(crate) async fn call<M, R, F, Fut>(
        &self,
        operation: &Operation,
        options: &CallOptions,
        message: M,
        send: F,
    ) -> Result<(R, Metadata)>
    where
        M: Clone,
        F: Fn(Client, Request<M>) -> Fut,
        Fut: Future<Output = std::result::Result<Response<R>, Status>>,
    {
        let (deadline, option) = self.deadline(operation, options);
        let attempts = Box::pin(self.attempts(operation, options, message, send));
        within(deadline, option, attempts)
            .await
            .and_then(|answer| answer)
            .map_err(|error| error.during(operation.clone()).on(self.peer()))
    }

    async fn attempts<M, R, F, Fut>(
        &self,
        operation: &Operation,
        options: &CallOptions,
        message: M,
        send: F,
    ) -> Result<(R, Metadata)>
    where
        M: Clone,
        F: Fn(Client, Request<M>) -> Fut,
        Fut: Future<Output = std::result::Result<Response<R>, Status>>,
    {
        let auth = &self.0.identity.auth;
        let mut logged_in = false;
        let mut attempt = 0;
        loop {
            self.ready().await?;
            let generation = auth.generation();
            let deadline = self.deadline(operation, options);
            let error = match self
                .once(operation, deadline, options, message.clone(), &send)
                .await
            {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let may_login = !logged_in && auth.can_login_again() && !self.is_pinned();
            if error.kind() == Kind::Authentication && may_login {
                logged_in = true;
                Box::pin(self.renew(generation)).await?;
                continue;
            }
            attempt += 1;
            if !self.may_try_again(operation, attempt, &error) {
                return Err(error);
            }
            tokio::time::sleep(pause(attempt)).await;
        }
    }

    /// Sends a call once: its request cannot be made again, or must not be.
    pub(crate) async fn send<M, R, F, Fut>(
        &self,
        operation: &Operation,
        options: &CallOptions,
        message: M,
        send: F,
    ) -> Result<(R, Metadata)>
    where
        F: Fn(Client, Request<M>) -> Fut,
        Fut: Future<Output = std::result::Result<Response<R>, Status>>,
    {
        self.ready().await?;
        let deadline = self.deadline(operation, options);
        self.once(operation, deadline, options, message, send).await
    }

    /// One call: in its span, within its deadline, with its record in the log.
    async fn once<M, R, F, Fut>(
        &self,
        operation: &Operation,
        deadline: (Option<Duration>, &'static str),
        options: &CallOptions,
        message: M,
        send: F,
    ) -> Result<(R, Metadata)>
    where
        F: FnOnce(Client, Request<M>) -> Fut,
        Fut: Future<Output = std::result::Result<Response<R>, Status>>,
    {
        let started = Instant::now();
        let call = self.attempt(deadline, options, message, send);
        let result = trace::in_span(operation, self.peer(), call).await;
        self.logged(operation, started, result)
    }

    /// Sends a call once whose answer may begin only after more of its request: whoever waits for the answer has the deadline.
    pub(crate) async fn open<M, R, F, Fut>(
        &self,
        operation: &Operation,
        options: &CallOptions,
        message: M,
        send: F,
    ) -> Result<(R, Metadata)>
    where
        F: FnOnce(Client, Request<M>) -> Fut,
        Fut: Future<Output = std::result::Result<Response<R>, Status>>,
    {
        self.once(operation, (None, ""), options, message, send).await
    }

    async fn attempt<M, R, F, Fut>(
        &self,
        (deadline, option): (Option<Duration>, &'static str),
        options: &CallOptions,
        message: M,
        send: F,
    ) -> Result<(R, Metadata)>
    where
        F: FnOnce(Client, Request<M>) -> Fut,
        Fut: Future<Output = std::result::Result<Response<R>, Status>>,
    {
        let mut request = Request::new(message);
        self.dress(&mut request, options)?;
        // Boxed here, where it is made: tonic's future is large, and every future above would be as large and move it once more.
        let sent = Box::pin(send(self.0.client.clone(), request));
        match within(deadline, option, sent).await? {
            Ok(response) => {
                self.0.identity.retries.answered();
                self.0.answered.store(true, Ordering::Relaxed);
                let headers = metadata_of(response.metadata());
                self.absorb(&headers);
                Ok((response.into_inner(), headers))
            }
            Err(status) => Err(self.failed(&status)),
        }
    }

    /// Puts headers, credentials and cookies on a request.
    fn dress<T>(&self, request: &mut Request<T>, options: &CallOptions) -> Result<()> {
        let Inner { identity, origin, .. } = &*self.0;
        headers::apply(request, &identity.headers, options.headers())?;
        if let Some(more) = identity.config.call_header_source() {
            let more = more.get();
            let own = more
                .iter()
                .filter(|(name, _)| options.headers().get_bytes(name).is_none());
            for (name, value) in own {
                headers::append(request.metadata_mut(), name, value)?;
            }
        }
        if request.metadata().get("authorization").is_none() {
            identity.auth.authorize(request)?;
        }
        if let Some(cookies) = identity.cookies.as_ref().and_then(|jar| jar.header(origin)) {
            headers::append(request.metadata_mut(), "cookie", cookies.as_bytes())?;
        }
        Ok(())
    }

    /// Takes cookies and rotated tokens out of an answer.
    fn absorb(&self, answer: &Metadata) {
        if answer.is_empty() {
            return;
        }
        let Inner { identity, origin, .. } = &*self.0;
        identity.auth.absorb(answer);
        if let Some(cookies) = &identity.cookies {
            cookies.absorb(origin, answer);
        }
    }

    /// Reads a failed call: its trailers count like those of any other.
    fn failed(&self, status: &Status) -> Error {
        // Without a cause of our side, the server has said it.
        if std::error::Error::source(status).is_none() {
            self.0.answered.store(true, Ordering::Relaxed);
        }
        let error = Error::from_status(status);
        if error.kind() != Kind::Authentication {
            self.absorb(error.metadata());
        }
        self.explained(error)
    }

    fn explained(&self, error: Error) -> Error {
        let Inner {
            identity,
            address,
            answered,
            ..
        } = &*self.0;
        connect::explain(
            error,
            &identity.config,
            address.kind,
            answered.load(Ordering::Relaxed),
        )
    }

    fn logged<T>(&self, operation: &Operation, started: Instant, result: Result<T>) -> Result<T> {
        let result = result.map_err(|error| error.during(operation.clone()).on(self.peer()));
        trace::rpc(operation, self.peer(), started, result.as_ref().err());
        result
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("peer", &self.0.peer)
            .finish_non_exhaustive()
    }
}

fn addresses(config: &Config) -> Result<Vec<Address>> {
    config.validate()?;
    let kind = config.get_transport();
    if kind == TransportKind::Unix {
        let path = config.get_socket_path().ok_or_else(|| {
            Error::config("transport=unix needs the path of a socket")
                .hint("flightsql:///path/to.sock?transport=unix")
        })?;
        return Ok(vec![Address {
            kind,
            host: path.to_owned(),
            port: 0,
        }]);
    }
    let hosts = config.get_hosts();
    Ok(hosts
        .iter()
        .map(|host| Address {
            kind,
            host: host.name().to_owned(),
            port: host.port(),
        })
        .collect())
}
