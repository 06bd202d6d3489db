//! The messages of a DoGet, out of the bytes of its stream.
//!
//! A batch is most of its message, and most of what a driver moves. Here its bytes are copied once, from the frames of HTTP/2 to where
//! Arrow reads them: aligned, so that no array has to be copied again.

use arrow::buffer::{Buffer, MutableBuffer};
use bytes::{Buf as _, Bytes};
use tonic::Status;

/// Bytes that gRPC puts before a message: a flag and a length.
const PREFIX: usize = 5;
/// The most that is reserved for a body before its bytes have come. More is made room for as they come.
const RESERVED: usize = 16 << 20;

/// Field numbers of FlightData.
const HEADER: u64 = 2;
const APP_METADATA: u64 = 3;
const BODY: u64 = 1000;

/// One message: FlightData, its body aligned.
#[derive(Debug, Clone, Default)]
pub(crate) struct DataMessage {
    /// The Arrow message without its body.
    pub(crate) header: Bytes,
    pub(crate) app_metadata: Bytes,
    /// The buffers of the Arrow message.
    pub(crate) body: Buffer,
}

impl DataMessage {
    /// How many bytes it has, without the marks between its fields.
    pub(crate) fn size(&self) -> u64 {
        let size = self.header.len() + self.app_metadata.len() + self.body.len();
        u64::try_from(size).unwrap_or(u64::MAX)
    }
}

/// Takes messages out of a stream of bytes, however it is cut.
#[derive(Debug)]
pub(super) struct DataParser {
    /// The largest message that is taken.
    limit: usize,
    state: State,
    /// Bytes left of the message at hand.
    left: usize,
    varint: Varint,
    message: DataMessage,
}

#[derive(Debug)]
enum State {
    /// In the bytes before a message, of which so many have come.
    Prefix([u8; PREFIX], usize),
    /// At the tag of a field, or at the end of the message.
    Tag,
    /// In a number nobody asked for.
    Number,
    /// At the length of a field.
    Length(u64),
    /// In bytes nobody asked for, so many of which are left.
    Skip(usize),
    /// In a small field, so many bytes of which are left.
    Small(u64, Vec<u8>, usize),
    /// In the body, so many bytes of which are left.
    Body(MutableBuffer, usize),
}

/// A number that may have come in part.
#[derive(Debug, Default)]
struct Varint {
    value: u64,
    bits: u32,
}

