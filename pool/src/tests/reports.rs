//! What is said about a pool, and to whom.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::sleep;
use tracing::Instrument as _;

use super::{Scene, StandIn};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Takes what this thread says, as long as the guard lives.
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }
}

#[tokio::test(start_paused = true)]
async fn a_loan_held_too_long_is_reported_with_where_and_in_which_span_it_was_taken() {
    let log = Log::default();
    let _listening = log.listen();
    let stand_in = StandIn::new(
        "pool_max_size=2;pool_leak_threshold=2s;password=c4nary;user=ada",
        Scene::default(),
    );
    let (loan, line) = async { (stand_in.get().await.unwrap(), line!()) }
        .instrument(tracing::info_span!("checkout", order = 42))
        .await;
    drop(stand_in.get().await.unwrap());
    sleep(Duration::from_secs(3)).await;
    let text = log.text();
    assert!(
        text.contains("held for longer than pool_leak_threshold"),
        "{text}"
    );
    assert!(text.contains(&format!("reports.rs:{line}")), "{text}");
    assert!(
        text.contains("checkout{order=42}") && text.contains("taken_in=\"checkout\""),
        "{text}"
    );
    assert_eq!(
        stand_in.pool.core().counts.snapshot().leaked,
        1,
        "the other came back in time"
    );
    // Forgotten for good, it is reported once.
    std::mem::forget(loan);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(stand_in.pool.core().counts.snapshot().leaked, 1);
    assert!(!log.text().contains("c4nary"));
}

#[tokio::test(start_paused = true)]
async fn what_happens_is_counted() {
    let stand_in = StandIn::new("pool_max_size=1", Scene::default());
    for _ in 0..3 {
        let loan = stand_in.get().await.unwrap();
        sleep(Duration::from_millis(20)).await;
        drop(loan);
    }
    let mut loan = stand_in.get().await.unwrap();
    loan.slot_mut().session.broken = true;
    let (waited, ()) = tokio::join!(stand_in.get(), async {
        sleep(Duration::from_millis(7)).await;
        drop(loan);
    });
    drop(waited.unwrap());
    let seen = stand_in.pool.core().counts.snapshot();
    assert_eq!((seen.connected, seen.connect_failed, seen.recycled), (2, 0, 3));
    assert_eq!(seen.acquired_at_once + seen.acquired_after_waiting, 5);
    assert_eq!(seen.closed_for(crate::Closed::Broken), 1);
    assert_eq!((seen.wait.count, seen.hold.count), (5, 5));
    assert!((67..=75).contains(&seen.hold.sum.as_millis()), "{:?}", seen.hold);
    assert!((7..=12).contains(&seen.wait.sum.as_millis()), "{:?}", seen.wait);
}

#[cfg(feature = "opentelemetry")]
#[tokio::test]
async fn opentelemetry_hears_the_same() {
    use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};

    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(exporter.clone()).build())
        .build();
    opentelemetry::global::set_meter_provider(provider.clone());
    let stand_in = StandIn::new("pool_max_size=3;password=c4nary;user=ada", Scene::default());
    drop(stand_in.get().await.unwrap());
    provider.force_flush().unwrap();
    let told = format!("{:?}", exporter.get_finished_metrics().unwrap());
    for name in [
        "db.client.connection.max",
        "db.client.connection.wait_time",
        "db.client.connection.use_time",
        "jetbridge.pool.acquired",
    ] {
        assert!(told.contains(name), "{name} is not in {told}");
    }
    assert!(told.contains("stand-in:31337") && !told.contains("c4nary"));
}
