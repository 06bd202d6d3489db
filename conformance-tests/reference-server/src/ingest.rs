//! Bulk ingestion: a stream of batches becomes a table, or part of one.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow_flight::sql::CommandStatementIngest;
use futures::TryStreamExt;
use rusqlite::Connection;
use tonic::Status;

use crate::bind;
use crate::capability::Capability;
use crate::database::Lease;
use crate::put::{self, PutStream, Upload};
use crate::results::Place;
use crate::schema::{DB_SCHEMA, MAIN_CATALOG, declaration, quote};
use crate::sessions::Session;
use crate::state::State;
use crate::status;
use crate::stop::Stop;
use crate::transactions::still_open;
use crate::worker::Desk;

const CREATE: i32 = 1;
const APPEND: i32 = 2;
const REPLACE: i32 = 3;

/// Where the rows go and what may happen to the table.
#[derive(Clone)]
struct Target {
    catalog: String,
    table: String,
    if_missing: i32,
    if_exists: i32,
}

impl Target {
    fn read(command: &CommandStatementIngest) -> Result<Self, Status> {
        if command.table.is_empty() {
            return Err(Status::invalid_argument("the table to fill has no name"));
        }
        if let Some(schema) = command.schema.as_deref().filter(|schema| *schema != DB_SCHEMA) {
            return Err(Status::not_found(format!(
                "no such schema: {schema} (SQLite has catalogs only)"
            )));
        }
        let catalog = command.catalog.clone().filter(|catalog| !catalog.is_empty());
        let catalog = match (command.temporary, catalog) {
            (true, None) => "temp".to_owned(),
            (true, Some(catalog)) if catalog == "temp" => catalog,
            (true, Some(catalog)) => {
                return Err(Status::invalid_argument(format!(
                    "a temporary table cannot be in catalog {catalog}"
                )));
            }
            (false, catalog) => catalog.unwrap_or_else(|| MAIN_CATALOG.to_owned()),
        };
        let options = command.table_definition_options.unwrap_or_default();
        Ok(Self {
            catalog,
            table: command.table.clone(),
            if_missing: options.if_not_exist,
            if_exists: options.if_exists,
        })
    }

    fn name(&self) -> String {
        format!("{}.{}", quote(&self.catalog), quote(&self.table))
    }

    /// Makes the table ready for the rows.
    fn prepare(&self, connection: &Connection, schema: &Schema) -> Result<(), Status> {
        let catalogs = crate::catalog::catalogs(connection)?;
        if self.catalog != "temp" && !catalogs.contains(&self.catalog) {
            return Err(Status::not_found(format!("no such catalog: {}", self.catalog)));
        }
        let exists = connection
            .prepare(&format!(
                "SELECT 1 FROM {}.sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
                quote(&self.catalog)
            ))
            .and_then(|mut statement| statement.exists([&self.table]))
            .map_err(status::from_sqlite)?;
        let run = |sql: &str| connection.execute_batch(sql).map_err(status::from_sqlite);
        match (exists, self.if_missing, self.if_exists) {
            (false, CREATE, _) => run(&self.create(schema)?),
            (false, ..) => Err(Status::not_found(format!("no such table: {}", self.table))),
            (true, _, APPEND) => Ok(()),
            (true, _, REPLACE) => run(&format!("DROP TABLE {}; {}", self.name(), self.create(schema)?)),
            (true, ..) => Err(Status::already_exists(format!(
                "table {} already exists",
                self.table
            ))),
        }
    }

    fn create(&self, schema: &Schema) -> Result<String, Status> {
        if schema.fields().is_empty() {
            return Err(Status::invalid_argument("a table needs at least one column"));
        }
        let mut columns = Vec::new();
        for field in schema.fields() {
            let nullable = if field.is_nullable() { "" } else { " NOT NULL" };
            columns.push(format!(
                "{} {}{nullable}",
                quote(field.name()),
                declaration(field.data_type())?
            ));
        }
        Ok(format!("CREATE TABLE {} ({})", self.name(), columns.join(", ")))
    }

