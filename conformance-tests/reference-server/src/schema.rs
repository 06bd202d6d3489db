//! Declared SQLite types ↔ Arrow types, and the column metadata Flight SQL knows.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, TimeUnit};
use tonic::Status;

/// The one catalog every SQLite database has.
pub(crate) const MAIN_CATALOG: &str = "main";
/// SQLite has no schemas below a catalog; clients get an empty name.
pub(crate) const DB_SCHEMA: &str = "";

/// The most digits SQLite's NUMERIC affinity keeps when it turns text into a real.
const EXACT_DIGITS: u8 = 15;

/// A declared type taken apart: `DECIMAL(10, 2)` is the name `DECIMAL` with the arguments 10 and 2.
struct Declaration {
    name: String,
    arguments: Vec<i64>,
}

impl Declaration {
    fn parse(text: &str) -> Self {
        let upper = text.to_ascii_uppercase();
        let (before, rest) = upper.split_once('(').unwrap_or((&upper, ""));
        let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
        let name: Vec<&str> = before
            .split_whitespace()
            .chain(after.split_whitespace())
            .collect();
        let arguments = inside
            .split(',')
            .filter_map(|number| number.trim().parse().ok())
            .collect();
        Self {
            name: name.join(" "),
            arguments,
        }
    }
}

/// The Arrow type of a declared type; nothing when the declaration says too little, so that the values must tell.
pub(crate) fn declared(text: &str) -> Option<DataType> {
    let Declaration { name, arguments } = Declaration::parse(text);
    let first = arguments.first().copied();
    Some(match name.as_str() {
        "INTEGER" | "BIGINT" | "BIG INT" | "INT8" => DataType::Int64,
        "INT" | "MEDIUMINT" | "INT4" => DataType::Int32,
        "SMALLINT" | "INT2" => DataType::Int16,
        "TINYINT" | "INT1" => DataType::Int8,
        "UNSIGNED BIG INT" | "UNSIGNED BIGINT" | "BIGINT UNSIGNED" => DataType::UInt64,
        "UNSIGNED INT" | "INT UNSIGNED" => DataType::UInt32,
        "UNSIGNED SMALLINT" | "SMALLINT UNSIGNED" => DataType::UInt16,
        "UNSIGNED TINYINT" | "TINYINT UNSIGNED" => DataType::UInt8,
        "BOOLEAN" | "BOOL" => DataType::Boolean,
        "FLOAT" if first.is_some_and(|bits| bits <= 24) => DataType::Float32,
        "FLOAT4" => DataType::Float32,
        "REAL" | "DOUBLE" | "DOUBLE PRECISION" | "FLOAT" | "FLOAT8" => DataType::Float64,
        "TEXT" | "VARCHAR" | "CHAR" | "CHARACTER" | "NVARCHAR" | "NCHAR" | "CLOB" | "STRING" | "JSON"
        | "VARYING CHARACTER" | "CHARACTER VARYING" | "NATIVE CHARACTER" => DataType::Utf8,
        "BLOB" | "BINARY" | "VARBINARY" | "BYTEA" => DataType::Binary,
        "DATE" => DataType::Date32,
        "TIME" | "TIME WITHOUT TIME ZONE" => DataType::Time64(TimeUnit::Microsecond),
        "TIMESTAMP" | "DATETIME" | "TIMESTAMP WITHOUT TIME ZONE" => DataType::Timestamp(unit(first)?, None),
        "TIMESTAMP WITH TIME ZONE" | "TIMESTAMPTZ" => DataType::Timestamp(unit(first)?, Some("UTC".into())),
        "DECIMAL" | "NUMERIC" | "DECIMAL_TEXT" => decimal(&arguments)?,
        _ => return None,
    })
}

