//! What each server has of its own.

use jetbridge::{Config, Kind, Session};
use jetbridge_conformance::likeness::{Likeness, serve};

use super::{connect, likeness, numbers};

#[tokio::test]
async fn influxdb_wants_its_database_with_every_call_and_no_handshake() {
    let influxdb = likeness("influxdb");
    let (running, session) = connect(&influxdb, true).await;
    numbers(&session, "select n from t").await;
    assert_eq!(running.seen().header("GetFlightInfo", "database"), ["sales"]);
    assert_eq!(running.seen().header("DoGet", "database"), ["sales"]);
    assert_eq!(running.seen().count("Handshake"), 0);
    let without = format!(
        "flightsql://{}?transport=tcp&server=influxdb&token=secret",
        running.address()
    );
    let session = Session::connect(without).await.unwrap();
    let error = session.query("select n from t").await.unwrap_err();
    assert!(
        error.message().contains("the header `database` is missing"),
        "{error}"
    );
}

#[tokio::test]
async fn influxdb_takes_a_token_as_a_token_too() {
    let influxdb = likeness("influxdb");
    let running = serve(influxdb).await.unwrap();
    let string = format!(
        "flightsql://{}/sales?transport=tcp&server=influxdb&token=secret&token_scheme=Token",
        running.address()
    );
    let session = Session::connect(string).await.unwrap();
    assert_eq!(numbers(&session, "select n from t").await.len(), 6);
    assert_eq!(running.seen().header("DoGet", "authorization"), ["Token secret"]);
}

#[tokio::test]
async fn dremio_ends_a_result_with_the_next_statement_and_that_is_an_error() {
    let (running, session) = connect(&likeness("dremio"), true).await;
    let mut earlier = session.query("select n from t endless").await.unwrap();
    let first: i64 = earlier.fetch_one().await.unwrap().unwrap().get("n").unwrap();
    assert_eq!(first, 1);
    assert_eq!(numbers(&session, "select n from t").await.len(), 6);
    let error = earlier.fetch_all().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Cancelled, "{error}");
    // Its database is a schema, which it takes as a header.
    assert_eq!(
        running.seen().header("GetFlightInfo", "schema"),
        ["sales", "sales"]
    );
    assert_eq!(running.seen().count("SetSessionOptions"), 0);
}

#[tokio::test]
async fn doris_is_told_its_database_by_use_and_read_at_its_backend() {
    let doris = Likeness {
        wants_use: true,
        ..likeness("doris")
    };
    let (running, session) = connect(&doris, true).await;
    assert_eq!(numbers(&session, "select n from t").await.len(), 6);
    assert!(running.seen().count("backend DoGet") >= 1);
    assert_eq!(running.seen().header("GetFlightInfo", "database"), ["", ""]);
    // With the catalog before it; and a name that is none is the server's to refuse, when connecting.
    let config: Config = doris.connection(true, &running).parse().unwrap();
    let error = Session::connect(config.catalog("internal")).await.unwrap_err();
    assert!(error.message().contains("USE `internal`.`sales`"), "{error}");
}

#[tokio::test]
async fn an_address_that_a_doris_of_old_listens_on_is_its_own_host() {
    let doris = Likeness {
        locations: &["grpc+tcp://0.0.0.0:{port}"],
        ..likeness("doris")
    };
    let (running, session) = connect(&doris, true).await;
    assert_eq!(numbers(&session, "select n from t").await.len(), 6);
    assert!(running.seen().count("backend DoGet") >= 1);
    // Where nobody has said which server this is, the error says what was not followed, and what would follow it.
    let (_running, session) = connect(&doris, false).await;
    let error = session.query("select n from t").await.unwrap_err();
    assert!(error.to_string().contains("allowed_locations"), "{error}");
}

#[tokio::test]
async fn a_starrocks_behind_names_of_its_own_network_is_read_where_it_can_be_reached() {
    let (running, session) = connect(&likeness("starrocks"), true).await;
    assert_eq!(numbers(&session, "select n from t").await.len(), 6);
    assert!(running.seen().count("backend DoGet") >= 1);
    let token = running.seen().header("backend DoGet", "authorization");
    assert!(
        token.iter().all(|token| token.starts_with("Bearer ")),
        "its bare token is a bearer's"
    );
}

