//! A binary of its own, with one test: the counting allocator is the process's, so nothing else may run beside it.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_flight::Location;
use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use jetbridge::{Kind, Session};
use jetbridge_conformance::fault::{FaultServer, Outcome, Script, cases, data, observe};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const MIB: usize = 1 << 20;

/// Servers that claim what they do not send, or send without an end, and how much may be allocated at most: by the server too, which runs
/// in this process.
const LIARS: &[(&str, usize)] = &[
    ("claims-a-trillion-rows", 4 * MIB),
    ("claims-fewer-than-no-rows", 4 * MIB),
    ("claims-more-rows-than-sent", 4 * MIB),
    ("claims-rows-without-bytes", 4 * MIB),
    ("claims-a-buffer-of-a-terabyte", 4 * MIB),
    ("claims-to-unpack-to-a-terabyte", 4 * MIB),
    ("claims-to-unpack-to-less", 4 * MIB),
    ("claims-two-gigabytes", 4 * MIB),
    ("compressed-rubbish", 4 * MIB),
    // The message has 2.4 MB, which the server holds twice; the client is told 1 MiB.
    ("message-above-the-limit", 12 * MIB),
    ("location-flood", 8 * MIB),
    ("huge-headers", 16 * MIB),
    ("metadata-without-end", 64 * MIB),
    ("an-action-without-end", 192 * MIB),
    ("update-answered-without-end", 64 * MIB),
    ("handshake-loops", 64 * MIB),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_lies_makes_the_driver_allocate_no_more_than_it_sent() {
    let cases = cases();
    let mut figures = Vec::new();
    for (name, most) in LIARS {
        let case = cases.iter().find(|case| case.name == *name).expect("the case");
        let server = FaultServer::start(case.script(), 0).await.expect("a free port");
        ALLOCATED.reset_peak_usage();
        let before = ALLOCATED.current_usage();
        let observed = observe(case, server.address()).await;
        let allocated = ALLOCATED.peak_usage().saturating_sub(before);
        if let Outcome::Fails(kind, _) = case.outcome {
            assert_eq!(
                observed.error.as_ref().map(jetbridge::Error::kind),
                Some(kind),
                "{name}"
            );
            assert_ne!(
                kind,
                Kind::Connection,
                "{name}: a broken connection shows nothing"
            );
        }
        figures.push(format!("{name}: {} KiB of {} KiB", allocated >> 10, most >> 10));
        assert!(
            allocated <= *most,
            "{name} allocated {allocated} bytes; so far {figures:#?}"
        );
    }
    for (name, object, script) in objects() {
        let most = 6 * MIB + 4 * object.len();
        let allocated = reading(object, script).await;
        figures.push(format!("{name}: {} KiB of {} KiB", allocated >> 10, most >> 10));
        assert!(
            allocated <= most,
            "{name} allocated {allocated} bytes; so far {figures:#?}"
        );
    }
    println!("{}", figures.join("\n"));
}

/// What reading an object behind a URL allocates, until it gives way to the session's own server. The object itself is there more than once: with who
/// serves it, on its way, and with who reads it.
async fn reading(object: Vec<u8>, script: Script) -> usize {
    let object = Bytes::from(object);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let uri = format!("http://{}/object", listener.local_addr().expect("its address"));
    let router = Router::new().route("/object", get(async move || object));
    let web = tokio::spawn(async move { axum::serve(listener, router).await });
    // Without a schema, so that only the object says what it is.
    let script = script.change(move |_, info| {
        info.schema = Bytes::new();
        info.endpoint[0].location = vec![Location { uri: uri.clone() }];
    });
    let server = FaultServer::start(script, 0).await.expect("a free port");
    let string = format!(
        "flightsql://{}?transport=tcp&max_message_size=2MiB",
        server.address()
    );
    let session = Session::connect(string).await.expect("a session");
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    let mut cursor = session.query("SELECT n").await.expect("a result");
    assert_eq!(cursor.fetch_all().await.expect("its rows").len(), 6);
    let allocated = ALLOCATED.peak_usage().saturating_sub(before);
    // It was the session's own server that had them.
    assert_eq!(server.seen().count("DoGet"), 1);
    web.abort();
    allocated
}

/// Objects that claim more than they hold, and such as unpack to hundreds of times what they are.
fn objects() -> Vec<(&'static str, Vec<u8>, Script)> {
    let zeros: ArrayRef = Arc::new(Int64Array::from(vec![0; 8 << 20]));
    let long = "x".repeat(100_000);
    let texts: ArrayRef = Arc::new(StringArray::from(vec![long.as_str(); 1000]));
    let groups = [&[0x49, 0xfc, 0x80, 0x80, 0x40][..], &vec![0; MIB], &[0]].concat();
    let of_text = Script::new().sends(|| {
        let column: ArrayRef = Arc::new(StringArray::from(vec!["a"; 6]));
        data::columns([("n", column)])
    });
    vec![
        // 2^34 columns in ten bytes, and a million row groups in one MiB.
        (
            "claims-columns",
            footer(&[0x29, 0xfc, 0x80, 0x80, 0x80, 0x80, 0x40, 0]),
            Script::new(),
        ),
        ("claims-row-groups", footer(&groups), Script::new()),
        // 64 MiB and 100 MB in a few KiB.
        ("unpacks-to-64-mib", file(("n", zeros), false), Script::new()),
        ("one-text-for-a-thousand", file(("n", texts), true), of_text),
    ]
}

/// A Parquet file with nothing but this footer.
fn footer(footer: &[u8]) -> Vec<u8> {
    let length = u32::try_from(footer.len()).expect("a short footer").to_le_bytes();
    [b"PAR1", footer, &length, b"PAR1"].concat()
}

fn file(column: (&str, ArrayRef), dictionary: bool) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter([column]).expect("a batch");
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(dictionary)
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).expect("a writer");
    writer.write(&batch).expect("a file");
    writer.into_inner().expect("a file")
}
