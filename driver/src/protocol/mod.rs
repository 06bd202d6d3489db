//! One method per RPC of Flight SQL, typed in and typed out: the only module that knows the names on the wire.
//!
//! | RPC | methods |
//! | --- | --- |
//! | GetFlightInfo, GetSchema, PollFlightInfo | [`info`]: `flight_info`, `schema`, `poll` |
//! | DoGet | [`get`]: `do_get`; its messages by [`tap`] and [`data`] |
//! | DoExchange | [`exchange`]: `do_exchange` |
//! | DoPut | [`put`]: `update`, `bind`, `ingest`; [`text`]: `run_text`, which needs GetFlightInfo and DoGet where updates are lacking |
//! | DoAction, ListActions | [`action`]: prepare and close, transactions, savepoints, cancel, renew |
//! | DoAction | [`session`]: session options, close |
//!
//! What a server answers is checked here: above this module nothing of an answer is optional that the specification demands.

mod action;
mod command;
mod data;
mod exchange;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod get;
mod info;
mod messages;
mod put;
mod schema;
mod session;
mod tap;
mod text;

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;

pub(crate) use self::action::Prepared;
pub use self::action::{ActionType, CancelStatus, SavepointEnd, TransactionEnd};
pub(crate) use self::command::Command;
pub use self::command::{IngestMode, SubstraitPlan};
pub(crate) use self::data::DataMessage;
pub use self::exchange::FlightDescriptor;
pub(crate) use self::exchange::{Exchange, ExchangeEncoder, Sent};
pub(crate) use self::get::DataReply;
pub use self::info::{FlightEndpoint, FlightInfo, PollInfo, Ticket};
pub(crate) use self::put::{IngestTarget, Parameters};
use self::schema::LastSchema;
pub(crate) use self::schema::{Announced, read_schema};
pub use self::session::{CloseStatus, SessionOptionError, SessionOptionValue};
use crate::error::{Error, Result};
use crate::transport::Transport;

/// Flight SQL over a transport; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Protocol {
    transport: Transport,
    /// The schema read last: a session mostly asks the same again.
    last_schema: Arc<LastSchema>,
}

impl Protocol {
    pub(crate) fn new(transport: Transport) -> Self {
        Self {
            transport,
            last_schema: Arc::default(),
        }
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }
}

/// Reads a message, naming it when it is broken.
fn decode<M: Message + Default>(what: &str, bytes: &[u8]) -> Result<M> {
    M::decode(bytes).map_err(|error| Error::protocol(format!("the server sent a broken {what}: {error}")))
}

/// Reads a message packed in a `google.protobuf.Any`, as Flight SQL packs its commands and actions.
fn unpack<M: Message + Default>(what: &str, bytes: &[u8]) -> Result<M> {
    let any: prost_types::Any = decode(what, bytes)?;
    let named = any
        .type_url
        .rsplit('/')
        .next()
        .and_then(|name| name.rsplit('.').next());
    if named != Some(what) {
        return Err(Error::protocol(format!(
            "the server sent {:?} in place of {what}",
            any.type_url
        )));
    }
    decode(what, &any.value)
}

/// Packs a message in a `google.protobuf.Any`.
fn pack<M: Message>(name: &str, message: &M) -> Bytes {
    let type_url = format!("type.googleapis.com/arrow.flight.protocol.sql.{name}");
    let any = prost_types::Any {
        type_url,
        value: message.encode_to_vec(),
    };
    any.encode_to_vec().into()
}
