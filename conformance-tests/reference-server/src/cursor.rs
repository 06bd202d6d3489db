//! A running query: steps SQLite and builds record batches, a batch at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, SchemaRef};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, Statement};
use tonic::Status;

use crate::read::{self, ColumnBuilder};
use crate::schema::{self, Origin};
use crate::{bind, status};

/// Parameter rows, shared by everybody who executes with them.
pub(crate) type Parameters = Arc<Vec<RecordBatch>>;

/// Where a batch ends even when it has few rows.
const BATCH_BYTES: usize = 4 << 20;

/// The type of one result column.
#[derive(Clone, Debug)]
struct Column {
    name: String,
    origin: Origin,
    /// Declared, or found in the first values; until then nothing.
    data_type: Option<DataType>,
    /// Values of several types, shown as text.
    loose: bool,
}

/// A query being read. Dropping it ends the statement.
pub(crate) struct Cursor<'c> {
    statement: Statement<'c>,
    columns: Vec<Column>,
    schema: Option<SchemaRef>,
    builders: Vec<ColumnBuilder>,
    /// Rows read to find the types of undeclared columns, not yet given out.
    ahead: VecDeque<Vec<Value>>,
    parameters: ParameterRows,
    batch_rows: usize,
    row: u64,
    done: bool,
}

impl<'c> Cursor<'c> {
    /// Prepares a statement and binds its first row of parameters; executes nothing yet.
    ///
    /// # Errors
    ///
    /// What SQLite says about the text; `INVALID_ARGUMENT` for parameters that do not fit.
    pub(crate) fn open(
        connection: &'c Connection,
        sql: &str,
        parameters: Option<Parameters>,
        batch_rows: usize,
    ) -> Result<Self, Status> {
        let mut statement = connection.prepare(sql).map_err(status::from_sqlite)?;
        let mut parameters = ParameterRows::new(&statement, parameters)?;
        let columns = columns_of(&statement);
        let done = !parameters.bind_next(&mut statement)?;
        let mut cursor = Self {
            statement,
            columns,
            schema: None,
            builders: Vec::new(),
            ahead: VecDeque::new(),
            parameters,
            batch_rows,
            row: 0,
            done,
        };
        if cursor.columns.iter().all(|column| column.data_type.is_some()) {
            cursor.fix_schema();
        }
        Ok(cursor)
    }

    /// Whether executing it can change nothing.
    pub(crate) fn read_only(&self) -> bool {
        self.statement.readonly()
    }

    /// Whether it gives rows at all.
    pub(crate) fn has_columns(&self) -> bool {
        !self.columns.is_empty()
    }

    /// The schema, read from the first rows where columns are undeclared.
    ///
    /// # Errors
    ///
    /// What SQLite says while it executes.
    pub(crate) fn settle(&mut self) -> Result<SchemaRef, Status> {
        if let Some(schema) = &self.schema {
            return Ok(schema.clone());
        }
        let mut ahead = VecDeque::new();
        let (limit, mut bytes) = (self.batch_rows, 0);
        self.step(limit, |row, columns| {
            let mut values = Vec::with_capacity(columns.len());
            for index in 0..columns.len() {
                let value = row.get_ref(index).map_err(status::from_sqlite)?;
                bytes += read::weight(value);
                values.push(owned(value));
            }
            ahead.push_back(values);
            Ok(bytes < BATCH_BYTES)
        })?;
        for (index, column) in self.columns.iter_mut().enumerate() {
            if column.data_type.is_none() {
                let found = read::infer(ahead.iter().filter_map(|row| row.get(index)));
                let (data_type, loose) = found.unwrap_or_else(|| (schema::guess(&column.name), false));
                column.data_type = Some(data_type);
                column.loose = loose;
            }
        }
        self.ahead = ahead;
        Ok(self.fix_schema())
    }

    /// Makes the stream keep to types that were announced before, so that a second run cannot differ from the first.
    pub(crate) fn adopt(&mut self, announced: &SchemaRef) -> Result<(), Status> {
        if announced.fields().len() != self.columns.len() {
            return Err(Status::aborted(
                "the tables changed since the schema of this result was announced",
            ));
        }
        for (column, field) in self.columns.iter_mut().zip(announced.fields()) {
            // A column whose type was found by reading shows everything as text when it was text then.
            column.loose = column.data_type.is_none();
            column.data_type = Some(field.data_type().clone());
        }
        self.fix_schema();
        self.schema = Some(announced.clone());
        Ok(())
    }

    fn fix_schema(&mut self) -> SchemaRef {
        let schema = schema_of(&self.columns);
        self.builders = (self.columns.iter())
            .zip(schema.fields())
            .map(|(column, field)| ColumnBuilder::new(field.data_type(), column.loose))
            .collect();
        self.schema = Some(schema.clone());
        schema
    }

