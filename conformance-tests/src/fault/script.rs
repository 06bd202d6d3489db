//! What a scripted server answers: one closure for each RPC, each answer a list of steps.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::{FlightData, FlightEndpoint, FlightInfo, HandshakeResponse, PutResult, Ticket};
use bytes::Bytes;
use tonic::Status;
use tonic::metadata::{AsciiMetadataKey, MetadataMap};

use super::data;
use super::raw::Raw;

/// One thing a server does while it answers.
#[derive(Debug, Clone)]
pub enum Step<T> {
    /// It sends a message.
    Send(T),
    /// It sends the message again and again, without an end.
    Forever(T),
    /// It sends the message again and again, with a pause before each.
    Often(T, usize, Duration),
    /// It says nothing any more, and leaves the call open.
    Hang,
    /// It ends the call with a status; status OK has trailers and nothing else.
    End(Status),
}

/// The answer to one call: headers, then steps. After the last the call ends well.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    pub(super) headers: MetadataMap,
    pub(super) steps: Vec<Step<T>>,
}

impl<T> Answer<T> {
    /// These steps.
    pub fn of(steps: impl IntoIterator<Item = Step<T>>) -> Self {
        Self {
            headers: MetadataMap::new(),
            steps: steps.into_iter().collect(),
        }
    }

    /// These messages.
    pub fn send(messages: impl IntoIterator<Item = T>) -> Self {
        Self::of(messages.into_iter().map(Step::Send))
    }

    /// A refusal.
    pub fn refuse(status: Status) -> Self {
        Self::of([Step::End(status)])
    }

    /// And then this.
    #[must_use]
    pub fn then(mut self, step: Step<T>) -> Self {
        self.steps.push(step);
        self
    }

    /// With a header, beside one of the same name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        append(&mut self.headers, name, value);
        self
    }

    /// With a trailer.
    #[must_use]
    pub fn trailer(self, name: &str, value: &str) -> Self {
        let mut trailers = MetadataMap::new();
        append(&mut trailers, name, value);
        self.then(Step::End(Status::with_metadata(tonic::Code::Ok, "", trailers)))
    }
}

/// Adds a header that the script spells right.
pub(super) fn append(map: &mut MetadataMap, name: &str, value: &str) {
    let name = AsciiMetadataKey::from_bytes(name.as_bytes()).expect("the name of a header");
    map.append(name, value.parse().expect("the value of a header"));
}

/// What a closure knows of the call it answers.
#[derive(Debug, Clone)]
pub struct Call {
    /// How many calls of this RPC came before.
    pub before: usize,
    /// The headers of the call.
    pub headers: MetadataMap,
    /// Where the server listens.
    pub address: SocketAddr,
}

impl Call {
    /// A header of the call.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

type Answering<A, T> = Arc<dyn Fn(&Call, A) -> Answer<T> + Send + Sync>;

/// A server that misbehaves in one way and is sound in all others: it answers every query with six rows.
#[derive(Clone)]
pub struct Script {
    pub(super) info: Answering<(), FlightInfo>,
    pub(super) get: Answering<usize, FlightData>,
    pub(super) put: Answering<(), PutResult>,
    pub(super) action: Answering<String, Bytes>,
    pub(super) handshake: Answering<(), HandshakeResponse>,
    pub(super) raw: Option<Raw>,
    /// Whether GetSqlInfo is answered as a query is, and not soundly: some clients ask it before anything else.
    pub(super) sql_info_too: bool,
}

impl Default for Script {
    fn default() -> Self {
        Self::new()
    }
}

impl Script {
    /// A server that does all as it should: one endpoint, three batches of two rows, updates of three rows.
    pub fn new() -> Self {
        Self {
            info: Arc::new(|_, ()| Answer::send([data::info(1)])),
            get: Arc::new(|_, _| Answer::send(data::result())),
            put: Arc::new(|_, ()| Answer::send([data::updated(3)])),
            action: Arc::new(|_, name| data::action(&name)),
            handshake: Arc::new(|_, ()| {
                Answer::send([HandshakeResponse::default()]).header("authorization", "Bearer t0")
            }),
            raw: None,
            sql_info_too: false,
        }
    }

