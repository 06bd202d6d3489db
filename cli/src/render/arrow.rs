//! The Arrow IPC stream format.

use std::io::Write;

use jetbridge::arrow::datatypes::Schema;
use jetbridge::arrow::error::ArrowError;
use jetbridge::arrow::ipc::writer::StreamWriter;
use jetbridge::cursor::RowChunk;

use super::Render;
use crate::exit::Failure;

pub(super) struct Ipc<W: Write> {
    writer: StreamWriter<W>,
}

impl<W: Write> Ipc<W> {
    pub(super) fn new(schema: &Schema, out: W) -> Result<Self, Failure> {
        // Not every server keeps its promise that a column has no NULL, and readers refuse a stream that breaks it.
        let fields: Vec<_> = schema
            .fields()
            .iter()
            .map(|field| field.as_ref().clone().with_nullable(true))
            .collect();
        let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
        Ok(Self {
            writer: StreamWriter::try_new(out, &schema).map_err(failure)?,
        })
    }
}

impl<W: Write + Send> Render for Ipc<W> {
    fn rows(&mut self, rows: &RowChunk) -> Result<(), Failure> {
        self.writer.write(rows.batch()).map_err(failure)
    }

    fn pause(&mut self) -> Result<(), Failure> {
        self.writer.flush().map_err(failure)
    }

    /// A stream without this end is one that broke.
    fn end(&mut self) -> Result<(), Failure> {
        self.writer.finish().map_err(failure)
    }
}

fn failure(error: ArrowError) -> Failure {
    match error {
        ArrowError::IoError(_, error) => error.into(),
        error => Failure::here("cannot write the result as Arrow", &error),
    }
}