    /// The next rows; nothing at the end.
    ///
    /// # Errors
    ///
    /// What SQLite says; `OUT_OF_RANGE`, naming column and row, for a value that does not fit its column's type.
    pub(crate) fn next_batch(&mut self) -> Result<Option<RecordBatch>, Status> {
        let schema = self.settle()?;
        let mut builders = std::mem::take(&mut self.builders);
        let result = self.fill(&mut builders);
        let arrays = builders.iter_mut().map(ColumnBuilder::finish).collect();
        self.builders = builders;
        let rows = result?;
        if rows == 0 {
            return Ok(None);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(schema, arrays, &options)
            .map(Some)
            .map_err(|error| Status::internal(error.to_string()))
    }

    fn fill(&mut self, builders: &mut [ColumnBuilder]) -> Result<usize, Status> {
        let mut rows = 0;
        let first = self.row;
        while rows < self.batch_rows {
            let Some(values) = self.ahead.pop_front() else {
                break;
            };
            for (index, (builder, value)) in builders.iter_mut().zip(&values).enumerate() {
                let value = ValueRef::from(value);
                if !builder.append(value) {
                    return Err(self.misfit(index, first + count(rows), value));
                }
            }
            rows += 1;
        }
        let mut misfit = None;
        // Rows read ahead make a batch of their own: they ended where a batch ends.
        if rows == 0 {
            let (limit, mut bytes) = (self.batch_rows, 0);
            let taken = self.step(limit, |row, columns| {
                for (index, builder) in builders.iter_mut().enumerate().take(columns.len()) {
                    let value = row.get_ref(index).map_err(status::from_sqlite)?;
                    bytes += read::weight(value);
                    if !builder.append(value) {
                        misfit = Some((index, read::show(value)));
                        return Err(Status::out_of_range(""));
                    }
                }
                rows += 1;
                Ok(bytes < BATCH_BYTES)
            });
            if let Some((index, shown)) = misfit {
                return Err(self.refuse(index, first + count(rows), &shown));
            }
            taken?;
        }
        self.row += count(rows);
        Ok(rows)
    }

    fn misfit(&mut self, index: usize, row: u64, value: ValueRef<'_>) -> Status {
        self.refuse(index, row, &read::show(value))
    }

    fn refuse(&mut self, index: usize, row: u64, shown: &str) -> Status {
        self.done = true;
        self.ahead.clear();
        let column = self.columns.get(index);
        let name = column.map_or("", |column| column.name.as_str());
        let announced = column
            .and_then(|column| column.data_type.as_ref())
            .map(ToString::to_string);
        Status::out_of_range(format!(
            "column \"{name}\", row {}: {shown} does not fit the column's type {}",
            row + 1,
            announced.unwrap_or_default()
        ))
    }

    /// Steps through at most `limit` rows, over all rows of parameters, for as long as `take` wants more.
    fn step(
        &mut self,
        limit: usize,
        mut take: impl FnMut(&Row<'_>, &[Column]) -> Result<bool, Status>,
    ) -> Result<(), Status> {
        let mut taken = 0;
        let mut wanted = true;
        while taken < limit && wanted && !self.done {
            let mut rows = self.statement.raw_query();
            let ended = loop {
                if taken == limit || !wanted {
                    break false;
                }
                match rows.next() {
                    Ok(Some(row)) => match take(row, &self.columns) {
                        Ok(more) => wanted = more,
                        Err(error) => {
                            self.done = true;
                            return Err(error);
                        }
                    },
                    Ok(None) => break true,
                    Err(error) => {
                        self.done = true;
                        return Err(status::from_sqlite(error));
                    }
                }
                taken += 1;
            };
            if ended {
                drop(rows);
                self.done = !self.parameters.bind_next(&mut self.statement)?;
            } else {
                // Dropping the rows would rewind the statement; they own nothing.
                std::mem::forget(rows);
            }
        }
        Ok(())
    }
}

fn schema_of(columns: &[Column]) -> SchemaRef {
    let fields = columns.iter().map(|column| {
        let data_type = column
            .data_type
            .clone()
            .unwrap_or_else(|| schema::guess(&column.name));
        // An outer join gives NULL for columns declared NOT NULL.
        schema::field(&column.name, data_type, true, &column.origin)
    });
    schema::schema(fields.collect())
}

/// The schema of a statement as far as declarations tell it; nothing when a column needs to be read.
pub(crate) fn declared_schema(statement: &Statement<'_>) -> Option<SchemaRef> {
    let columns = columns_of(statement);
    columns
        .iter()
        .all(|column| column.data_type.is_some())
        .then(|| schema_of(&columns))
}

/// The schema of a statement, with guesses for columns that would need to be read.
pub(crate) fn guessed_schema(statement: &Statement<'_>) -> SchemaRef {
    schema_of(&columns_of(statement))
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

fn owned(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Blob(bytes) => Value::Blob(bytes.into()),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::Text(text.into()),
            // Not text after all: shown as bytes rather than bent.
            Err(_) => Value::Blob(bytes.into()),
        },
    }
}

fn columns_of(statement: &Statement<'_>) -> Vec<Column> {
    let declared = statement.columns();
    let origins = statement.columns_with_metadata();
    (declared.iter().zip(&origins).enumerate())
        .map(|(index, (column, origin))| {
            let type_name = column.decl_type().map(str::to_owned);
            let details = statement.column_metadata(index).ok().flatten();
            Column {
                name: column.name().to_owned(),
                data_type: type_name.as_deref().and_then(schema::declared),
                origin: Origin {
                    catalog: origin.database_name().map(str::to_owned),
                    table: origin.table_name().map(str::to_owned),
                    type_name,
                    auto_increment: details.is_some_and(|details| details.7),
                    read_only: origin.table_name().is_none(),
                },
                loose: false,
            }
        })
        .collect()
}

/// The rows of parameters still to be executed with.
struct ParameterRows {
    batches: Parameters,
    columns: Vec<Vec<usize>>,
    batch: usize,
    row: usize,
    /// A statement without parameters runs once.
    once: bool,
}

impl ParameterRows {
    fn new(statement: &Statement<'_>, batches: Option<Parameters>) -> Result<Self, Status> {
        let needed = statement.parameter_count();
        let batches = batches.unwrap_or_default();
        if needed == 0 {
            return Ok(Self {
                batches,
                columns: Vec::new(),
                batch: 0,
                row: 0,
                once: true,
            });
        }
        if batches.is_empty() {
            return Err(Status::failed_precondition(format!(
                "the statement has {needed} parameters and none was bound"
            )));
        }
        let columns = batches
            .iter()
            .map(|batch| bind::columns(statement, batch))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            batches,
            columns,
            batch: 0,
            row: 0,
            once: false,
        })
    }

    /// Binds the next row; `false` when there is none.
    fn bind_next(&mut self, statement: &mut Statement<'_>) -> Result<bool, Status> {
        if self.once {
            self.once = false;
            return Ok(true);
        }
        while let (Some(batch), Some(columns)) = (self.batches.get(self.batch), self.columns.get(self.batch))
        {
            if self.row < batch.num_rows() {
                bind::row(statement, columns, batch, self.row)?;
                self.row += 1;
                return Ok(true);
            }
            self.batch += 1;
            self.row = 0;
        }
        Ok(false)
    }
}

