//! Primary and foreign keys.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray, UInt8Array};
use arrow::datatypes::{DataType, Field, SchemaRef};
use arrow_flight::sql::{
    CommandGetCrossReference, CommandGetExportedKeys, CommandGetImportedKeys, CommandGetPrimaryKeys,
};
use rusqlite::Connection;
use tonic::Status;

use super::{catalogs, internal, tables};
use crate::schema::{DB_SCHEMA, quote, schema};
use crate::status::from_sqlite;

fn text(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Utf8, nullable)
}

pub(super) fn primary_schema() -> SchemaRef {
    schema(vec![
        text("catalog_name", true),
        text("db_schema_name", true),
        text("table_name", false),
        text("column_name", false),
        text("key_name", true),
        Field::new("key_sequence", DataType::Int32, false),
    ])
}

pub(super) fn foreign_schema() -> SchemaRef {
    schema(vec![
        text("pk_catalog_name", true),
        text("pk_db_schema_name", true),
        text("pk_table_name", false),
        text("pk_column_name", false),
        text("fk_catalog_name", true),
        text("fk_db_schema_name", true),
        text("fk_table_name", false),
        text("fk_column_name", false),
        Field::new("key_sequence", DataType::Int32, false),
        text("fk_key_name", true),
        text("pk_key_name", true),
        Field::new("update_rule", DataType::UInt8, false),
        Field::new("delete_rule", DataType::UInt8, false),
    ])
}

/// The catalogs a command asks about. SQLite has one schema only, which has no name.
fn asked(
    connection: &Connection,
    catalog: Option<&str>,
    db_schema: Option<&str>,
) -> Result<Vec<String>, Status> {
    if db_schema.is_some_and(|name| name != DB_SCHEMA) {
        return Ok(Vec::new());
    }
    let mut all = catalogs(connection)?;
    all.retain(|name| catalog.is_none_or(|catalog| catalog == name));
    Ok(all)
}

/// The columns of a table's primary key, in its order.
fn primary_columns(connection: &Connection, catalog: &str, table: &str) -> Result<Vec<String>, Status> {
    let sql = "SELECT name FROM pragma_table_info(?1, ?2) WHERE pk > 0 ORDER BY pk";
    let mut statement = connection.prepare(sql).map_err(from_sqlite)?;
    let names = statement
        .query_map([table, catalog], |row| row.get(0))
        .map_err(from_sqlite)?;
    names.collect::<Result<_, _>>().map_err(from_sqlite)
}

pub(super) fn primary(
    connection: &Connection,
    command: &CommandGetPrimaryKeys,
) -> Result<RecordBatch, Status> {
    let mut rows: Vec<(String, String, i32)> = Vec::new();
    for catalog in asked(
        connection,
        command.catalog.as_deref(),
        command.db_schema.as_deref(),
    )? {
        for (number, column) in (1..).zip(primary_columns(connection, &catalog, &command.table)?) {
            rows.push((catalog.clone(), column, number));
        }
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(
            rows.iter()
                .map(|row| Some(row.0.as_str()))
                .collect::<StringArray>(),
        ),
        Arc::new(rows.iter().map(|_| Some(DB_SCHEMA)).collect::<StringArray>()),
        Arc::new(
            rows.iter()
                .map(|_| Some(command.table.as_str()))
                .collect::<StringArray>(),
        ),
        Arc::new(
            rows.iter()
                .map(|row| Some(row.1.as_str()))
                .collect::<StringArray>(),
        ),
        Arc::new(rows.iter().map(|_| None::<&str>).collect::<StringArray>()),
        Arc::new(rows.iter().map(|row| row.2).collect::<Int32Array>()),
    ];
    RecordBatch::try_new(primary_schema(), columns).map_err(internal)
}

/// One column of a foreign key.
struct Link {
    catalog: String,
    referred_table: String,
    referred_column: String,
    table: String,
    column: String,
    number: i32,
    on_update: u8,
    on_delete: u8,
    key: i64,
}

impl Link {
    fn order(&self) -> (&str, &str, &str, i64, i32) {
        (
            &self.catalog,
            &self.referred_table,
            &self.table,
            self.key,
            self.number,
        )
    }
}

