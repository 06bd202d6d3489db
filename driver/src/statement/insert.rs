//! Bulk ingest by INSERT, for servers without CommandStatementIngest.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use futures::{Stream, StreamExt as _};

use super::dialect;
use super::ingest::Progress;
use super::render::no_literal;
use super::{literal, table};
use crate::config::ParameterMode;
use crate::error::{Error, Kind, Operation, Result};
use crate::protocol::{Command, IngestTarget, Parameters};
use crate::shared::Shared;
use crate::sql::Dialect;
use crate::transport::CallOptions;
use crate::types::Params;

/// Rows bound in one call.
const ROWS_BOUND: usize = 8192;
/// Rows and bytes of one statement with literals.
const ROWS_WRITTEN: usize = 500;
const BYTES_WRITTEN: usize = 256 * 1024;

/// Where rows go, and what is known of it.
pub(super) struct Insert<'a> {
    pub(super) shared: &'a Arc<Shared>,
    pub(super) target: IngestTarget,
    pub(super) options: &'a CallOptions,
    pub(super) parameters: ParameterMode,
    pub(super) progress: Progress,
}

/// How rows get into the statement.
enum Way<'a> {
    /// Bound to a prepared statement.
    Bound(Handle<'a>),
    /// Written into the text.
    Written,
}

/// A prepared statement, which is closed once it is not needed any more, whatever came between.
struct Handle<'a> {
    shared: &'a Arc<Shared>,
    handle: Bytes,
}

impl Drop for Handle<'_> {
    fn drop(&mut self) {
        self.shared.abandon_statement(std::mem::take(&mut self.handle));
    }
}

impl<'a> Insert<'a> {
    /// Makes the table and fills it; gives the number of rows written.
    ///
    /// Where the server has transactions and none is open, all of it is one: either every row is there in the end, or none.
    pub(super) async fn run(
        mut self,
        schema: SchemaRef,
        batches: impl Stream<Item = Result<RecordBatch>> + Send + 'static,
    ) -> Result<u64> {
        let known = self.shared.capabilities().await?;
        let dialect = dialect::of(self.shared, self.options).await?;
        let told = self.shared.config_by_now().get_identifier_quote().as_str();
        let dialect = &dialect.quoting(told.or(known.identifier_quote()));
        let apart = match self.target.transaction {
            Some(_) => None,
            None => self.shared.begin_apart().await?,
        };
        if let Some(apart) = &apart {
            self.target.transaction = apart.id();
        }
        let mut written = 0;
        let filled = self.fill(&schema, dialect, batches, &mut written).await;
        match (filled, apart) {
            (Ok(()), None) => Ok(written),
            (Ok(()), Some(apart)) => match apart.commit().await {
                Ok(()) => Ok(written),
                Err(error) => Err(error.with_rows_written(0)),
            },
            // What is undone has not been written.
            (Err(error), Some(apart)) => {
                let undone = apart.rollback().await;
                Err(error.with_rows_written(if undone.is_ok() { 0 } else { written }))
            }
            (Err(error), None) => Err(error.with_rows_written(written)),
        }
    }

