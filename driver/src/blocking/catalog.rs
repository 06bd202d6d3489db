//! The catalog on the calling thread.

use arrow::datatypes::SchemaRef;

use super::{Cursor, Runtime};
use crate::catalog::{
    self, CatalogCommand, ForeignKeyColumn, PrimaryKeyColumn, SchemaName, Table, TableColumn, TableFilter,
    TableName, TypeInfo,
};
use crate::error::Result;

/// The catalog of a session's server. See [`jetbridge::Catalog`](crate::Catalog).
#[derive(Debug, Clone)]
pub struct Catalog {
    catalog: catalog::Catalog,
    runtime: Runtime,
}

impl Catalog {
    pub(super) fn new(catalog: catalog::Catalog, runtime: Runtime) -> Self {
        Self { catalog, runtime }
    }

    /// The catalog for asynchronous code, for what is not here; [`Session::block_on`](super::Session::block_on) waits for it.
    #[must_use]
    pub fn as_async(&self) -> &catalog::Catalog {
        &self.catalog
    }

    /// A cursor over the server's own answer to one of the catalog's [`commands`](catalog::Catalog::commands).
    ///
    /// # Errors
    ///
    /// As [`CatalogCommand::query`].
    pub fn query(&self, command: &CatalogCommand) -> Result<Cursor> {
        let cursor = self.runtime.block_on(command.query())?;
        Ok(Cursor::new(cursor, self.runtime))
    }

    /// The names of the catalogs.
    ///
    /// # Errors
    ///
    /// As [`Catalog::catalogs`](crate::Catalog::catalogs).
    pub fn catalogs(&self) -> Result<Vec<String>> {
        self.runtime.block_on(self.catalog.catalogs())
    }

    /// The schemas, in one catalog or all, with names of a pattern.
    ///
    /// # Errors
    ///
    /// As [`Catalog::schemas`](crate::Catalog::schemas).
    pub fn schemas(&self, catalog: Option<&str>, pattern: Option<&str>) -> Result<Vec<SchemaName>> {
        self.runtime.block_on(self.catalog.schemas(catalog, pattern))
    }

    /// The tables that a filter asks for.
    ///
    /// # Errors
    ///
    /// As [`Catalog::tables`](crate::Catalog::tables).
    pub fn tables(&self, filter: &TableFilter) -> Result<Vec<Table>> {
        self.runtime.block_on(self.catalog.tables(filter))
    }

    /// The types of tables the server has.
    ///
    /// # Errors
    ///
    /// As [`Catalog::table_types`](crate::Catalog::table_types).
    pub fn table_types(&self) -> Result<Vec<String>> {
        self.runtime.block_on(self.catalog.table_types())
    }

    /// The columns of all tables that a filter asks for, with names of a pattern.
    ///
    /// # Errors
    ///
    /// As [`Catalog::columns`](crate::Catalog::columns).
    pub fn columns(&self, filter: &TableFilter, pattern: Option<&str>) -> Result<Vec<TableColumn>> {
        self.runtime.block_on(self.catalog.columns(filter, pattern))
    }

    /// The Arrow schema of one table.
    ///
    /// # Errors
    ///
    /// As [`Catalog::table_schema`](crate::Catalog::table_schema).
    pub fn table_schema(&self, table: impl Into<TableName>) -> Result<SchemaRef> {
        self.runtime.block_on(self.catalog.table_schema(table))
    }

    /// The primary key of a table, in the order of the key.
    ///
    /// # Errors
    ///
    /// As [`Catalog::primary_keys`](crate::Catalog::primary_keys).
    pub fn primary_keys(&self, table: impl Into<TableName>) -> Result<Vec<PrimaryKeyColumn>> {
        self.runtime.block_on(self.catalog.primary_keys(table))
    }

    /// The foreign keys of other tables that refer to a table.
    ///
    /// # Errors
    ///
    /// As [`Catalog::exported_keys`](crate::Catalog::exported_keys).
    pub fn exported_keys(&self, table: impl Into<TableName>) -> Result<Vec<ForeignKeyColumn>> {
        self.runtime.block_on(self.catalog.exported_keys(table))
    }

    /// The foreign keys of a table.
    ///
    /// # Errors
    ///
    /// As [`Catalog::imported_keys`](crate::Catalog::imported_keys).
    pub fn imported_keys(&self, table: impl Into<TableName>) -> Result<Vec<ForeignKeyColumn>> {
        self.runtime.block_on(self.catalog.imported_keys(table))
    }

    /// The foreign keys of one table that refer to another.
    ///
    /// # Errors
    ///
    /// As [`Catalog::cross_reference`](crate::Catalog::cross_reference).
    pub fn cross_reference(
        &self,
        referred: impl Into<TableName>,
        referring: impl Into<TableName>,
    ) -> Result<Vec<ForeignKeyColumn>> {
        self.runtime
            .block_on(self.catalog.cross_reference(referred, referring))
    }

    /// The types the server knows, or the one with an XDBC code.
    ///
    /// # Errors
    ///
    /// As [`Catalog::type_info`](crate::Catalog::type_info).
    pub fn type_info(&self, data_type: Option<i32>) -> Result<Vec<TypeInfo>> {
        self.runtime.block_on(self.catalog.type_info(data_type))
    }
}
