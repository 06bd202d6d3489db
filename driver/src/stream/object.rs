//! Arrow IPC out of an object, as it comes: the stream format, or the file format read from its front.

use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use bytes::{Buf as _, Bytes, BytesMut};

use super::decode::{Decoded, Decoder};
use super::reader::MOST_EARLY;
use crate::error::{Error, Kind, Result};
use crate::protocol::DataMessage;
use crate::transport::Object;

/// What a file in the IPC format begins with; padding follows, and then the stream format.
const FILE_MAGIC: &[u8; 8] = b"ARROW1\0\0";
/// The most padding after it, in words of four bytes.
const MOST_PADDING: usize = 64;
/// What a Parquet file begins with.
const PARQUET_MAGIC: &[u8] = b"PAR1";
/// What stands before the length of each message.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// The largest header of a message: it grows with the columns, not with the rows.
const MOST_HEADER: usize = 16 << 20;

/// The front of an object: what has come of it and was not yet read.
#[derive(Debug)]
pub(super) struct Front {
    object: Object,
    buffer: BytesMut,
}

impl Front {
    /// Waits until it can be said what the object is.
    pub(super) async fn of(object: Object) -> Result<Self> {
        let buffer = BytesMut::new();
        let mut front = Self { object, buffer };
        front.fill(FILE_MAGIC.len()).await?;
        Ok(front)
    }

    pub(super) fn is_parquet(&self) -> bool {
        self.buffer.starts_with(PARQUET_MAGIC)
    }

    /// The most bytes of one message.
    pub(super) fn limit(&self) -> usize {
        self.object.limit()
    }

    /// Says of an error where it was.
    pub(super) fn blame(&self, error: Error) -> Error {
        self.object.blame(error)
    }

    /// The whole object, if it is not larger than a message may be.
    #[cfg(feature = "parquet-locations")]
    pub(super) async fn whole(&mut self) -> Result<Bytes> {
        let limit = self.limit();
        let refused = |bytes: u64| {
            let words = format!("the object is Parquet of {bytes} bytes or more, the limit is {limit}");
            Error::new(Kind::Resource, words).hint("raise the option max_message_size")
        };
        // Where it says beforehand how long it is, it need not come to be refused.
        let size = self.object.announced().unwrap_or_default();
        if usize::try_from(size).is_ok_and(|size| size <= limit) {
            while self.buffer.len() <= limit {
                match self.object.bytes().await? {
                    Some(bytes) => self.buffer.extend_from_slice(&bytes),
                    None => return Ok(self.buffer.split().freeze()),
                }
            }
        }
        let came = u64::try_from(self.buffer.len()).unwrap_or(u64::MAX);
        Err(self.blame(refused(size.max(came))))
    }

    async fn word(&mut self) -> Result<[u8; 4]> {
        let word = self.take(4).await?;
        word.first_chunk()
            .copied()
            .ok_or_else(|| self.blame(Error::protocol("the object ends too early")))
    }

    async fn take(&mut self, length: usize) -> Result<Bytes> {
        self.fill(length).await?;
        Ok(self.buffer.split_to(length).freeze())
    }

    /// Waits until so many bytes have come: memory grows with what has come, and not with what was claimed.
    async fn fill(&mut self, length: usize) -> Result<()> {
        while self.buffer.len() < length {
            match self.object.bytes().await? {
                Some(bytes) => self.buffer.extend_from_slice(&bytes),
                None => {
                    let words = "the object ends before the mark at the end of its rows";
                    return Err(self.blame(Error::new(Kind::Connection, words)));
                }
            }
        }
        Ok(())
    }

    async fn skip_padding(&mut self) -> Result<()> {
        for _ in 0..MOST_PADDING {
            self.fill(CONTINUATION.len()).await?;
            if !self.buffer.starts_with(&[0; 4]) {
                break;
            }
            self.buffer.advance(4);
        }
        Ok(())
    }
}

/// Reads the batches of one object in Arrow IPC.
#[derive(Debug)]
pub(super) struct ObjectReader {
    front: Front,
    decoder: Decoder,
    ended: bool,
}

impl ObjectReader {
    /// Reads up to the schema.
    pub(super) async fn open(front: Front) -> Result<Self> {
        let decoder = Decoder::new(front.limit());
        let mut reader = Self {
            front,
            decoder,
            ended: false,
        };
        if reader.front.buffer.starts_with(FILE_MAGIC) {
            reader.front.buffer.advance(FILE_MAGIC.len());
            reader.front.skip_padding().await?;
        }
        for _ in 0..MOST_EARLY {
            match reader.read().await? {
                Some(Decoded::NoBatch) if reader.decoder.schema().is_some() => return Ok(reader),
                Some(Decoded::NoBatch) => {}
                // A batch before the schema is an error of the decoder's.
                Some(Decoded::Batch(_)) | None => break,
            }
        }
        Err(reader.front.blame(Error::protocol("the object has no schema")))
    }

    pub(super) fn schema(&self) -> Option<&SchemaRef> {
        self.decoder.schema()
    }

    /// The next batch; `None` after the mark at the end.
    pub(super) async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            match self.read().await? {
                Some(Decoded::Batch(batch)) => return Ok(Some(batch)),
                Some(Decoded::NoBatch) => {}
                None => return Ok(None),
            }
        }
    }

    async fn read(&mut self) -> Result<Option<Decoded>> {
        if self.ended {
            return Ok(None);
        }
        let mut length = self.front.word().await?;
        if length == CONTINUATION {
            length = self.front.word().await?;
        }
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        if length == 0 {
            self.ended = true;
            return Ok(None);
        }
        if length > MOST_HEADER {
            let words = format!("the object is no Arrow IPC: a header of {length} bytes");
            return Err(self.front.blame(Error::protocol(words)));
        }
        let header = self.front.take(length).await?;
        let body = self.body_length(&header)?;
        let body = self.front.take(body).await?;
        let message = DataMessage {
            header,
            app_metadata: Bytes::new(),
            // Copied, so that it lies aligned.
            body: Buffer::from(body.as_ref()),
        };
        let decoded = self.decoder.decode(&message);
        decoded.map(Some).map_err(|error| self.front.blame(error))
    }

    fn body_length(&self, header: &Bytes) -> Result<usize> {
        let message = arrow_ipc::root_as_message(header).map_err(|error| {
            self.front
                .blame(Error::protocol(format!("the object is no Arrow IPC: {error}")))
        })?;
        let length = usize::try_from(message.bodyLength()).unwrap_or(usize::MAX);
        if length > self.front.limit() {
            let words = format!(
                "the object has a message of {length} bytes, the limit is {}",
                self.front.limit()
            );
            let error = Error::new(Kind::Resource, words).hint("raise the option max_message_size");
            return Err(self.front.blame(error));
        }
        Ok(length)
    }
}
