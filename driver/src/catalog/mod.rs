//! The catalog: what catalogs, schemas, tables, columns, keys and types a server has.

mod command;
mod entry;
mod fallback;
mod filter;
mod pattern;
mod row;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;

pub use self::command::{CatalogCommand, CatalogCommands};
pub use self::entry::{
    ForeignKeyColumn, PrimaryKeyColumn, ReferentialAction, SchemaName, Table, TableColumn, TypeInfo,
};
use self::filter::Sieve;
pub use self::filter::{TableFilter, TableName};
use self::pattern::Pattern;
use self::row::{Record, Rows};
use crate::error::{Error, Kind, Operation, Result};
use crate::protocol::read_schema;
use crate::shared::Shared;
use crate::types::Column;

/// The catalog of a session's server.
///
/// Answers are read by column name, whatever else servers do with them, and filtered here once more, as some servers take a filter and
/// ignore it. A server without a command is asked in SQL: by its `information_schema`, else by `SHOW`; what it lacks is asked once per
/// session. The commands as the server answers them are [`commands`](Self::commands).
#[derive(Debug, Clone)]
pub struct Catalog {
    shared: Arc<Shared>,
}

/// An answer, or why there is none: the server lacks the command.
enum Answer<T> {
    Rows(Vec<T>),
    Lacking(Error),
}

impl Catalog {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The commands as they are, for cursors, schemas and FlightInfos.
    #[must_use]
    pub fn commands(&self) -> CatalogCommands {
        CatalogCommands {
            shared: Arc::clone(&self.shared),
        }
    }

    /// The names of the catalogs.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server has neither the command nor SQL for it.
    pub async fn catalogs(&self) -> Result<Vec<String>> {
        let read = |record: Record<'_>| record.text_of(&["catalog_name"]).or_else(|| record.first_text());
        match self.ask(self.commands().catalogs(), read).await? {
            Answer::Rows(catalogs) => Ok(catalogs),
            Answer::Lacking(error) => fallback::catalogs(&self.shared, error).await,
        }
    }

    /// The schemas, in one catalog or all, with names of a pattern.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server has neither the command nor SQL for it.
    pub async fn schemas(&self, catalog: Option<&str>, pattern: Option<&str>) -> Result<Vec<SchemaName>> {
        let filter = TableFilter {
            catalog: catalog.map(str::to_owned),
            schema_pattern: pattern.map(str::to_owned),
            ..TableFilter::default()
        };
        let sieve = Sieve::new(&self.shared, &filter).await?;
        let command = self.commands().schemas(catalog, pattern);
        let mut schemas = match self.ask(command, |record| SchemaName::read(&record)).await? {
            Answer::Rows(schemas) => schemas,
            Answer::Lacking(error) => fallback::schemas(&self.shared, &sieve, error).await?,
        };
        schemas.retain(|schema| sieve.keeps_schema(schema));
        Ok(schemas)
    }

    /// The tables that a filter asks for.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server has neither the command nor SQL for it.
    pub async fn tables(&self, filter: &TableFilter) -> Result<Vec<Table>> {
        self.tables_with(filter, false).await
    }