/// Executes a statement for its effect, once per row of parameters, all or nothing.
///
/// # Errors
///
/// What SQLite says; then no row of parameters has had any effect.
pub(crate) fn execute(
    connection: &Connection,
    sql: &str,
    parameters: Option<Parameters>,
) -> Result<i64, Status> {
    let mut statement = connection.prepare(sql).map_err(status::from_sqlite)?;
    let mut rows = ParameterRows::new(&statement, parameters)?;
    let several = rows.batches.iter().map(RecordBatch::num_rows).sum::<usize>() > 1;
    // A savepoint is a transaction when there is none around it.
    let around = |text: &str| connection.execute_batch(text).map_err(status::from_sqlite);
    if several {
        around("SAVEPOINT array_binding")?;
    }
    let result = execute_rows(connection, &mut statement, &mut rows);
    if several {
        drop(statement);
        match &result {
            Ok(_) => around("RELEASE array_binding")?,
            // SQLite may already have rolled back everything by itself.
            Err(_) => drop(around("ROLLBACK TO array_binding; RELEASE array_binding")),
        }
    }
    result
}

fn execute_rows(
    connection: &Connection,
    statement: &mut Statement<'_>,
    rows: &mut ParameterRows,
) -> Result<i64, Status> {
    let mut changed = 0;
    while rows.bind_next(statement)? {
        let before = connection.total_changes();
        let mut results = statement.raw_query();
        // Rows of a RETURNING clause or a PRAGMA are passed over: only the effect was asked for.
        while results.next().map_err(status::from_sqlite)?.is_some() {}
        drop(results);
        // After a statement that is no DML, `changes()` still tells of the one before.
        if connection.total_changes() != before {
            changed += i64::try_from(connection.changes()).unwrap_or(i64::MAX);
        }
    }
    Ok(changed)
}
