//! The scenarios `expiration_time:…`: three endpoints, the first of which is read once, the others until they expire.

use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, UInt32Array};
use arrow_flight::{
    Action, ActionType, CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus, FlightEndpoint,
    FlightInfo, RenewFlightEndpointRequest, Ticket,
};
use prost::Message as _;
use prost_types::Timestamp;
use tonic::Status;

/// What the server remembers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expiration(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    read: Vec<String>,
    cancelled: bool,
}

impl PartialEq for Expiration {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

fn after(seconds: u64) -> Timestamp {
    let time = std::time::SystemTime::now() + std::time::Duration::from_secs(seconds);
    Timestamp::from(time)
}

pub(super) fn actions() -> Vec<Result<ActionType, Status>> {
    // C++ lists them in this order, Java in the other.
    ["RenewFlightEndpoint", "CancelFlightInfo"]
        .map(|name| {
            Ok(ActionType {
                r#type: name.to_owned(),
                description: String::new(),
            })
        })
        .to_vec()
}

impl Expiration {
    pub(super) fn info(&self) -> FlightInfo {
        let endpoint =
            [("0", None), ("1", Some(5)), ("2", Some(6))].map(|(ticket, seconds)| FlightEndpoint {
                ticket: Some(Ticket::new(ticket)),
                expiration_time: seconds.map(after),
                ..FlightEndpoint::default()
            });
        FlightInfo {
            endpoint: endpoint.to_vec(),
            total_records: -1,
            total_bytes: -1,
            ..FlightInfo::default()
        }
    }

    pub(super) fn read(&self, ticket: &[u8]) -> Result<ArrayRef, Status> {
        let ticket = String::from_utf8_lossy(ticket).into_owned();
        let mut state = self.0.lock().unwrap();
        if state.cancelled {
            return Err(Status::invalid_argument("the ticket is cancelled"));
        }
        if ticket == "0" && state.read.contains(&ticket) {
            return Err(Status::invalid_argument("can't read multiple times"));
        }
        let number = ticket.get(..1).and_then(|number| number.parse::<u32>().ok());
        let number = number.ok_or_else(|| Status::not_found("no such ticket"))?;
        state.read.push(ticket);
        Ok(Arc::new(UInt32Array::from(vec![number])))
    }

    pub(super) fn act(&self, action: &Action) -> Result<Vec<u8>, Status> {
        let broken = |error: prost::DecodeError| Status::invalid_argument(error.to_string());
        match action.r#type.as_str() {
            "CancelFlightInfo" => {
                let request = CancelFlightInfoRequest::decode(action.body.as_ref()).map_err(broken)?;
                let whole = request.info.is_some_and(|info| info.endpoint.len() == 3);
                self.0.lock().unwrap().cancelled = whole;
                let status = if whole {
                    CancelStatus::Cancelled
                } else {
                    CancelStatus::NotCancellable
                };
                Ok(CancelFlightInfoResult {
                    status: status.into(),
                }
                .encode_to_vec())
            }
            "RenewFlightEndpoint" => {
                let request = RenewFlightEndpointRequest::decode(action.body.as_ref()).map_err(broken)?;
                let endpoint = request
                    .endpoint
                    .ok_or_else(|| Status::invalid_argument("no endpoint"))?;
                let ticket = endpoint.ticket.clone().unwrap_or_default().ticket;
                let ticket = [ticket.as_ref(), b": renewed (+ 10 seconds)"].concat();
                let renewed = FlightEndpoint {
                    ticket: Some(Ticket::new(ticket)),
                    expiration_time: Some(after(10)),
                    ..endpoint
                };
                Ok(renewed.encode_to_vec())
            }
            _ => Err(super::unimplemented()),
        }
    }
}
