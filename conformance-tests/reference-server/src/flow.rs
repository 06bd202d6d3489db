//! Batches on their way out: paced, cancellable, and cut off where a hint says so; then as Flight data.

use std::time::Duration;

use arrow::datatypes::SchemaRef;
use arrow_flight::FlightData;
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::error::FlightError;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use tonic::Status;

use crate::counters::OpenStream;
use crate::results::Batches;
use crate::stop::Stop;

/// The data of a DoGet.
pub(crate) type DataStream = BoxStream<'static, Result<FlightData, Status>>;

/// Spreads a result over a time: each batch waits for its turn, and an empty result for the end.
pub(crate) fn paced(batches: Batches, count: usize, over: Duration) -> Batches {
    let gap = over / u32::try_from(count.max(1)).unwrap_or(u32::MAX);
    if count == 0 {
        return stream::once(async move {
            tokio::time::sleep(gap).await;
            Ok(None)
        })
        .try_filter_map(|none| std::future::ready(Ok(none)))
        .boxed();
    }
    batches
        .then(move |batch| async move {
            tokio::time::sleep(gap).await;
            batch
        })
        .boxed()
}

/// Ends with an error after so many batches.
pub(crate) fn dying(batches: Batches, after: usize) -> Batches {
    let death = Status::internal(format!("the stream was asked to die after {after} batches"));
    batches
        .take(after)
        .chain(stream::once(std::future::ready(Err(death))))
        .boxed()
}

/// Ends with `CANCELLED` as soon as the flag is raised, also while waiting for a batch.
pub(crate) fn stoppable(batches: Batches, stop: Stop) -> Batches {
    stream::unfold(Some((batches, stop)), |state| async move {
        let (mut batches, stop) = state?;
        tokio::select! {
            biased;
            () = stop.wait() => Some((Err(Stop::status()), None)),
            batch = batches.next() => match batch {
                Some(Ok(batch)) => Some((Ok(batch), Some((batches, stop)))),
                Some(Err(error)) => Some((Err(error), None)),
                None => None,
            },
        }
    })
    .boxed()
}

/// Encodes batches. The schema goes out even when no batch follows.
pub(crate) fn encoded(schema: SchemaRef, batches: Batches, open: OpenStream) -> DataStream {
    FlightDataEncoderBuilder::new()
        .with_schema(schema)
        .build(batches.map_err(|status| FlightError::Tonic(Box::new(status))))
        .map_err(|error| match error {
            FlightError::Tonic(status) => *status,
            other => Status::internal(other.to_string()),
        })
        .map(move |data| {
            // Counted as open until the stream is dropped.
            let _open = &open;
            data
        })
        .boxed()
}
