//! The nine metadata commands and GetSqlInfo as the server answers them.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow_flight::sql;

use super::{TableFilter, TableName};
use crate::cursor::Cursor;
use crate::error::{Operation, Result};
use crate::protocol::{Command, FlightInfo};
use crate::shared::{Feature, Shared};
use crate::stream::CancelHandle;
use crate::transport::CallOptions;

/// The metadata commands as they are: each can be queried for a cursor in the server's own columns, described, or asked for its
/// FlightInfo. Nothing is filtered, and nothing falls back to SQL.
#[derive(Debug, Clone)]
pub struct CatalogCommands {
    pub(super) shared: Arc<Shared>,
}

/// One metadata command, ready to be sent.
#[derive(Debug, Clone)]
#[must_use = "a command does nothing until it is sent"]
pub struct CatalogCommand {
    shared: Arc<Shared>,
    command: Command,
    feature: Feature,
    options: CallOptions,
}

impl CatalogCommands {
    fn command(&self, feature: Feature, command: Command) -> CatalogCommand {
        CatalogCommand {
            shared: Arc::clone(&self.shared),
            command,
            feature,
            options: CallOptions::new(),
        }
    }

    /// GetCatalogs: `catalog_name`.
    pub fn catalogs(&self) -> CatalogCommand {
        self.command(Feature::Catalogs, Command::Catalogs)
    }

    /// GetDbSchemas: `catalog_name`, `db_schema_name`.
    pub fn schemas(&self, catalog: Option<&str>, pattern: Option<&str>) -> CatalogCommand {
        let (catalog, pattern) = (catalog.map(str::to_owned), pattern.map(str::to_owned));
        self.command(Feature::DbSchemas, Command::DbSchemas { catalog, pattern })
    }

    /// GetTables: `catalog_name`, `db_schema_name`, `table_name`, `table_type`, and with `include_schema` the Arrow schema of each table,
    /// serialised in `table_schema`.
    pub fn tables(&self, filter: &TableFilter, include_schema: bool) -> CatalogCommand {
        let filter = filter.clone();
        let message = sql::CommandGetTables {
            catalog: filter.catalog,
            db_schema_filter_pattern: filter.schema_pattern,
            table_name_filter_pattern: filter.table_pattern,
            table_types: filter.table_types,
            include_schema,
        };
        self.command(Feature::Tables, Command::Tables(message))
    }

    /// GetTableTypes: `table_type`.
    pub fn table_types(&self) -> CatalogCommand {
        self.command(Feature::TableTypes, Command::TableTypes)
    }

    /// GetPrimaryKeys: `catalog_name`, `db_schema_name`, `table_name`, `column_name`, `key_name`, `key_sequence`.
    pub fn primary_keys(&self, table: impl Into<TableName>) -> CatalogCommand {
        let table = table.into();
        let message = sql::CommandGetPrimaryKeys {
            catalog: table.catalog,
            db_schema: table.schema,
            table: table.table,
        };
        self.command(Feature::PrimaryKeys, Command::PrimaryKeys(message))
    }

    /// GetExportedKeys: the foreign keys of other tables that refer to a table.
    pub fn exported_keys(&self, table: impl Into<TableName>) -> CatalogCommand {
        let table = table.into();
        let message = sql::CommandGetExportedKeys {
            catalog: table.catalog,
            db_schema: table.schema,
            table: table.table,
        };
        self.command(Feature::ExportedKeys, Command::ExportedKeys(message))
    }

    /// GetImportedKeys: the foreign keys of a table.
    pub fn imported_keys(&self, table: impl Into<TableName>) -> CatalogCommand {
        let table = table.into();
        let message = sql::CommandGetImportedKeys {
            catalog: table.catalog,
            db_schema: table.schema,
            table: table.table,
        };
        self.command(Feature::ImportedKeys, Command::ImportedKeys(message))
    }

    /// GetCrossReference: the foreign keys of one table that refer to another.
    pub fn cross_reference(
        &self,
        referred: impl Into<TableName>,
        referring: impl Into<TableName>,
    ) -> CatalogCommand {
        let (pk, fk) = (referred.into(), referring.into());
        let message = sql::CommandGetCrossReference {
            pk_catalog: pk.catalog,
            pk_db_schema: pk.schema,
            pk_table: pk.table,
            fk_catalog: fk.catalog,
            fk_db_schema: fk.schema,
            fk_table: fk.table,
        };
        self.command(Feature::CrossReference, Command::CrossReference(message))
    }

    /// GetXdbcTypeInfo: the types the server knows, or the one with an XDBC code.
    pub fn type_info(&self, data_type: Option<i32>) -> CatalogCommand {
        self.command(Feature::TypeInfo, Command::TypeInfo { data_type })
    }

    /// GetSqlInfo: `info_name` (a code of the specification) and `value` (a union); no codes ask for all.
    pub fn sql_info(&self, codes: impl IntoIterator<Item = u32>) -> CatalogCommand {
        let codes = codes.into_iter().collect();
        self.command(Feature::SqlInfo, Command::SqlInfo { codes })
    }
}

impl CatalogCommand {
    /// Sends headers with its calls, or gives them another deadline.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// The server's answer.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    ///
    /// # Cancellation
    ///
    /// Dropping the future resets the call, which changes nothing.
    pub async fn query(&self) -> Result<Cursor> {
        let info = self.flight_info().await?;
        let opened = self.shared.open(info, &self.options, CancelHandle::new()).await;
        Ok(Cursor::new(self.shared.note(self.feature, opened)?))
    }

    /// The schema of the answer, by GetSchema.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command, or GetSchema.
    pub async fn describe(&self) -> Result<SchemaRef> {
        self.shared.protocol()?.schema(&self.command, &self.options).await
    }

    /// The FlightInfo of the answer: endpoints, tickets, schema.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub async fn flight_info(&self) -> Result<FlightInfo> {
        let operation = match self.command {
            Command::SqlInfo { .. } => Operation::SqlInfo,
            _ => Operation::Catalog,
        };
        let info = self
            .shared
            .protocol()?
            .flight_info(&operation, &self.command, &self.options)
            .await;
        self.shared.watch(self.shared.note(self.feature, info))
    }

    /// Refuses a command that the server has said it lacks.
    pub(super) fn demand(&self) -> Result<()> {
        self.shared.demand(self.feature, Operation::Catalog)
    }
}
