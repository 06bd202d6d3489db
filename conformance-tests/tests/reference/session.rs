//! Session options, temporary tables, signs of life.

use jetbridge::{Kind, SessionOptionValue, TableFilter};
use jetbridge_reference_server::{Capability, ReferenceServer};

use crate::start_plain;

#[tokio::test]
async fn session_options_keep_their_types() {
    let (server, session) = start_plain().await;
    let set = [
        ("number".to_owned(), SessionOptionValue::from(123_i64)),
        ("real".to_owned(), 456.0.into()),
        ("flag".to_owned(), true.into()),
        ("list".to_owned(), vec!["a".to_owned(), " ".to_owned()].into()),
    ];
    session.set_options(set.clone()).await.unwrap();
    let read = session.options().await.unwrap();
    for (name, value) in set {
        assert_eq!(read.get(&name), Some(&value), "{name}");
    }
    session
        .set_options([("number".to_owned(), SessionOptionValue::Unset)])
        .await
        .unwrap();
    assert!(!session.options().await.unwrap().contains_key("number"));
    let error = session
        .set_options([("lol_invalid".to_owned(), "x".into())])
        .await
        .unwrap_err();
    assert!(
        error.kind() == Kind::InvalidRequest && error.message().contains("lol_invalid"),
        "{error}"
    );
    session.close().await.unwrap();
    assert_eq!(server.counters().open_sessions, 0);
}

#[tokio::test]
async fn temporary_tables_are_listed_for_the_session_that_has_them() {
    let (server, session) = start_plain().await;
    // A session of the server's own, which keeps its connection to the database.
    session
        .set_options([("flag".to_owned(), true.into())])
        .await
        .unwrap();
    session
        .execute("CREATE TEMPORARY TABLE scratch (a INTEGER)")
        .await
        .unwrap();
    let filter = TableFilter {
        table_types: vec!["LOCAL TEMPORARY".into()],
        ..Default::default()
    };
    let tables = session.catalog().tables(&filter).await.unwrap();
    assert_eq!(tables.len(), 1);
    assert_eq!(
        (
            tables[0].catalog.as_deref(),
            tables[0].name.as_str(),
            tables[0].table_type.as_str()
        ),
        (Some("temp"), "scratch", "LOCAL TEMPORARY")
    );
    let other = jetbridge::Session::connect(crate::string(&server)).await.unwrap();
    assert_eq!(other.catalog().tables(&filter).await.unwrap(), []);
}

#[tokio::test]
async fn a_ping_is_answered() {
    let (server, session) = start_plain().await;
    session.ping().await.unwrap();
    server.shutdown().await.unwrap();
    session.ping().await.unwrap_err();
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_as_good_as_a_port() {
    let (server, _session) = start_plain().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flight.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let address = server.address();
    tokio::spawn(async move {
        while let Ok((mut here, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut there = tokio::net::TcpStream::connect(address).await.unwrap();
                tokio::io::copy_bidirectional(&mut here, &mut there).await
            });
        }
    });
    for string in [
        format!("flightsql://{}?transport=unix", path.display()),
        format!("grpc+unix://{}", path.display()),
    ] {
        let session = jetbridge::Session::connect(string).await.unwrap();
        assert_eq!(
            session
                .query("SELECT 1")
                .await
                .unwrap()
                .fetch_all()
                .await
                .unwrap()
                .len(),
            1
        );
        let error = session.query("SELEC 1").await.unwrap_err();
        assert_eq!(error.peer(), path.to_str(), "{error}");
    }
}

#[tokio::test]
async fn catalog_and_schema_have_methods_of_their_own() {
    let (_server, session) = start_plain().await;
    assert_eq!(session.current_schema().await.unwrap(), None);
    session.set_catalog("main").await.unwrap();
    assert_eq!(session.current_catalog().await.unwrap().as_deref(), Some("main"));
    let error = session.set_schema("nowhere").await.unwrap_err();
    assert!(
        error.message().contains("schema: not a possible value"),
        "{error}"
    );
    let builder = ReferenceServer::builder().without(Capability::Sessions);
    let (server, session) = crate::start(builder).await;
    for _ in 0..2 {
        let error = session.set_catalog("main").await.unwrap_err();
        assert_eq!(error.kind(), Kind::NotSupported, "{error}");
    }
    assert_eq!(server.counters().action("SetSessionOptions"), 1);
}
