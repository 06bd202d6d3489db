//! A binary of its own, with one test: the counting allocator is the process's, so nothing else may run beside it.

use jetbridge::Kind;
use jetbridge_conformance::fault::{FaultServer, Outcome, cases, observe};
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
    println!("{}", figures.join("\n"));
}
