//! The servers of the field, as their likenesses play them: recognized or named, each gives rows, tables and errors that say what is missing.

mod each;

use jetbridge::{Cursor, Evidence, Kind, ParameterMode, Server, Session, TableFilter};
use jetbridge_conformance::likeness::{Likeness, Parameters, Running, likenesses, serve};

fn likeness(name: &str) -> Likeness {
    let mut all = likenesses().into_iter();
    all.find(|likeness| likeness.name == name)
        .expect("a likeness of that name")
}

/// A server of that kind, and a session that names it or not.
async fn connect(likeness: &Likeness, named: bool) -> (Running, Session) {
    let running = serve(likeness.clone()).await.expect("it starts");
    let session = Session::connect(likeness.connection(named, &running))
        .await
        .unwrap_or_else(|error| panic!("{} (named: {named}): {error}", likeness.name));
    (running, session)
}

async fn all(mut cursor: Cursor) -> Vec<i64> {
    let rows = cursor.fetch_all().await.expect("the rows");
    rows.iter().map(|row| row.get("n").expect("a number")).collect()
}

async fn numbers(session: &Session, sql: &str) -> Vec<i64> {
    all(session
        .query(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}")))
    .await
}

async fn answers(name: &str, named: bool) {
    let likeness = likeness(name);
    let (_running, session) = connect(&likeness, named).await;
    for _ in 0..2 {
        assert_eq!(numbers(&session, "select n from t").await, [1, 2, 3, 4, 5, 6]);
    }
    let statement = session.statement("select n from t where n > ?").bind((4_i64,));
    let binds = matches!(likeness.parameters, Parameters::Bound | Parameters::Sentinel);
    match statement.query().await {
        Ok(cursor) => {
            assert!(binds || named, "nobody asked for literals");
            assert_eq!(all(cursor).await, [5, 6]);
        }
        Err(error) => {
            assert!(!binds && !named, "{error}");
            assert_eq!(error.kind(), Kind::NotSupported, "{error}");
            let text = error.to_string();
            assert!(
                text.contains("parameters=client") && text.contains("server"),
                "{text}"
            );
        }
    }
    let written = session
        .statement("select n from t where n > ?")
        .bind((4_i64,))
        .parameters(ParameterMode::Client);
    assert_eq!(all(written.query().await.unwrap()).await, [5, 6]);
    let tables = session.catalog().tables(&TableFilter::default()).await.unwrap();
    let places: Vec<_> = tables
        .iter()
        .map(|table| (table.schema.as_deref(), table.name.as_str()))
        .collect();
    assert_eq!(places, [(Some("sales"), "t")]);
    let error = session.query("select n from nowhere").await.unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidRequest, "{error}");
    assert!(error.message().contains("nowhere"), "{error}");
    let manners = session.manners().await.unwrap();
    assert_eq!(manners.server().to_string(), name);
    let evidence = if named { Evidence::Option } else { Evidence::Name };
    assert_eq!(manners.evidence(), evidence);
    // The session is as good as before.
    assert_eq!(numbers(&session, "select n from t").await.len(), 6);
    session.close().await.unwrap();
}

macro_rules! servers {
    ($($name:ident)*) => {
        mod is_recognized_and_answers {
            $(#[tokio::test]
            async fn $name() {
                super::answers(stringify!($name), false).await;
            })*
        }

        mod answers_where_it_is_named {
            $(#[tokio::test]
            async fn $name() {
                super::answers(stringify!($name), true).await;
            })*
        }

        const TESTED: &[&str] = &[$(stringify!($name)),*];
    };
}

servers! { influxdb dremio doris starrocks deephaven gizmosql databend spice roapi sail }

#[test]
fn every_value_of_the_option_has_its_likeness() {
    let names: Vec<_> = likenesses().iter().map(|likeness| likeness.name).collect();
    assert_eq!(names, TESTED);
    let option = jetbridge::Config::options()
        .iter()
        .find(|option| option.key() == "server");
    let words: Vec<_> = option
        .unwrap()
        .words()
        .into_iter()
        .map(|(word, _)| word)
        .collect();
    assert_eq!(words[..2], ["auto", "standard"]);
    assert_eq!(words[2..], names);
    assert_eq!(Server::InfluxDb.to_string(), "influxdb");
}

#[tokio::test]
async fn an_option_that_is_set_counts_more_than_the_server() {
    let likeness = likeness("sail");
    let running = serve(likeness.clone()).await.unwrap();
    let string = format!("{}&parameters=server", likeness.connection(true, &running));
    let session = Session::connect(string).await.unwrap();
    let statement = session.statement("select n from t where n > ?").bind((4_i64,));
    let error = statement.query().await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotSupported, "{error}");
}

#[tokio::test]
async fn nothing_is_asked_about_the_server_before_somebody_wants_to_know() {
    let (running, session) = connect(&likeness("gizmosql"), false).await;
    numbers(&session, "select n from t").await;
    let count = |rpc| running.seen().count(rpc);
    assert_eq!(
        (count("GetSqlInfo"), count("GetFlightInfo"), count("DoGet")),
        (0, 1, 1)
    );
    session.manners().await.unwrap();
    session.manners().await.unwrap();
    assert_eq!(
        (count("GetSqlInfo"), count("GetFlightInfo"), count("DoGet")),
        (1, 1, 2)
    );
}
