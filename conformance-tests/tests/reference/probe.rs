//! Connecting step by step: which step fails is said, whatever the way.

use jetbridge::{Session, Step};
use jetbridge_reference_server::ReferenceServer;
use tokio::net::TcpListener;

use super::string;

/// The steps that were done, and the one that failed.
async fn steps(connection: &str) -> (Vec<Step>, Option<Step>) {
    let mut probes = Session::probe(connection).await.unwrap();
    let probe = probes.remove(0);
    let done = probe.steps().iter().map(|(step, _)| *step).collect();
    (done, probe.failure().map(|(step, _)| step))
}

#[tokio::test]
async fn every_step_to_a_first_answer_is_timed() {
    let server = ReferenceServer::builder()
        .users([("ada", "right")])
        .serve()
        .await
        .unwrap();
    let connection = string(&server).replace("127.0.0.1", "ada:right@localhost");
    assert_eq!(
        steps(&connection).await,
        (
            vec![Step::Name, Step::Connect, Step::Http2, Step::Login, Step::Query],
            None
        )
    );
    let wrong = string(&server).replace("127.0.0.1", "ada:wrong@127.0.0.1");
    assert_eq!(
        steps(&wrong).await,
        (vec![Step::Connect, Step::Http2], Some(Step::Login))
    );
    // Without a login the first query is refused.
    assert_eq!(
        steps(&string(&server)).await,
        (vec![Step::Connect, Step::Http2], Some(Step::Query))
    );
}

#[tokio::test]
async fn a_token_that_cannot_be_had_is_a_failed_login() {
    let server = ReferenceServer::builder().token("t").serve().await.unwrap();
    let connection = format!("{}&token_file=/nowhere/at/all", string(&server));
    assert_eq!(steps(&connection).await.1, Some(Step::Login));
}

#[tokio::test]
async fn each_host_has_its_own_answer() {
    let server = ReferenceServer::builder().serve().await.unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let connection = string(&server).replace("flightsql://", &format!("flightsql://127.0.0.1:{port},"));
    let probes = Session::probe(connection).await.unwrap();
    let failed: Vec<_> = probes
        .iter()
        .map(|probe| probe.failure().map(|(step, _)| step))
        .collect();
    assert_eq!(failed, [Some(Step::Connect), None]);
}
