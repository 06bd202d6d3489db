use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use jetbridge_reference_server::{Builder, ReferenceServer, Running};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};
use tonic::{Code, Request};

use crate::client::{Client, descriptor, flight, number, start_with, status};

fn guarded() -> Builder {
    ReferenceServer::builder().users([("ada", "s3cret?")])
}

#[tokio::test]
async fn the_handshake_gives_a_token_that_opens_the_door() {
    let (server, mut client) = start_with(guarded()).await;
    assert_eq!(
        status(client.execute("SELECT 1".into(), None).await).code(),
        Code::Unauthenticated
    );
    assert!(client.handshake("ada", "wrong").await.is_err());
    let payload = client.handshake("ada", "s3cret?").await.unwrap();
    assert!(!payload.is_empty());
    assert_eq!(client.token().unwrap().as_bytes(), payload);
    assert_eq!(number(&mut client, "SELECT 1").await, 1);
    let counters = server.counters();
    assert_eq!((counters.handshake, counters.refused), (2, 1));
}

async fn ask(server: &Running, header: &str) -> Result<Option<String>, tonic::Status> {
    let mut request = Request::new(descriptor("SELECT 1"));
    request
        .metadata_mut()
        .insert("authorization", header.parse().unwrap());
    let response = flight(server).await.get_flight_info(request).await?;
    let fresh = response
        .metadata()
        .get("authorization")
        .map(|value| value.to_str().unwrap().to_owned());
    Ok(fresh)
}

#[tokio::test]
async fn basic_is_accepted_with_each_call_padded_or_not() {
    let (server, _client) = start_with(guarded()).await;
    for encoded in [
        BASE64_STANDARD.encode("ada:s3cret?"),
        BASE64_STANDARD_NO_PAD.encode("ada:s3cret?"),
    ] {
        let fresh = ask(&server, &format!("Basic {encoded}")).await.unwrap().unwrap();
        assert!(ask(&server, &fresh).await.is_ok());
    }
    let wrong = BASE64_STANDARD.encode("ada:no");
    assert_eq!(
        ask(&server, &format!("Basic {wrong}")).await.unwrap_err().code(),
        Code::Unauthenticated
    );
    assert_eq!(
        ask(&server, "Bearer made-up").await.unwrap_err().code(),
        Code::Unauthenticated
    );
}

#[tokio::test]
async fn a_rotating_server_sends_a_fresh_token_with_each_reply() {
    let (server, mut client) = start_with(guarded().rotate_tokens(true)).await;
    client.handshake("ada", "s3cret?").await.unwrap();
    let mut token = format!("Bearer {}", client.token().unwrap());
    for _ in 0..5 {
        let fresh = ask(&server, &token).await.unwrap().expect("a fresh token");
        assert_ne!(fresh, token);
        token = fresh;
    }
}

#[tokio::test]
async fn a_fixed_token_and_a_required_header_are_demanded() {
    let builder = ReferenceServer::builder()
        .token("fixed")
        .require_header("database", "shop");
    let (_server, mut client) = start_with(builder).await;
    client.set_token("fixed".into());
    let error = status(client.execute("SELECT 1".into(), None).await);
    assert_eq!(error.code(), Code::InvalidArgument);
    assert!(error.message().contains("database"), "{error}");
    client.set_header("database", "shop");
    assert_eq!(number(&mut client, "SELECT 1").await, 1);
}

struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self {
            issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap(),
        }
    }

    fn pem(&self) -> String {
        self.issuer.pem()
    }

    fn sign(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (
            params.signed_by(&key, &self.issuer).unwrap().pem(),
            key.serialize_pem(),
        )
    }
}

async fn connect(server: &Running, tls: ClientTlsConfig) -> Result<Client, tonic::transport::Error> {
    let uri = format!("https://localhost:{}", server.address().port());
    let channel = Channel::from_shared(uri)
        .unwrap()
        .tls_config(tls)?
        .connect()
        .await?;
    Ok(Client::new(channel))
}

#[tokio::test]
async fn tls_is_spoken_and_client_certificates_are_checked() {
    let authority = Authority::new();
    let (certificate, key) = authority.sign("localhost");
    let server = ReferenceServer::builder()
        .tls(certificate, key)
        .client_ca(authority.pem())
        .serve()
        .await
        .unwrap();
    let trusting = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem()));
    let (certificate, key) = authority.sign("client");
    let known = trusting.clone().identity(Identity::from_pem(certificate, key));
    let mut client = connect(&server, known).await.unwrap();
    assert_eq!(number(&mut client, "SELECT 1").await, 1);
    // TLS 1.3 tells a client without certificate only when it asks for something.
    let stranger = match connect(&server, trusting).await {
        Ok(mut stranger) => stranger.execute("SELECT 1".into(), None).await.is_err(),
        Err(_) => true,
    };
    assert!(stranger);
}
