//! The catalog: the nine commands as they are, and what the tables of a server are, however it tells.

use jetbridge::types::Column;
use jetbridge::{
    Catalog, CatalogCommand, ForeignKeyColumn, PrimaryKeyColumn, Result, Session, Table, TableFilter,
    TableName,
};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::error::interface;

/// A catalog command with its arguments.
pub(crate) enum Question {
    Catalogs,
    Schemas(Option<String>, Option<String>),
    Tables(TableFilter, bool),
    TableTypes,
    PrimaryKeys(TableName),
    ExportedKeys(TableName),
    ImportedKeys(TableName),
    CrossReference(TableName, TableName),
    TypeInfo(Option<i32>),
    SqlInfo(Vec<u32>),
}

impl Question {
    pub(crate) fn read(command: &str, arguments: &Bound<'_, PyDict>) -> PyResult<Self> {
        let text = |name: &str| -> PyResult<Option<String>> {
            match arguments.get_item(name)? {
                Some(value) => value.extract(),
                None => Ok(None),
            }
        };
        let table = |prefix: &str| -> PyResult<TableName> {
            let name = text(&format!("{prefix}table"))?;
            Ok(TableName {
                catalog: text(&format!("{prefix}catalog"))?,
                schema: text(&format!("{prefix}schema"))?,
                table: name.ok_or_else(|| interface("a table has to be named"))?,
            })
        };
        Ok(match command {
            "catalogs" => Self::Catalogs,
            "schemas" => Self::Schemas(text("catalog")?, text("schema_pattern")?),
            "tables" => Self::Tables(
                TableFilter {
                    catalog: text("catalog")?,
                    schema_pattern: text("schema_pattern")?,
                    table_pattern: text("table_pattern")?,
                    table_types: match arguments.get_item("table_types")? {
                        Some(types) => types.extract::<Option<Vec<String>>>()?.unwrap_or_default(),
                        None => Vec::new(),
                    },
                },
                match arguments.get_item("include_schema")? {
                    Some(included) => included.extract()?,
                    None => false,
                },
            ),
            "table_types" => Self::TableTypes,
            "primary_keys" => Self::PrimaryKeys(table("")?),
            "exported_keys" => Self::ExportedKeys(table("")?),
            "imported_keys" => Self::ImportedKeys(table("")?),
            "cross_reference" => Self::CrossReference(table("pk_")?, table("fk_")?),
            "type_info" => Self::TypeInfo(match arguments.get_item("data_type")? {
                Some(code) => code.extract()?,
                None => None,
            }),
            "sql_info" => Self::SqlInfo(match arguments.get_item("codes")? {
                Some(codes) => codes.extract()?,
                None => Vec::new(),
            }),
            _ => return Err(interface("there is no such catalog command")),
        })
    }

    pub(crate) fn command(self, catalog: &Catalog) -> CatalogCommand {
        let commands = catalog.commands();
        match self {
            Self::Catalogs => commands.catalogs(),
            Self::Schemas(name, pattern) => commands.schemas(name.as_deref(), pattern.as_deref()),
            Self::Tables(filter, include_schema) => commands.tables(&filter, include_schema),
            Self::TableTypes => commands.table_types(),
            Self::PrimaryKeys(table) => commands.primary_keys(table),
            Self::ExportedKeys(table) => commands.exported_keys(table),
            Self::ImportedKeys(table) => commands.imported_keys(table),
            Self::CrossReference(referred, referring) => commands.cross_reference(referred, referring),
            Self::TypeInfo(code) => commands.type_info(code),
            Self::SqlInfo(codes) => commands.sql_info(codes),
        }
    }
}

/// What is asked about the tables of a server. A server without a command of Flight SQL for it is asked in SQL, as [`Catalog`] does.
pub(crate) enum Inquiry {
    Schemas,
    Tables(Option<String>, Option<String>),
    Columns(TableName),
    PrimaryKey(TableName),
    ForeignKeys(TableName),
}

/// The answer to an [`Inquiry`].
pub(crate) enum Finding {
    Schemas(Vec<String>),
    Tables(Vec<Table>),
    Columns(Vec<Column>),
    PrimaryKey(Vec<PrimaryKeyColumn>),
    ForeignKeys(Vec<ForeignKeyColumn>),
}

