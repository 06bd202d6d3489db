//! Tickets, and locations of every bad kind. All but the last few name the original connection or leave it as the way out.

use jetbridge::Kind;
use prost_types::Timestamp;
use tonic::Status;

use crate::fault::case::{Act, Case};
use crate::fault::data;
use crate::fault::script::{Answer, Script};

/// Nothing of the suite listens on the port of the old multiplexer.
const DEAD: &str = "grpc+tcp://127.0.0.1:1";

fn at(locations: &'static [&'static str]) -> Script {
    Script::new().locations(move |_| locations.iter().map(|uri| (*uri).to_owned()).collect())
}

fn expired() -> Script {
    Script::new().change(|_, info| {
        info.endpoint[0].expiration_time = Some(Timestamp {
            seconds: 1_000_000_000,
            nanos: 0,
        });
    })
}

fn located(name: &'static str, server: &'static str, script: fn() -> Script) -> Case {
    Case::new(name, server, script)
        .about_locations()
        .seen(|seen| seen.count("DoGet") == 1)
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        located("location-no-uri", "names a location that is no URI", || {
            at(&["location_not_used"])
        }),
        located("location-empty", "names the empty location", || at(&[""])),
        located("location-reuse", "says to reuse the connection", || {
            at(&["arrow-flight-reuse-connection://?"])
        }),
        located("location-itself", "names itself", || {
            Script::new().locations(|call| vec![format!("grpc+tcp://{}", call.address)])
        }),
        located("location-dead", "names a port where nothing listens", || {
            at(&[DEAD])
        }),
        located(
            "location-dead-then-itself",
            "names a dead port, then itself",
            || Script::new().locations(|call| vec![DEAD.to_owned(), format!("grpc+tcp://{}", call.address)]),
        ),
        located(
            "location-unspecified",
            "names 0.0.0.0, as servers in containers do",
            || Script::new().locations(|call| vec![format!("grpc+tcp://0.0.0.0:{}", call.address.port())]),
        ),
        located("location-foreign", "names a host that the user did not", || {
            at(&["grpc+tcp://evil.invalid:443"])
        }),
        located(
            "location-internal-name",
            "names a host that only its own network knows",
            || at(&["grpc+tls://worker-7.cluster.internal:50051"]),
        ),
        located("location-socket", "names a Unix socket", || {
            at(&["grpc+unix:///var/run/flight.sock"])
        }),
        located("location-file", "names a file", || at(&["file:///etc/passwd"])),
        located("location-without-port", "names a host without a port", || {
            at(&["grpc+tcp://127.0.0.1"])
        }),
        located(
            "location-with-credentials",
            "hides credentials in a location",
            || at(&["grpc+tcp://root:toor@evil.invalid:443"]),
        ),
        located(
            "location-flood",
            "names ten thousand locations, none of which can be followed",
            || {
                Script::new().locations(|_| {
                    (0..10_000)
                        .map(|n| format!("grpc+tcp://evil{n}.invalid:443"))
                        .collect()
                })
            },
        ),
        Case::new(
            "ticket-good-once",
            "refuses a ticket that is read a second time",
            || {
                Script::new().get(|call, _| match call.before {
                    0 => Answer::send(data::result()),
                    _ => Answer::refuse(Status::not_found("this ticket has been read")),
                })
            },
        ),
        Case::new("ticket-used-up", "says of a ticket that it has been read", || {
            Script::new().get(|_, _| Answer::refuse(Status::not_found("this ticket has been read")))
        })
        .fails(Kind::NotFound, &["this ticket has been read", "endpoint 1 of 1"])
        .seen(|seen| seen.count("DoGet") == 1),
        Case::new(
            "ticket-gone-in-the-middle",
            "breaks after a batch and would answer the ticket again from the start",
            || {
                Script::new().get(|call, _| {
                    let all = data::result();
                    match call.before {
                        0 => Answer::send(all.into_iter().take(2))
                            .then(crate::fault::script::Step::End(Status::unavailable("restarting"))),
                        _ => Answer::send(all),
                    }
                })
            },
        )
        .fails(Kind::Connection, &["restarting"])
        .seen(|seen| seen.count("DoGet") == 1),
        Case::new(
            "expired-long-ago",
            "says that a ticket expired in 2001, and cannot renew it",
            expired,
        ),
        Case::new(
            "renewed-without-a-ticket",
            "renews an expired endpoint to one without a ticket",
            || {
                expired().action(|_, name| {
                    (name == "RenewFlightEndpoint").then(|| Answer::send([Default::default()]))
                })
            },
        ),
        Case::new(
            "renewed-to-rubbish",
            "answers the renewal of an endpoint with rubbish",
            || {
                expired().action(|_, name| {
                    (name == "RenewFlightEndpoint").then(|| Answer::send([vec![0xff; 20].into()]))
                })
            },
        ),
        Case::new(
            "expires-outside-of-time",
            "says that a ticket expires in a year that no calendar has",
            || {
                Script::new().change(|_, info| {
                    info.endpoint[0].expiration_time = Some(Timestamp {
                        seconds: i64::MAX,
                        nanos: i32::MIN,
                    });
                })
            },
        ),
        Case::new(
            "prepared-and-bound",
            "binds parameters and answers with nothing, as older servers do",
            || Script::new().put(|_| Answer::send([])),
        )
        .act(Act::Prepared)
        .seen(|seen| seen.count("ClosePreparedStatement") <= 1),
    ]
}