#[tokio::test]
async fn deephaven_keeps_a_session_by_cookie_where_it_is_named_and_by_token_where_not() {
    let deephaven = likeness("deephaven");
    let (running, session) = connect(&deephaven, true).await;
    for _ in 0..3 {
        numbers(&session, "select n from t").await;
    }
    let seen = running.seen();
    assert_eq!(
        seen.header("GetFlightInfo", "x-deephaven-auth-cookie-request"),
        ["true"; 3]
    );
    assert_eq!(
        seen.header("GetFlightInfo", "cookie"),
        ["", "deephaven-session=s1", "deephaven-session=s1"]
    );
    let (running, session) = connect(&deephaven, false).await;
    for _ in 0..3 {
        numbers(&session, "select n from t").await;
    }
    let tokens = running.seen().header("GetFlightInfo", "authorization");
    assert_eq!(tokens, ["Anonymous", "Bearer r2", "Bearer r4"]);
    let key = format!(
        "flightsql://{}?transport=tcp&server=deephaven&token=secret",
        running.address()
    );
    let session = Session::connect(key).await.unwrap();
    assert_eq!(numbers(&session, "select n from t").await.len(), 6);
}

#[tokio::test]
async fn gizmosql_gets_a_token_as_the_password_of_a_user_of_that_name() {
    let (running, session) = connect(&likeness("gizmosql"), true).await;
    numbers(&session, "select n from t").await;
    assert_eq!(
        running.seen().header("Handshake", "authorization"),
        ["Basic dG9rZW46c2VjcmV0"]
    );
    assert_eq!(
        session
            .update("insert into t values (1), (2), (3)")
            .await
            .unwrap(),
        Some(3)
    );
}

#[tokio::test]
async fn databend_is_not_asked_for_what_it_breaks_down_over() {
    let databend = likeness("databend");
    let (running, mut session) = connect(&databend, true).await;
    for _ in 0..2 {
        let error = session.begin().await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), Kind::NotSupported, "{error}");
    }
    let error = session.catalog().type_info(None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotSupported, "{error}");
    assert!(error.to_string().contains("lacks"), "{error}");
    assert_eq!(running.seen().count("BeginTransaction"), 0);
    assert_eq!(running.seen().count("GetXdbcTypeInfo"), 0);
    // Where it is not named, it is asked once, or not at all once it has been recognized.
    let (running, mut session) = connect(&databend, false).await;
    for _ in 0..2 {
        let error = session.begin().await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), Kind::NotSupported, "{error}");
    }
    assert_eq!(running.seen().count("BeginTransaction"), 1);
    let (running, mut session) = connect(&databend, false).await;
    session.manners().await.unwrap();
    assert!(session.begin().await.map(|_| ()).is_err());
    assert_eq!(running.seen().count("BeginTransaction"), 0);
}

#[tokio::test]
async fn a_location_within_the_cluster_of_spice_is_not_looked_for() {
    let (running, session) = connect(&likeness("spice"), true).await;
    assert_eq!(numbers(&session, "select n from t").await.len(), 6);
    assert_eq!(running.seen().count("DoGet"), 1);
}

#[tokio::test]
async fn a_ticket_of_roapi_is_read_once() {
    let (running, session) = connect(&likeness("roapi"), true).await;
    let info = session
        .flight_info("select n from t", jetbridge::CallOptions::new())
        .await
        .unwrap();
    let ticket = info.endpoints()[0].ticket().unwrap();
    session
        .do_get(&ticket, jetbridge::CallOptions::new())
        .await
        .unwrap();
    let error = session
        .do_get(&ticket, jetbridge::CallOptions::new())
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), Kind::NotFound, "{error}");
    assert_eq!(running.seen().count("DoGet"), 2);
}

#[tokio::test]
async fn sail_keeps_no_statement_and_is_recognized_by_its_catalog() {
    let (running, session) = connect(&likeness("sail"), false).await;
    assert!(!session.prepare("select n from t").await.unwrap().is_on_server());
    let manners = session.manners().await.unwrap();
    assert_eq!(
        (manners.server_name(), manners.identifier_quote()),
        (Some("Sail"), "`")
    );
    assert_eq!(manners.sql_dialect().to_string(), "spark");
    let more: Vec<_> = manners.by_option_only().collect();
    assert_eq!(more, [("parameters", "client")]);
    assert_eq!(running.seen().count("GetSqlInfo"), 1);
}
