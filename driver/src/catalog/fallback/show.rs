//! The catalog by `SHOW`, as Spark, Hive, Databend and their kin have it.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::entry::{SchemaName, Table};
use super::super::filter::Sieve;
use super::{quote_of, quoted, rows};
use crate::catalog::row::Record;
use crate::error::Result;
use crate::shared::{Feature, Shared};

/// The columns that hold the name of a schema, and of a table, in the dialects of `SHOW`.
const SCHEMA: &[&str] = &["databaseName", "namespace", "name", "database_name"];
const TABLE: &[&str] = &["tableName", "viewName", "table_name", "name"];

pub(super) async fn catalogs(shared: &Arc<Shared>) -> Result<Option<Vec<String>>> {
    if shared.lacks(Feature::Show) {
        return Ok(None);
    }
    let catalogs = rows(shared, "SHOW CATALOGS", |record| record.first_text()).await?;
    if catalogs.is_none() {
        shared.do_without(Feature::Show);
    }
    Ok(catalogs)
}

/// A server without catalogs may well have schemas.
pub(super) async fn schemas(shared: &Arc<Shared>, sieve: &Sieve) -> Result<Option<Vec<SchemaName>>> {
    let name = |record: &Record<'_>| record.text_of(SCHEMA).or_else(|| record.first_text());
    let Some(catalogs) = catalogs(shared).await? else {
        if shared.lacks(Feature::ShowSchemas) {
            return Ok(None);
        }
        let all = rows(shared, "SHOW SCHEMAS", |record| {
            Some(SchemaName {
                catalog: None,
                name: name(&record)?,
            })
        });
        let all = all.await?;
        if all.is_none() {
            shared.do_without(Feature::ShowSchemas);
        }
        return Ok(all);
    };
    let quote = quote_of(shared).await?;
    let mut schemas = Vec::new();
    for catalog in catalogs {
        if !sieve.keeps_catalog(Some(&catalog)) {
            continue;
        }
        let sql = format!("SHOW SCHEMAS IN {}", quoted(&catalog, &quote));
        let read = |record: Record<'_>| {
            Some(SchemaName {
                catalog: Some(catalog.clone()),
                name: name(&record)?,
            })
        };
        // A catalog that cannot be looked into hides its own schemas only.
        schemas.extend(rows(shared, sql, read).await?.unwrap_or_default());
    }
    Ok(Some(schemas))
}

pub(super) async fn tables(shared: &Arc<Shared>, sieve: &Sieve) -> Result<Option<Vec<Table>>> {
    let Some(schemas) = schemas(shared, sieve).await? else {
        return Ok(None);
    };
    let quote = quote_of(shared).await?;
    let mut tables = Vec::new();
    for schema in schemas.iter().filter(|schema| sieve.keeps_schema(schema)) {
        let parts = [schema.catalog.as_deref(), Some(schema.name.as_str())];
        let place: Vec<_> = parts
            .into_iter()
            .flatten()
            .map(|part| quoted(part, &quote))
            .collect();
        let place = place.join(".");
        let names = rows(shared, format!("SHOW TABLES IN {place}"), |record| {
            record.text_of(TABLE).or_else(|| record.first_text())
        });
        let Some(names) = names.await? else { continue };
        let views: HashSet<String> = match shared.lacks(Feature::ShowViews) {
            true => HashSet::new(),
            false => {
                let views = rows(shared, format!("SHOW VIEWS IN {place}"), |record| {
                    record.text_of(TABLE)
                });
                match views.await? {
                    Some(views) => views.into_iter().collect(),
                    None => {
                        shared.do_without(Feature::ShowViews);
                        HashSet::new()
                    }
                }
            }
        };
        tables.extend(names.into_iter().map(|name| Table {
            catalog: schema.catalog.clone(),
            schema: Some(schema.name.clone()),
            table_type: if views.contains(&name) { "VIEW" } else { "TABLE" }.to_owned(),
            name,
            arrow_schema: None,
        }));
    }
    Ok(Some(tables))
}
