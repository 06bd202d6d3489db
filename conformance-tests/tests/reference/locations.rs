//! Where a server sends its clients, and where they do not go: a listener that records whoever comes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jetbridge::{Kind, Session};
use jetbridge_reference_server::{ReferenceServer, Running};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

const TOKEN: &str = "canary-token-5e1f";

/// Takes connections and keeps what it is sent.
struct Recorder {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Recorder {
    async fn start(address: &str) -> Self {
        let listener = TcpListener::bind(address)
            .await
            .expect("an address of the loopback interface");
        let address = listener.local_addr().expect("it is bound");
        let heard = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let keep = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let place = {
                    let mut heard = keep.lock().expect("no panic");
                    heard.push(Vec::new());
                    heard.len() - 1
                };
                let keep = Arc::clone(&keep);
                tokio::spawn(async move {
                    let mut buffer = [0; 4096];
                    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                        keep.lock().expect("no panic")[place].extend(&buffer[..read]);
                    }
                });
            }
        });
        Self { address, heard }
    }

    fn connections(&self) -> usize {
        self.heard.lock().expect("no panic").len()
    }
}

async fn server() -> Running {
    ReferenceServer::builder().token(TOKEN).serve().await.unwrap()
}

fn string(server: &Running, options: &str) -> String {
    format!(
        "flightsql://{}?transport=tcp&token={TOKEN}{options}",
        server.address()
    )
}

async fn read(session: &Session, locations: &str) -> jetbridge::Result<usize> {
    let sql = format!("SELECT 1 AS one /* locations={locations} */");
    Ok(session.query(sql).await?.fetch_all().await?.len())
}

#[tokio::test]
async fn nobody_who_was_not_named_hears_of_the_session() {
    let server = server().await;
    let recorder = Recorder::start("127.0.0.2:0").await;
    let there = recorder.address;
    let port = there.port();
    let forbidden = [
        format!("grpc+tcp://{there}"),
        format!("grpc://{there}"),
        format!("grpc+tls://{there}"),
        format!("grpc+tcp://user:password@{there}"),
        format!("GRPC+TCP://{there}/path?query#fragment"),
        format!("http://{there}/data.arrow"),
        format!("https://{there}/data.arrow"),
        format!("grpc+tcp://127.0.0.2.:{port}"),
        format!("grpc+tcp://2130706434:{port}"),
        format!("grpc+tcp://0x7f000002:{port}"),
        format!("grpc+tcp://[::ffff:127.0.0.2]:{port}"),
        "grpc+unix:///tmp/flight.sock".to_owned(),
        "file:///etc/passwd".to_owned(),
        format!("ftp://{there}"),
        format!("javascript:{there}"),
        format!("//{there}"),
    ];
    for policy in [
        "",
        "&location_policy=original-only",
        "&location_policy=prefer-original",
        "&allowed_locations=other.example",
    ] {
        let session = Session::connect(string(&server, policy)).await.unwrap();
        for location in &forbidden {
            assert_eq!(read(&session, location).await.unwrap(), 1, "{location} {policy}");
        }
        assert_eq!(read(&session, &forbidden.join(",")).await.unwrap(), 1, "{policy}");
    }
    let many: Vec<_> = (0..10_000)
        .map(|n| format!("grpc+tcp://127.0.0.2:{}", 1 + n))
        .collect();
    let session = Session::connect(string(&server, "")).await.unwrap();
    assert_eq!(read(&session, &many.join(",")).await.unwrap(), 1);
    assert_eq!(recorder.connections(), 0, "{:?}", recorder.heard);
    assert_eq!(server.counters().refused, 0);
}

#[tokio::test]
async fn the_recorder_hears_whoever_is_allowed_to_come() {
    let server = server().await;
    let recorder = Recorder::start("127.0.0.2:0").await;
    let location = format!("grpc+tcp://{}", recorder.address);
    for allowed in ["127.0.0.2", &recorder.address.to_string(), "*"] {
        let before = recorder.connections();
        let session = Session::connect(string(&server, &format!("&allowed_locations={allowed}")))
            .await
            .unwrap();
        // It takes the connection and says nothing: the session's own server has the rows.
        assert_eq!(read(&session, &location).await.unwrap(), 1, "{allowed}");
        assert_eq!(recorder.connections(), before + 1, "{allowed}");
        // It is remembered as dead.
        assert_eq!(read(&session, &location).await.unwrap(), 1, "{allowed}");
        assert_eq!(recorder.connections(), before + 1, "{allowed}");
    }
}

