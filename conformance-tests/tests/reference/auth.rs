//! Logging in: passwords, tokens, headers, cookies, TLS.

use jetbridge::{Kind, Session};
use jetbridge_reference_server::{Capability, ReferenceServer};

const PASSWORD: &str = "p@ss:w/rd;{}=é";
const ENCODED: &str = "p%40ss%3Aw%2Frd%3B%7B%7D%3D%C3%A9";

async fn one(session: &Session) {
    let mut cursor = session.query("SELECT 1 AS one").await.unwrap();
    assert_eq!(
        cursor
            .fetch_one()
            .await
            .unwrap()
            .unwrap()
            .get::<i64>("one")
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn a_password_becomes_a_token_by_one_handshake() {
    let server = ReferenceServer::builder()
        .users([("ada", PASSWORD)])
        .serve()
        .await
        .unwrap();
    let string = format!("flightsql://ada:{ENCODED}@{}?transport=tcp", server.address());
    let session = Session::connect(string).await.unwrap();
    one(&session).await;
    one(&session).await;
    let counters = server.counters();
    assert_eq!((counters.handshake, counters.refused), (1, 0));
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_not_shown() {
    let server = ReferenceServer::builder()
        .users([("ada", PASSWORD)])
        .serve()
        .await
        .unwrap();
    let string = format!("flightsql://ada:hunter2@{}?transport=tcp", server.address());
    let error = Session::connect(string).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.sqlstate().as_str()),
        (Kind::Authentication, "28000")
    );
    let text = format!("{error} {error:?}");
    assert!(text.contains("logging in") && !text.contains("hunter2"), "{text}");
    assert_eq!(server.counters().handshake, 1);
}

#[tokio::test]
async fn without_a_handshake_the_password_goes_with_every_call() {
    let server = ReferenceServer::builder()
        .users([("ada", PASSWORD)])
        .without(Capability::Handshake)
        .serve()
        .await
        .unwrap();
    let string = format!("flightsql://ada:{ENCODED}@{}?transport=tcp", server.address());
    one(&Session::connect(string.clone()).await.unwrap()).await;
    one(&Session::connect(format!("{string}&handshake=never"))
        .await
        .unwrap())
    .await;
}

#[tokio::test]
async fn the_specifications_own_handshake_message_works_too() {
    let server = ReferenceServer::builder()
        .users([("ada", PASSWORD)])
        .serve()
        .await
        .unwrap();
    let string = format!(
        "flightsql://ada:{ENCODED}@{}?transport=tcp&handshake=proto",
        server.address()
    );
    let session = Session::connect(string).await;
    assert_eq!(server.counters().handshake, 1);
    one(&session.unwrap()).await;
}

#[tokio::test]
async fn a_token_and_a_header_are_sent_with_every_call() {
    let server = ReferenceServer::builder()
        .token("s3cret")
        .require_header("database", "sensors")
        .serve()
        .await
        .unwrap();
    let session = Session::connect(format!(
        "flightsql://{}/sensors?transport=tcp&token=s3cret",
        server.address()
    ));
    one(&session.await.unwrap()).await;
    assert_eq!(server.counters().handshake, 0);
    let session = Session::connect(format!(
        "flightsql://{}?transport=tcp&token=s3cret",
        server.address()
    ));
    let error = session.await.unwrap().query("SELECT 1").await.unwrap_err();
    assert!(error.message().contains("database"), "{error}");
    let session = Session::connect(format!(
        "flightsql://{}/sensors?transport=tcp&token=wrong",
        server.address()
    ));
    let error = session.await.unwrap().query("SELECT 1").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Authentication);
}

#[tokio::test]
async fn rotated_tokens_are_followed() {
    let server = ReferenceServer::builder()
        .users([("ada", "x")])
        .rotate_tokens(true)
        .serve()
        .await
        .unwrap();
    let session = Session::connect(format!("flightsql://ada:x@{}?transport=tcp", server.address()))
        .await
        .unwrap();
    for _ in 0..100 {
        one(&session).await;
    }
    let counters = server.counters();
    assert_eq!((counters.handshake, counters.refused), (1, 0));
}

#[tokio::test]
async fn tls_is_checked_against_the_ca_that_is_named() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let server = ReferenceServer::builder()
        .tls(&certificate, &key)
        .serve()
        .await
        .unwrap();
    let port = server.address().port();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, &certificate).unwrap();
    let trusting = format!("flightsql://localhost:{port}?tls_ca={}", file.display());
    one(&Session::connect(trusting).await.unwrap()).await;
    one(
        &Session::connect(format!("flightsql://localhost:{port}?tls_verify=false"))
            .await
            .unwrap(),
    )
    .await;
    let error = Session::connect(format!("flightsql://localhost:{port}"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("tls_ca"), "{error}");
    let named = format!("flightsql://127.0.0.1:{port}?tls_ca={}", file.display());
    let error = Session::connect(named.clone()).await.unwrap_err();
    assert!(error.to_string().contains("tls_server_name"), "{error}");
    one(&Session::connect(format!("{named}&tls_server_name=localhost"))
        .await
        .unwrap())
    .await;
    let error = Session::connect(format!("flightsql://localhost:{port}?transport=tcp")).await;
    let error = match error {
        Ok(session) => session.query("SELECT 1").await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.kind(), Kind::Connection, "{error}");
}
