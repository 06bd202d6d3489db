//! Running a statement: where it runs, what comes out, and how the outcome becomes a stream.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use rusqlite::Connection;
use tonic::Status;

use crate::cursor::{self, Cursor, Parameters};
use crate::database::{Database, Lease, leaves_traces};
use crate::hints::Hints;
use crate::schema;
use crate::status;
use crate::stop::Stop;
use crate::transactions::{Transaction, still_open};
use crate::worker::Desk;

/// Batches read ahead of what the client has taken.
const READ_AHEAD: usize = 2;
/// How long finding the types of undeclared columns may take when the statement is only described.
const DESCRIBE_TIME: Duration = Duration::from_millis(250);

/// Batches of a result, as they come.
pub(crate) type Batches = BoxStream<'static, Result<RecordBatch, Status>>;

/// Which connection a statement runs on.
#[derive(Clone)]
pub(crate) enum Place {
    /// Any; each statement is its own transaction.
    Pool(Arc<Database>),
    /// The session's own.
    Session(Arc<Lease>),
    /// The transaction's own.
    Transaction(Arc<Transaction>),
}

impl Place {
    async fn lease(&self) -> Result<Arc<Lease>, Status> {
        match self {
            Self::Pool(database) => Ok(Arc::new(database.lease().await?)),
            Self::Session(lease) => Ok(lease.clone()),
            Self::Transaction(transaction) => Ok(transaction.lease.clone()),
        }
    }

    fn in_transaction(&self) -> bool {
        matches!(self, Self::Transaction(_))
    }

    pub(crate) fn transaction_id(&self) -> Option<&str> {
        match self {
            Self::Transaction(transaction) => Some(&transaction.id),
            _ => None,
        }
    }

    /// Runs a job where the statement belongs.
    pub(crate) async fn call<R: Send + 'static>(
        &self,
        stop: &Stop,
        job: impl for<'c> FnOnce(&mut Desk<'c>) -> Result<R, Status> + Send + 'static,
    ) -> Result<R, Status> {
        let in_transaction = self.in_transaction();
        let lease = self.lease().await?;
        lease
            .call(stop, move |desk| {
                if in_transaction {
                    still_open(desk)?;
                }
                job(desk)
            })
            .await
    }
}

/// A statement with all it needs to run.
#[derive(Clone)]
pub(crate) struct Query {
    pub(crate) sql: String,
    pub(crate) parameters: Option<Parameters>,
    pub(crate) place: Place,
    pub(crate) hints: Hints,
}

/// What a statement says about itself before it runs.
pub(crate) struct Description {
    /// Nothing when only running would tell.
    pub(crate) schema: Option<SchemaRef>,
    pub(crate) parameters: SchemaRef,
    pub(crate) is_update: bool,
}

/// What came out of running a statement.
pub(crate) enum Outcome {
    /// Rows wait in the connection.
    Open(Arc<Opened>),
    /// All rows are here.
    Kept(SchemaRef, Vec<RecordBatch>),
}

impl Outcome {
    pub(crate) fn schema(&self) -> SchemaRef {
        match self {
            Self::Open(opened) => opened.schema.clone(),
            Self::Kept(schema, _) => schema.clone(),
        }
    }

    /// Reads everything into memory.
    pub(crate) async fn collect(self) -> Result<(SchemaRef, Vec<RecordBatch>), Status> {
        match self {
            Self::Kept(schema, batches) => Ok((schema, batches)),
            Self::Open(opened) => {
                let schema = opened.schema.clone();
                Ok((schema, batches_of(opened).try_collect().await?))
            }
        }
    }
}

/// A result open in its connection. Dropping it ends the statement.
pub(crate) struct Opened {
    lease: Arc<Lease>,
    cursor: u64,
    pub(crate) schema: SchemaRef,
    stop: Stop,
}

impl Opened {
    async fn read(&self) -> Result<Option<RecordBatch>, Status> {
        let cursor = self.cursor;
        self.lease.call(&self.stop, move |desk| desk.read(cursor)).await
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.stop.raise();
        let cursor = self.cursor;
        self.lease.post(move |desk| desk.close(cursor));
    }
}

/// The batches of an open result; a few are read ahead.
pub(crate) fn batches_of(opened: Arc<Opened>) -> Batches {
    stream::repeat(())
        .map(move |()| {
            let opened = opened.clone();
            async move { opened.read().await }
        })
        .buffered(READ_AHEAD)
        .try_take_while(|batch| std::future::ready(Ok(batch.is_some())))
        .try_filter_map(|batch| std::future::ready(Ok(batch)))
        .boxed()
}