#[tokio::test]
async fn a_tls_session_never_speaks_plaintext() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let server = ReferenceServer::builder()
        .token(TOKEN)
        .tls(&certificate, &key)
        .serve()
        .await
        .unwrap();
    // The same host, another port: only TLS stands between.
    let recorder = Recorder::start("127.0.0.1:0").await;
    let port = recorder.address.port();
    let string = format!(
        "flightsql://localhost:{}?tls_verify=false&token={TOKEN}",
        server.address().port()
    );
    let locations = format!("grpc+tcp://localhost:{port},grpc://127.0.0.1:{port}");
    let session = Session::connect(string.clone()).await.unwrap();
    assert_eq!(read(&session, &locations).await.unwrap(), 1);
    let own = format!("grpc+tcp://localhost:{}", server.address().port());
    assert_eq!(read(&session, &own).await.unwrap(), 1);
    assert_eq!(recorder.connections(), 0);
    let willing = Session::connect(format!("{string}&allow_location_downgrade=true"))
        .await
        .unwrap();
    assert_eq!(read(&willing, &locations).await.unwrap(), 1);
    assert_eq!(recorder.connections(), 2, "one for each name of the host");
}

#[tokio::test]
async fn the_error_names_the_location_and_the_option_that_would_allow_it() {
    let server = server().await;
    let session = Session::connect(string(&server, "")).await.unwrap();
    let sql = "SELECT 1 /* die_after=0 locations=grpc+tcp://far.example:9 */";
    let error = match session.query(sql).await {
        Ok(mut cursor) => cursor.fetch_all().await.unwrap_err(),
        Err(error) => error,
    };
    let text = error.to_string();
    for words in [
        "asked to die",
        "grpc+tcp://far.example:9",
        "allowed_locations=HOST",
        "fetching endpoint 1 of 1",
    ] {
        assert!(text.contains(words), "{words:?} is not in: {text}");
    }
    assert!(!format!("{text} {error:?}").contains(TOKEN), "{text}");
}

#[tokio::test]
async fn locations_are_tried_in_their_order_until_one_gives_a_batch() {
    let (first, second) = (server().await, server().await);
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = dead.local_addr().unwrap();
    drop(dead);
    let session = Session::connect(string(&first, "")).await.unwrap();
    // The second server does not know the ticket and says so; the first is the session's own and comes last.
    let locations = format!("grpc+tcp://{gone},grpc+tcp://{}", second.address());
    assert_eq!(read(&session, &locations).await.unwrap(), 1);
    assert_eq!((second.counters().do_get, first.counters().do_get), (1, 1));
    // The own server is listed: it comes first, and the other is not asked at all.
    let locations = format!("grpc+tcp://{},grpc+tcp://{}", second.address(), first.address());
    assert_eq!(read(&session, &locations).await.unwrap(), 1);
    let locations = format!("grpc+tcp://{},reuse", second.address());
    assert_eq!(read(&session, &locations).await.unwrap(), 1);
    assert_eq!((second.counters().do_get, first.counters().do_get), (1, 3));
}

#[tokio::test]
async fn after_the_first_batch_no_other_location_is_tried() {
    let (first, second) = (server().await, server().await);
    let session = Session::connect(string(&first, "")).await.unwrap();
    let sql = format!(
        "SELECT value FROM generate_series(1, 100) /* rows_per_batch=10 die_after=1 locations=reuse,grpc+tcp://{} */",
        second.address()
    );
    let error = session.query(sql).await.unwrap().fetch_all().await.unwrap_err();
    assert!(error.to_string().contains("10 rows had been read"), "{error}");
    assert_eq!((first.counters().do_get, second.counters().do_get), (1, 0));
}

#[tokio::test]
async fn sessions_of_one_connector_share_the_channels_to_other_servers() {
    let server = server().await;
    let proxied = server.address();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let front = listener.local_addr().unwrap();
    let taken = Arc::<Mutex<usize>>::default();
    let count = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((mut here, _)) = listener.accept().await {
            *count.lock().expect("no panic") += 1;
            tokio::spawn(async move {
                let mut there = tokio::net::TcpStream::connect(proxied).await.unwrap();
                tokio::io::copy_bidirectional(&mut here, &mut there).await
            });
        }
    });
    let connector = jetbridge::Connector::new(string(&server, "")).unwrap();
    for _ in 0..3 {
        let session = connector.connect().await.unwrap();
        let sql = format!(
            "SELECT value FROM generate_series(1, 1000) /* endpoints=8 rows_per_batch=10 locations=grpc+tcp://{front} */"
        );
        let rows = session.query(sql).await.unwrap().fetch_all().await.unwrap();
        assert_eq!(rows.len(), 1000);
    }
    assert_eq!(*taken.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_word_of_the_server_is_no_reason_to_read_a_ticket_again() {
    let server = server().await;
    let session = Session::connect(string(&server, "")).await.unwrap();
    let lost = |hints: &str| format!("SELECT 1 AS one /* die_after=0 {hints} */");
    for (hints, reads) in [("", 1), ("expire=60s", 1)] {
        let before = server.counters().do_get;
        let outcome = async { session.query(lost(hints)).await?.fetch_all().await }.await;
        // The server answers with an error of its own: that is its word, and no reason to ask again.
        assert_ne!(outcome.unwrap_err().kind(), Kind::Connection);
        assert_eq!(server.counters().do_get - before, reads, "{hints}");
    }
    tokio::time::timeout(Duration::from_secs(30), session.close())
        .await
        .unwrap()
        .unwrap();
}
