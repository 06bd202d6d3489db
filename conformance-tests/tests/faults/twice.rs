//! What is sent again and what is not, counted by servers that refuse.

use std::net::SocketAddr;
use std::time::Duration;

use arrow_flight::HandshakeResponse;
use jetbridge::{Error, Kind, Session};
use jetbridge_conformance::fault::{Answer, FaultServer, Script, Step, TurnedAway, UploadServer, data};
use tonic::Status;

async fn connect(server: &FaultServer) -> jetbridge::Result<Session> {
    session(server.address()).await
}

async fn session(address: SocketAddr) -> jetbridge::Result<Session> {
    Session::connect(format!("flightsql://{address}?transport=tcp")).await
}

/// A plain update, and one that is prepared and has a parameter: what came of each, and how many uploads the server has seen of it.
async fn updates(away: TurnedAway, times: usize) -> Vec<(jetbridge::Result<Option<u64>>, usize)> {
    let mut outcomes = Vec::new();
    let server = UploadServer::start(away, times).await.unwrap();
    let plain = session(server.address())
        .await
        .unwrap()
        .update("DELETE FROM t")
        .await;
    outcomes.push((plain, server.seen().count("DoPut")));
    let server = UploadServer::start(away, times).await.unwrap();
    let session = session(server.address()).await.unwrap();
    let statement = session.prepare("DELETE FROM t WHERE n = ?").await.unwrap();
    let prepared = statement.update((1_i64,)).await;
    outcomes.push((prepared, server.seen().count("DoPut")));
    outcomes
}

/// Refused unread once: the update has run, by its second upload. Refused always: the first upload and the two that the budget allows, and
/// then an error which says that nothing has happened.
async fn is_sent_again_as_often_as_the_budget_says(away: TurnedAway) {
    for (outcome, uploads) in updates(away, 1).await {
        assert_eq!((outcome.unwrap(), uploads), (Some(1), 2), "{away:?}");
    }
    for (outcome, uploads) in updates(away, usize::MAX).await {
        let error = outcome.unwrap_err();
        assert_eq!(uploads, 3, "{away:?}: {error}");
        assert!(error.is_retryable(), "{error}");
    }
}

async fn is_never_sent_again(away: TurnedAway) {
    for (outcome, uploads) in updates(away, usize::MAX).await {
        let error = outcome.unwrap_err();
        assert_eq!(uploads, 1, "{away:?}: {error}");
        assert!(!error.is_retryable(), "{error}");
    }
}

#[tokio::test]
async fn an_update_refused_unread_is_sent_again_as_often_as_the_budget_says() {
    is_sent_again_as_often_as_the_budget_says(TurnedAway::Refused).await;
}

#[tokio::test]
async fn an_update_that_a_goaway_does_not_cover_is_sent_again_as_often_as_the_budget_says() {
    is_sent_again_as_often_as_the_budget_says(TurnedAway::GoneBefore).await;
}

#[tokio::test]
async fn an_update_that_a_goaway_covers_is_never_sent_again() {
    is_never_sent_again(TurnedAway::GoneAfter).await;
}

#[tokio::test]
async fn an_update_whose_stream_is_reset_for_any_other_reason_is_never_sent_again() {
    use h2::Reason;
    for reason in [
        Reason::NO_ERROR,
        Reason::CANCEL,
        Reason::INTERNAL_ERROR,
        Reason::ENHANCE_YOUR_CALM,
        Reason::PROTOCOL_ERROR,
    ] {
        is_never_sent_again(TurnedAway::Reset(reason)).await;
    }
    is_never_sent_again(TurnedAway::Dropped).await;
}

#[tokio::test]
async fn rows_of_a_stream_are_never_sent_again_even_where_they_were_refused_unread() {
    let server = UploadServer::start(TurnedAway::Refused, 1).await.unwrap();
    let session = session(server.address()).await.unwrap();
    let rows = futures::stream::iter([Ok(data::batch(&[1, 2]))]);
    let ingest = session.ingest("t").run_stream(data::schema(), rows);
    let error = ingest.await.unwrap_err();
    assert_eq!(server.seen().count("DoPut"), 1, "{error}");
    // Whoever has the rows may send them again.
    assert!(error.is_retryable(), "{error}");
}

