//! Servers that say nothing, say it slowly, or do not stop.

use std::time::Duration;

use jetbridge::Kind::Timeout;

use crate::fault::case::{Act, Case};
use crate::fault::data::{self, batch, messages};
use crate::fault::raw::{End, Raw};
use crate::fault::script::{Answer, Script, Step};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("query-never-answered", "never answers a query", || {
            Script::new().info(|_| Answer::of([Step::Hang]))
        })
        .with("&query_timeout=1s")
        .fails(Timeout, &["query_timeout", "executing a query"])
        .seen(|seen| seen.count("GetFlightInfo") == 1),
        Case::new(
            "stream-never-begins",
            "answers a DoGet with headers alone",
            || Script::new().get(|_, _| Answer::of([Step::Hang])),
        )
        .with("&idle_timeout=1s")
        .fails(Timeout, &["idle_timeout", "fetching endpoint 1 of 1"]),
        Case::new("stops-after-the-schema", "stops after the schema", || {
            Script::new().get(|_, _| Answer::send(data::result().into_iter().take(1)).then(Step::Hang))
        })
        .with("&idle_timeout=1s")
        .fails(Timeout, &["idle_timeout"]),
        Case::new("stops-after-two-batches", "stops after two batches", || {
            Script::new().get(|_, _| Answer::send(data::result().into_iter().take(3)).then(Step::Hang))
        })
        .with("&idle_timeout=1s")
        .fails(Timeout, &["idle_timeout", "fetching endpoint 1 of 1"]),
        Case::new(
            "never-ends",
            "sends every batch and never ends the stream",
            || Script::new().get(|_, _| Answer::send(data::result()).then(Step::Hang)),
        )
        .with("&idle_timeout=1s")
        .fails(Timeout, &["idle_timeout"]),
        Case::new("trickles-bytes", "trickles a batch, a byte a second", || {
            Script::new().raw(Raw {
                messages: 3,
                end: End::Trickle(Duration::from_secs(1)),
            })
        })
        .with("&idle_timeout=2s")
        .fails(Timeout, &["idle_timeout"]),
        Case::new(
            "slow-but-steady",
            "sends a row every 300 ms, longer in all than any deadline",
            || {
                Script::new().get(|_, _| {
                    let mut sent = messages(&[batch(&[1])]);
                    let row = sent.remove(1);
                    Answer::send(sent).then(Step::Often(row, 10, Duration::from_millis(300)))
                })
            },
        )
        .with("&idle_timeout=2500ms")
        .rows(&[1; 10]),
        Case::new("rows-without-end", "sends rows without an end", || {
            Script::new().get(|_, _| {
                let mut sent = messages(&[batch(&[1])]);
                let row = sent.remove(1);
                Answer::send(sent).then(Step::Often(row, usize::MAX, Duration::from_millis(20)))
            })
        })
        .with("&total_timeout=1s")
        .rows(&[1; 1000])
        .fails(Timeout, &["total_timeout"]),
        Case::new(
            "metadata-without-end",
            "sends application metadata without an end, and no schema",
            || {
                Script::new().get(|_, _| {
                    Answer::of([Step::Forever(arrow_flight::FlightData {
                        app_metadata: vec![0; 1024].into(),
                        ..Default::default()
                    })])
                })
            },
        )
        .fails(jetbridge::Kind::Protocol, &["does not send a schema"]),
        Case::new(
            "close-never-answered",
            "never answers the end of a session",
            || Script::new().action(|_, name| (name == "CloseSession").then(|| Answer::of([Step::Hang]))),
        )
        .act(Act::Twice)
        .with("&close_timeout=1s")
        .fails(Timeout, &["close_timeout"]),
        Case::new("sql-info-never-answered", "never answers GetSqlInfo", || {
            Script::new().sql_info_too().info(|_| Answer::of([Step::Hang]))
        })
        .act(Act::SqlInfo)
        .with("&metadata_timeout=1s")
        .fails(Timeout, &["metadata_timeout"]),
    ]
}
