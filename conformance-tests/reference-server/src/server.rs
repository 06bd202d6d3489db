//! Starting and stopping the server.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_server::FlightServiceServer;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};

use crate::auth::{Gate, GateLayer};
use crate::capability::Capability;
use crate::counters::{Counters, Tally};
use crate::database::Database;
use crate::ids::Ids;
use crate::service::ReferenceService;
use crate::state::State;

/// How long a stopping server lets calls under way go on.
const LAST_CALLS: Duration = Duration::from_secs(1);
/// Large messages are the client's to refuse.
const MESSAGE_LIMIT: usize = 1 << 30;
const WINDOW: u32 = 16 << 20;
const FRAME: u32 = 256 << 10;

/// The server, before it is started; see [`ReferenceServer::builder`].
#[derive(Debug)]
pub struct ReferenceServer;

impl ReferenceServer {
    /// Begins a server on a free port of 127.0.0.1, with a private database that holds the sample.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

/// How the server is to be.
#[derive(Clone)]
#[must_use = "a server runs after `serve`"]
pub struct Builder {
    database: Option<PathBuf>,
    sample: Option<bool>,
    listen: SocketAddr,
    users: HashMap<String, String>,
    token: Option<String>,
    rotate: bool,
    required: Vec<(String, String)>,
    identity: Option<(String, String)>,
    client_ca: Option<String>,
    lazy: bool,
    without: HashSet<Capability>,
    panics: HashSet<Capability>,
    transaction_timeout: Duration,
    read_only: bool,
    busy_timeout: Duration,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            database: None,
            sample: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            users: HashMap::new(),
            token: None,
            rotate: false,
            required: Vec::new(),
            identity: None,
            client_ca: None,
            lazy: false,
            without: HashSet::new(),
            panics: HashSet::new(),
            transaction_timeout: Duration::from_secs(300),
            read_only: false,
            busy_timeout: Duration::from_secs(5),
        }
    }
}

impl Builder {
    /// Uses a database file, which is made when it does not exist.
    pub fn database(mut self, path: impl Into<PathBuf>) -> Self {
        self.database = Some(path.into());
        self
    }

    /// Says whether an empty database gets the sample; by default a private one does and a file does not.
    pub fn sample(mut self, sample: bool) -> Self {
        self.sample = Some(sample);
        self
    }

    /// Listens on an address; port 0 takes a free one.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Demands that callers log in as one of these users.
    pub fn users<U: Into<String>, P: Into<String>>(
        mut self,
        users: impl IntoIterator<Item = (U, P)>,
    ) -> Self {
        self.users.extend(
            users
                .into_iter()
                .map(|(user, password)| (user.into(), password.into())),
        );
        self
    }

    /// Demands credentials, and takes this bearer token for some.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sends a fresh token with every reply.
    pub fn rotate_tokens(mut self, rotate: bool) -> Self {
        self.rotate = rotate;
        self
    }

