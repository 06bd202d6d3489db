//! DoPut: updates, parameters, bulk ingestion.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::sql::{
    CommandPreparedStatementQuery, CommandPreparedStatementUpdate, CommandStatementUpdate,
    DoPutPreparedStatementResult, DoPutUpdateResult,
};
use arrow_flight::{FlightData, PutResult};
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt, TryStreamExt};
use prost::Message;
use tonic::Status;

use crate::capability::Capability;
use crate::cursor::Parameters;
use crate::database::controls_transaction;
use crate::sessions::Session;
use crate::settings::{self, Setting};
use crate::state::State;

/// How long the answer's stream stays open for a client that has not finished writing.
const LINGER: Duration = Duration::from_millis(500);

/// What a client writes.
pub(crate) type Upload = BoxStream<'static, Result<FlightData, Status>>;
/// What it reads.
pub(crate) type PutStream = BoxStream<'static, Result<PutResult, Status>>;

/// The batches of an upload. Messages that carry nothing (some clients send their descriptor alone) are passed over.
pub(crate) fn batches(upload: Upload) -> FlightRecordBatchStream {
    let data = upload
        .try_filter(|data| std::future::ready(!data.data_header.is_empty()))
        .map_err(|status| FlightError::Tonic(Box::new(status)));
    FlightRecordBatchStream::new_from_flight_data(data)
}

/// What went wrong with an upload.
pub(crate) fn upload_error(error: FlightError) -> Status {
    match error {
        FlightError::Tonic(status) => *status,
        other => Status::invalid_argument(format!("the uploaded data cannot be read: {other}")),
    }
}

/// Reads rows of parameters; nothing when the client sent no columns.
async fn parameters(upload: Upload) -> Result<Option<Parameters>, Status> {
    let mut stream = batches(upload);
    let mut all: Vec<RecordBatch> = Vec::new();
    while let Some(batch) = stream.try_next().await.map_err(upload_error)? {
        all.push(batch);
    }
    let Some(schema) = stream.schema().filter(|schema| !schema.fields().is_empty()) else {
        return Ok(None);
    };
    if all.is_empty() {
        // Columns without rows: a batch of nothing, so that the statement runs not at all instead of without values.
        all.push(RecordBatch::new_empty(schema.clone()));
    }
    Ok(Some(Arc::new(all)))
}

/// The answer with a count of rows.
pub(crate) fn count(records: i64) -> PutStream {
    let result = DoPutUpdateResult {
        record_count: records,
    };
    one(PutResult {
        app_metadata: result.encode_to_vec().into(),
    })
}

fn one(result: PutResult) -> PutStream {
    stream::once(std::future::ready(Ok(result))).boxed()
}

/// Lets the client finish writing before the answer ends: some take an early end for a failure.
fn lingering(answer: PutStream, upload: Upload) -> PutStream {
    let drain = async move {
        let _ = tokio::time::timeout(LINGER, upload.for_each(|_| std::future::ready(()))).await;
    };
    answer.chain(nothing_after(drain)).boxed()
}

fn nothing_after(
    work: impl Future<Output = ()> + Send + 'static,
) -> impl Stream<Item = Result<PutResult, Status>> + Send {
    stream::once(work).filter_map(|()| std::future::ready(None))
}

impl State {
    /// Executes a statement given as text.
    pub(crate) async fn put_update(
        &self,
        session: Option<&Arc<Session>>,
        command: CommandStatementUpdate,
        upload: Upload,
    ) -> Result<PutStream, Status> {
        self.has(Capability::Updates)?;
        let query = self
            .query(session, command.query, command.transaction_id.as_deref(), None)
            .await?;
        if let Some(delay) = query.hints.delay {
            tokio::time::sleep(delay).await;
        }
        self.tally.executed(&query.sql);
        if let Some(setting) = Setting::parse(&query.sql)? {
            setting.apply(&query.place).await?;
            return Ok(lingering(count(0), upload));
        }
        let changed = query.execute().await?;
        if controls_transaction(&query.sql) {
            settings::end(&query.place).await?;
        }
        Ok(lingering(count(changed), upload))
    }

    /// Binds parameters to a prepared query; the answer carries the handle they belong to.
    pub(crate) async fn put_bind(
        &self,
        command: CommandPreparedStatementQuery,
        upload: Upload,
    ) -> Result<PutStream, Status> {
        self.has(Capability::Prepared)?;
        self.has(Capability::Parameters)?;
        self.statements.get(&command.prepared_statement_handle)?;
        let parameters = parameters(upload).await?.unwrap_or_default();
        let handle = self
            .statements
            .bind(&command.prepared_statement_handle, parameters)?;
        let result = DoPutPreparedStatementResult {
            prepared_statement_handle: Some(handle.into_bytes().into()),
        };
        Ok(one(PutResult {
            app_metadata: result.encode_to_vec().into(),
        }))
    }

    /// Executes a prepared statement, once per row of parameters.
    pub(crate) async fn put_prepared_update(
        &self,
        session: Option<&Arc<Session>>,
        command: CommandPreparedStatementUpdate,
        upload: Upload,
    ) -> Result<PutStream, Status> {
        self.has(Capability::Prepared)?;
        self.has(Capability::Updates)?;
        let (prepared, bound) = self.statements.get(&command.prepared_statement_handle)?;
        let given = parameters(upload).await?;
        if given.is_some() {
            self.has(Capability::Parameters)?;
        }
        let (sql, transaction) = (prepared.sql.clone(), prepared.transaction.as_deref());
        let query = self.query(session, sql, transaction, given.or(bound)).await?;
        if let Some(delay) = query.hints.delay {
            tokio::time::sleep(delay).await;
        }
        self.tally.executed(&query.sql);
        Ok(count(query.execute().await?))
    }
}