    /// Answers GetFlightInfo so.
    #[must_use]
    pub fn info(mut self, answer: impl Fn(&Call) -> Answer<FlightInfo> + Send + Sync + 'static) -> Self {
        self.info = Arc::new(move |call, ()| answer(call));
        self
    }

    /// Changes the FlightInfo of a sound answer.
    #[must_use]
    pub fn change(self, change: impl Fn(&Call, &mut FlightInfo) + Send + Sync + 'static) -> Self {
        self.info(move |call| {
            let mut info = data::info(1);
            change(call, &mut info);
            Answer::send([info])
        })
    }

    /// Gives the one endpoint these locations.
    #[must_use]
    pub fn locations(self, locations: impl Fn(&Call) -> Vec<String> + Send + Sync + 'static) -> Self {
        self.change(move |call, info| {
            for endpoint in &mut info.endpoint {
                endpoint.location = locations(call)
                    .into_iter()
                    .map(|uri| arrow_flight::Location { uri })
                    .collect();
            }
        })
    }

    /// Answers DoGet so; the number is that of the endpoint.
    #[must_use]
    pub fn get(
        mut self,
        answer: impl Fn(&Call, usize) -> Answer<FlightData> + Send + Sync + 'static,
    ) -> Self {
        self.get = Arc::new(answer);
        self
    }

    /// Answers every DoGet with these messages.
    #[must_use]
    pub fn sends(self, messages: impl Fn() -> Vec<FlightData> + Send + Sync + 'static) -> Self {
        self.get(move |_, _| Answer::send(messages()))
    }

    /// Two endpoints, with these messages each.
    #[must_use]
    pub fn endpoints(self, messages: impl Fn(usize) -> Vec<FlightData> + Send + Sync + 'static) -> Self {
        self.info(|_| Answer::send([data::info(2)]))
            .get(move |_, endpoint| Answer::send(messages(endpoint)))
    }

    /// Answers DoPut so, after the client has sent all.
    #[must_use]
    pub fn put(mut self, answer: impl Fn(&Call) -> Answer<PutResult> + Send + Sync + 'static) -> Self {
        self.put = Arc::new(move |call, ()| answer(call));
        self
    }

    /// Answers DoAction so, by the type of the action; `None` leaves the sound answer.
    #[must_use]
    pub fn action(
        mut self,
        answer: impl Fn(&Call, &str) -> Option<Answer<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        self.action = Arc::new(move |call, name| answer(call, &name).unwrap_or_else(|| data::action(&name)));
        self
    }

    /// Answers Handshake so.
    #[must_use]
    pub fn handshake(
        mut self,
        answer: impl Fn(&Call) -> Answer<HandshakeResponse> + Send + Sync + 'static,
    ) -> Self {
        self.handshake = Arc::new(move |call, ()| answer(call));
        self
    }

    /// Answers GetSqlInfo as it does queries.
    #[must_use]
    pub fn sql_info_too(mut self) -> Self {
        self.sql_info_too = true;
        self
    }

    /// Answers DoGet below gRPC, in HTTP/2 itself.
    #[must_use]
    pub fn raw(mut self, raw: Raw) -> Self {
        self.raw = Some(raw);
        self
    }
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Script")
            .field("raw", &self.raw)
            .finish_non_exhaustive()
    }
}

/// An endpoint with the ticket of that number.
pub(super) fn endpoint(number: usize) -> FlightEndpoint {
    FlightEndpoint {
        ticket: Some(Ticket {
            ticket: number.to_string().into(),
        }),
        ..FlightEndpoint::default()
    }
}
