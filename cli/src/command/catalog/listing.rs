//! Entries of the catalog as rows.

use std::sync::Arc;

use jetbridge::arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use jetbridge::{
    Capabilities, Error, ForeignKeyColumn, Manners, PrimaryKeyColumn, ReferentialAction, SqlInfo, Table,
    TableColumn,
};

use crate::exit::Failure;

type Named = (&'static str, ArrayRef);

fn rows<const N: usize>(columns: [Named; N]) -> Result<RecordBatch, Failure> {
    let columns = columns.map(|(name, array)| (name, array, true));
    Ok(RecordBatch::try_from_iter_with_nullable(columns).map_err(Error::from)?)
}

fn texts<T: AsRef<str>>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn numbers(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<Int64Array>())
}

pub(super) fn tables(tables: &[Table]) -> Result<RecordBatch, Failure> {
    let all = || tables.iter();
    rows([
        ("catalog", texts(all().map(|table| table.catalog.as_deref()))),
        ("schema", texts(all().map(|table| table.schema.as_deref()))),
        ("table", texts(all().map(|table| Some(&table.name)))),
        ("type", texts(all().map(|table| Some(&table.table_type)))),
    ])
}

pub(super) fn columns(columns: &[TableColumn]) -> Result<RecordBatch, Failure> {
    let all = || columns.iter();
    let nullable = all().map(|entry| Some(entry.column.nullable()));
    rows([
        ("catalog", texts(all().map(|entry| entry.catalog.as_deref()))),
        ("schema", texts(all().map(|entry| entry.schema.as_deref()))),
        ("table", texts(all().map(|entry| Some(&entry.table)))),
        ("column", texts(all().map(|entry| Some(entry.column.name())))),
        (
            "ordinal",
            numbers(all().map(|entry| i64::try_from(entry.ordinal).ok())),
        ),
        ("type", texts(all().map(|entry| Some(entry.column.type_name())))),
        (
            "precision",
            numbers(all().map(|entry| entry.column.precision().map(i64::from))),
        ),
        (
            "scale",
            numbers(all().map(|entry| entry.column.scale().map(i64::from))),
        ),
        ("nullable", Arc::new(nullable.collect::<BooleanArray>())),
        ("remarks", texts(all().map(|entry| entry.column.remarks()))),
    ])
}

/// One column of a key.
pub(super) enum Key {
    Primary(PrimaryKeyColumn),
    Foreign(ForeignKeyColumn),
}

impl Key {
    fn catalog(&self) -> Option<&str> {
        match self {
            Self::Primary(key) => key.catalog.as_deref(),
            Self::Foreign(key) => key.fk_catalog.as_deref(),
        }
    }

    fn schema(&self) -> Option<&str> {
        match self {
            Self::Primary(key) => key.schema.as_deref(),
            Self::Foreign(key) => key.fk_schema.as_deref(),
        }
    }

    fn table(&self) -> &str {
        match self {
            Self::Primary(key) => &key.table,
            Self::Foreign(key) => &key.fk_table,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Primary(_) => "PRIMARY",
            Self::Foreign(_) => "FOREIGN",
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Primary(key) => key.key_name.as_deref(),
            Self::Foreign(key) => key.fk_key_name.as_deref(),
        }
    }

    fn sequence(&self) -> i32 {
        match self {
            Self::Primary(key) => key.key_sequence,
            Self::Foreign(key) => key.key_sequence,
        }
    }

    fn column(&self) -> &str {
        match self {
            Self::Primary(key) => &key.column,
            Self::Foreign(key) => &key.fk_column,
        }
    }

    fn refers_to(&self) -> Option<String> {
        let Self::Foreign(key) = self else {
            return None;
        };
        let parts = [
            key.pk_catalog.as_deref().unwrap_or_default(),
            key.pk_schema.as_deref().unwrap_or_default(),
            &key.pk_table,
            &key.pk_column,
        ];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Some(parts.join("."))
    }

    fn rule(&self, rule: fn(&ForeignKeyColumn) -> Option<ReferentialAction>) -> Option<&'static str> {
        match self {
            Self::Primary(_) => None,
            Self::Foreign(key) => rule(key).map(ReferentialAction::name),
        }
    }
}

pub(super) fn keys(keys: &[Key]) -> Result<RecordBatch, Failure> {
    let all = || keys.iter();
    rows([
        ("catalog", texts(all().map(Key::catalog))),
        ("schema", texts(all().map(Key::schema))),
        ("table", texts(all().map(|key| Some(key.table())))),
        ("key", texts(all().map(|key| Some(key.kind())))),
        ("name", texts(all().map(Key::name))),
        (
            "sequence",
            numbers(all().map(|key| Some(i64::from(key.sequence())))),
        ),
        ("column", texts(all().map(|key| Some(key.column())))),
        ("refers_to", texts(all().map(Key::refers_to))),
        (
            "on_update",
            texts(all().map(|key| key.rule(|key| key.update_rule))),
        ),
        (
            "on_delete",
            texts(all().map(|key| key.rule(|key| key.delete_rule))),
        ),
    ])
}

/// The server and its manners, and then what it says of itself.
pub(super) fn info(
    manners: &Manners,
    capabilities: &Capabilities,
    version: Option<String>,
) -> Result<RecordBatch, Failure> {
    let mut lines = of_manners(manners);
    lines.extend(version.map(|version| (None, Some("version()".to_owned()), version)));
    lines.extend(capabilities.iter().map(|(code, value)| {
        let name = SqlInfo::from_code(code).map(|known| known.name().to_owned());
        (Some(i64::from(code)), name, value.to_string())
    }));
    let all = || lines.iter();
    rows([
        ("code", numbers(all().map(|(code, ..)| *code))),
        ("name", texts(all().map(|(_, name, _)| name.as_deref()))),
        ("value", texts(all().map(|(.., value)| Some(value)))),
    ])
}

type Line = (Option<i64>, Option<String>, String);

fn of_manners(manners: &Manners) -> Vec<Line> {
    let line = |name: String, value: String| (None, Some(name), value);
    let server = match manners.server_name() {
        Some(name) => format!("{} ({name}, {})", manners.server(), manners.evidence()),
        None => format!("{} ({})", manners.server(), manners.evidence()),
    };
    let mut lines = vec![
        line("server".to_owned(), server),
        line("SQL dialect".to_owned(), manners.sql_dialect().to_string()),
        line(
            "identifier quote".to_owned(),
            manners.identifier_quote().to_owned(),
        ),
    ];
    lines.extend(
        manners
            .in_force()
            .map(|(key, value)| line(format!("in force: {key}"), value.to_owned())),
    );
    let more = manners.by_option_only();
    lines.extend(more.map(|(key, value)| {
        line(
            format!("with server={}: {key}", manners.server()),
            value.to_owned(),
        )
    }));
    lines
}
