//! A planted secret of every kind, looked for in all that is printed and logged at the most talkative level.

use arrow_flight::{FlightInfo, HandshakeResponse};
use jetbridge::{AccessToken, Config, Session, token_from};
use jetbridge_conformance::fault::{Answer, FaultServer, Script, data};
use jetbridge_pool::Pool;
use jetbridge_reference_server::ReferenceServer;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::Log;

/// In every secret of this test, and in nothing else.
const PLANTED: &str = "canary-7Qx";
/// `ada:canary-7Qx…` as it goes into a Basic header, up to where the rest no longer changes it.
const PLANTED_BASIC: &str = "YWRhOmNhbmFyeS03UX";

/// The log holds what was planted nowhere, and has heard everything.
fn holds_no_secret(log: &Log) {
    let text = log.text();
    for (number, line) in text.lines().enumerate() {
        let found = line.contains(PLANTED) || line.contains(PLANTED_BASIC);
        assert!(!found, "line {number} of the log: {line}");
    }
    for heard in ["jetbridge", "h2::", "call{", "hyper"] {
        assert!(text.contains(heard), "the log has not heard {heard}");
    }
}

/// A token endpoint that gives whoever asks a token and a new refresh token.
async fn token_endpoint(token: String, refresh: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            // The form ends with the last of the secrets in it.
            while !String::from_utf8_lossy(&request).contains("refresh_token=canary") {
                if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            let body =
                format!(r#"{{"access_token":"{token}","token_type":"Bearer","refresh_token":"{refresh}"}}"#);
            let answer = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let _sent = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}/token")
}

/// Does what people do, and prints all that can be printed on the way.
async fn use_it(log: &Log, config: Config) {
    log.print(&config);
    log.print(&(config.to_string(), config.to_key_values()));
    match Session::connect(config.clone()).await {
        Ok(session) => {
            log.print(&session);
            match session.query("SELECT 1 AS one").await {
                Ok(mut cursor) => {
                    log.print(&cursor);
                    log.print(&cursor.fetch_one().await);
                }
                Err(error) => log.print(&(error.to_string(), error)),
            }
            log.print(&session.query("SELECT nothing FROM nowhere").await.map(drop));
            log.print(&session.update("rubbish").await);
            log.print(&session.close().await);
        }
        Err(error) => log.print(&(error.to_string(), error)),
    }
    match Pool::connect(config).await {
        Ok(pool) => {
            log.print(&pool);
            log.print(&pool.get().await);
            log.print(&pool.metrics());
            log.print(&pool.close().await);
        }
        Err(error) => log.print(&(error.to_string(), error)),
    }
}

#[tokio::test]
async fn no_secret_is_printed_or_logged_at_any_level() {
    let log = Log::listen();
    let metrics = PrometheusBuilder::new().install_recorder().unwrap();
    let secret = |kind: &str| format!("{PLANTED}-{kind}");
    let password = secret("password");
    let token = secret("token");
    let users = ReferenceServer::builder()
        .users([("ada", password.as_str())])
        .serve()
        .await
        .unwrap();
    let tokens = ReferenceServer::builder()
        .token(token.as_str())
        .require_header("x-api-key", secret("header"))
        .serve()
        .await
        .unwrap();
    let at_users = super::config(&users);
    let at_tokens = super::config(&tokens).header("x-api-key", secret("header"));
    for handshake in ["auto", "never", "proto"] {
        let mut config = at_users.clone().user("ada").password(password.as_str());
        config.set("handshake", handshake).unwrap();
        use_it(log, config.clone()).await;
        use_it(log, config.password(secret("wrong"))).await;
    }
    use_it(log, at_tokens.clone().token(token.as_str())).await;
    use_it(log, at_tokens.clone().token(secret("wrong"))).await;
    use_it(log, at_tokens.clone().authorization(format!("Bearer {token}"))).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &token).unwrap();
    use_it(
        log,
        at_tokens.clone().token_file(file.path().display().to_string()),
    )
    .await;
    let given = token.clone();
    let source = token_from(move || {
        let given = given.clone();
        async move { Ok(AccessToken::new(given)) }
    });
    use_it(log, at_tokens.clone().token_source(source)).await;
    let cookie = at_tokens.clone().token(token).header("cookie", secret("cookie"));
    use_it(log, cookie).await;
    let password_file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(password_file.path(), &password).unwrap();
    let by_file = at_users
        .clone()
        .user("ada")
        .password_file(password_file.path().display().to_string());
    use_it(log, by_file).await;
    let command = format!("cat {}", file.path().display());
    use_it(log, at_tokens.clone().token_command(command)).await;
    let proxied = at_users
        .clone()
        .proxy(format!("http://ada:{}@127.0.0.1:9", secret("proxy")));
    use_it(log, proxied).await;
    let endpoint = token_endpoint(secret("token"), secret("refreshed")).await;
    let mut granted = at_tokens
        .clone()
        .oauth_token_uri(endpoint)
        .oauth_client_id("app")
        .oauth_client_secret(secret("client"))
        .oauth_refresh_token(secret("refresh"));
    granted.set("oauth_flow", "refresh_token").unwrap();
    use_it(log, granted).await;
    let nowhere = "http://127.0.0.1:9/token";
    let mut oauth = at_tokens
        .clone()
        .oauth_token_uri(nowhere)
        .oauth_client_id("app")
        .oauth_client_secret(secret("client"))
        .oauth_subject_token(secret("subject"))
        .oauth_refresh_token(secret("refresh"));
    for flow in ["client_credentials", "token_exchange", "refresh_token"] {
        oauth.set("oauth_flow", flow).unwrap();
        use_it(log, oauth.clone()).await;
    }
    let key = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
        secret("key")
    );
    let with_key = Config::new("127.0.0.1", users.address().port())
        .tls_client_certificate(format!("-----BEGIN CERTIFICATE-----\n{}", secret("certificate")))
        .tls_client_key(key)
        .tls_client_key_password(secret("key-password"));
    use_it(log, with_key).await;
    log.print(&metrics.render());
    holds_no_secret(log);
}

