//! The nine metadata commands, answered from SQLite's own catalog.

mod info;
mod keys;
mod types;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow_flight::sql::metadata::SqlInfoDataBuilder;
use arrow_flight::sql::{
    Command, CommandGetCatalogs, CommandGetDbSchemas, CommandGetTableTypes, CommandGetTables,
};
use rusqlite::Connection;
use tonic::Status;

pub(crate) use self::info::Facts;
use crate::capability::Capability;
use crate::cursor;
use crate::schema::{DB_SCHEMA, quote};
use crate::status::from_sqlite;

/// What has to be switched on for a command.
pub(crate) fn capability(command: &Command) -> Capability {
    match command {
        Command::CommandGetSqlInfo(_) => Capability::SqlInfo,
        _ => Capability::Catalog,
    }
}

/// The schema the specification gives the answer; nothing when the command is no metadata command.
pub(crate) fn schema_of(command: &Command) -> Option<SchemaRef> {
    Some(match command {
        Command::CommandGetCatalogs(command) => (*command).into_builder().schema(),
        Command::CommandGetDbSchemas(command) => command.clone().into_builder().schema(),
        Command::CommandGetTables(command) => command.clone().into_builder().schema(),
        Command::CommandGetTableTypes(command) => (*command).into_builder().schema(),
        Command::CommandGetPrimaryKeys(_) => keys::primary_schema(),
        Command::CommandGetExportedKeys(_)
        | Command::CommandGetImportedKeys(_)
        | Command::CommandGetCrossReference(_) => keys::foreign_schema(),
        Command::CommandGetXdbcTypeInfo(_) => types::all().ok()?.schema(),
        Command::CommandGetSqlInfo(_) => Arc::new(SqlInfoDataBuilder::schema().clone()),
        _ => return None,
    })
}

/// Answers a metadata command.
///
/// # Errors
///
/// `UNIMPLEMENTED` when it is none, what SQLite says, and `INTERNAL` when the answer cannot be built.
pub(crate) fn answer(
    connection: &Connection,
    command: &Command,
    facts: Facts,
) -> Result<RecordBatch, Status> {
    match command {
        Command::CommandGetCatalogs(command) => answer_catalogs(connection, *command),
        Command::CommandGetDbSchemas(command) => answer_schemas(connection, command.clone()),
        Command::CommandGetTables(command) => answer_tables(connection, command.clone()),
        Command::CommandGetTableTypes(command) => answer_table_types(*command),
        Command::CommandGetPrimaryKeys(command) => keys::primary(connection, command),
        Command::CommandGetExportedKeys(command) => keys::exported(connection, command),
        Command::CommandGetImportedKeys(command) => keys::imported(connection, command),
        Command::CommandGetCrossReference(command) => keys::cross_reference(connection, command),
        Command::CommandGetXdbcTypeInfo(command) => types::all()
            .and_then(|types| types.record_batch(command.data_type))
            .map_err(internal),
        Command::CommandGetSqlInfo(command) => info::all(facts)
            .and_then(|info| info.record_batch(command.info.iter().copied()))
            .map_err(internal),
        other => Err(Status::unimplemented(format!(
            "this server does not answer {}",
            other.type_url()
        ))),
    }
}

fn internal(error: impl std::fmt::Display) -> Status {
    Status::internal(error.to_string())
}

/// SQLite's name for the database of temporary tables, which every connection has for itself.
const TEMPORARY: &str = "temp";

/// The databases of a connection that hold something to list: those of [`catalogs`], and the one of temporary tables once it has any.
fn listed_catalogs(connection: &Connection) -> Result<Vec<String>, Status> {
    let mut names = catalogs(connection)?;
    let temporary = "SELECT EXISTS (SELECT 1 FROM temp.sqlite_schema WHERE type IN ('table', 'view'))";
    if connection
        .query_row(temporary, [], |row| row.get(0))
        .map_err(from_sqlite)?
    {
        names.push(TEMPORARY.to_owned());
    }
    Ok(names)
}