impl Query {
    /// Runs the statement. One that only reads stays open in its connection; one that writes runs to its end.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub(crate) async fn run(&self, stop: &Stop, announced: Option<SchemaRef>) -> Result<Outcome, Status> {
        let lease = self.place.lease().await?;
        if leaves_traces(&self.sql) {
            lease.spoil();
        }
        let (sql, parameters, rows) = (
            self.sql.clone(),
            self.parameters.clone(),
            self.hints.rows_per_batch,
        );
        let in_transaction = self.place.in_transaction();
        let ran = lease.call(stop, move |desk| {
            if in_transaction {
                still_open(desk)?;
            }
            start(desk, &sql, parameters, rows, announced.as_ref())
        });
        Ok(match ran.await? {
            Ran::Kept(schema, batches) => Outcome::Kept(schema, batches),
            Ran::Open(schema, cursor) => {
                // Its own flag: that this result is dropped says nothing of what else `stop` stands for.
                Outcome::Open(Arc::new(Opened {
                    lease,
                    cursor,
                    schema,
                    stop: Stop::default(),
                }))
            }
        })
    }

    /// Executes the statement for its effect.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub(crate) async fn execute(&self) -> Result<i64, Status> {
        let lease = self.place.lease().await?;
        if leaves_traces(&self.sql) {
            lease.spoil();
        }
        let (sql, parameters) = (self.sql.clone(), self.parameters.clone());
        let in_transaction = self.place.in_transaction();
        lease
            .call(&Stop::default(), move |desk| {
                if in_transaction {
                    still_open(desk)?;
                }
                cursor::execute(desk.connection, &sql, parameters)
            })
            .await
    }

    /// Describes the statement without running what it does. `look`: a reading statement may be begun to find the
    /// types of its undeclared columns.
    ///
    /// # Errors
    ///
    /// What SQLite says about the text.
    pub(crate) async fn describe(&self, look: bool) -> Result<Description, Status> {
        let sql = self.sql.clone();
        let stop = Stop::default();
        let mut description = self
            .place
            .call(&stop, move |desk| described(desk.connection, &sql))
            .await?;
        let open = description.schema.is_none() && look && !description.is_update;
        if open && description.parameters.fields().is_empty() {
            let (sql, rows) = (self.sql.clone(), self.hints.rows_per_batch);
            let looked = self.place.call(&stop, move |desk| {
                let mut cursor = Cursor::open(desk.connection, &sql, None, rows)?;
                if cursor.read_only() {
                    cursor.settle().map(Some)
                } else {
                    Ok(None)
                }
            });
            // An error while running is no error of describing, nor is taking too long.
            description.schema = tokio::time::timeout(DESCRIBE_TIME, looked)
                .await
                .ok()
                .and_then(Result::ok)
                .flatten();
        }
        Ok(description)
    }

    /// The schema of the rows before there are any, with guesses for what only running would tell.
    pub(crate) async fn guess_schema(&self) -> Result<SchemaRef, Status> {
        let sql = self.sql.clone();
        let stop = Stop::default();
        let guessed = self.place.call(&stop, move |desk| {
            let statement = desk.connection.prepare(&sql).map_err(status::from_sqlite)?;
            Ok(cursor::guessed_schema(&statement))
        });
        guessed.await
    }
}

enum Ran {
    Open(SchemaRef, u64),
    Kept(SchemaRef, Vec<RecordBatch>),
}

fn start(
    desk: &mut Desk<'_>,
    sql: &str,
    parameters: Option<Parameters>,
    batch_rows: usize,
    announced: Option<&SchemaRef>,
) -> Result<Ran, Status> {
    let connection = desk.connection;
    let mut cursor = Cursor::open(connection, sql, parameters.clone(), batch_rows)?;
    if let Some(announced) = announced {
        cursor.adopt(announced)?;
    }
    if !cursor.has_columns() {
        let schema = cursor.settle()?;
        drop(cursor);
        cursor::execute(connection, sql, parameters)?;
        return Ok(Ran::Kept(schema, Vec::new()));
    }
    let schema = cursor.settle()?;
    if cursor.read_only() {
        return Ok(Ran::Open(schema, desk.keep(cursor)));
    }
    // A writer left open would keep everybody else from writing.
    let mut batches = Vec::new();
    while let Some(batch) = cursor.next_batch()? {
        batches.push(batch);
    }
    Ok(Ran::Kept(schema, batches))
}

fn described(connection: &Connection, sql: &str) -> Result<Description, Status> {
    let statement = connection.prepare(sql).map_err(status::from_sqlite)?;
    let parameters = (1..=statement.parameter_count())
        .map(|index| {
            let name = statement
                .parameter_name(index)
                .map_or_else(|| format!("?{index}"), str::to_owned);
            // SQLite takes any type; NULL's type says that nothing is known.
            arrow::datatypes::Field::new(name, arrow::datatypes::DataType::Null, true)
        })
        .collect();
    Ok(Description {
        schema: cursor::declared_schema(&statement),
        parameters: schema::schema(parameters),
        is_update: statement.column_count() == 0,
    })
}

/// Splits batches into `parts` runs of nearly the same number of rows.
pub(crate) fn split(batches: &[RecordBatch], parts: usize) -> Vec<Vec<RecordBatch>> {
    let total: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let border = |part: usize| total * part / parts;
    (0..parts)
        .map(|part| {
            let (from, to) = (border(part), border(part + 1));
            let mut start = 0;
            let mut slices = Vec::new();
            for batch in batches {
                let end = start + batch.num_rows();
                let (first, last) = (from.max(start), to.min(end));
                if first < last {
                    slices.push(batch.slice(first - start, last - first));
                }
                start = end;
            }
            slices
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Int64Array;

    #[test]
    fn parts_follow_each_other_and_lose_nothing() {
        let batch = |from: i64, to: i64| {
            let values: Int64Array = (from..to).map(Some).collect();
            RecordBatch::try_from_iter([("n", Arc::new(values) as _)]).unwrap()
        };
        for parts in [1, 2, 3, 7, 20] {
            let split = split(&[batch(0, 5), batch(5, 6), batch(6, 13)], parts);
            assert_eq!(split.len(), parts);
            let numbers: Vec<i64> = (split.iter().flatten())
                .flat_map(|batch| {
                    let column = batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap();
                    column.values().to_vec()
                })
                .collect();
            assert_eq!(numbers, (0..13).collect::<Vec<_>>());
        }
    }
}
