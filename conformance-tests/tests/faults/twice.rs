//! What is sent again and what is not, counted by servers that refuse.

use jetbridge::{Kind, Session};
use jetbridge_conformance::fault::{Answer, FaultServer, Script};
use tonic::Status;

async fn connect(server: &FaultServer) -> jetbridge::Result<Session> {
    Session::connect(format!("flightsql://{}?transport=tcp", server.address())).await
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
