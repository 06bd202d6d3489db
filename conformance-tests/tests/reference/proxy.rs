//! Through proxies on this machine: CONNECT and SOCKS5, with and without a login.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use axum::Router;
use axum::routing::get;
use jetbridge::{Config, Error, Session};
use jetbridge_reference_server::ReferenceServer;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::objects::{stream, web};

/// A proxy that lets through who says `me:s3cret`, and counts.
struct Proxy {
    address: SocketAddr,
    tunnels: Arc<AtomicU32>,
    task: JoinHandle<()>,
}

impl Proxy {
    async fn serve(socks: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tunnels = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&tunnels);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let counter = Arc::clone(&counter);
                tokio::spawn(async move {
                    let opened = if socks {
                        by_socks(client).await
                    } else {
                        by_connect(client).await
                    };
                    if let Some((mut client, mut server)) = opened {
                        counter.fetch_add(1, Ordering::SeqCst);
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Self {
            address,
            tunnels,
            task,
        }
    }

    fn tunnels(&self) -> u32 {
        self.tunnels.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn by_connect(client: TcpStream) -> Option<(TcpStream, TcpStream)> {
    let mut client = BufReader::new(client);
    let (mut target, mut allowed) = (None, false);
    loop {
        let mut line = String::new();
        client.read_line(&mut line).await.ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("CONNECT ") {
            target = rest.split(' ').next().map(str::to_owned);
        }
        // me:s3cret
        allowed |= line.to_ascii_lowercase().starts_with("proxy-authorization:")
            && line.ends_with("Basic bWU6czNjcmV0");
    }
    let mut client = client.into_inner();
    if !allowed {
        client
            .write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            .await
            .ok()?;
        return None;
    }
    let server = TcpStream::connect(target?).await.ok()?;
    client
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await
        .ok()?;
    Some((client, server))
}

async fn by_socks(mut client: TcpStream) -> Option<(TcpStream, TcpStream)> {
    let mut head = [0; 2];
    client.read_exact(&mut head).await.ok()?;
    let mut methods = vec![0; usize::from(head[1])];
    client.read_exact(&mut methods).await.ok()?;
    if !methods.contains(&2) {
        client.write_all(&[5, 0xff]).await.ok()?;
        return None;
    }
    client.write_all(&[5, 2]).await.ok()?;
    let mut login = vec![0; 2];
    client.read_exact(&mut login).await.ok()?;
    let mut user = vec![0; usize::from(login[1])];
    client.read_exact(&mut user).await.ok()?;
    let length = client.read_u8().await.ok()?;
    let mut password = vec![0; usize::from(length)];
    client.read_exact(&mut password).await.ok()?;
    if (user.as_slice(), password.as_slice()) != (b"me", b"s3cret") {
        client.write_all(&[1, 1]).await.ok()?;
        return None;
    }
    client.write_all(&[1, 0]).await.ok()?;
    let mut request = [0; 4];
    client.read_exact(&mut request).await.ok()?;
    let host = match request[3] {
        1 => {
            let mut address = [0; 4];
            client.read_exact(&mut address).await.ok()?;
            std::net::Ipv4Addr::from(address).to_string()
        }
        3 => {
            let length = client.read_u8().await.ok()?;
            let mut name = vec![0; usize::from(length)];
            client.read_exact(&mut name).await.ok()?;
            String::from_utf8(name).ok()?
        }
        _ => return None,
    };
    let port = client.read_u16().await.ok()?;
    let server = TcpStream::connect((host, port)).await.ok()?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
    Some((client, server))
}

async fn query(config: &Config) -> Result<i64, Error> {
    let session = Session::connect(config).await?;
    let mut cursor = session.query("SELECT 1 AS one").await?;
    cursor.fetch_one().await?.expect("one row").get("one")
}

#[tokio::test]
async fn a_query_goes_through_a_proxy_that_wants_a_login() {
    let server = ReferenceServer::builder().serve().await.unwrap();
    for (scheme, socks) in [("http", false), ("socks5", true), ("socks5h", true)] {
        let proxy = Proxy::serve(socks).await;
        let config = super::config(&server).proxy(format!("{scheme}://me:s3cret@{}", proxy.address));
        assert_eq!(query(&config).await.unwrap(), 1, "{scheme}");
        assert_eq!(proxy.tunnels(), 1, "{scheme}");
    }
}

#[tokio::test]
async fn an_object_behind_a_url_is_asked_for_through_the_proxy() {
    let server = ReferenceServer::builder().serve().await.unwrap();
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![41, 42, 43]));
    let object = stream(&[RecordBatch::try_from_iter([("n", numbers)]).unwrap()]);
    let store = web(Router::new().route("/object", get(async move || object))).await;
    for (scheme, socks) in [("http", false), ("socks5", true)] {
        let proxy = Proxy::serve(socks).await;
        let config = super::config(&server).proxy(format!("{scheme}://me:s3cret@{}", proxy.address));
        let session = Session::connect(config).await.unwrap();
        let sql = format!("SELECT 0 AS n /* locations=http://{store}/object */");
        let rows = session.query(sql).await.unwrap().fetch_all().await.unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(proxy.tunnels(), 2, "{scheme}");
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_and_its_password_is_not() {
    let server = ReferenceServer::builder().serve().await.unwrap();
    for (scheme, socks) in [("http", false), ("socks5", true)] {
        let proxy = Proxy::serve(socks).await;
        let config = super::config(&server).proxy(format!("{scheme}://me:hunter2@{}", proxy.address));
        let error = query(&config).await.unwrap_err();
        let text = format!("{error} {error:?} {config:?}");
        assert!(text.contains(&format!("the proxy {}", proxy.address)), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!(proxy.tunnels(), 0);
    }
}

#[tokio::test]
async fn a_proxy_that_is_no_proxy_is_a_wrong_option() {
    let config = Config::new("127.0.0.1", 1).proxy("ftp://hunter2");
    let error = query(&config).await.unwrap_err();
    assert_eq!(error.kind(), jetbridge::Kind::Config);
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
