//! TLS that must fail, each time with the step and the reason; and client certificates.

mod files;

use jetbridge::{Config, Error, Kind, Operation, Session, TransportKind};
use jetbridge_reference_server::{Builder, ReferenceServer, Running};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, date_time_ymd,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A certificate authority of a test.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
struct Leaf {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        Self::named("the authority of a test")
    }

    fn named(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// Signs a certificate for `localhost`, after a change.
    fn sign(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Leaf {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        Leaf {
            certificate: params.signed_by(&key, &self.issuer).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }
}

async fn serve(leaf: &Leaf, more: impl FnOnce(Builder) -> Builder) -> Running {
    let builder = ReferenceServer::builder().tls(&leaf.certificate, &leaf.key);
    more(builder).serve().await.unwrap()
}

fn at(server: &Running, authority: &Authority) -> Config {
    Config::new("localhost", server.address().port()).tls_ca(authority.pem.as_str())
}

async fn query(config: Config) -> Result<(), Error> {
    let session = Session::connect(config).await?;
    session.query("SELECT 1").await.map(drop)
}

/// The error names the step, the server and the reason, and says what can be done.
async fn fails(config: Config, reason: &str, remedy: &str) {
    let error = query(config).await.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.kind(), Kind::Connection, "{text}");
    assert!(text.contains(reason) && text.contains(remedy), "{text}");
    assert!(text.contains("localhost:"), "{text}");
    assert!(
        matches!(error.operation(), Some(Operation::Connect | Operation::Execute)),
        "{text}"
    );
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_refused() {
    let authority = Authority::new();
    let leaf = authority.sign("localhost", |params| {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    });
    let server = serve(&leaf, |server| server).await;
    fails(at(&server, &authority), "certificate expired", "clock").await;
}

#[tokio::test]
async fn a_certificate_of_the_future_is_refused_and_the_clock_suspected() {
    let authority = Authority::new();
    let leaf = authority.sign("localhost", |params| {
        params.not_before = date_time_ymd(2400, 1, 1);
        params.not_after = date_time_ymd(2401, 1, 1);
    });
    let server = serve(&leaf, |server| server).await;
    fails(at(&server, &authority), "not valid yet", "clock").await;
}

#[tokio::test]
async fn a_certificate_of_a_stranger_is_refused() {
    let (authority, stranger) = (Authority::new(), Authority::named("a stranger"));
    let server = serve(&stranger.sign("localhost", |_| ()), |server| server).await;
    fails(at(&server, &authority), "UnknownIssuer", "tls_ca").await;
}

#[tokio::test]
async fn a_certificate_signed_by_itself_is_refused() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let leaf = Leaf {
        certificate: own.cert.pem(),
        key: own.signing_key.serialize_pem(),
    };
    let server = serve(&leaf, |server| server).await;
    fails(
        Config::new("localhost", server.address().port()),
        "UnknownIssuer",
        "tls_ca",
    )
    .await;
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let server = serve(&authority.sign("other.example", |_| ()), |server| server).await;
    fails(at(&server, &authority), "not valid for name", "tls_server_name").await;
    query(at(&server, &authority).tls_server_name("other.example"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_client_without_its_certificate_is_told_so() {
    let authority = Authority::new();
    let server = serve(&authority.sign("localhost", |_| ()), |server| {
        server.client_ca(&authority.pem)
    })
    .await;
    // With TLS 1.3 its alert may come after the handshake, or be lost with the connection: the advice is the same.
    fails(at(&server, &authority), "", "tls_client_certificate").await;
    let client = authority.sign("a client", |_| ());
    let known = at(&server, &authority)
        .tls_client_certificate(client.certificate.as_str())
        .tls_client_key(client.key.as_str());
    query(known).await.unwrap();
    let stranger = Authority::new().sign("a client", |_| ());
    let unknown = at(&server, &authority)
        .tls_client_certificate(stranger.certificate.as_str())
        .tls_client_key(stranger.key.as_str());
    fails(unknown, "", "tls_client_certificate").await;
}

#[tokio::test]
async fn tls_spoken_to_plaintext_and_the_reverse_fail_at_once() {
    let authority = Authority::new();
    let plain = ReferenceServer::builder().serve().await.unwrap();
    fails(at(&plain, &authority), "", "does not speak TLS there").await;
    let server = serve(&authority.sign("localhost", |_| ()), |server| server).await;
    let plaintext = Config::new("localhost", server.address().port()).transport(TransportKind::Tcp);
    // Its alert may be lost with the connection: the advice is the same.
    fails(plaintext, "", "use transport=tls").await;
}

#[tokio::test]
async fn a_server_of_another_kind_is_recognized_by_its_first_words() {
    let says: [(&'static [u8], &str, &str); 4] = [
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "answered in HTTP/1",
            "another service",
        ),
        (
            b"SSH-2.0-OpenSSH_9.9\r\n",
            "does not speak HTTP/2",
            "another service",
        ),
        (
            &[0x15, 3, 3, 0, 2, 2, 70],
            "the server speaks TLS there",
            "use transport=tls",
        ),
        (b"", "without a word", "transport=tls"),
    ];
    for (words, reason, remedy) in says {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                // All of the client's greeting is read, so that closing does not reset what is said.
                let mut greeting = [0; 1024];
                let read = stream.read(&mut greeting).await;
                if read.is_ok() && stream.write_all(words).await.is_ok() {
                    let _closed = stream.shutdown().await;
                }
                while matches!(stream.read(&mut greeting).await, Ok(1..)) {}
            }
        });
        let plain = Config::new("localhost", port).transport(TransportKind::Tcp);
        fails(plain, reason, remedy).await;
        server.abort();
    }
}
