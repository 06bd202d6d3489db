//! What is said about calls and results, and that no secret is.
//!
//! A binary of its own, with one subscriber for the whole process: where threads without a subscriber run beside those with one, `tracing` may
//! leave out events of both.

mod calls;
mod canary;

use std::fmt::Debug;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock};

use jetbridge::{Config, Session};
use jetbridge_reference_server::{Builder, ReferenceServer, Running};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

/// All that this process logs at the most talkative level, spans and their fields too: the driver, HTTP/2 and HTTP, of both ends.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Listens from the first call on; every test begins with it.
    fn listen() -> &'static Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Self::default();
            tracing_subscriber::fmt()
                .with_max_level(tracing::Level::TRACE)
                .with_span_events(FmtSpan::FULL)
                .with_writer(log.clone())
                .with_ansi(false)
                .init();
            log
        })
    }

    /// Adds what a user could print.
    fn print(&self, value: &impl Debug) {
        let text = format!("{value:?}\n{value:#?}\n");
        self.0.lock().unwrap().extend_from_slice(text.as_bytes());
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    /// The lines of the driver that are about one server.
    fn about(&self, server: &Running) -> Vec<String> {
        let address = server.address();
        let (peer, port) = (
            format!("peer=\"{address}\""),
            format!("server.port=\"{}\"", address.port()),
        );
        self.text()
            .lines()
            .filter(|line| line.contains(&peer) || line.contains(&port))
            .map(str::to_owned)
            .collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

async fn start(builder: Builder) -> (Running, Session) {
    let server = builder.serve().await.unwrap();
    let session = Session::connect(config(&server)).await.unwrap();
    (server, session)
}

async fn start_plain() -> (Running, Session) {
    start(ReferenceServer::builder()).await
}

fn config(server: &Running) -> Config {
    format!("flightsql://{}?transport=tcp", server.address())
        .parse()
        .unwrap()
}
