//! A stream that ends wrongly. Two good batches have come before, unless the case says otherwise.

use h2::Reason;
use jetbridge::Kind::{self, Connection};
use tonic::Status;

use crate::fault::case::Case;
use crate::fault::data;
use crate::fault::raw::{End, Raw};
use crate::fault::script::{Answer, Script, Step};

fn raw(messages: usize, end: End) -> Script {
    Script::new().raw(Raw { messages, end })
}

const FETCHING: &[&str] = &["fetching endpoint 1 of 1", "127.0.0.1:"];

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("end-without-trailers", "ends the stream without trailers", || {
            raw(3, End::NoTrailers)
        })
        .fails(
            Connection,
            &["cut before the server ended it", "fetching endpoint 1 of 1"],
        ),
        Case::new(
            "end-in-a-message",
            "ends the stream in the middle of a message",
            || raw(3, End::HalfThenEnd),
        )
        .fails(Connection, FETCHING),
        Case::new(
            "half-a-message-then-ok",
            "sends half a message, then status OK",
            || raw(3, End::HalfThenOk),
        )
        .fails(Connection, FETCHING),
        Case::new(
            "trailers-without-status",
            "sends trailers without a status",
            || raw(3, End::NoStatus),
        )
        .fails(Connection, FETCHING),
        Case::new(
            "status-99",
            "ends with the status 99, which gRPC does not have",
            || raw(3, End::Status("99")),
        )
        .fails(Kind::Server, FETCHING),
        Case::new("status-unavailable", "ends with the status UNAVAILABLE", || {
            raw(3, End::Status("14"))
        })
        .fails(Connection, FETCHING),
        Case::new("reset-no-error", "resets the stream with NO_ERROR", || {
            raw(3, End::Reset(Reason::NO_ERROR))
        })
        .fails(Connection, FETCHING),
        Case::new("reset-cancel", "resets the stream with CANCEL", || {
            raw(3, End::Reset(Reason::CANCEL))
        })
        .fails(Connection, FETCHING),
        Case::new("reset-internal", "resets the stream with INTERNAL_ERROR", || {
            raw(3, End::Reset(Reason::INTERNAL_ERROR))
        })
        .fails(Connection, FETCHING),
        Case::new("goaway", "says GOAWAY and closes", || {
            raw(3, End::GoAway(Reason::NO_ERROR))
        })
        .fails(Connection, FETCHING),
        Case::new(
            "goaway-enhance-your-calm",
            "says GOAWAY (ENHANCE_YOUR_CALM) and closes",
            || raw(3, End::GoAway(Reason::ENHANCE_YOUR_CALM)),
        )
        .fails(Connection, FETCHING),
        Case::new("connection-dropped", "closes the connection", || {
            raw(3, End::Drop)
        })
        .fails(Connection, FETCHING),
        Case::new(
            "reset-before-the-schema",
            "resets the stream before it sends anything",
            || raw(0, End::Reset(Reason::INTERNAL_ERROR)),
        )
        .fails(Connection, FETCHING),
        Case::new(
            "reset-after-the-schema",
            "resets the stream after the schema",
            || raw(1, End::Reset(Reason::INTERNAL_ERROR)),
        )
        .fails(Connection, FETCHING),
        Case::new(
            "reset-after-one-batch",
            "resets the stream after one batch",
            || raw(2, End::Reset(Reason::INTERNAL_ERROR)),
        )
        .fails(Connection, FETCHING),
        Case::new(
            "reset-after-every-batch",
            "sends every batch, and resets the stream in place of a status",
            || raw(4, End::Reset(Reason::INTERNAL_ERROR)),
        )
        .fails(Connection, FETCHING),
        Case::new(
            "end-without-trailers-after-every-batch",
            "sends every batch, and no trailers",
            || raw(4, End::NoTrailers),
        )
        .fails(Connection, FETCHING),
        Case::new(
            "refused-unread",
            "refuses the stream unread once (REFUSED_STREAM)",
            || raw(4, End::RefusedOnce),
        )
        .seen(|seen| seen.count("DoGet") == 2 && seen.count("GetFlightInfo") == 1),
        Case::new(
            "a-page-of-html-502",
            "sends a proxy's page of HTML with status 502",
            || raw(0, End::Page(502)),
        )
        .fails(Connection, &["502", "text/html", "fetching endpoint 1 of 1"]),
        Case::new(
            "a-page-of-html-200",
            "sends a page of HTML with status 200",
            || raw(0, End::Page(200)),
        )
        .fails(Kind::Server, &["text/html", "not gRPC"]),
        Case::new(
            "compressed-unasked",
            "sets the flag of a compression nobody agreed on",
            || raw(3, End::Compressed),
        )
        .fails(Kind::Server, FETCHING),
        Case::new(
            "claims-two-gigabytes",
            "announces a message of 2 GiB, and sends eight bytes of it",
            || raw(3, End::Claims(1 << 31)),
        )
        .fails(Kind::Resource, &["max_message_size"]),
        Case::new(
            "status-after-two-batches",
            "sends an error status after two batches",
            || {
                Script::new().get(|_, _| {
                    let two = data::result().into_iter().take(3);
                    Answer::send(two).then(Step::End(Status::internal("disk on fire")))
                })
            },
        )
        .fails(Kind::Server, &["disk on fire", "fetching endpoint 1 of 1"]),
    ]
}