    /// Refuses calls without this header, as InfluxDB does without `database`.
    pub fn require_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.required.push((name.into(), value.into()));
        self
    }

    /// Speaks TLS with this certificate chain and key.
    pub fn tls(mut self, certificate: impl Into<String>, key: impl Into<String>) -> Self {
        self.identity = Some((certificate.into(), key.into()));
        self
    }

    /// Demands client certificates signed by this CA.
    pub fn client_ca(mut self, certificate: impl Into<String>) -> Self {
        self.client_ca = Some(certificate.into());
        self
    }

    /// Runs statements only when their rows are fetched; GetFlightInfo then only describes.
    pub fn lazy(mut self, lazy: bool) -> Self {
        self.lazy = lazy;
        self
    }

    /// Switches parts of the server off.
    pub fn without(mut self, capabilities: impl IntoIterator<Item = Capability>) -> Self {
        self.without.extend(capabilities);
        self
    }

    /// Panics when it is asked for these, in place of an answer.
    pub fn panics_over(mut self, capabilities: impl IntoIterator<Item = Capability>) -> Self {
        self.panics.extend(capabilities);
        self
    }

    /// Rolls back transactions that nobody has used for so long.
    pub fn transaction_timeout(mut self, timeout: Duration) -> Self {
        self.transaction_timeout = timeout;
        self
    }

    /// Has GetSqlInfo say that it is read-only, as a replica does. Statements are not refused.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Opens the database, listens, and serves in the background.
    ///
    /// # Errors
    ///
    /// When the database cannot be opened, the address is taken, or the certificate is none.
    pub async fn serve(self) -> io::Result<Running> {
        let ids = Arc::new(Ids::default());
        let tally = Arc::new(Tally::default());
        let gate = Gate::new(
            self.users,
            self.token,
            self.rotate,
            self.required,
            Arc::clone(&ids),
            Arc::clone(&tally),
        );
        let gate = Arc::new(gate);
        let (path, sample) = (
            self.database.clone(),
            self.sample.unwrap_or(self.database.is_none()),
        );
        let busy = self.busy_timeout;
        let opening =
            tokio::task::spawn_blocking(move || Database::open(path.as_deref(), Vec::new(), busy, sample));
        let database = opening.await.map_err(io::Error::other)??;
        let mut state = State::new(
            database,
            Arc::clone(&gate),
            tally,
            ids,
            self.lazy,
            self.without,
            self.transaction_timeout,
        );
        state.panics = self.panics;
        state.read_only = self.read_only;
        let state = Arc::new(state);
        let mut server = Server::builder()
            .tcp_nodelay(true)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .max_frame_size(FRAME);
        if let Some((certificate, key)) = self.identity {
            let mut tls = ServerTlsConfig::new().identity(Identity::from_pem(certificate, key));
            if let Some(ca) = self.client_ca {
                tls = tls.client_ca_root(Certificate::from_pem(ca));
            }
            server = server.tls_config(tls).map_err(io::Error::other)?;
        }
        let listener = std::net::TcpListener::bind(self.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        // Connections are tasks that nothing but the end of their runtime ends for certain.
        let runtime = runtime()?;
        let inside = runtime.handle().clone();
        let entered = inside.enter();
        let listener = TcpListener::from_std(listener);
        drop(entered);
        let listener = match listener {
            Ok(listener) => listener,
            Err(error) => {
                // A runtime is not to be dropped where somebody awaits.
                runtime.shutdown_background();
                return Err(error);
            }
        };
        // The builder's own setting does not reach sockets that come from outside.
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let service = FlightServiceServer::new(ReferenceService(Arc::clone(&state)))
            .max_decoding_message_size(MESSAGE_LIMIT)
            .max_encoding_message_size(MESSAGE_LIMIT);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = server
            .layer(GateLayer(gate))
            .add_service(service)
            .serve_with_incoming_shutdown(incoming, async move {
                // A dropped sender means the same as a message: stop.
                let _ = stopped.await;
            });
        let sweeper = inside.spawn(Arc::clone(&state).sweep());
        let task = inside.spawn(async move {
            let result = serving.await;
            sweeper.abort();
            result.map_err(io::Error::other)
        });
        Ok(Running {
            address,
            state,
            stop: Some(stop),
            task: Some(task),
            runtime: Some(runtime),
        })
    }
}

fn runtime() -> io::Result<Runtime> {
    let threads = std::thread::available_parallelism()
        .map_or(2, usize::from)
        .clamp(2, 8);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name("reference-server")
        .enable_all()
        .build()
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("database", &self.database)
            .field("listen", &self.listen)
            .field("users", &self.users.len())
            .field("tls", &self.identity.is_some())
            .field("lazy", &self.lazy)
            .field("without", &self.without)
            .finish_non_exhaustive()
    }
}

/// A server that runs; dropping it stops it.
pub struct Running {
    address: SocketAddr,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<io::Result<()>>>,
    runtime: Option<Runtime>,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as `host:port`.
    #[must_use]
    pub fn uri(&self) -> String {
        self.address.to_string()
    }

    /// What it has done and what it holds open.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.state.counters()
    }

    /// Lets the token of the builder expire, and takes this one from now on.
    pub fn replace_token(&self, token: impl Into<String>) {
        self.state.gate.replace_token(token.into());
    }

    /// Lets every token that a login has earned expire.
    pub fn expire_tokens(&self) {
        self.state.gate.expire_tokens();
    }

    /// Stops it: calls under way get a second to end, then their connections are closed.
    ///
    /// # Errors
    ///
    /// What made it fail while it ran.
    pub async fn shutdown(mut self) -> io::Result<()> {
        drop(self.stop.take());
        let Some(mut task) = self.task.take() else {
            return Ok(());
        };
        match tokio::time::timeout(LAST_CALLS, &mut task).await {
            Ok(ended) => ended.map_err(io::Error::other)?,
            Err(_) => {
                task.abort();
                Ok(())
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        if let Some(runtime) = self.runtime.take() {
            // Waiting here is not allowed: this may run inside another runtime.
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
