//! DoGet: the messages behind a ticket.

use arrow_flight::FlightData;

use super::{Protocol, Ticket};
use crate::error::{Operation, Result};
use crate::transport::{CallOptions, Reply};

/// The stream of a DoGet.
pub(crate) type DataReply = Reply<FlightData>;

impl Protocol {
    /// DoGet. Never sent again once the server may have read it: that may use the ticket up.
    pub(crate) async fn do_get(
        &self,
        operation: Operation,
        ticket: &Ticket,
        options: &CallOptions,
    ) -> Result<DataReply> {
        let message = arrow_flight::Ticket {
            ticket: ticket.as_bytes().clone(),
        };
        let answer = self
            .transport
            .call(&operation, options, message, |mut client, request| async move {
                client.do_get(request).await
            })
            .await?;
        Ok(Reply::new(self.transport.clone(), operation, options, answer))
    }
}
