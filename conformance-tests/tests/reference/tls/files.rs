//! Keys under a password, versions of TLS, and certificates that are replaced while the driver runs.

use jetbridge::{Config, Kind, Session, TlsVersion};
use jetbridge_conformance::relay::Relay;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use super::{Authority, Leaf, at, fails, query, serve};

/// A key of a test and nothing else, as `openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:open` writes it.
const ENCRYPTED_KEY: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgug+tc/tm0WgICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOo1QuTXPBtsXEWZ0+WVXLkEgZDJ
0KKrFwDMX+pmaV71PA/2ERwRoli2JfsgLWqKXlqfJZWO08FLvgNl93ty7L8X+AkJ
MZVwuu3LvM0Yg3ov0Rl+FcddqGKsVVHQpwjJF+uIVaNpQSDZdKGfKVurK4BpnZVy
NxYXaHZjtXR84oQomaj7Ggs6mu2w9YiGuHR1dWs9x6g6MtP9vayj1n9PI1ahw7k=
-----END ENCRYPTED PRIVATE KEY-----
";
/// The same key in the open.
const OPEN_KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguTaM6403i7zP+enr
qwSbxBqLwXjTsIrljaOzIINf5yKhRANCAATkapsayePbqv14RkjdyAXh3+QT2xO7
i/FZdckjMLYYqdeLCSXi1KEJ7qeKqo4yuB3E6t1/2LsHDfK+fOrVLgKR
-----END PRIVATE KEY-----
";

#[tokio::test]
async fn a_client_key_may_be_kept_under_a_password() {
    let authority = Authority::new();
    let server = serve(&authority.sign("localhost", |_| ()), |server| {
        server.client_ca(&authority.pem)
    })
    .await;
    let key = rcgen::KeyPair::from_pem(OPEN_KEY).unwrap();
    let params = rcgen::CertificateParams::new(["a client".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority.issuer).unwrap().pem();
    let config = at(&server, &authority)
        .tls_client_certificate(certificate)
        .tls_client_key(ENCRYPTED_KEY);
    query(config.clone().tls_client_key_password("open"))
        .await
        .unwrap();
    for (config, says) in [
        (config.clone(), "give its password by tls_client_key_password"),
        (
            config.clone().tls_client_key_password("c4nary"),
            "is tls_client_key_password right?",
        ),
    ] {
        let error = query(config).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Config, "{error}");
        assert!(error.to_string().contains(says), "{error}");
        assert!(!format!("{error} {error:?}").contains("c4nary"), "{error:?}");
    }
}

#[tokio::test]
async fn what_is_no_certificate_or_key_is_named_and_not_repeated() {
    let authority = Authority::new();
    let leaf = authority.sign("a client", |_| ());
    let rubbish = "-----BEGIN CERTIFICATE-----\nc4nary\n-----END CERTIFICATE-----\n";
    let here = || Config::new("localhost", 1);
    for (config, option) in [
        (here().tls_ca(rubbish), "option tls_ca"),
        (
            here()
                .tls_client_certificate(rubbish)
                .tls_client_key(leaf.key.as_str()),
            "option tls_client_certificate",
        ),
        (
            here()
                .tls_client_certificate(leaf.certificate.as_str())
                .tls_client_key(rubbish),
            "option tls_client_key",
        ),
    ] {
        let error = Session::connect(config).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Config, "{error}");
        assert!(error.to_string().contains(option), "{error}");
        assert!(!format!("{error:?}").contains("c4nary"), "{error:?}");
    }
}

/// What a client says first.
async fn hello(min_version: TlsVersion) -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connecting = Session::connect(Config::new("localhost", port).tls_min_version(min_version));
    let hearing = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 5];
        stream.read_exact(&mut head).await.unwrap();
        let mut hello = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
        stream.read_exact(&mut hello).await.unwrap();
        hello
    };
    tokio::select! {
        hello = hearing => hello,
        session = connecting => panic!("connected to nothing: {session:?}"),
    }
}

#[tokio::test]
async fn the_oldest_version_of_tls_is_the_users_choice() {
    // The extension supported_versions: its number, its length, the length of the list, the versions.
    let offers =
        |hello: &[u8], extension: &[u8]| hello.windows(extension.len()).any(|window| window == extension);
    let both = hello(TlsVersion::V1_2).await;
    assert!(offers(&both, &[0, 43, 0, 5, 4, 3, 4, 3, 3]), "{both:?}");
    let newest = hello(TlsVersion::V1_3).await;
    assert!(offers(&newest, &[0, 43, 0, 3, 2, 3, 4]), "{newest:?}");
}

#[tokio::test]
async fn a_server_without_the_version_is_told_from_a_broken_one() {
    let authority = Authority::new();
    let server = serve(&authority.sign("localhost", |_| ()), |server| server).await;
    query(at(&server, &authority).tls_min_version(TlsVersion::V1_3))
        .await
        .unwrap();
    // An alert: fatal, protocol_version.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let old = Config::new("localhost", listener.local_addr().unwrap().port());
    let answering = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 4096];
            let _read = stream.read(&mut hello).await;
            let _sent = tokio::io::AsyncWriteExt::write_all(&mut stream, &[0x15, 3, 3, 0, 2, 2, 70]).await;
        }
    });
    fails(
        old.tls_min_version(TlsVersion::V1_3),
        "ProtocolVersion",
        "tls_min_version",
    )
    .await;
    answering.abort();
}

#[tokio::test]
async fn certificates_that_are_replaced_count_from_the_next_connection_on() {
    let (authority, stranger) = (Authority::new(), Authority::named("a stranger"));
    let server = serve(&authority.sign("localhost", |_| ()), |server| {
        server.client_ca(&authority.pem)
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let put = |leaf: &Leaf| {
        std::fs::write(path("client.pem"), &leaf.certificate).unwrap();
        std::fs::write(path("client.key"), &leaf.key).unwrap();
    };
    put(&authority.sign("a client", |_| ()));
    let relay = Relay::to(server.address()).await;
    let config = Config::new("localhost", relay.address().port())
        .tls_ca(authority.pem.as_str())
        .tls_client_certificate(path("client.pem"))
        .tls_client_key(path("client.key"));
    let session = Session::connect(config).await.unwrap();
    session.query("SELECT 1").await.unwrap();
    // The connection that is there goes on; the one that takes its place shows the new certificate.
    put(&stranger.sign("a client", |_| ()));
    session.query("SELECT 1").await.unwrap();
    relay.cut();
    until(&session, false).await;
    put(&authority.sign("a client", |_| ()));
    until(&session, true).await;
}

/// Asks until the server lets the session in, or does not; a connection that was cut may fail some calls first.
async fn until(session: &Session, let_in: bool) {
    let mut last = String::new();
    let asking = async {
        loop {
            match session.query("SELECT 1").await {
                Ok(_) if let_in => return,
                Err(error) if !let_in && error.to_string().contains("tls_client_certificate") => return,
                Ok(_) => "it was let in".clone_into(&mut last),
                Err(error) => last = error.to_string(),
            }
            tokio::task::yield_now().await;
        }
    };
    let came = tokio::time::timeout(std::time::Duration::from_secs(20), asking).await;
    assert!(came.is_ok(), "the new certificate does not count: {last}");
}
