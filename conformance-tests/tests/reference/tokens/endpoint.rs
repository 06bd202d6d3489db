//! A token endpoint that does what a test says: right answers, none, slow ones and rubbish.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What an endpoint answers to its nth request.
pub(super) type Script = fn(usize) -> Reply;

pub(super) enum Reply {
    /// A status and a body.
    Says(&'static str, String),
    /// The request is read, and nothing follows.
    Nothing,
    /// The connection is closed in the middle of the answer.
    BreaksOff,
}

/// A request as it came: what counts of its head, and its form.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) authorization: Option<String>,
    pub(super) form: String,
}

pub(super) struct Endpoint {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Endpoint {
    pub(super) async fn serve(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(Some(open)) = answer(stream, script, &all).await {
                    kept.push(open);
                }
            }
        });
        Self { address, seen, task }
    }

    pub(super) fn uri(&self) -> String {
        format!("http://{}/token", self.address)
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers the one request of a connection; gives it back where it stays open.
async fn answer(stream: TcpStream, script: Script, all: &Mutex<Vec<Seen>>) -> io::Result<Option<TcpStream>> {
    let mut stream = BufReader::new(stream);
    let (mut length, mut authorization) = (0, None);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().map_err(io::Error::other)?,
            "authorization" => authorization = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let form = String::from_utf8(body).map_err(io::Error::other)?;
    let number = {
        let mut all = all.lock().unwrap();
        all.push(Seen { authorization, form });
        all.len() - 1
    };
    let mut stream = stream.into_inner();
    match script(number) {
        Reply::Says(status, body) => {
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body.as_bytes()).await?;
            stream.shutdown().await?;
            Ok(None)
        }
        Reply::Nothing => Ok(Some(stream)),
        Reply::BreaksOff => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"access_token\": \"half")
                .await?;
            Ok(None)
        }
    }
}
