//! OAuth 2 against scripted endpoints: what is sent, and what happens when the answer is none.

use futures::future::join_all;
use jetbridge::{Error, Kind, Operation, Session};

use super::endpoint::{Endpoint, Reply, Script};
use super::{one, server, string};

const CLIENT: &str = "oauth_client_id=app:1&oauth_client_secret=s3cr%26t";

fn token(number: usize) -> Reply {
    let body = format!(
        r#"{{"access_token":"t{}","token_type":"Bearer","expires_in":3600}}"#,
        number + 1
    );
    Reply::Says("200 OK", body)
}

fn options(endpoint: &Endpoint, more: &str) -> String {
    format!("oauth_token_uri={}&{more}", endpoint.uri())
}

/// Connects with client credentials to an endpoint that behaves badly.
async fn fails(script: Script) -> Error {
    let (server, endpoint) = (server("t1").await, Endpoint::serve(script).await);
    let options = options(
        &endpoint,
        &format!("oauth_flow=client_credentials&connect_timeout=2s&{CLIENT}"),
    );
    let error = Session::connect(string(&server, &options)).await.unwrap_err();
    assert_eq!(error.operation(), Some(&Operation::Token), "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cr"), "{error:?}");
    error
}

#[tokio::test]
async fn client_credentials_send_their_scope_and_give_one_token_for_many_queries() {
    let (server, endpoint) = (server("t1").await, Endpoint::serve(token).await);
    let options = options(
        &endpoint,
        &format!("oauth_flow=client_credentials&oauth_scope=read%20write&{CLIENT}"),
    );
    let session = Session::connect(string(&server, &options)).await.unwrap();
    let rows = join_all((0..32).map(|_| one(&session))).await;
    assert!(rows.iter().all(|row| matches!(row, Ok(1))), "{rows:?}");
    let seen = endpoint.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].form, "grant_type=client_credentials&scope=read+write");
    // app%3A1:s3cr%26t
    assert_eq!(
        seen[0].authorization.as_deref(),
        Some("Basic YXBwJTNBMTpzM2NyJTI2dA==")
    );
}

#[tokio::test]
async fn the_options_of_other_drivers_mean_the_same() {
    let (server, endpoint) = (server("t1").await, Endpoint::serve(token).await);
    let uri = endpoint.uri();
    for options in [
        format!(
            "oauth.flow=client_credentials&oauth.tokenUri={uri}&oauth.clientId=a&oauth.clientSecret=b&oauth.scope=c"
        ),
        format!(
            "adbc.flight.sql.oauth.flow=client_credentials&adbc.flight.sql.oauth.token_uri={uri}\
             &adbc.flight.sql.oauth.client_id=a&adbc.flight.sql.oauth.client_secret=b&adbc.flight.sql.oauth.scope=c"
        ),
    ] {
        Session::connect(string(&server, &options)).await.unwrap();
    }
    assert!(
        endpoint
            .seen()
            .iter()
            .all(|seen| seen.form == "grant_type=client_credentials&scope=c")
    );
    assert_eq!(endpoint.seen().len(), 2);
}

#[tokio::test]
async fn a_token_is_exchanged_for_another() {
    let (server, endpoint) = (server("t1").await, Endpoint::serve(token).await);
    let options = options(
        &endpoint,
        "oauth_flow=token_exchange&oauth_subject_token=mine&oauth_audience=db&oauth_client_id=app",
    );
    one(&Session::connect(string(&server, &options)).await.unwrap())
        .await
        .unwrap();
    let seen = endpoint.seen();
    assert_eq!(
        seen[0].form,
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=mine\
         &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&audience=db&client_id=app"
    );
    assert_eq!(seen[0].authorization, None);
}