impl DataParser {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            state: State::Prefix([0; PREFIX], 0),
            left: 0,
            varint: Varint::default(),
            message: DataMessage::default(),
        }
    }

    /// Says whether the bytes so far end with a whole message.
    pub(super) fn is_between_messages(&self) -> bool {
        matches!(self.state, State::Prefix(_, 0))
    }

    /// Takes bytes from the chunk until a message is whole or the chunk is empty.
    pub(super) fn parse(&mut self, chunk: &mut Bytes) -> Result<Option<DataMessage>, Status> {
        loop {
            if self.left == 0 && !matches!(self.state, State::Prefix(_, _)) {
                if !matches!(self.state, State::Tag) || self.varint.bits > 0 {
                    return Err(broken("a field is longer than its message"));
                }
                self.state = State::Prefix([0; PREFIX], 0);
                return Ok(Some(std::mem::take(&mut self.message)));
            }
            if chunk.is_empty() {
                return Ok(None);
            }
            self.step(chunk)?;
        }
    }

    /// Takes some bytes from a chunk that has some.
    fn step(&mut self, chunk: &mut Bytes) -> Result<(), Status> {
        match &mut self.state {
            State::Prefix(bytes, taken) => {
                if let Some(byte) = bytes.get_mut(*taken) {
                    *byte = chunk.get_u8();
                    *taken += 1;
                }
                if *taken == PREFIX {
                    let [flag, length @ ..] = *bytes;
                    self.begin(flag, u32::from_be_bytes(length))?;
                }
            }
            State::Tag => {
                if let Some(tag) = self.varint.read(chunk, &mut self.left)? {
                    self.state = match tag & 7 {
                        0 => State::Number,
                        1 => self.skip(8)?,
                        2 => State::Length(tag >> 3),
                        5 => self.skip(4)?,
                        _ => return Err(broken("a field of an unknown kind")),
                    };
                }
            }
            State::Number => {
                if self.varint.read(chunk, &mut self.left)?.is_some() {
                    self.state = State::Tag;
                }
            }
            State::Length(field) => {
                let field = *field;
                if let Some(length) = self.varint.read(chunk, &mut self.left)? {
                    self.begin_field(field, length)?;
                }
            }
            State::Skip(missing) => {
                let taken = chunk.len().min(*missing);
                chunk.advance(taken);
                *missing -= taken;
                self.left -= taken;
                if *missing == 0 {
                    self.state = State::Tag;
                }
            }
            State::Small(field, bytes, missing) => {
                let taken = chunk.split_to(chunk.len().min(*missing));
                bytes.extend_from_slice(&taken);
                *missing -= taken.len();
                self.left -= taken.len();
                if *missing == 0 {
                    let bytes = Bytes::from(std::mem::take(bytes));
                    match *field {
                        HEADER => self.message.header = bytes,
                        _ => self.message.app_metadata = bytes,
                    }
                    self.state = State::Tag;
                }
            }
            State::Body(buffer, missing) => {
                let taken = chunk.split_to(chunk.len().min(*missing));
                buffer.extend_from_slice(&taken);
                *missing -= taken.len();
                self.left -= taken.len();
                if *missing == 0 {
                    self.message.body = std::mem::take(buffer).into();
                    self.state = State::Tag;
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self, flag: u8, length: u32) -> Result<(), Status> {
        if flag != 0 {
            let words = "the server sent a compressed message, and was not told that it may";
            return Err(Status::internal(words));
        }
        let found = usize::try_from(length).unwrap_or(usize::MAX);
        if found > self.limit {
            let limit = self.limit;
            let words = format!("message length too large: found {found} bytes, the limit is {limit} bytes");
            return Err(Status::out_of_range(words));
        }
        self.left = found;
        self.state = State::Tag;
        Ok(())
    }

    fn begin_field(&mut self, field: u64, length: u64) -> Result<(), Status> {
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= self.left)
            .ok_or_else(|| broken("a field is longer than its message"))?;
        // As protobuf has it, the last of several fields of one number counts.
        self.state = match field {
            HEADER | APP_METADATA => State::Small(field, Vec::new(), length),
            BODY => State::Body(MutableBuffer::with_capacity(length.min(RESERVED)), length),
            _ => self.skip(length)?,
        };
        match &self.state {
            State::Small(HEADER, _, 0) => self.message.header = Bytes::new(),
            State::Small(_, _, 0) => self.message.app_metadata = Bytes::new(),
            State::Body(_, 0) => self.message.body = Buffer::default(),
            _ => return Ok(()),
        }
        self.state = State::Tag;
        Ok(())
    }

    fn skip(&self, length: usize) -> Result<State, Status> {
        match length {
            0 => Ok(State::Tag),
            _ if length > self.left => Err(broken("a field is longer than its message")),
            _ => Ok(State::Skip(length)),
        }
    }
}

impl Varint {
    /// Takes bytes until the number is whole, or the chunk or the message ends.
    fn read(&mut self, chunk: &mut Bytes, left: &mut usize) -> Result<Option<u64>, Status> {
        while !chunk.is_empty() && *left > 0 {
            let byte = chunk.get_u8();
            *left -= 1;
            if self.bits >= u64::BITS {
                return Err(broken("a number is too long"));
            }
            self.value |= u64::from(byte & 0x7f) << self.bits;
            self.bits += 7;
            if byte & 0x80 == 0 {
                return Ok(Some(std::mem::take(self).value));
            }
        }
        Ok(None)
    }
}

fn broken(what: &str) -> Status {
    Status::internal(format!("the server sent a broken message: {what}"))
}

#[cfg(test)]
mod tests {
    use arrow_flight::{FlightData, FlightDescriptor};
    use bytes::{BufMut as _, Bytes, BytesMut};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use prost::Message as _;
    use tonic::{Code, Status};

    use super::{DataMessage, DataParser};

    const LIMIT: usize = 1 << 20;

    fn framed(message: &[u8]) -> Bytes {
        let mut bytes = BytesMut::new();
        bytes.put_u8(0);
        bytes.put_u32(u32::try_from(message.len()).unwrap());
        bytes.put_slice(message);
        bytes.freeze()
    }

    fn parse(chunks: impl IntoIterator<Item = Bytes>) -> Result<(Vec<DataMessage>, bool), Status> {
        let mut parser = DataParser::new(LIMIT);
        let mut messages = Vec::new();
        for mut chunk in chunks {
            while let Some(message) = parser.parse(&mut chunk)? {
                messages.push(message);
            }
        }
        Ok((messages, parser.is_between_messages()))
    }

    fn cut(whole: &Bytes, size: usize) -> impl Iterator<Item = Bytes> {
        whole.chunks(size).map(Bytes::copy_from_slice)
    }

    proptest! {
        #[test]
        fn what_prost_wrote_comes_out_however_it_is_cut(
            parts in vec((vec(any::<u8>(), 0..40), vec(any::<u8>(), 0..40), vec(any::<u8>(), 0..300), any::<bool>()), 0..5),
            size in 1_usize..400,
        ) {
            let sent: Vec<_> = parts.into_iter().map(|(header, metadata, body, described)| FlightData {
                flight_descriptor: described.then(|| FlightDescriptor::new_cmd(vec![7; 200])),
                data_header: header.into(),
                app_metadata: metadata.into(),
                data_body: body.into(),
            }).collect();
            let whole: Bytes = sent.iter().flat_map(|message| framed(&message.encode_to_vec())).collect();
            let (messages, ended) = parse(cut(&whole, size)).unwrap();
            prop_assert!(ended);
            prop_assert_eq!(messages.len(), sent.len());
            for (message, sent) in messages.iter().zip(&sent) {
                prop_assert_eq!(&message.header, &sent.data_header);
                prop_assert_eq!(&message.app_metadata, &sent.app_metadata);
                prop_assert_eq!(message.body.as_slice(), &sent.data_body[..]);
                prop_assert_eq!(message.body.as_ptr().addr() % 64, 0);
            }
        }

        #[test]
        fn rubbish_gives_what_prost_makes_of_it_or_an_error(message in vec(any::<u8>(), 0..60), size in 1_usize..70) {
            let parsed = parse(cut(&framed(&message), size));
            // Groups, which nobody sends, are refused here and passed over there.
            if let (Ok((messages, true)), Ok(known)) = (parsed, FlightData::decode(&message[..])) {
                prop_assert_eq!(messages.len(), 1);
                prop_assert_eq!(&messages[0].header, &known.data_header);
                prop_assert_eq!(messages[0].body.as_slice(), &known.data_body[..]);
            }
        }
    }

    #[test]
    fn unknown_fields_are_passed_over_and_the_last_of_several_counts() {
        let mut message = vec![
            0x20, 0x96, 0x01, 0x2d, 1, 2, 3, 4, 0x31, 1, 2, 3, 4, 5, 6, 7, 8, 0x3a, 2, 9, 9,
        ];
        message.extend([
            0x12, 1, b'a', 0x12, 2, b'b', b'c', 0xc2, 0x3e, 1, b'x', 0xc2, 0x3e, 0,
        ]);
        let (messages, _) = parse([framed(&message)]).unwrap();
        assert_eq!(messages[0].header, "bc");
        assert!(messages[0].body.is_empty());
    }

    #[test]
    fn a_message_that_ends_early_is_seen() {
        let message = FlightData::new().with_data_body(vec![1; 100]).encode_to_vec();
        let whole = framed(&message);
        for length in 1..whole.len() {
            let (messages, ended) = parse([whole.slice(..length)]).unwrap();
            assert!(messages.is_empty() && !ended, "{length}");
        }
    }

    #[test]
    fn what_is_larger_than_its_message_or_the_limit_is_refused() {
        let long_field = framed(&[0x12, 5, 1]);
        assert_eq!(parse([long_field]).unwrap_err().code(), Code::Internal);
        let long_number = framed(&[0xff; 20]);
        assert_eq!(parse([long_number]).unwrap_err().code(), Code::Internal);
        let compressed = Bytes::from_static(&[1, 0, 0, 0, 0]);
        assert_eq!(parse([compressed]).unwrap_err().code(), Code::Internal);
        let huge = Bytes::from_static(&[0, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(parse([huge]).unwrap_err().code(), Code::OutOfRange);
    }
}