fn unit(digits: Option<i64>) -> Option<TimeUnit> {
    Some(match digits {
        None | Some(4..=6) => TimeUnit::Microsecond,
        Some(0) => TimeUnit::Second,
        Some(1..=3) => TimeUnit::Millisecond,
        Some(7..=9) => TimeUnit::Nanosecond,
        Some(_) => return None,
    })
}

fn decimal(arguments: &[i64]) -> Option<DataType> {
    let precision = u8::try_from(*arguments.first()?)
        .ok()
        .filter(|digits| (1..=38).contains(digits))?;
    let scale = i8::try_from(arguments.get(1).copied().unwrap_or(0)).ok()?;
    (scale >= 0 && scale.unsigned_abs() <= precision).then_some(DataType::Decimal128(precision, scale))
}

/// The declared type a new table gets for an Arrow type, so that reading it back gives the same Arrow type.
///
/// # Errors
///
/// `INVALID_ARGUMENT` when SQLite has nothing to hold such values.
pub(crate) fn declaration(data_type: &DataType) -> Result<String, Status> {
    Ok(match data_type {
        DataType::Int64 | DataType::Duration(_) => "BIGINT".into(),
        DataType::Int32 => "INT".into(),
        DataType::Int16 => "SMALLINT".into(),
        DataType::Int8 => "TINYINT".into(),
        DataType::UInt64 => "UNSIGNED BIGINT".into(),
        DataType::UInt32 => "UNSIGNED INT".into(),
        DataType::UInt16 => "UNSIGNED SMALLINT".into(),
        DataType::UInt8 => "UNSIGNED TINYINT".into(),
        DataType::Boolean => "BOOLEAN".into(),
        DataType::Float16 | DataType::Float32 => "FLOAT4".into(),
        DataType::Float64 => "DOUBLE".into(),
        DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "TEXT".into(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "BLOB".into()
        }
        DataType::Date32 | DataType::Date64 => "DATE".into(),
        DataType::Time32(_) | DataType::Time64(_) => "TIME".into(),
        DataType::Timestamp(unit, zone) => {
            let digits = match unit {
                TimeUnit::Second => "(0)",
                TimeUnit::Millisecond => "(3)",
                TimeUnit::Microsecond => "",
                TimeUnit::Nanosecond => "(9)",
            };
            let zone = if zone.is_some() { " WITH TIME ZONE" } else { "" };
            format!("TIMESTAMP{digits}{zone}")
        }
        // SQLite turns decimal text into a double, unless the declared type contains TEXT.
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale)
            if *scale >= 0 =>
        {
            let name = if *precision > EXACT_DIGITS {
                "DECIMAL_TEXT"
            } else {
                "DECIMAL"
            };
            format!("{name}({precision},{scale})")
        }
        DataType::Dictionary(_, values) => declaration(values)?,
        DataType::RunEndEncoded(_, values) => declaration(values.data_type())?,
        other => {
            return Err(Status::invalid_argument(format!(
                "SQLite has no column type for Arrow's {other}"
            )));
        }
    })
}

/// Where a column comes from and what is known about it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) catalog: Option<String>,
    pub(crate) table: Option<String>,
    pub(crate) type_name: Option<String>,
    pub(crate) auto_increment: bool,
    pub(crate) read_only: bool,
}

/// A field with the metadata keys of Flight SQL.
pub(crate) fn field(name: &str, data_type: DataType, nullable: bool, origin: &Origin) -> Field {
    let mut metadata = HashMap::new();
    let mut put = |key: &str, value: String| {
        metadata.insert(format!("ARROW:FLIGHT:SQL:{key}"), value);
    };
    let flag = |yes: bool| String::from(if yes { "1" } else { "0" });
    if let (Some(catalog), Some(table)) = (&origin.catalog, &origin.table) {
        put("CATALOG_NAME", catalog.clone());
        // The specification names the second; other servers send the first.
        put("SCHEMA_NAME", DB_SCHEMA.into());
        put("DB_SCHEMA_NAME", DB_SCHEMA.into());
        put("TABLE_NAME", table.clone());
    }
    if let Some(type_name) = &origin.type_name {
        put("TYPE_NAME", type_name.clone());
    }
    if let Some((precision, scale)) = digits(&data_type) {
        put("PRECISION", precision.to_string());
        put("SCALE", scale.to_string());
    }
    put("IS_AUTO_INCREMENT", flag(origin.auto_increment));
    put("IS_CASE_SENSITIVE", flag(matches!(data_type, DataType::Utf8)));
    put("IS_READ_ONLY", flag(origin.read_only));
    put("IS_SEARCHABLE", flag(true));
    Field::new(name, data_type, nullable).with_metadata(metadata)
}

