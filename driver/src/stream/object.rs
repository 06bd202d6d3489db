//! Arrow IPC out of an object, as it comes: the stream format, or the file format read from its front.

use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use bytes::{Buf as _, Bytes, BytesMut};

use super::decode::{Decoded, Decoder};
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

/// Reads the batches of one object.
#[derive(Debug)]
pub(super) struct ObjectReader {
    object: Object,
    buffer: BytesMut,
    decoder: Decoder,
    ended: bool,
}

impl ObjectReader {
    /// Reads up to the schema.
    pub(super) async fn open(object: Object) -> Result<Self> {
        let decoder = Decoder::new(object.limit());
        let mut reader = Self {
            object,
            buffer: BytesMut::new(),
            decoder,
            ended: false,
        };
        reader.fill(FILE_MAGIC.len()).await?;
        if reader.buffer.starts_with(PARQUET_MAGIC) {
            let error = Error::new(
                Kind::NotSupported,
                "the object is Parquet, and only Arrow IPC is read",
            );
            return Err(reader.object.blame(error));
        }
        if reader.buffer.starts_with(FILE_MAGIC) {
            reader.buffer.advance(FILE_MAGIC.len());
            reader.skip_padding().await?;
        }
        while reader.decoder.schema().is_none() {
            match reader.read().await? {
                Some(Decoded::NoBatch) => {}
                // A batch before the schema is an error of the decoder's.
                Some(Decoded::Batch(_)) | None => {
                    return Err(reader.object.blame(Error::protocol("the object has no schema")));
                }
            }
        }
        Ok(reader)
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

    async fn read(&mut self) -> Result<Option<Decoded>> {
        if self.ended {
            return Ok(None);
        }
        let mut length = self.word().await?;
        if length == CONTINUATION {
            length = self.word().await?;
        }
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        if length == 0 {
            self.ended = true;
            return Ok(None);
        }
        if length > MOST_HEADER {
            let words = format!("the object is no Arrow IPC: a header of {length} bytes");
            return Err(self.object.blame(Error::protocol(words)));
        }
        let header = self.take(length).await?;
        let body = self.body_length(&header)?;
        let body = self.take(body).await?;
        let message = DataMessage {
            header,
            app_metadata: Bytes::new(),
            // Copied, so that it lies aligned.
            body: Buffer::from(body.as_ref()),
        };
        let decoded = self.decoder.decode(&message);
        decoded.map(Some).map_err(|error| self.object.blame(error))
    }

    fn body_length(&self, header: &Bytes) -> Result<usize> {
        let message = arrow_ipc::root_as_message(header).map_err(|error| {
            self.object
                .blame(Error::protocol(format!("the object is no Arrow IPC: {error}")))
        })?;
        let length = usize::try_from(message.bodyLength()).unwrap_or(usize::MAX);
        if length > self.object.limit() {
            let words = format!(
                "the object has a message of {length} bytes, the limit is {}",
                self.object.limit()
            );
            let error = Error::new(Kind::Resource, words).hint("raise the option max_message_size");
            return Err(self.object.blame(error));
        }
        Ok(length)
    }

    async fn word(&mut self) -> Result<[u8; 4]> {
        let word = self.take(4).await?;
        word.first_chunk()
            .copied()
            .ok_or_else(|| self.object.blame(Error::protocol("the object ends too early")))
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
                    return Err(self.object.blame(Error::new(Kind::Connection, words)));
                }
            }
        }
        Ok(())
    }
}
