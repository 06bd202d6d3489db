//! What the catalog is made of, typed.

use std::fmt;

use arrow::datatypes::SchemaRef;

use super::row::Record;
use crate::types::Column;

/// A schema of a catalog.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchemaName {
    /// Its catalog, where the server has catalogs.
    pub catalog: Option<String>,
    /// Its name; empty on servers whose tables stand in none.
    pub name: String,
}

/// A table or a view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Table {
    /// Its catalog, where the server has catalogs.
    pub catalog: Option<String>,
    /// Its schema, where the server has schemas.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// What it is, in the server's words, such as `TABLE` or `VIEW`.
    pub table_type: String,
    /// Its columns, where they were asked for and the server told them.
    pub arrow_schema: Option<SchemaRef>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TableColumn {
    /// The catalog of its table.
    pub catalog: Option<String>,
    /// The schema of its table.
    pub schema: Option<String>,
    /// The name of its table.
    pub table: String,
    /// Its place in the table, from 1.
    pub ordinal: usize,
    /// Its name, type, and what the server says about it beside.
    pub column: Column,
}

/// A column of a primary key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrimaryKeyColumn {
    /// The catalog of the table.
    pub catalog: Option<String>,
    /// The schema of the table.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The name of the key, where it has one.
    pub key_name: Option<String>,
    /// The column's place in the key, from 1.
    pub key_sequence: i32,
}

/// A column of a foreign key, and the column of the key it refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForeignKeyColumn {
    /// The catalog of the table referred to.
    pub pk_catalog: Option<String>,
    /// The schema of the table referred to.
    pub pk_schema: Option<String>,
    /// The table referred to.
    pub pk_table: String,
    /// The column referred to.
    pub pk_column: String,
    /// The catalog of the table that refers.
    pub fk_catalog: Option<String>,
    /// The schema of the table that refers.
    pub fk_schema: Option<String>,
    /// The table that refers.
    pub fk_table: String,
    /// The column that refers.
    pub fk_column: String,
    /// The column's place in the key, from 1.
    pub key_sequence: i32,
    /// The name of the foreign key, where it has one.
    pub fk_key_name: Option<String>,
    /// The name of the key referred to, where it has one.
    pub pk_key_name: Option<String>,
    /// What happens when the key referred to changes.
    pub update_rule: Option<ReferentialAction>,
    /// What happens when the row referred to is deleted.
    pub delete_rule: Option<ReferentialAction>,
}

/// What happens to a foreign key when what it refers to changes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReferentialAction {
    /// It follows.
    Cascade,
    /// The change is refused at once.
    Restrict,
    /// It becomes NULL.
    SetNull,
    /// The change is refused at the end of the statement or transaction.
    NoAction,
    /// It becomes the default of its column.
    SetDefault,
}

/// A type of a server, in the terms of ODBC and JDBC.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TypeInfo {
    /// The name of the type, as `CREATE TABLE` has it.
    pub type_name: String,
    /// Its XDBC code.
    pub data_type: i32,
    /// The most characters, digits or bytes a value can have.
    pub column_size: Option<i32>,
    /// What a literal begins with.
    pub literal_prefix: Option<String>,
    /// What a literal ends with.
    pub literal_suffix: Option<String>,
    /// What stands in parentheses after the name, such as `length`.
    pub create_params: Vec<String>,
    /// Whether columns of the type can be NULL, where that is known.
    pub nullable: Option<bool>,
    /// Case counts in comparisons.
    pub case_sensitive: Option<bool>,
    /// In which conditions it may stand: 0 none, 1 `LIKE` alone, 2 all but `LIKE`, 3 all.
    pub searchable: Option<i32>,
    /// It has no sign.
    pub unsigned: Option<bool>,
    /// It is money-like: precision and scale are fixed.
    pub fixed_prec_scale: Option<bool>,
    /// It can number new rows by itself.
    pub auto_increment: Option<bool>,
    /// Its name in the language of the user.
    pub local_type_name: Option<String>,
    /// The least scale.
    pub minimum_scale: Option<i32>,
    /// The greatest scale.
    pub maximum_scale: Option<i32>,
    /// Its SQL code, which for dates and intervals is that of the family.
    pub sql_data_type: Option<i32>,
    /// The code within the family of dates and intervals.
    pub datetime_subcode: Option<i32>,
    /// The radix of its precision: 2 or 10.
    pub num_prec_radix: Option<i32>,
    /// The precision of the leading field of an interval.
    pub interval_precision: Option<i32>,
}