#[tokio::test]
async fn a_refresh_token_is_replaced_by_the_one_in_the_answer() {
    let script: Script = |number| {
        let n = number + 1;
        Reply::Says(
            "200 OK",
            format!(r#"{{"access_token":"t{n}","token_type":"bearer","refresh_token":"r{n}"}}"#),
        )
    };
    let (server, endpoint) = (server("t1").await, Endpoint::serve(script).await);
    let options = options(&endpoint, "oauth_flow=refresh_token&oauth_refresh_token=r0");
    let session = Session::connect(string(&server, &options)).await.unwrap();
    one(&session).await.unwrap();
    server.replace_token("t2");
    one(&session).await.unwrap();
    let forms: Vec<_> = endpoint.seen().into_iter().map(|seen| seen.form).collect();
    assert_eq!(
        forms,
        [
            "grant_type=refresh_token&refresh_token=r0",
            "grant_type=refresh_token&refresh_token=r1"
        ]
    );
}

#[tokio::test]
async fn a_person_enters_a_code_and_the_driver_waits_for_it() {
    let script: Script = |number| {
        match number {
        0 => Reply::Says(
            "200 OK",
            r#"{"device_code":"d","user_code":"ABCD-EFGH","verification_uri":"https://id.example/device","interval":0}"#.to_owned(),
        ),
        1 => Reply::Says("400 Bad Request", r#"{"error":"authorization_pending"}"#.to_owned()),
        _ => Reply::Says("200 OK", r#"{"access_token":"t1","token_type":"Bearer"}"#.to_owned()),
    }
    };
    let (server, endpoint) = (server("t1").await, Endpoint::serve(script).await);
    let uri = endpoint.uri();
    let options = options(
        &endpoint,
        &format!("oauth_flow=device_code&oauth_device_uri={uri}&oauth_client_id=cli"),
    );
    let session = Session::connect(string(&server, &options)).await.unwrap();
    one(&session).await.unwrap();
    assert_eq!(endpoint.seen().len(), 3);
}

#[tokio::test]
async fn a_token_that_the_server_calls_expired_too_early_is_renewed_once() {
    // Clocks that differ: the endpoint gives an hour, the server refuses at once.
    let (server, endpoint) = (server("t2").await, Endpoint::serve(token).await);
    let options = options(&endpoint, &format!("oauth_flow=client_credentials&{CLIENT}"));
    let session = Session::connect(string(&server, &options)).await.unwrap();
    one(&session).await.unwrap();
    server.replace_token("never");
    let error = one(&session).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Authentication, "{error}");
    assert_eq!(endpoint.seen().len(), 3);
}

#[tokio::test]
async fn a_token_past_its_life_on_arrival_is_used_and_not_renewed_for_every_call() {
    let scripts: [Script; 3] = [
        |_| {
            Reply::Says(
                "200 OK",
                r#"{"access_token":"t1","token_type":"Bearer","expires_in":0}"#.to_owned(),
            )
        },
        |_| {
            Reply::Says(
                "200 OK",
                r#"{"access_token":"t1","token_type":"Bearer","expires_in":-3600}"#.to_owned(),
            )
        },
        |_| {
            Reply::Says(
                "200 OK",
                r#"{"access_token":"t1","token_type":"Bearer","expires_in":"soon"}"#.to_owned(),
            )
        },
    ];
    for script in scripts {
        let (server, endpoint) = (server("t1").await, Endpoint::serve(script).await);
        let options = options(&endpoint, &format!("oauth_flow=client_credentials&{CLIENT}"));
        let session = Session::connect(string(&server, &options)).await.unwrap();
        let begun = std::time::Instant::now();
        for _ in 0..100 {
            one(&session).await.unwrap();
        }
        // Once a second at most.
        let most = begun.elapsed().as_secs() * 2 + 3;
        let asked = endpoint.seen().len() as u64;
        assert!(asked <= most, "{asked} requests for 100 queries");
    }
}

#[tokio::test]
async fn a_wrong_client_secret_is_tried_once() {
    let script: Script = |_| {
        Reply::Says(
            "401 Unauthorized",
            r#"{"error":"invalid_client","error_description":"no such client"}"#.to_owned(),
        )
    };
    let error = fails(script).await;
    assert_eq!(error.kind(), Kind::Authentication);
    let text = error.to_string();
    assert!(
        text.contains("refused (401 Unauthorized): invalid_client: no such client")
            && text.contains("oauth_client_secret"),
        "{text}"
    );
}

#[tokio::test]
async fn an_endpoint_that_is_silent_ends_with_the_connect_timeout() {
    let error = fails(|_| Reply::Nothing).await;
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(
        error.to_string().contains("/token gave no answer within 2s"),
        "{error}"
    );
}

#[tokio::test]
async fn an_endpoint_that_breaks_off_or_talks_rubbish_is_named_and_not_quoted() {
    let error = fails(|_| Reply::BreaksOff).await;
    assert!(error.to_string().contains("then broke off"), "{error}");
    let rubbish: [Script; 4] = [
        |_| Reply::Says("200 OK", "<html>client_secret=s3cr%26t</html>".to_owned()),
        |_| Reply::Says("200 OK", "[1,2]".to_owned()),
        |_| Reply::Says("200 OK", r#"{"token":"t1"}"#.to_owned()),
        |_| {
            Reply::Says(
                "200 OK",
                r#"{"access_token":"a\r\nb: c","token_type":"bearer"}"#.to_owned(),
            )
        },
    ];
    for script in rubbish {
        let error = fails(script).await;
        assert_eq!(error.kind(), Kind::Authentication);
        assert!(error.to_string().contains("/token answered"), "{error}");
    }
    let endless: Script = |_| Reply::Says("200 OK", format!("\"{}\"", "x".repeat(2 << 20)));
    assert!(fails(endless).await.to_string().contains("broke off"));
}

#[tokio::test]
async fn an_endpoint_that_is_down_is_named() {
    let server = server("t1").await;
    // A port that was free a moment ago, and that nobody is given soon.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let options =
        format!("oauth_flow=client_credentials&oauth_token_uri=http://127.0.0.1:{port}/token&{CLIENT}");
    let error = Session::connect(string(&server, &options)).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("/token cannot be reached: Connection refused"),
        "{text}"
    );
}

#[tokio::test]
async fn a_secret_is_not_sent_in_plaintext_to_another_machine() {
    let server = server("t1").await;
    let options = format!("oauth_flow=client_credentials&oauth_token_uri=http://id.example/token&{CLIENT}");
    let error = Session::connect(string(&server, &options)).await.unwrap_err();
    assert!(error.to_string().contains("https only"), "{error}");
}
