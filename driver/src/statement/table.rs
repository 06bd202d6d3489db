//! The statements that make and fill a table, for servers without bulk ingest.

use arrow::datatypes::{DataType, Field, Schema};

use crate::error::{Error, Kind, Operation, Result, SqlState};
use crate::protocol::{IngestMode, IngestTarget};
use crate::sql::{Dialect, Family};

/// The most digits SQLite keeps of a decimal that is stored as a number.
const SQLITE_DIGITS: u8 = 15;

/// The name of the table with what it stands in, in quotes.
pub(super) fn name(target: &IngestTarget, dialect: &Dialect) -> String {
    let mut name = String::new();
    for part in [&target.catalog, &target.schema, &Some(target.table.clone())]
        .into_iter()
        .flatten()
    {
        if !name.is_empty() {
            name.push('.');
        }
        dialect.identifier(part, &mut name);
    }
    name
}

/// What is to run before the first row.
///
/// # Errors
///
/// `Conversion`, naming the column, where the server's dialect has no type for it.
pub(super) fn statements(target: &IngestTarget, schema: &Schema, dialect: &Dialect) -> Result<Vec<String>> {
    if target.mode == IngestMode::Append {
        return Ok(Vec::new());
    }
    let name = name(target, dialect);
    let columns = schema
        .fields()
        .iter()
        .map(|field| column(field, dialect))
        .collect::<Result<Vec<_>>>()?
        .join(", ");
    let temporary = if target.temporary { "TEMPORARY " } else { "" };
    let missing = match target.mode {
        IngestMode::CreateAppend => "IF NOT EXISTS ",
        _ => "",
    };
    let create = format!("CREATE {temporary}TABLE {missing}{name} ({columns})");
    Ok(match target.mode {
        IngestMode::Replace => vec![format!("DROP TABLE IF EXISTS {name}"), create],
        _ => vec![create],
    })
}

/// `INSERT INTO table (columns) VALUES `, to be followed by rows.
pub(super) fn insert(target: &IngestTarget, schema: &Schema, dialect: &Dialect) -> String {
    let mut text = format!("INSERT INTO {} (", name(target, dialect));
    for (index, field) in schema.fields().iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        dialect.identifier(field.name(), &mut text);
    }
    text.push_str(") VALUES ");
    text
}

fn column(field: &Field, dialect: &Dialect) -> Result<String> {
    let mut text = String::new();
    dialect.identifier(field.name(), &mut text);
    let Some(data_type) = type_name(field.data_type(), dialect) else {
        let words = format!(
            "column \"{}\": this server's dialect has no type for {}",
            field.name(),
            field.data_type()
        );
        return Err(Error::new(Kind::Conversion, words)
            .state(SqlState::TYPE_MISMATCH)
            .during(Operation::Ingest));
    };
    text.push(' ');
    text.push_str(&data_type);
    if !field.is_nullable() {
        text.push_str(" NOT NULL");
    }
    Ok(text)
}