    async fn tables_with(&self, filter: &TableFilter, include_schema: bool) -> Result<Vec<Table>> {
        let sieve = Sieve::new(&self.shared, filter).await?;
        let command = self.commands().tables(&filter.in_any_case(), include_schema);
        let read = |record: Record<'_>| {
            let mut table = Table::read(&record)?;
            if include_schema {
                let bytes = record.bytes("table_schema").unwrap_or_default();
                // A schema that cannot be read is as good as none: the table is described instead.
                let schema = read_schema("schema of a table", &bytes.into()).ok().flatten();
                table.arrow_schema = schema.filter(|schema| !schema.fields().is_empty());
            }
            Some(table)
        };
        let mut tables = match self.ask(command, read).await? {
            Answer::Rows(tables) => tables,
            Answer::Lacking(error) => fallback::tables(&self.shared, &sieve, error).await?,
        };
        tables.retain(|table| sieve.keeps_table(table));
        Ok(tables)
    }

    /// The types of tables the server has.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server has neither the command nor a list of tables.
    pub async fn table_types(&self) -> Result<Vec<String>> {
        let read = |record: Record<'_>| record.text_of(&["table_type"]).or_else(|| record.first_text());
        match self.ask(self.commands().table_types(), read).await? {
            Answer::Rows(types) => Ok(types),
            // The types of the tables there are.
            Answer::Lacking(error) => {
                let tables = self.tables(&TableFilter::default()).await.map_err(|_| error)?;
                let types = tables.into_iter().map(|table| table.table_type);
                Ok(types
                    .collect::<std::collections::BTreeSet<_>>()
                    .into_iter()
                    .collect())
            }
        }
    }

    /// The columns of all tables that a filter asks for, with names of a pattern.
    ///
    /// One GetTables answers for all of them; only tables whose schema the server leaves out are described one by one.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server has neither the command nor SQL for it.
    pub async fn columns(&self, filter: &TableFilter, pattern: Option<&str>) -> Result<Vec<TableColumn>> {
        let escape = match pattern.is_some_and(Pattern::may_escape) {
            true => Some(self.shared.capabilities().await?),
            false => None,
        };
        let escape = escape.as_ref().and_then(|known| known.search_string_escape());
        let pattern = pattern.map(|pattern| Pattern::new(pattern, escape));
        let mut columns = Vec::new();
        for table in self.tables_with(filter, true).await? {
            let schema = match &table.arrow_schema {
                Some(schema) => Arc::clone(schema),
                // A view whose table is gone has no columns, and the others have theirs.
                None => match fallback::describe(&self.shared, &(&table).into()).await {
                    Err(error) if error.kind() == Kind::Timeout || error.is_connection() => {
                        return Err(error);
                    }
                    described => described.unwrap_or_else(|_| Arc::new(arrow::datatypes::Schema::empty())),
                },
            };
            let found = (1..).zip(schema.fields()).map(|(ordinal, field)| TableColumn {
                catalog: table.catalog.clone(),
                schema: table.schema.clone(),
                table: table.name.clone(),
                ordinal,
                column: Column::new(Arc::clone(field)),
            });
            let asked = |column: &TableColumn| {
                let name = column.column.name();
                pattern.as_ref().is_none_or(|pattern| pattern.matches(name))
            };
            columns.extend(found.filter(asked));
        }
        Ok(columns)
    }

    /// The Arrow schema of one table.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such table; what the server says to a query of it.
    pub async fn table_schema(&self, table: impl Into<TableName>) -> Result<SchemaRef> {
        let name = table.into();
        let escape = self.shared.capabilities().await?;
        let escape = escape.search_string_escape().unwrap_or_default();
        let filter = TableFilter {
            catalog: name.catalog.clone(),
            schema_pattern: name
                .schema
                .as_deref()
                .map(|schema| pattern::exactly(schema, escape)),
            table_pattern: Some(pattern::exactly(&name.table, escape)),
            ..TableFilter::default()
        };
        let tables = self.tables_with(&filter, true).await?;
        let is_it = |table: &&Table| table.name == name.table;
        let found = tables.iter().find(is_it).or_else(|| tables.first());
        match found {
            Some(Table {
                arrow_schema: Some(schema),
                ..
            }) => Ok(Arc::clone(schema)),
            Some(table) => fallback::describe(&self.shared, &table.into()).await,
            None => Err(
                Error::new(Kind::NotFound, format!("there is no table {:?}", name.table))
                    .during(Operation::Catalog)
                    .on(self.shared.peer()),
            ),
        }
    }

    /// The primary key of a table, in the order of the key.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server has neither the command nor an information schema with keys.
    pub async fn primary_keys(&self, table: impl Into<TableName>) -> Result<Vec<PrimaryKeyColumn>> {
        let table = table.into();
        let mut keys = Vec::new();
        for name in table.asked_as() {
            let command = self.commands().primary_keys(name);
            keys = match self
                .ask(command, |record| PrimaryKeyColumn::read(&record))
                .await?
            {
                Answer::Rows(keys) => keys,
                Answer::Lacking(error) => fallback::primary_keys(&self.shared, error).await?,
            };
            keys.retain(|key| table.is(key.catalog.as_deref(), key.schema.as_deref(), &key.table));
            if !keys.is_empty() {
                break;
            }
        }
        keys.sort_by_key(|key| key.key_sequence);
        Ok(keys)
    }

    /// The foreign keys of other tables that refer to a table.
    ///
    /// # Errors
    ///
    /// As [`primary_keys`](Self::primary_keys).
    pub async fn exported_keys(&self, table: impl Into<TableName>) -> Result<Vec<ForeignKeyColumn>> {
        let table = table.into();
        let mut keys = Vec::new();
        for name in table.asked_as() {
            let command = self.commands().exported_keys(name);
            keys = self
                .foreign_keys(command, |key| table.is_referred_to(key))
                .await?;
            if !keys.is_empty() {
                break;
            }
        }
        Ok(keys)
    }

    /// The foreign keys of a table.
    ///
    /// # Errors
    ///
    /// As [`primary_keys`](Self::primary_keys).
    pub async fn imported_keys(&self, table: impl Into<TableName>) -> Result<Vec<ForeignKeyColumn>> {
        let table = table.into();
        let mut keys = Vec::new();
        for name in table.asked_as() {
            let command = self.commands().imported_keys(name);
            keys = self.foreign_keys(command, |key| table.refers(key)).await?;
            if !keys.is_empty() {
                break;
            }
        }
        Ok(keys)
    }

    /// The foreign keys of one table that refer to another.
    ///
    /// # Errors
    ///
    /// As [`primary_keys`](Self::primary_keys).
    pub async fn cross_reference(
        &self,
        referred: impl Into<TableName>,
        referring: impl Into<TableName>,
    ) -> Result<Vec<ForeignKeyColumn>> {
        let (pk, fk) = (referred.into(), referring.into());
        let command = self.commands().cross_reference(pk.clone(), fk.clone());
        self.foreign_keys(command, |key| pk.is_referred_to(key) && fk.refers(key))
            .await
    }

    async fn foreign_keys(
        &self,
        command: CatalogCommand,
        asked: impl Fn(&ForeignKeyColumn) -> bool,
    ) -> Result<Vec<ForeignKeyColumn>> {
        let mut keys = match self
            .ask(command, |record| ForeignKeyColumn::read(&record))
            .await?
        {
            Answer::Rows(keys) => keys,
            Answer::Lacking(error) => fallback::foreign_keys(&self.shared, error).await?,
        };
        keys.retain(asked);
        Ok(keys)
    }

    /// The types the server knows, or the one with an XDBC code.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub async fn type_info(&self, data_type: Option<i32>) -> Result<Vec<TypeInfo>> {
        let command = self.commands().type_info(data_type);
        match self.ask(command, |record| TypeInfo::read(&record)).await? {
            Answer::Rows(mut types) => {
                types.retain(|known| data_type.is_none_or(|asked| asked == known.data_type));
                Ok(types)
            }
            Answer::Lacking(error) => Err(error),
        }
    }

    /// Sends a command and reads its whole answer, unless the server has said that it lacks it.
    async fn ask<T>(
        &self,
        command: CatalogCommand,
        read: impl FnMut(Record<'_>) -> Option<T>,
    ) -> Result<Answer<T>> {
        if let Err(error) = command.demand() {
            return Ok(Answer::Lacking(error));
        }
        let rows = match command.query().await {
            Ok(cursor) => Rows::read(cursor).await,
            Err(error) => Err(error),
        };
        match rows {
            Ok(rows) => Ok(Answer::Rows(rows.collect(read))),
            Err(error) if error.kind() == Kind::NotSupported || error.is_breakdown() => {
                Ok(Answer::Lacking(error))
            }
            Err(error) => Err(error),
        }
    }
}