    async fn fill(
        &mut self,
        schema: &SchemaRef,
        dialect: &Dialect,
        batches: impl Stream<Item = Result<RecordBatch>> + Send + 'static,
        written: &mut u64,
    ) -> Result<()> {
        for statement in table::statements(&self.target, schema, dialect)? {
            self.run_text(&statement).await?;
        }
        let insert = table::insert(&self.target, schema, dialect);
        let mut way = self.way(&insert, schema).await?;
        let mut batches = std::pin::pin!(batches);
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(|error| error.during(Operation::Ingest))?;
            let mut start = 0;
            while start < batch.num_rows() {
                let chunk = batch.slice(start, ROWS_BOUND.min(batch.num_rows() - start));
                start += chunk.num_rows();
                if let Way::Bound(prepared) = &way {
                    match self.bind(&prepared.handle, &chunk).await {
                        // Refused unread: nothing of it is written.
                        Err(error) if error.kind() == Kind::NotSupported && *written == 0 => {
                            way = self.written_way(error)?;
                        }
                        bound => {
                            bound?;
                            self.advance(written, &chunk);
                            continue;
                        }
                    }
                }
                self.write(&insert, &chunk, dialect, written).await?;
            }
        }
        Ok(())
    }

    fn advance(&self, written: &mut u64, chunk: &RecordBatch) {
        *written = written.saturating_add(u64::try_from(chunk.num_rows()).unwrap_or(u64::MAX));
        self.progress.report(*written);
    }

    /// Prepares the statement, in whichever form the server takes; without that, literals are all that is left.
    async fn way(&self, insert: &str, schema: &SchemaRef) -> Result<Way<'a>> {
        if self.parameters == ParameterMode::Client {
            return Ok(Way::Written);
        }
        let count = schema.fields().len();
        let questions = vec!["?"; count].join(", ");
        let numbers: Vec<String> = (1..=count).map(|number| format!("${number}")).collect();
        let mut refused = None;
        for places in [questions, numbers.join(", ")] {
            let sql = format!("{insert}({places})");
            match super::handle::prepare_text(self.shared, sql, self.target.transaction.clone(), self.options)
                .await
            {
                Ok(prepared) => {
                    let (shared, handle) = (self.shared, prepared.handle);
                    return Ok(Way::Bound(Handle { shared, handle }));
                }
                Err(error) if error.kind() == Kind::NotSupported => return self.written_way(error),
                Err(error) => {
                    refused.get_or_insert(error);
                }
            }
        }
        let nothing = || Error::new(Kind::NotSupported, "the server prepares no INSERT");
        Err(refused.unwrap_or_else(nothing))
    }

    /// Literals, where the user has allowed them.
    fn written_way(&self, error: Error) -> Result<Way<'a>> {
        match self.parameters {
            ParameterMode::Client => Ok(Way::Written),
            ParameterMode::Server => {
                Err(error.hint(format!("the server has no bulk ingest, and {}", dialect::HINT)))
            }
        }
    }

    async fn bind(&self, handle: &Bytes, chunk: &RecordBatch) -> Result<()> {
        let command = Command::PreparedUpdate {
            handle: handle.clone(),
        };
        let parameters = Some(Parameters::One(chunk.clone()));
        let answer = self
            .shared
            .protocol()?
            .update(&Operation::Ingest, &command, parameters, self.options)
            .await;
        self.shared.watch(answer).map(drop)
    }

    /// Writes rows as statements of bounded length.
    async fn write(
        &self,
        insert: &str,
        chunk: &RecordBatch,
        dialect: &Dialect,
        written: &mut u64,
    ) -> Result<()> {
        let schema = chunk.schema();
        let rows = Params::from(chunk.clone()).to_rows()?;
        let mut text = insert.to_owned();
        let mut start = 0;
        for (index, row) in rows.iter().enumerate() {
            text.push_str(if index == start { "(" } else { ", (" });
            for (column, value) in row.iter().enumerate() {
                if column > 0 {
                    text.push(',');
                }
                literal::write(value, dialect, &mut text).map_err(|why| {
                    let name = schema.fields().get(column).map_or("", |field| field.name());
                    no_literal(&format!("column \"{name}\""), index, value, why)
                })?;
            }
            text.push(')');
            let end = index + 1;
            if end == rows.len() || end - start >= ROWS_WRITTEN || text.len() >= BYTES_WRITTEN {
                self.run_text(&text).await?;
                self.advance(written, &chunk.slice(start, end - start));
                insert.clone_into(&mut text);
                start = end;
            }
        }
        Ok(())
    }

    async fn run_text(&self, sql: &str) -> Result<Option<u64>> {
        self.shared
            .run_text(
                &Operation::Ingest,
                sql,
                self.target.transaction.clone(),
                self.options,
            )
            .await
    }
}