fn type_name(data_type: &DataType, dialect: &Dialect) -> Option<String> {
    let family = dialect.family;
    let name = match data_type {
        DataType::Boolean => "BOOLEAN",
        DataType::Int8 => match family {
            Family::Standard | Family::Postgres => "SMALLINT",
            _ => "TINYINT",
        },
        DataType::Int16 | DataType::UInt8 => "SMALLINT",
        DataType::Int32 | DataType::UInt16 => "INT",
        DataType::Int64 | DataType::UInt32 => match family {
            // Its own name for 64 bits, which all that is built on it knows.
            Family::Sqlite => "INTEGER",
            _ => "BIGINT",
        },
        DataType::UInt64 => match family {
            Family::Sqlite | Family::DataFusion | Family::MySql => "BIGINT UNSIGNED",
            Family::DuckDb => "UBIGINT",
            _ => "DECIMAL(20, 0)",
        },
        DataType::Float16 | DataType::Float32 => match family {
            Family::Sqlite => "FLOAT4",
            Family::Spark | Family::MySql => "FLOAT",
            _ => "REAL",
        },
        DataType::Float64 => match family {
            Family::Standard | Family::Postgres => "DOUBLE PRECISION",
            _ => "DOUBLE",
        },
        DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => match family {
            Family::Spark => "STRING",
            Family::Standard | Family::DataFusion => "VARCHAR",
            _ => "TEXT",
        },
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            match family {
                Family::Sqlite | Family::MySql | Family::DuckDb => "BLOB",
                Family::Postgres | Family::DataFusion => "BYTEA",
                Family::Spark => "BINARY",
                Family::Standard => "VARBINARY",
            }
        }
        DataType::Date32 | DataType::Date64 => "DATE",
        DataType::Time32(_) | DataType::Time64(_) => match family {
            Family::MySql => "TIME(6)",
            _ => "TIME",
        },
        DataType::Timestamp(_, None) => match family {
            Family::Spark => "TIMESTAMP_NTZ",
            Family::MySql => "DATETIME(6)",
            _ => "TIMESTAMP",
        },
        DataType::Timestamp(_, Some(_)) => match family {
            Family::Spark => "TIMESTAMP",
            Family::MySql => return None,
            _ => "TIMESTAMP WITH TIME ZONE",
        },
        DataType::Duration(_) | DataType::Interval(_) => match family {
            Family::Sqlite if matches!(data_type, DataType::Duration(_)) => "BIGINT",
            Family::DataFusion | Family::Postgres | Family::DuckDb => "INTERVAL",
            _ => return None,
        },
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => {
            let name = match family {
                // Of a longer one it would keep the nearest binary fraction, unless it is a text.
                Family::Sqlite if *precision > SQLITE_DIGITS => "DECIMAL_TEXT",
                _ => "DECIMAL",
            };
            return (*scale >= 0).then(|| format!("{name}({precision}, {scale})"));
        }
        DataType::Dictionary(_, values) => return type_name(values, dialect),
        DataType::RunEndEncoded(_, values) => return type_name(values.data_type(), dialect),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            let item = type_name(item.data_type(), dialect)?;
            return match family {
                Family::Spark => Some(format!("ARRAY<{item}>")),
                Family::DataFusion | Family::Postgres | Family::DuckDb => Some(format!("{item}[]")),
                _ => None,
            };
        }
        _ => return None,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, Schema, TimeUnit};

    use super::{insert, statements};
    use crate::protocol::{IngestMode, IngestTarget};
    use crate::sql::{Dialect, Family};

    fn target(mode: IngestMode) -> IngestTarget {
        IngestTarget {
            table: "a\"b".into(),
            schema: Some("s".into()),
            catalog: None,
            temporary: false,
            mode,
            transaction: None,
            options: Vec::new(),
        }
    }

    #[test]
    fn each_mode_makes_the_table_it_needs() {
        let schema = Schema::new(vec![
            Field::new("x`y", DataType::Int64, false),
            Field::new("t", DataType::Timestamp(TimeUnit::Microsecond, None), true),
        ]);
        let of = |mode, family| statements(&target(mode), &schema, &Dialect::of(family)).unwrap();
        assert!(of(IngestMode::Append, Family::Spark).is_empty());
        assert_eq!(
            of(IngestMode::Replace, Family::Spark),
            [
                "DROP TABLE IF EXISTS `s`.`a\"b`",
                "CREATE TABLE `s`.`a\"b` (`x``y` BIGINT NOT NULL, `t` TIMESTAMP_NTZ)"
            ]
        );
        assert_eq!(
            of(IngestMode::CreateAppend, Family::Sqlite),
            ["CREATE TABLE IF NOT EXISTS \"s\".\"a\"\"b\" (\"x`y\" INTEGER NOT NULL, \"t\" TIMESTAMP)"]
        );
        assert_eq!(
            insert(&target(IngestMode::Append), &schema, &Dialect::of(Family::Sqlite)),
            "INSERT INTO \"s\".\"a\"\"b\" (\"x`y\", \"t\") VALUES "
        );
    }

    #[test]
    fn a_type_the_dialect_lacks_is_an_error_that_names_the_column() {
        let list = DataType::new_list(DataType::Int32, true);
        let schema = Schema::new(vec![Field::new("tags", list, true)]);
        let error =
            statements(&target(IngestMode::Create), &schema, &Dialect::of(Family::Sqlite)).unwrap_err();
        assert!(error.message().contains("column \"tags\""), "{error}");
    }
}
