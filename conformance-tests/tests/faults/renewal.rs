//! Endpoints that are renewed while they wait for their turn.

use std::time::{Duration, SystemTime};

use jetbridge::Session;
use jetbridge_conformance::fault::{Answer, FaultServer, Script, Step, data};

#[tokio::test]
async fn an_endpoint_that_waits_and_is_renewed_without_a_ticket_is_read_by_the_one_it_had() {
    let script = Script::new()
        .info(|_| {
            let mut info = data::info(2);
            let soon = SystemTime::now() + Duration::from_secs(1);
            info.endpoint[1].expiration_time = Some(soon.into());
            Answer::send([info])
        })
        .get(|_, endpoint| match endpoint {
            // It takes longer than the other waits to be renewed.
            0 => Answer::of(
                data::result()
                    .into_iter()
                    .map(|message| Step::Often(message, 1, Duration::from_millis(500))),
            ),
            _ => Answer::send(data::result()),
        })
        .action(|_, name| (name == "RenewFlightEndpoint").then(|| Answer::send([Default::default()])));
    let server = FaultServer::start(script, 0).await.unwrap();
    let options = "transport=tcp&endpoint_parallelism=1";
    let session = Session::connect(format!("flightsql://{}?{options}", server.address()))
        .await
        .unwrap();
    let rows = session
        .query("SELECT n")
        .await
        .unwrap()
        .fetch_all()
        .await
        .unwrap();
    assert_eq!(rows.len(), 12);
    assert!(server.seen().count("RenewFlightEndpoint") > 0);
}
