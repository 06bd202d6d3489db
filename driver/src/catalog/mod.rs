//! The catalog: what catalogs, schemas, tables, columns, keys and types a server has.

use std::sync::Arc;

use arrow_flight::sql;

use crate::cursor::Cursor;
use crate::error::{Operation, Result};
use crate::protocol::Command;
use crate::shared::Shared;
use crate::stream::CancelHandle;
use crate::transport::CallOptions;

/// The catalog of a session's server, by the nine metadata commands of Flight SQL.
///
/// Each answer is a cursor whose columns the specification names (`FlightSql.proto`); read them by name, as servers differ in order,
/// nullability and width. Patterns are those of SQL's `LIKE`.
#[derive(Debug, Clone)]
pub struct Catalog {
    shared: Arc<Shared>,
}

/// Which tables are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableFilter {
    /// The catalog, exactly; an empty text asks for tables without one.
    pub catalog: Option<String>,
    /// A pattern for the schema.
    pub schema_pattern: Option<String>,
    /// A pattern for the table.
    pub table_pattern: Option<String>,
    /// Types of tables, such as `TABLE` and `VIEW`; none asks for all.
    pub table_types: Vec<String>,
    /// Asks for the Arrow schema of each table too, serialised in the column `table_schema`.
    pub include_schema: bool,
}

/// One table, named exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableName {
    /// Its catalog.
    pub catalog: Option<String>,
    /// Its schema.
    pub schema: Option<String>,
    /// Its name.
    pub table: String,
}

impl From<&str> for TableName {
    fn from(table: &str) -> Self {
        Self {
            table: table.to_owned(),
            ..Self::default()
        }
    }
}

impl Catalog {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Catalogs: `catalog_name`.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub async fn catalogs(&self) -> Result<Cursor> {
        self.ask(Command::Catalogs).await
    }

    /// Schemas: `catalog_name`, `db_schema_name`.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub async fn schemas(&self, catalog: Option<&str>, pattern: Option<&str>) -> Result<Cursor> {
        let (catalog, pattern) = (catalog.map(str::to_owned), pattern.map(str::to_owned));
        self.ask(Command::DbSchemas { catalog, pattern }).await
    }

    /// Tables: `catalog_name`, `db_schema_name`, `table_name`, `table_type`, and `table_schema` where it was asked for.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub async fn tables(&self, filter: &TableFilter) -> Result<Cursor> {
        let TableFilter {
            catalog,
            schema_pattern,
            table_pattern,
            table_types,
            include_schema,
        } = filter.clone();
        self.ask(Command::Tables(sql::CommandGetTables {
            catalog,
            db_schema_filter_pattern: schema_pattern,
            table_name_filter_pattern: table_pattern,
            table_types,
            include_schema,
        }))
        .await
    }

    /// Types of tables: `table_type`.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub async fn table_types(&self) -> Result<Cursor> {
        self.ask(Command::TableTypes).await
    }

    /// The primary key of a table: `column_name`, `key_sequence`, `key_name` and the table's names.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub async fn primary_keys(&self, table: impl Into<TableName>) -> Result<Cursor> {
        let TableName {
            catalog,
            schema: db_schema,
            table,
        } = table.into();
        self.ask(Command::PrimaryKeys(sql::CommandGetPrimaryKeys {
            catalog,
            db_schema,
            table,
        }))
        .await
    }

    /// The foreign keys of other tables that refer to a table.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub async fn exported_keys(&self, table: impl Into<TableName>) -> Result<Cursor> {
        let TableName {
            catalog,
            schema: db_schema,
            table,
        } = table.into();
        self.ask(Command::ExportedKeys(sql::CommandGetExportedKeys {
            catalog,
            db_schema,
            table,
        }))
        .await
    }

    /// The foreign keys of a table.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub async fn imported_keys(&self, table: impl Into<TableName>) -> Result<Cursor> {
        let TableName {
            catalog,
            schema: db_schema,
            table,
        } = table.into();
        self.ask(Command::ImportedKeys(sql::CommandGetImportedKeys {
            catalog,
            db_schema,
            table,
        }))
        .await
    }

    /// The foreign keys of one table that refer to another.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub async fn cross_reference(
        &self,
        referred: impl Into<TableName>,
        referring: impl Into<TableName>,
    ) -> Result<Cursor> {
        let (pk, fk) = (referred.into(), referring.into());
        self.ask(Command::CrossReference(sql::CommandGetCrossReference {
            pk_catalog: pk.catalog,
            pk_db_schema: pk.schema,
            pk_table: pk.table,
            fk_catalog: fk.catalog,
            fk_db_schema: fk.schema,
            fk_table: fk.table,
        }))
        .await
    }

    /// The types the server knows, or the one with an XDBC code.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub async fn type_info(&self, data_type: Option<i32>) -> Result<Cursor> {
        self.ask(Command::TypeInfo { data_type }).await
    }

    /// What the server can do: `info_name` (a code of the specification) and `value` (a union); no codes ask for all.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub async fn sql_info(&self, codes: impl IntoIterator<Item = u32>) -> Result<Cursor> {
        self.ask(Command::SqlInfo {
            codes: codes.into_iter().collect(),
        })
        .await
    }

    async fn ask(&self, command: Command) -> Result<Cursor> {
        let operation = match command {
            Command::SqlInfo { .. } => Operation::SqlInfo,
            _ => Operation::Catalog,
        };
        let options = CallOptions::new();
        let info = self
            .shared
            .protocol()?
            .flight_info(&operation, &command, &options)
            .await;
        let info = self.shared.watch(info)?;
        Ok(Cursor::new(
            self.shared.open(info, &options, CancelHandle::new()).await?,
        ))
    }
}