    fn insert(&self, connection: &Connection, batch: &RecordBatch) -> Result<(), Status> {
        let schema = batch.schema();
        let names: Vec<String> = schema.fields().iter().map(|field| quote(field.name())).collect();
        let marks: Vec<String> = (1..=names.len()).map(|index| format!("?{index}")).collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            self.name(),
            names.join(", "),
            marks.join(", ")
        );
        let mut statement = connection.prepare_cached(&sql).map_err(status::from_sqlite)?;
        let columns: Vec<usize> = (0..names.len()).collect();
        for row in 0..batch.num_rows() {
            bind::row(&mut statement, &columns, batch, row)?;
            statement.raw_execute().map_err(status::from_sqlite)?;
        }
        Ok(())
    }
}

impl State {
    /// Fills a table, all or nothing. The session is one that had to be begun for a temporary table.
    ///
    /// # Errors
    ///
    /// `ALREADY_EXISTS` and `NOT_FOUND` as the options say; what SQLite says about the rows.
    pub(crate) async fn put_ingest(
        &self,
        session: Option<&Arc<Session>>,
        command: CommandStatementIngest,
        upload: Upload,
    ) -> Result<(PutStream, Option<Arc<Session>>), Status> {
        self.has(Capability::Ingest)?;
        let target = Target::read(&command)?;
        let transaction = command.transaction_id.as_deref().filter(|id| !id.is_empty());
        let mut created = None;
        let (lease, inside) = if let Some(id) = transaction {
            (self.transactions.get(id)?.lease.clone(), true)
        } else if command.temporary {
            let (session, new) = self.session_or_new(session.cloned());
            let lease = session.own_lease(&self.database).await?;
            created = new.then_some(session);
            (lease, false)
        } else {
            match self.place_of(session) {
                Place::Session(lease) => (lease, false),
                _ => (Arc::new(self.database.lease().await?), false),
            }
        };
        if command.temporary {
            lease.spoil();
        }
        let count = fill(&lease, inside, &target, upload).await?;
        Ok((put::count(count), created))
    }
}

/// Writes the upload inside a savepoint, which is a transaction when there is none around it.
async fn fill(lease: &Arc<Lease>, inside: bool, target: &Target, upload: Upload) -> Result<i64, Status> {
    let stop = Stop::default();
    lease
        .call(&stop, move |desk| {
            if inside {
                still_open(desk)?;
            }
            run(desk, "SAVEPOINT ingest")
        })
        .await?;
    let undo = UndoOnDrop(Some(lease.clone()));
    let mut stream = put::batches(upload);
    let mut prepared = false;
    let mut count = 0;
    loop {
        let batch = stream.try_next().await.map_err(put::upload_error)?;
        let schema = stream.schema().cloned();
        let (table, first, rows) = (target.clone(), !prepared, batch.clone());
        prepared = true;
        lease
            .call(&stop, move |desk| {
                if first {
                    let schema =
                        schema.ok_or_else(|| Status::invalid_argument("the upload has no schema"))?;
                    table.prepare(desk.connection, &schema)?;
                }
                rows.map_or(Ok(()), |rows| table.insert(desk.connection, &rows))
            })
            .await?;
        match batch {
            Some(batch) => count += i64::try_from(batch.num_rows()).unwrap_or(i64::MAX),
            None => break,
        }
    }
    lease.call(&stop, |desk| run(desk, "RELEASE ingest")).await?;
    undo.done();
    Ok(count)
}

fn run(desk: &Desk<'_>, sql: &str) -> Result<(), Status> {
    desk.connection.execute_batch(sql).map_err(status::from_sqlite)
}

/// Undoes everything when the upload fails or its client goes away.
struct UndoOnDrop(Option<Arc<Lease>>);

impl UndoOnDrop {
    fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for UndoOnDrop {
    fn drop(&mut self) {
        if let Some(lease) = self.0.take() {
            lease.post(|desk| {
                // When SQLite has rolled back everything by itself there is nothing left to undo.
                let _ = run(desk, "ROLLBACK TO ingest; RELEASE ingest");
            });
        }
    }
}
