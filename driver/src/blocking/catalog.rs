//! The catalog on the calling thread.

use super::{Cursor, Runtime};
use crate::catalog::{self, TableFilter, TableName};
use crate::cursor;
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

    fn wait(&self, answer: impl Future<Output = Result<cursor::Cursor>>) -> Result<Cursor> {
        let cursor = self.runtime.block_on(answer)?;
        Ok(Cursor::new(cursor, self.runtime))
    }

    /// The catalog for asynchronous code, for what is not here; [`Session::block_on`](super::Session::block_on) waits for it.
    #[must_use]
    pub fn as_async(&self) -> &catalog::Catalog {
        &self.catalog
    }

    /// Catalogs: `catalog_name`.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub fn catalogs(&self) -> Result<Cursor> {
        self.wait(self.catalog.catalogs())
    }

    /// Schemas: `catalog_name`, `db_schema_name`.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub fn schemas(&self, catalog: Option<&str>, pattern: Option<&str>) -> Result<Cursor> {
        self.wait(self.catalog.schemas(catalog, pattern))
    }

    /// Tables, as [`Catalog::tables`](crate::Catalog::tables).
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub fn tables(&self, filter: &TableFilter) -> Result<Cursor> {
        self.wait(self.catalog.tables(filter))
    }

    /// Types of tables: `table_type`.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub fn table_types(&self) -> Result<Cursor> {
        self.wait(self.catalog.table_types())
    }

    /// The primary key of a table.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub fn primary_keys(&self, table: impl Into<TableName>) -> Result<Cursor> {
        self.wait(self.catalog.primary_keys(table))
    }

    /// The foreign keys of other tables that refer to a table.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub fn exported_keys(&self, table: impl Into<TableName>) -> Result<Cursor> {
        self.wait(self.catalog.exported_keys(table))
    }

    /// The foreign keys of a table.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub fn imported_keys(&self, table: impl Into<TableName>) -> Result<Cursor> {
        self.wait(self.catalog.imported_keys(table))
    }

    /// The foreign keys of one table that refer to another.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub fn cross_reference(
        &self,
        referred: impl Into<TableName>,
        referring: impl Into<TableName>,
    ) -> Result<Cursor> {
        self.wait(self.catalog.cross_reference(referred, referring))
    }

    /// The types the server knows, or the one with an XDBC code.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub fn type_info(&self, data_type: Option<i32>) -> Result<Cursor> {
        self.wait(self.catalog.type_info(data_type))
    }

    /// What the server can do, as [`Catalog::sql_info`](crate::Catalog::sql_info); no codes ask for all.
    ///
    /// # Errors
    ///
    /// `NotSupported` when the server lacks the command.
    pub fn sql_info(&self, codes: impl IntoIterator<Item = u32>) -> Result<Cursor> {
        self.wait(self.catalog.sql_info(codes))
    }
}