/// Precision and scale of the types that have them.
pub(crate) fn digits(data_type: &DataType) -> Option<(i32, i32)> {
    Some(match data_type {
        DataType::Int8 | DataType::UInt8 => (3, 0),
        DataType::Int16 | DataType::UInt16 => (5, 0),
        DataType::Int32 | DataType::UInt32 => (10, 0),
        DataType::Int64 => (19, 0),
        DataType::UInt64 => (20, 0),
        DataType::Float32 => (7, 0),
        DataType::Float64 => (15, 0),
        DataType::Decimal128(precision, scale) => (i32::from(*precision), i32::from(*scale)),
        _ => return None,
    })
}

/// What the text of an expression says about its type when no value was seen.
pub(crate) fn guess(expression: &str) -> DataType {
    let text = expression.trim().to_ascii_lowercase();
    let starts = |names: &[&str]| names.iter().any(|name| text.starts_with(name));
    if let Some(inside) = text.strip_prefix("cast(").and_then(|rest| rest.strip_suffix(')'))
        && let Some(found) = inside.rsplit_once(" as ").and_then(|(_, name)| declared(name))
    {
        return found;
    }
    if starts(&[
        "count(",
        "length(",
        "rowid",
        "row_number(",
        "changes(",
        "last_insert_rowid(",
    ]) {
        DataType::Int64
    } else if starts(&["avg(", "total("]) {
        DataType::Float64
    } else {
        DataType::Utf8
    }
}

/// Shares a field list as a schema.
pub(crate) fn schema(fields: Vec<Field>) -> arrow::datatypes::SchemaRef {
    Arc::new(arrow::datatypes::Schema::new(fields))
}

/// Quotes an identifier.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_become_arrow_types() {
        use DataType::*;
        for (text, expected) in [
            ("integer", Int64),
            ("Int", Int32),
            ("smallint", Int16),
            ("tinyint", Int8),
            ("boolean", Boolean),
            ("double precision", Float64),
            ("float(24)", Float32),
            ("varchar(40)", Utf8),
            ("blob", Binary),
            ("date", Date32),
            ("decimal(10, 2)", Decimal128(10, 2)),
            ("numeric(5)", Decimal128(5, 0)),
            ("timestamp(9)", Timestamp(TimeUnit::Nanosecond, None)),
            (
                "timestamp(3) with time zone",
                Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            ),
        ] {
            assert_eq!(declared(text), Some(expected), "{text}");
        }
        for unknown in ["", "numeric", "decimal(50,2)", "geometry", "decimal(2,5)"] {
            assert_eq!(declared(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn what_is_declared_for_an_arrow_type_is_read_back_as_that_type() {
        use DataType::*;
        for data_type in [
            Int64,
            Int32,
            Int16,
            Int8,
            UInt64,
            UInt32,
            UInt16,
            UInt8,
            Boolean,
            Float32,
            Float64,
            Utf8,
            Binary,
            Date32,
            Time64(TimeUnit::Microsecond),
            Timestamp(TimeUnit::Second, None),
            Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
            Decimal128(10, 2),
            Decimal128(38, 10),
        ] {
            assert_eq!(declared(&declaration(&data_type).unwrap()), Some(data_type));
        }
    }
}
