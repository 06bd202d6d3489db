//! What a user or a program puts into options is one value: never a second header.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jetbridge::{Config, Kind, Session, TransportKind};
use jetbridge_conformance::fault::{FaultServer, Script};

const NASTY: [&str; 7] = [
    "a\r\nx-evil: 1",
    "a\nx-evil: 1",
    "a\0b",
    "a\u{7f}",
    "jürgen 日本",
    "a\", x-evil=\"1",
    "a;x-evil={1}}",
];

/// Connects with it and runs a query; says what the server saw.
async fn attempt(server: &FaultServer, config: Config) -> Result<(), jetbridge::Error> {
    let address = server.address();
    let config = config
        .host(address.ip().to_string(), address.port())
        .transport(TransportKind::Tcp);
    let session = Session::connect(config).await?;
    session.query("select n").await?.fetch_all().await?;
    Ok(())
}

fn saw_no_second_header(server: &FaultServer) {
    for rpc in ["Handshake", "GetFlightInfo", "DoGet"] {
        for headers in server.seen().headers(rpc) {
            assert!(headers.get("x-evil").is_none(), "{headers:?}");
            assert!(
                headers.get_all("authorization").iter().count() <= 1,
                "{headers:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_value_with_line_breaks_is_refused_and_never_a_second_header() {
    type Setter = fn(&str) -> Config;
    let setters: [(&str, Setter); 5] = [
        ("token", |nasty| Config::default().token(nasty)),
        ("authorization", |nasty| Config::default().authorization(nasty)),
        ("header", |nasty| Config::default().header("x-a", nasty)),
        ("header name", |nasty| Config::default().header(nasty, "1")),
        ("database", |nasty| Config::default().database(nasty)),
    ];
    for (name, set) in setters {
        for nasty in NASTY {
            let server = FaultServer::start(Script::new(), 0).await.unwrap();
            if let Err(error) = attempt(&server, set(nasty)).await {
                assert_eq!(error.kind(), Kind::Config, "{name} {nasty:?}: {error}");
                assert!(!error.to_string().contains('\n'), "{error}");
            }
            saw_no_second_header(&server);
        }
    }
}

#[tokio::test]
async fn user_and_password_arrive_as_they_are() {
    for nasty in NASTY {
        let server = FaultServer::start(Script::new(), 0).await.unwrap();
        let login = Config::default().user("ada").password(nasty);
        attempt(&server, login).await.unwrap();
        let sent = server.seen().header("Handshake", "authorization");
        let expected = format!("Basic {}", BASE64_STANDARD.encode(format!("ada:{nasty}")));
        assert_eq!(sent, [expected]);
        saw_no_second_header(&server);
    }
}

#[tokio::test]
async fn odbc_strings_escape_by_braces_alone() {
    for nasty in NASTY {
        let braced = format!("{{{}}}", nasty.replace('}', "}}"));
        let config = Config::parse(&format!("Host=h;UID=ada;PWD={braced};PWD2=x")).map(|_| ());
        assert_eq!(config.unwrap_err().kind(), Kind::Config, "an option nobody knows");
        let config = Config::parse(&format!("Host=h;UID=ada;PWD={braced}")).unwrap();
        assert_eq!(config.get_password().unwrap().expose(), nasty);
        let back = Config::parse(&config.to_key_values_with_secrets()).unwrap();
        assert_eq!(back, config);
    }
}
