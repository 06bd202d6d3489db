//! DoGet: the messages behind a ticket.

use http::uri::PathAndQuery;
use tonic::Status;
use tonic::client::Grpc;

use super::data::DataMessage;
use super::tap::tap;
use super::{Protocol, Ticket};
use crate::error::{Operation, Result};
use crate::transport::{CallOptions, Reply};

/// The stream of a DoGet.
pub(crate) type DataReply = Reply<DataMessage>;

pub(super) const PATH: &str = "/arrow.flight.protocol.FlightService/DoGet";

impl Protocol {
    /// DoGet. Never sent again once the server may have read it: that may use the ticket up.
    pub(crate) async fn do_get(
        &self,
        operation: Operation,
        ticket: &Ticket,
        options: &CallOptions,
    ) -> Result<DataReply> {
        let channel = self.transport.channel();
        let limit = self.transport.config().get_max_message_size();
        let message = arrow_flight::Ticket {
            ticket: ticket.as_bytes().clone(),
        };
        let answer = self
            .transport
            .call(&operation, options, message, |_, request| {
                let (tapped, codec) = tap(channel.clone(), limit);
                async move {
                    let mut client = Grpc::new(tapped);
                    client.ready().await.map_err(Status::from_error)?;
                    let path = PathAndQuery::from_static(PATH);
                    client.server_streaming(request, path, codec).await
                }
            })
            .await?;
        Ok(Reply::new(self.transport.clone(), operation, options, answer))
    }
}
