//! The echo of DoExchange.

use arrow_flight::FlightData;
use futures::{StreamExt as _, stream};
use tokio::sync::watch;
use tonic::{Response, Status, Streaming};

/// Says at its end how the client ended its side.
struct Side {
    sent: Streaming<FlightData>,
    ends: watch::Sender<Option<bool>>,
    finished: bool,
}

impl Drop for Side {
    fn drop(&mut self) {
        self.ends.send_replace(Some(self.finished));
    }
}

/// Echoes message by message. The headers of the answer wait for the first batch.
pub(super) async fn echo(
    sent: Streaming<FlightData>,
    ends: watch::Sender<Option<bool>>,
) -> Result<Response<super::Stream<FlightData>>, Status> {
    let mut side = Side {
        sent,
        ends,
        finished: false,
    };
    let begin = side.sent.message().await?;
    let schema = begin
        .filter(|schema| {
            schema
                .flight_descriptor
                .as_ref()
                .is_some_and(|descriptor| descriptor.cmd.as_ref() == b"echo")
        })
        .ok_or_else(|| Status::invalid_argument("no echo"))?;
    let schema = FlightData {
        flight_descriptor: None,
        ..schema
    };
    let first = side.sent.message().await?;
    let begin = stream::iter([Some(schema), first].into_iter().flatten().map(Ok));
    let rest = stream::unfold(side, |mut side| async {
        match side.sent.message().await {
            Ok(Some(message)) => Some((Ok(message), side)),
            Ok(None) => {
                side.finished = true;
                drop(side);
                None
            }
            Err(status) => Some((Err(status), side)),
        }
    });
    Ok(Response::new(begin.chain(rest).boxed()))
}