const CATALOG: &[&str] = &["catalog_name", "table_catalog", "catalog"];
const SCHEMA: &[&str] = &["db_schema_name", "schema_name", "table_schema"];

impl SchemaName {
    pub(super) fn read(record: &Record<'_>) -> Option<Self> {
        Some(Self {
            catalog: record.text_of(CATALOG),
            name: record.text_of(SCHEMA)?,
        })
    }
}

impl Table {
    pub(super) fn read(record: &Record<'_>) -> Option<Self> {
        Some(Self {
            catalog: record.text_of(CATALOG),
            schema: record.text_of(SCHEMA),
            name: record.text("table_name")?,
            table_type: record.text("table_type").unwrap_or_default(),
            arrow_schema: None,
        })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.catalog.as_deref(),
            self.schema.as_deref(),
            Some(self.name.as_str()),
        ];
        let parts: Vec<_> = parts
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect();
        f.write_str(&parts.join("."))
    }
}

impl PrimaryKeyColumn {
    pub(super) fn read(record: &Record<'_>) -> Option<Self> {
        Some(Self {
            catalog: record.text_of(CATALOG),
            schema: record.text_of(SCHEMA),
            table: record.text("table_name")?,
            column: record.text("column_name")?,
            key_name: record.text_of(&["key_name", "pk_key_name"]),
            key_sequence: record.integer("key_sequence").unwrap_or_default(),
        })
    }
}

impl ForeignKeyColumn {
    pub(super) fn read(record: &Record<'_>) -> Option<Self> {
        Some(Self {
            pk_catalog: record.text("pk_catalog_name"),
            pk_schema: record.text("pk_db_schema_name"),
            pk_table: record.text("pk_table_name")?,
            pk_column: record.text("pk_column_name")?,
            fk_catalog: record.text("fk_catalog_name"),
            fk_schema: record.text("fk_db_schema_name"),
            fk_table: record.text("fk_table_name")?,
            fk_column: record.text("fk_column_name")?,
            key_sequence: record.integer("key_sequence").unwrap_or_default(),
            fk_key_name: record.text("fk_key_name"),
            pk_key_name: record.text("pk_key_name"),
            update_rule: ReferentialAction::read(record, "update_rule"),
            delete_rule: ReferentialAction::read(record, "delete_rule"),
        })
    }
}

impl ReferentialAction {
    /// A number of Flight SQL, or the words of the information schema.
    fn read(record: &Record<'_>, name: &str) -> Option<Self> {
        if let Some(number) = record.integer(name) {
            return match number {
                0 => Some(Self::Cascade),
                1 => Some(Self::Restrict),
                2 => Some(Self::SetNull),
                3 => Some(Self::NoAction),
                4 => Some(Self::SetDefault),
                _ => None,
            };
        }
        match record.text(name)?.to_uppercase().as_str() {
            "CASCADE" => Some(Self::Cascade),
            "RESTRICT" => Some(Self::Restrict),
            "SET NULL" => Some(Self::SetNull),
            "NO ACTION" => Some(Self::NoAction),
            "SET DEFAULT" => Some(Self::SetDefault),
            _ => None,
        }
    }

    /// Its words in SQL.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cascade => "CASCADE",
            Self::Restrict => "RESTRICT",
            Self::SetNull => "SET NULL",
            Self::NoAction => "NO ACTION",
            Self::SetDefault => "SET DEFAULT",
        }
    }
}

impl TypeInfo {
    pub(super) fn read(record: &Record<'_>) -> Option<Self> {
        Some(Self {
            type_name: record.text("type_name")?,
            data_type: record.integer("data_type")?,
            column_size: record.integer("column_size"),
            literal_prefix: record.text("literal_prefix"),
            literal_suffix: record.text("literal_suffix"),
            create_params: record.texts("create_params").unwrap_or_default(),
            nullable: match record.integer("nullable") {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            case_sensitive: record.truth("case_sensitive"),
            searchable: record.integer("searchable"),
            unsigned: record.truth("unsigned_attribute"),
            fixed_prec_scale: record.truth("fixed_prec_scale"),
            auto_increment: record.truth("auto_increment"),
            local_type_name: record.text("local_type_name"),
            minimum_scale: record.integer("minimum_scale"),
            maximum_scale: record.integer("maximum_scale"),
            sql_data_type: record.integer("sql_data_type"),
            datetime_subcode: record.integer("datetime_subcode"),
            num_prec_radix: record.integer("num_prec_radix"),
            interval_precision: record.integer("interval_precision"),
        })
    }
}