#[tokio::test]
async fn what_a_server_says_in_cookies_tokens_and_headers_is_printed_nowhere() {
    let log = Log::listen();
    let secret = |kind: &str| format!("{PLANTED}-{kind}");
    let cookie = secret("cookie");
    let session = format!("session={cookie}; Path=/");
    let elsewhere = format!("other={}; Domain=elsewhere.example", secret("foreign-cookie"));
    let token = format!("Bearer {}", secret("rotated"));
    let own = secret("own-header");
    let dressed = {
        let (session, own) = (session.clone(), own.clone());
        move |answer: Answer<FlightInfo>| {
            answer
                .header("set-cookie", &session)
                .header("set-cookie", &elsewhere)
                .header("authorization", &token)
                .header("x-session-key", &own)
        }
    };
    let mut trailers = MetadataMap::new();
    trailers.insert("set-cookie", session.parse().unwrap());
    trailers.insert("x-session-key", own.parse().unwrap());
    let refused = Status::with_metadata(tonic::Code::InvalidArgument, "no such table", trailers);
    let at_login = session.clone();
    let at_the_end = session.clone();
    for script in [
        Script::new().info(move |_| dressed(Answer::send([data::info(1)]))),
        Script::new().info(move |call| match call.before {
            0 => Answer::refuse(refused.clone()),
            _ => Answer::send([data::info(1)]),
        }),
        Script::new().get(move |_, _| Answer::send(data::result()).trailer("set-cookie", &at_the_end)),
        Script::new().handshake(move |_| {
            Answer::send([HandshakeResponse::default()])
                .header("authorization", "Bearer t0")
                .header("set-cookie", &at_login)
        }),
    ] {
        let server = FaultServer::start(script, 0).await.unwrap();
        let string = format!("flightsql://ada:x@{}?transport=tcp", server.address());
        use_it(log, string.parse().unwrap()).await;
        let session = Session::connect(string).await.unwrap();
        for _ in 0..2 {
            let read = async { session.query("SELECT n").await?.fetch_all().await };
            log.print(&read.await);
        }
        // It was kept, and came back.
        let sent = server.seen().header("GetFlightInfo", "cookie").join(" ");
        assert!(sent.contains(&cookie), "{sent}");
    }
    holds_no_secret(log);
}

#[tokio::test]
async fn a_wrong_connection_string_does_not_repeat_its_secrets() {
    let log = Log::listen();
    for text in [
        "flightsql://ada:{}@h:x",
        "flightsql://ada:{}@h?unknwon=1",
        "flightsql://h?token={}&token={}",
        "flightsql://h?oauth_client_secret={}",
        "flightsql://h?oauth_flow=client_credentials&oauth_client_secret={}",
        "flightsql://h?token={}&token_file=x",
        "Host=h;PWD={};Nonsense",
        "Host=h;oauth.exchange.subjectToken={};oauth.flow=nonsense",
    ] {
        let error = Config::parse(&text.replace("{}", PLANTED)).unwrap_err();
        log.print(&(error.to_string(), error));
    }
    assert!(!log.text().contains(PLANTED), "a secret in a message");
}
