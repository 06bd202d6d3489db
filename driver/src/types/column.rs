//! The description of one column.

use arrow::datatypes::{DataType, Field, FieldRef};

use super::extension::{metadata, opaque_type_name};
use super::sql_type::SqlType;

/// A column of a result: its name, its type, and what the server says about where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    field: FieldRef,
    sql_type: SqlType,
    /// The server's own name of the type, or that of an opaque extension type.
    type_name: Option<String>,
}

impl Column {
    /// The column a field describes.
    #[must_use]
    pub fn new(field: FieldRef) -> Self {
        let sql_type = SqlType::of(&field);
        let type_name = named(metadata(&field, "TYPE_NAME"))
            .map(str::to_owned)
            .or_else(|| opaque_type_name(&field));
        Self {
            field,
            sql_type,
            type_name,
        }
    }

    /// The name, as the server wrote it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.field.name()
    }

    /// The Arrow type.
    #[must_use]
    pub fn data_type(&self) -> &DataType {
        self.field.data_type()
    }

    /// The Arrow type it reads as: an extension type may change it.
    pub(crate) fn read_type(&self) -> &DataType {
        match self.sql_type {
            SqlType::Boolean => &DataType::Boolean,
            _ => self.data_type(),
        }
    }

    /// The Arrow field, with all its metadata.
    #[must_use]
    pub fn field(&self) -> &Field {
        &self.field
    }

    /// The SQL type.
    #[must_use]
    pub fn sql_type(&self) -> SqlType {
        self.sql_type
    }

    /// The name of the type: the server's own, where it says one, else that of the SQL type.
    #[must_use]
    pub fn type_name(&self) -> &str {
        self.type_name.as_deref().unwrap_or_else(|| self.sql_type.name())
    }

    /// Says whether the server declares that NULL may come. Not every server keeps to it.
    #[must_use]
    pub fn nullable(&self) -> bool {
        self.field.is_nullable()
    }

    /// The precision: the one the server says, else the one of the type.
    #[must_use]
    pub fn precision(&self) -> Option<u32> {
        self.number("PRECISION").or_else(|| self.sql_type.precision())
    }

    /// The scale: the one the server says, else the one of the type.
    #[must_use]
    pub fn scale(&self) -> Option<i32> {
        self.number("SCALE").or_else(|| self.sql_type.scale())
    }

    /// The catalog of the table it comes from.
    #[must_use]
    pub fn catalog_name(&self) -> Option<&str> {
        named(metadata(&self.field, "CATALOG_NAME"))
    }

    /// The schema of the table it comes from.
    #[must_use]
    pub fn schema_name(&self) -> Option<&str> {
        // The specification says DB_SCHEMA_NAME; the C++, Java and Go libraries write SCHEMA_NAME.
        named(metadata(&self.field, "DB_SCHEMA_NAME")).or_else(|| named(metadata(&self.field, "SCHEMA_NAME")))
    }

    /// The table it comes from.
    #[must_use]
    pub fn table_name(&self) -> Option<&str> {
        named(metadata(&self.field, "TABLE_NAME"))
    }

    /// What the server's catalog remarks about it.
    #[must_use]
    pub fn remarks(&self) -> Option<&str> {
        named(metadata(&self.field, "REMARKS"))
    }

    /// Says whether the server numbers new rows in it by itself, where the server tells.
    #[must_use]
    pub fn auto_increment(&self) -> Option<bool> {
        self.flag("IS_AUTO_INCREMENT")
    }

    /// Says whether case counts when its values are compared, where the server tells.
    #[must_use]
    pub fn case_sensitive(&self) -> Option<bool> {
        self.flag("IS_CASE_SENSITIVE")
    }

    /// Says whether it cannot be written, where the server tells.
    #[must_use]
    pub fn read_only(&self) -> Option<bool> {
        self.flag("IS_READ_ONLY")
    }

    /// Says whether it may stand in a `WHERE` clause, where the server tells.
    #[must_use]
    pub fn searchable(&self) -> Option<bool> {
        self.flag("IS_SEARCHABLE")
    }

    fn number<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        metadata(&self.field, key)?.trim().parse().ok()
    }

    fn flag(&self, key: &str) -> Option<bool> {
        match metadata(&self.field, key)?.trim() {
            "1" => Some(true),
            "0" => Some(false),
            // Servers written in other habits.
            text if text.eq_ignore_ascii_case("true") => Some(true),
            text if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
}

/// Servers say "" where they mean nothing.
fn named(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}