/// The databases of a connection: `main`, and what is attached to it.
///
/// # Errors
///
/// What SQLite says.
pub(crate) fn catalogs(connection: &Connection) -> Result<Vec<String>, Status> {
    let mut statement = connection
        .prepare("SELECT name FROM pragma_database_list ORDER BY seq")
        .map_err(from_sqlite)?;
    let names = statement
        .query_map([], |row| row.get::<_, String>(0))
        .map_err(from_sqlite)?;
    let names: Result<Vec<_>, _> = names.collect();
    Ok(names
        .map_err(from_sqlite)?
        .into_iter()
        .filter(|name| name != TEMPORARY)
        .collect())
}

fn answer_catalogs(connection: &Connection, command: CommandGetCatalogs) -> Result<RecordBatch, Status> {
    let mut builder = command.into_builder();
    for catalog in listed_catalogs(connection)? {
        builder.append(catalog);
    }
    builder.build().map_err(internal)
}

fn answer_schemas(connection: &Connection, command: CommandGetDbSchemas) -> Result<RecordBatch, Status> {
    let mut builder = command.into_builder();
    for catalog in listed_catalogs(connection)? {
        builder.append(catalog, DB_SCHEMA);
    }
    builder.build().map_err(internal)
}

fn answer_table_types(command: CommandGetTableTypes) -> Result<RecordBatch, Status> {
    let mut builder = command.into_builder();
    builder.append("LOCAL TEMPORARY");
    builder.append("TABLE");
    builder.append("VIEW");
    builder.build().map_err(internal)
}

fn answer_tables(connection: &Connection, command: CommandGetTables) -> Result<RecordBatch, Status> {
    let with_schema = command.include_schema;
    let mut builder = command.into_builder();
    for catalog in listed_catalogs(connection)? {
        for (name, kind) in tables(connection, &catalog)? {
            let schema = match with_schema {
                true => table_schema(connection, &catalog, &name),
                false => Schema::empty(),
            };
            builder
                .append(&catalog, DB_SCHEMA, &name, kind, &schema)
                .map_err(internal)?;
        }
    }
    builder.build().map_err(internal)
}

/// Tables and views of a catalog, without SQLite's own.
fn tables(connection: &Connection, catalog: &str) -> Result<Vec<(String, String)>, Status> {
    let sql = format!(
        "SELECT name, upper(type) FROM {}.sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' \
         ESCAPE '\\' ORDER BY name",
        quote(catalog)
    );
    let mut statement = connection.prepare(&sql).map_err(from_sqlite)?;
    let rows = statement
        .query_map([], |row| {
            let kind: String = row.get(1)?;
            let temporary = catalog == TEMPORARY && kind == "TABLE";
            Ok((
                row.get(0)?,
                if temporary {
                    "LOCAL TEMPORARY".to_owned()
                } else {
                    kind
                },
            ))
        })
        .map_err(from_sqlite)?;
    rows.collect::<Result<_, _>>().map_err(from_sqlite)
}

/// The columns of a table. A view whose table is gone has none that could be told.
fn table_schema(connection: &Connection, catalog: &str, table: &str) -> Schema {
    let sql = format!("SELECT * FROM {}.{}", quote(catalog), quote(table));
    let Ok(statement) = connection.prepare(&sql) else {
        return Schema::empty();
    };
    let schema = cursor::guessed_schema(&statement);
    // A result may be NULL where an outer join made it so; the column of a table only where it is declared so.
    let fields = schema.fields().iter().map(|field| {
        let details = connection.column_metadata(Some(catalog), table, field.name().as_str());
        let required = details.is_ok_and(|(declared, _, not_null, key, _)| {
            let row_id = key && declared.is_some_and(|name| name.to_bytes().eq_ignore_ascii_case(b"integer"));
            not_null || row_id
        });
        field.as_ref().clone().with_nullable(!required)
    });
    Schema::new(fields.collect::<Vec<_>>())
}