/// The foreign keys of a table.
fn links(connection: &Connection, catalog: &str, table: &str) -> Result<Vec<Link>, Status> {
    let sql = format!("PRAGMA {}.foreign_key_list({})", quote(catalog), quote(table));
    let mut statement = connection.prepare(&sql).map_err(from_sqlite)?;
    let rows = statement.query_map([], |row| {
        let columns: (i64, String, String, Option<String>) =
            (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
        let rules: (String, String) = (row.get(5)?, row.get(6)?);
        Ok((columns, rules, row.get(0)?))
    });
    let mut links = Vec::new();
    for row in rows.map_err(from_sqlite)? {
        let ((sequence, referred_table, column, referred_column), (on_update, on_delete), key) =
            row.map_err(from_sqlite)?;
        let sequence = usize::try_from(sequence).unwrap_or_default();
        let referred_column = match referred_column {
            Some(column) => column,
            // A key that names no columns refers to the primary key.
            None => {
                let key = primary_columns(connection, catalog, &referred_table)?;
                key.into_iter().nth(sequence).unwrap_or_default()
            }
        };
        links.push(Link {
            catalog: catalog.to_owned(),
            referred_table,
            referred_column,
            table: table.to_owned(),
            column,
            number: i32::try_from(sequence).unwrap_or(i32::MAX).saturating_add(1),
            on_update: rule(&on_update),
            on_delete: rule(&on_delete),
            key,
        });
    }
    Ok(links)
}

/// The numbers of FlightSql.proto's `UpdateDeleteRules`.
fn rule(words: &str) -> u8 {
    match words {
        "CASCADE" => 0,
        "RESTRICT" => 1,
        "SET NULL" => 2,
        "SET DEFAULT" => 4,
        _ => 3,
    }
}

/// The foreign keys of the tables of a name in the catalogs a command asks about.
fn links_of(
    connection: &Connection,
    catalog: Option<&str>,
    db_schema: Option<&str>,
    table: &str,
) -> Result<Vec<Link>, Status> {
    let mut found = Vec::new();
    for catalog in asked(connection, catalog, db_schema)? {
        found.extend(links(connection, &catalog, table)?);
    }
    Ok(found)
}

pub(super) fn imported(
    connection: &Connection,
    command: &CommandGetImportedKeys,
) -> Result<RecordBatch, Status> {
    let (catalog, db_schema) = (command.catalog.as_deref(), command.db_schema.as_deref());
    batch(&mut links_of(connection, catalog, db_schema, &command.table)?)
}

pub(super) fn exported(
    connection: &Connection,
    command: &CommandGetExportedKeys,
) -> Result<RecordBatch, Status> {
    let mut found = Vec::new();
    for catalog in asked(
        connection,
        command.catalog.as_deref(),
        command.db_schema.as_deref(),
    )? {
        for (table, _) in tables(connection, &catalog)? {
            found.extend(links(connection, &catalog, &table)?);
        }
    }
    found.retain(|link| link.referred_table.eq_ignore_ascii_case(&command.table));
    batch(&mut found)
}

pub(super) fn cross_reference(
    connection: &Connection,
    command: &CommandGetCrossReference,
) -> Result<RecordBatch, Status> {
    let (catalog, db_schema) = (command.fk_catalog.as_deref(), command.fk_db_schema.as_deref());
    let mut found = links_of(connection, catalog, db_schema, &command.fk_table)?;
    let referred = asked(
        connection,
        command.pk_catalog.as_deref(),
        command.pk_db_schema.as_deref(),
    )?;
    found.retain(|link| {
        link.referred_table.eq_ignore_ascii_case(&command.pk_table) && referred.contains(&link.catalog)
    });
    batch(&mut found)
}

fn batch(links: &mut [Link]) -> Result<RecordBatch, Status> {
    // By the referred table; then, so that the columns of one key stay together, by the referring one and the key.
    links.sort_by(|one, other| one.order().cmp(&other.order()));
    let texts = |read: fn(&Link) -> &str| -> ArrayRef {
        Arc::new(links.iter().map(|link| Some(read(link))).collect::<StringArray>())
    };
    let unnamed: ArrayRef = Arc::new(links.iter().map(|_| None::<&str>).collect::<StringArray>());
    let columns = vec![
        texts(|link| &link.catalog),
        texts(|_| DB_SCHEMA),
        texts(|link| &link.referred_table),
        texts(|link| &link.referred_column),
        texts(|link| &link.catalog),
        texts(|_| DB_SCHEMA),
        texts(|link| &link.table),
        texts(|link| &link.column),
        Arc::new(links.iter().map(|link| link.number).collect::<Int32Array>()),
        unnamed.clone(),
        unnamed,
        Arc::new(links.iter().map(|link| link.on_update).collect::<UInt8Array>()),
        Arc::new(links.iter().map(|link| link.on_delete).collect::<UInt8Array>()),
    ];
    RecordBatch::try_new(foreign_schema(), columns).map_err(internal)
}
