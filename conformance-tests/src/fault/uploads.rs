//! A server in HTTP/2 itself that turns uploads away in every way HTTP/2 has, and counts them.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arrow_flight::Result as ActionResult;
use arrow_flight::sql::{ActionCreatePreparedStatementResult, ProstMessageExt as _};
use bytes::{Bytes, BytesMut};
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream};
use prost::Message as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tonic::metadata::MetadataMap;

use super::data;
use super::raw::{framed, head, status};
use super::server::Seen;

/// What becomes of an upload that is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnedAway {
    /// The stream is refused unread.
    Refused,
    /// The server goes away, and says that the stream before was the last it has read.
    GoneBefore,
    /// The server goes away, and says that it may have read the stream. Then the connection ends.
    GoneAfter,
    /// The stream is reset for this reason.
    Reset(Reason),
    /// The connection ends without a word.
    Dropped,
}

/// A server that turns away the first uploads and takes those after. Dropping it ends it.
#[derive(Debug)]
pub struct UploadServer {
    address: SocketAddr,
    seen: Arc<Seen>,
    whole: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl UploadServer {
    /// Starts a server that turns so many uploads away.
    ///
    /// # Errors
    ///
    /// When there is no free port.
    pub async fn start(away: TurnedAway, times: usize) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let seen = Arc::new(Seen::default());
        let whole = Arc::new(AtomicUsize::new(0));
        let (watched, read) = (Arc::clone(&seen), Arc::clone(&whole));
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (seen, whole) = (Arc::clone(&watched), Arc::clone(&read));
                tokio::spawn(async move {
                    // A client that goes away ends its connection with an error; that is its right.
                    let _ended = connection(socket, away, times, seen, whole).await;
                });
            }
        });
        Ok(Self {
            address,
            seen,
            whole,
            task,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What clients have sent.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// How many uploads have come to their end.
    pub fn whole_uploads(&self) -> usize {
        self.whole.load(Ordering::SeqCst)
    }
}

impl Drop for UploadServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Ended = Result<(), Box<dyn std::error::Error + Send + Sync>>;

async fn connection(
    socket: TcpStream,
    away: TurnedAway,
    times: usize,
    seen: Arc<Seen>,
    whole: Arc<AtomicUsize>,
) -> Ended {
    let socket = socket.into_std()?;
    let mut below = socket.try_clone()?;
    let mut connection = h2::server::handshake(TcpStream::from_std(socket)?).await?;
    while let Some(request) = connection.accept().await {
        let (request, mut respond) = request?;
        let headers = MetadataMap::from_headers(request.headers().clone());
        let path = request.uri().path().to_owned();
        let rpc = path.rsplit('/').next().unwrap_or_default();
        let before = seen.note(rpc, &headers);
        if rpc != "DoPut" || before >= times {
            let whole = Arc::clone(&whole);
            tokio::spawn(answer(rpc.to_owned(), request.into_body(), respond, whole));
            continue;
        }
        match away {
            TurnedAway::Refused => respond.send_reset(Reason::REFUSED_STREAM),
            TurnedAway::Reset(reason) => respond.send_reset(reason),
            // The library names the last stream that came, whatever became of it.
            TurnedAway::GoneBefore => {
                let last = u32::from(respond.stream_id()).saturating_sub(2);
                below.write_all(&goaway(last))?;
            }
            TurnedAway::GoneAfter => return go_away(connection).await,
            TurnedAway::Dropped => return Ok(()),
        }
    }
    Ok(())
}

/// Eight bytes, of type 7, without flags, on the connection as a whole: the last stream, and no error.
fn goaway(last: u32) -> Vec<u8> {
    let head: &[u8] = &[0, 0, 8, 7, 0, 0, 0, 0, 0];
    [head, &last.to_be_bytes(), &[0; 4]].concat()
}

async fn go_away(mut connection: Connection<TcpStream, Bytes>) -> Ended {
    connection.abrupt_shutdown(Reason::NO_ERROR);
    let leaving = std::future::poll_fn(|context| connection.poll_closed(context));
    let _closed = tokio::time::timeout(Duration::from_secs(1), leaving).await;
    Ok(())
}

/// Reads a call to its end and answers it well.
async fn answer(
    rpc: String,
    mut body: RecvStream,
    mut respond: SendResponse<Bytes>,
    whole: Arc<AtomicUsize>,
) -> Ended {
    let mut asked = BytesMut::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        asked.extend_from_slice(&data);
    }
    let mut stream = respond.send_response(head(200, "application/grpc"), false)?;
    match rpc.as_str() {
        "DoPut" => {
            whole.fetch_add(1, Ordering::SeqCst);
            stream.send_data(framed(&data::updated(1)), false)?;
        }
        "DoAction" if asked.windows(23).any(|bytes| bytes == b"CreatePreparedStatement") => {
            let prepared = ActionCreatePreparedStatementResult {
                prepared_statement_handle: "statement".into(),
                parameter_schema: data::encoded(&data::schema()),
                ..ActionCreatePreparedStatementResult::default()
            };
            let body = prepared.as_any().encode_to_vec().into();
            stream.send_data(framed(&ActionResult { body }), false)?;
        }
        "DoAction" => {}
        _ => return Ok(stream.send_trailers(status("12"))?),
    }
    Ok(stream.send_trailers(status("0"))?)
}
