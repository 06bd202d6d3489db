//! A web service on a pool, to copy from.
//!
//! ```sh
//! DATABASE_URL='flightsql://me:secret@db.example/sales?pool_max_size=16' cargo run -p jetbridge-pool --example web_service --features metrics
//! curl 'http://127.0.0.1:8080/customers?country=DE'
//! ```
//!
//! - the connection string comes from the environment, the address from `LISTEN`
//! - `/customers` streams rows as a JSON array, with memory that does not grow with the result: the session is held until the last row is out
//! - `/metrics` is for Prometheus, `/health` for whoever routes traffic
//! - Ctrl-C or SIGTERM: no new requests, those under way end, then the pool is closed

use std::collections::HashMap;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jetbridge::{Cursor, Kind};
use jetbridge_pool::{Pool, PooledSession};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::sync::mpsc;

#[derive(Clone)]
struct Service {
    pool: Pool,
    metrics: PrometheusHandle,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned()))
        .with_writer(std::io::stderr)
        .init();
    // Before the pool is made: it takes its counters from the recorder of that moment.
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let string = std::env::var("DATABASE_URL").map_err(|_| "DATABASE_URL is not set")?;
    // `new`, not `connect`: the service starts before its database does.
    let pool = Pool::new(string.as_str())?;
    let service = Service {
        pool: pool.clone(),
        metrics,
    };
    let routes = Router::new()
        .route("/customers", get(customers))
        .route("/health", get(health))
        .route(
            "/metrics",
            get(async |State(service): State<Service>| service.metrics.render()),
        )
        .with_state(service);
    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes)
        .with_graceful_shutdown(asked_to_end())
        .await?;
    pool.close_within(Duration::from_secs(10)).await?;
    tracing::info!("the pool is closed");
    Ok(())
}

async fn customers(
    State(service): State<Service>,
    Query(mut filter): Query<HashMap<String, String>>,
) -> Result<Response, Failure> {
    let session = service.pool.get().await?;
    let country = filter.remove("country");
    let sql = "SELECT * FROM customers WHERE ? IS NULL OR country = ? ORDER BY id";
    let cursor = {
        let statement = session.prepare_cached(sql).await?;
        statement.query((country.clone(), country)).await?
    };
    // Rows are read only as fast as the client takes them.
    let (chunks, body) = mpsc::channel::<Result<Bytes, jetbridge::Error>>(2);
    tokio::spawn(write_json(session, cursor, chunks));
    let body = futures::stream::unfold(body, |mut body| async move { Some((body.recv().await?, body)) });
    Ok((
        [(header::CONTENT_TYPE, "application/json")],
        Body::from_stream(body),
    )
        .into_response())
}

/// Writes the rows as a JSON array. An error in the middle ends the body without its end, so that no client takes half a result for all of it.
async fn write_json(
    session: PooledSession,
    mut cursor: Cursor,
    chunks: mpsc::Sender<Result<Bytes, jetbridge::Error>>,
) {
    // A string in Rust's notation is one in JSON's, as long as names of columns are plain.
    let names: Vec<String> = cursor
        .columns()
        .iter()
        .map(|column| format!("{:?}:", column.name()))
        .collect();
    let mut text = String::from("[");
    let mut first = true;
    loop {
        let rows = match cursor.fetch_many(1000).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::error!(%error, "a result ended early");
                // Nobody may be listening any more.
                let _ = chunks.send(Err(error)).await;
                return;
            }
        };
        let last = rows.is_empty();
        for row in rows {
            if !std::mem::take(&mut first) {
                text.push(',');
            }
            let fields = names.iter().enumerate().map(|(position, name)| {
                let value = row.value(position).unwrap_or_default().to_json();
                format!("{name}{value}")
            });
            text.push('{');
            text.push_str(&fields.collect::<Vec<_>>().join(","));
            text.push('}');
        }
        if last {
            text.push(']');
        }
        // The client has gone: dropping the cursor cancels the query.
        if chunks
            .send(Ok(Bytes::from(std::mem::take(&mut text))))
            .await
            .is_err()
            || last
        {
            break;
        }
    }
    drop(cursor);
    drop(session);
}

async fn health(State(service): State<Service>) -> Result<&'static str, Failure> {
    service.pool.get().await?.ping().await?;
    Ok("ok")
}

/// What a client hears of an error: not the server's words, which may hold what is not theirs to see.
struct Failure(jetbridge::Error);

impl From<jetbridge::Error> for Failure {
    fn from(error: jetbridge::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        tracing::error!(error = %self.0, "a request failed");
        let status = match self.0.kind() {
            Kind::Connection | Kind::Timeout | Kind::Resource => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, status.canonical_reason().unwrap_or_default()).into_response()
    }
}

/// Waits for Ctrl-C or, on Unix, a request to terminate.
async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
