//! What goes wrong says so in one line, and never passes for a result.

use jetbridge::{Error, Kind, Session};

use crate::{config, start_plain, string};

fn one_line(error: &Error, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

#[tokio::test]
async fn bad_sql_comes_back_in_the_servers_words() {
    let (server, session) = start_plain().await;
    let error = session.query("SELECT a FROM nowhere").await.unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidRequest);
    one_line(
        &error,
        &[
            "no such table: nowhere",
            "executing a query",
            &server.address().to_string(),
        ],
    );
    let error = session
        .update("INSERT INTO nowhere VALUES (1)")
        .await
        .unwrap_err();
    one_line(&error, &["no such table: nowhere", "executing an update"]);
    let error = session.prepare("SELEC 1").await.unwrap_err();
    one_line(&error, &["syntax error", "preparing a statement"]);
    assert!(!session.is_broken());
}

#[tokio::test]
async fn a_refused_port_says_where_and_what_to_do() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = Session::connect(format!("flightsql://{address}?transport=tcp"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.sqlstate().as_str()),
        (Kind::Connection, "08001")
    );
    one_line(
        &error,
        &[
            "refused",
            "connecting",
            &address.to_string(),
            "is the server running",
        ],
    );
}

#[tokio::test]
async fn a_wrong_host_says_that_the_name_is_unknown() {
    let error = Session::connect("flightsql://no-such-host.invalid:1?transport=tcp")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Connection);
    one_line(
        &error,
        &["connecting", "no-such-host.invalid:1", "check the host name"],
    );
}

#[tokio::test]
async fn tls_to_a_plaintext_server_says_what_is_wrong() {
    let (server, _session) = start_plain().await;
    let error = Session::connect(format!("flightsql://{}", server.address()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Connection);
    one_line(&error, &["transport=tcp"]);
}

#[tokio::test]
async fn a_result_that_breaks_is_never_complete() {
    let (_server, session) = start_plain().await;
    for endpoints in [1, 3] {
        let sql = format!(
            "SELECT value FROM generate_series(1, 1000) /* rows_per_batch=10 die_after=2 endpoints={endpoints} */"
        );
        let mut cursor = session.query(sql).await.unwrap();
        let error = cursor.fetch_all().await.unwrap_err();
        one_line(
            &error,
            &["asked to die", &format!("of {endpoints}"), "fetching endpoint"],
        );
    }
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
}

#[tokio::test]
async fn fewer_rows_than_promised_are_an_error_where_one_asks_for_it() {
    let (server, _session) = start_plain().await;
    let sql = "SELECT value FROM generate_series(1, 10) /* total_records=11 */";
    let strict = Session::connect(format!("{}&row_count_check=error", string(&server)))
        .await
        .unwrap();
    let error = strict.query(sql).await.unwrap().fetch_all().await.unwrap_err();
    one_line(&error, &["promised 11 rows and sent 10"]);
    let lenient = Session::connect(config(&server)).await.unwrap();
    assert_eq!(
        lenient.query(sql).await.unwrap().fetch_all().await.unwrap().len(),
        10
    );
}

#[tokio::test]
async fn a_message_over_the_limit_names_the_option() {
    let (server, _session) = start_plain().await;
    let session = Session::connect(format!("{}&max_message_size=64KiB", string(&server)))
        .await
        .unwrap();
    let sql = "SELECT value FROM generate_series(1, 100000) /* rows_per_batch=100000 */";
    let error = session.query(sql).await.unwrap().fetch_all().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Resource);
    one_line(&error, &["max_message_size"]);
}

#[tokio::test]
async fn a_deadline_names_itself() {
    let (server, _session) = start_plain().await;
    let session = Session::connect(format!(
        "{}&query_timeout=1s&idle_timeout=1500ms",
        string(&server)
    ))
    .await
    .unwrap();
    let error = session.query("SELECT 1 /* delay=30s */").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.sqlstate().as_str()),
        (Kind::Timeout, "HYT00")
    );
    one_line(&error, &["1s", "query_timeout"]);
    let mut cursor = session.query("SELECT 1 /* slow=30s */").await.unwrap();
    one_line(
        &cursor.fetch_one().await.unwrap_err(),
        &["1.5s", "idle_timeout", "fetching endpoint 1 of 1"],
    );
}

#[tokio::test]
async fn a_closed_session_says_so() {
    let (_server, session) = start_plain().await;
    let statement = session.statement("SELECT 1");
    session.close().await.unwrap();
    let error = statement.query().await.unwrap_err();
    assert_eq!((error.kind(), error.sqlstate().as_str()), (Kind::State, "08003"));
}