impl Inquiry {
    pub(crate) fn read(about: &str, schema: Option<String>, table: Option<String>) -> PyResult<Self> {
        let named = |schema: Option<String>, table: Option<String>| {
            Ok::<_, PyErr>(TableName {
                catalog: None,
                schema,
                table: table.ok_or_else(|| interface("a table has to be named"))?,
            })
        };
        Ok(match about {
            "schemas" => Self::Schemas,
            "tables" => Self::Tables(schema, table),
            "columns" => Self::Columns(named(schema, table)?),
            "primary_key" => Self::PrimaryKey(named(schema, table)?),
            "foreign_keys" => Self::ForeignKeys(named(schema, table)?),
            _ => return Err(interface("there is no such inquiry")),
        })
    }

    pub(crate) async fn ask(self, session: &Session) -> Result<Finding> {
        let catalog = session.catalog();
        Ok(match self {
            Self::Schemas => {
                let mut names: Vec<_> = catalog
                    .schemas(None, None)
                    .await?
                    .into_iter()
                    .map(|schema| schema.name)
                    .collect();
                names.retain(|name| !name.is_empty());
                names.sort();
                names.dedup();
                Finding::Schemas(names)
            }
            Self::Tables(schema, table) => Finding::Tables(tables(&catalog, schema, table).await?),
            Self::Columns(table) => {
                let schema = catalog.table_schema(table).await?;
                let columns = schema.fields().iter().map(|field| Column::new(field.clone()));
                Finding::Columns(columns.collect())
            }
            Self::PrimaryKey(table) => Finding::PrimaryKey(catalog.primary_keys(table).await?),
            Self::ForeignKeys(table) => Finding::ForeignKeys(catalog.imported_keys(table).await?),
        })
    }
}

/// The tables of exactly these names.
async fn tables(catalog: &Catalog, schema: Option<String>, table: Option<String>) -> Result<Vec<Table>> {
    // A name as a pattern finds itself, and perhaps more; not so where it may hold what escapes the next character.
    let pattern = |name: &Option<String>| name.clone().filter(|name| !name.contains('\\'));
    let filter = TableFilter {
        schema_pattern: pattern(&schema),
        table_pattern: pattern(&table),
        ..TableFilter::default()
    };
    let mut found = catalog.tables(&filter).await?;
    found.retain(|found| {
        table.as_ref().is_none_or(|table| *table == found.name)
            && schema
                .as_deref()
                .is_none_or(|schema| schema == found.schema.as_deref().unwrap_or_default())
    });
    Ok(found)
}

impl Finding {
    /// A list of names, or of dictionaries.
    pub(crate) fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(match self {
            Self::Schemas(names) => PyList::new(py, names)?.into_any().unbind(),
            Self::Tables(tables) => list(py, &tables, |table, entry| {
                entry.set_item("schema", &table.schema)?;
                entry.set_item("name", &table.name)?;
                entry.set_item("type", &table.table_type)
            })?,
            Self::Columns(columns) => list(py, &columns, |column, entry| {
                entry.set_item("name", column.name())?;
                entry.set_item("declared", column.type_name())?;
                entry.set_item("type", column.sql_type().name())?;
                entry.set_item("precision", column.precision())?;
                entry.set_item("scale", column.scale())?;
                entry.set_item("nullable", column.nullable())?;
                entry.set_item("comment", column.remarks())?;
                entry.set_item("autoincrement", column.auto_increment())
            })?,
            Self::PrimaryKey(columns) => list(py, &columns, |column, entry| {
                entry.set_item("name", &column.key_name)?;
                entry.set_item("column", &column.column)
            })?,
            Self::ForeignKeys(columns) => list(py, &columns, |column, entry| {
                entry.set_item("name", &column.fk_key_name)?;
                entry.set_item("sequence", column.key_sequence)?;
                entry.set_item("column", &column.fk_column)?;
                entry.set_item("referred_schema", &column.pk_schema)?;
                entry.set_item("referred_table", &column.pk_table)?;
                entry.set_item("referred_column", &column.pk_column)?;
                entry.set_item("onupdate", column.update_rule.map(|rule| rule.name()))?;
                entry.set_item("ondelete", column.delete_rule.map(|rule| rule.name()))
            })?,
        })
    }
}

fn list<T>(
    py: Python<'_>,
    items: &[T],
    fill: impl Fn(&T, &Bound<'_, PyDict>) -> PyResult<()>,
) -> PyResult<Py<PyAny>> {
    let list = PyList::empty(py);
    for item in items {
        let entry = PyDict::new(py);
        fill(item, &entry)?;
        list.append(entry)?;
    }
    Ok(list.into_any().unbind())
}