#[tokio::test]
async fn an_upload_whose_rows_end_in_an_error_is_reset_and_never_taken_for_whole() {
    let server = UploadServer::start(TurnedAway::Refused, 0).await.unwrap();
    let session = session(server.address()).await.unwrap();
    let broken = Error::new(Kind::Conversion, "the source is broken");
    let rows = futures::stream::iter([Ok(data::batch(&[1, 2])), Err(broken)]);
    let ingest = session.ingest("t").run_stream(data::schema(), rows);
    let error = ingest.await.unwrap_err();
    assert_eq!(error.message(), "the source is broken", "{error}");
    // The server reads an upload to its end before it answers, and this one had none.
    session.update("DELETE FROM t").await.unwrap();
    assert_eq!(server.whole_uploads(), 1);
}

#[tokio::test]
async fn a_login_is_tried_again_when_the_server_is_unavailable_and_never_when_it_refuses_the_password() {
    let login = async |refusals: usize, status: Status| {
        let script = Script::new().handshake(move |call| match call.before < refusals {
            true => Answer::refuse(status.clone()),
            false => Answer::send([]).header("authorization", "Bearer token"),
        });
        let server = FaultServer::start(script, 0).await.unwrap();
        let string = format!("flightsql://ada:secret@{}?transport=tcp", server.address());
        let outcome = Session::connect(string).await.map(drop);
        (outcome, server.seen().count("Handshake"))
    };
    let (outcome, tries) = login(2, Status::unavailable("starting")).await;
    assert_eq!((outcome.is_ok(), tries), (true, 3));
    let (outcome, tries) = login(usize::MAX, Status::unavailable("down")).await;
    assert_eq!((outcome.unwrap_err().kind(), tries), (Kind::Connection, 3));
    let (outcome, tries) = login(usize::MAX, Status::unauthenticated("wrong password")).await;
    assert_eq!((outcome.unwrap_err().kind(), tries), (Kind::Authentication, 1));
    let (outcome, tries) = login(usize::MAX, Status::internal("broken")).await;
    assert_eq!((outcome.unwrap_err().kind(), tries), (Kind::Server, 1));
}

#[tokio::test]
async fn a_login_is_not_tried_beyond_connect_timeout() {
    let script = Script::new().handshake(|_| {
        let late = Step::Often(HandshakeResponse::default(), 1, Duration::from_millis(700));
        Answer::of([late, Step::End(Status::unavailable("down"))])
    });
    let server = FaultServer::start(script, 0).await.unwrap();
    let options = "transport=tcp&connect_timeout=1s";
    let string = format!("flightsql://ada:secret@{}?{options}", server.address());
    let error = Session::connect(string).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout, "{error}");
    assert!(server.seen().count("Handshake") <= 2);
}

#[tokio::test]
async fn a_prepared_update_is_never_sent_twice_though_the_server_says_it_knows_no_such_handle() {
    for status in [
        Status::not_found("no prepared statement with this handle"),
        Status::invalid_argument("unknown prepared statement handle"),
        Status::not_found("no such row"),
    ] {
        let unknown = status.clone();
        // It has run the update. Then it says that it knows no such handle, and when it is to close it, it says so again.
        let script = Script::new()
            .put(move |_| Answer::refuse(status.clone()))
            .action(move |_, name| {
                (name == "ClosePreparedStatement").then(|| Answer::refuse(unknown.clone()))
            });
        let server = FaultServer::start(script, 0).await.unwrap();
        let session = connect(&server).await.unwrap();
        let statement = session.prepare("DELETE FROM t").await.unwrap();
        let error = statement.update(()).await.unwrap_err();
        assert!(error.to_string().contains("not repeated"), "{error}");
        assert_eq!(server.seen().count("DoPut"), 1, "{error}");
        // The next run is the user's own word, with a handle of its own.
        statement.update(()).await.unwrap_err();
        assert_eq!(server.seen().count("DoPut"), 2);
        assert_eq!(server.seen().count("CreatePreparedStatement"), 2);
    }
}

#[tokio::test]
async fn a_prepared_query_that_may_change_something_is_never_sent_twice() {
    for (sql, times) in [
        ("INSERT INTO t VALUES (1) RETURNING a", 1),
        ("CALL clean_up()", 1),
        ("SELECT a FROM t", 2),
    ] {
        let unknown = || Status::not_found("no prepared statement with this handle");
        let script = Script::new()
            .info(move |_| Answer::refuse(unknown()))
            .action(move |_, name| (name == "ClosePreparedStatement").then(|| Answer::refuse(unknown())));
        let server = FaultServer::start(script, 0).await.unwrap();
        let session = connect(&server).await.unwrap();
        let statement = session.prepare(sql).await.unwrap();
        let error = statement.query(()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::NotFound, "{error}");
        assert_eq!(server.seen().count("GetFlightInfo"), times, "{sql}");
    }
}
