//! The catalog by the information schema of the SQL standard.

use std::sync::Arc;

use super::super::entry::{ForeignKeyColumn, PrimaryKeyColumn, SchemaName, Table};
use super::rows;
use crate::catalog::row::Record;
use crate::error::Result;
use crate::shared::{Feature, Shared};

const CATALOGS: &str = "SELECT DISTINCT catalog_name FROM information_schema.schemata ORDER BY catalog_name";

const SCHEMAS: &str = "SELECT catalog_name, schema_name AS db_schema_name FROM information_schema.schemata \
    ORDER BY catalog_name, schema_name";

const TABLES: &str = "SELECT table_catalog AS catalog_name, table_schema AS db_schema_name, table_name, table_type \
    FROM information_schema.tables ORDER BY table_catalog, table_schema, table_name";

const PRIMARY_KEYS: &str = "SELECT k.table_catalog AS catalog_name, k.table_schema AS db_schema_name, k.table_name, \
    k.column_name, k.constraint_name AS key_name, k.ordinal_position AS key_sequence \
    FROM information_schema.key_column_usage k JOIN information_schema.table_constraints t \
    ON k.constraint_schema = t.constraint_schema AND k.constraint_name = t.constraint_name \
    AND k.table_name = t.table_name WHERE t.constraint_type = 'PRIMARY KEY' ORDER BY k.ordinal_position";

const FOREIGN_KEYS: &str = "SELECT p.table_catalog AS pk_catalog_name, p.table_schema AS pk_db_schema_name, \
    p.table_name AS pk_table_name, p.column_name AS pk_column_name, f.table_catalog AS fk_catalog_name, \
    f.table_schema AS fk_db_schema_name, f.table_name AS fk_table_name, f.column_name AS fk_column_name, \
    f.ordinal_position AS key_sequence, f.constraint_name AS fk_key_name, p.constraint_name AS pk_key_name, \
    r.update_rule, r.delete_rule FROM information_schema.referential_constraints r \
    JOIN information_schema.key_column_usage f \
    ON f.constraint_schema = r.constraint_schema AND f.constraint_name = r.constraint_name \
    JOIN information_schema.key_column_usage p \
    ON p.constraint_schema = r.unique_constraint_schema AND p.constraint_name = r.unique_constraint_name \
    AND p.ordinal_position = f.position_in_unique_constraint ORDER BY f.constraint_name, f.ordinal_position";

pub(super) async fn catalogs(shared: &Arc<Shared>) -> Result<Option<Vec<String>>> {
    ask(shared, Feature::InformationSchema, CATALOGS, |record| {
        record.text("catalog_name")
    })
    .await
}

pub(super) async fn schemas(shared: &Arc<Shared>) -> Result<Option<Vec<SchemaName>>> {
    let read = |record: Record<'_>| SchemaName::read(&record);
    ask(shared, Feature::InformationSchema, SCHEMAS, read).await
}

pub(super) async fn tables(shared: &Arc<Shared>) -> Result<Option<Vec<Table>>> {
    let read = |record: Record<'_>| {
        let mut table = Table::read(&record)?;
        // The standard's words for what Flight SQL and everybody else call a table.
        if table.table_type.eq_ignore_ascii_case("BASE TABLE") {
            table.table_type = "TABLE".to_owned();
        }
        Some(table)
    };
    ask(shared, Feature::InformationSchema, TABLES, read).await
}

pub(super) async fn primary_keys(shared: &Arc<Shared>) -> Result<Option<Vec<PrimaryKeyColumn>>> {
    let read = |record: Record<'_>| PrimaryKeyColumn::read(&record);
    ask(shared, Feature::InformationSchemaKeys, PRIMARY_KEYS, read).await
}

pub(super) async fn foreign_keys(shared: &Arc<Shared>) -> Result<Option<Vec<ForeignKeyColumn>>> {
    let read = |record: Record<'_>| ForeignKeyColumn::read(&record);
    ask(shared, Feature::InformationSchemaKeys, FOREIGN_KEYS, read).await
}

/// Many servers have the information schema without its tables of keys.
async fn ask<T>(
    shared: &Arc<Shared>,
    feature: Feature,
    sql: &str,
    read: impl FnMut(Record<'_>) -> Option<T>,
) -> Result<Option<Vec<T>>> {
    if shared.lacks(feature) {
        return Ok(None);
    }
    let rows = rows(shared, sql, read).await?;
    if rows.is_none() {
        shared.do_without(feature);
    }
    Ok(rows)
}
