//! What columns and SQL types say.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, IntervalUnit, Schema, TimeUnit};

use crate::error::SqlState;
use crate::types::{Column, Columns, SqlType};

fn column(data_type: DataType, metadata: &[(&str, &str)]) -> Column {
    let metadata: Vec<(String, String)> = metadata
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let metadata: std::collections::HashMap<String, String> = metadata.into_iter().collect();
    Column::new(Arc::new(Field::new("c", data_type, true).with_metadata(metadata)))
}

fn columns(names: &[&str]) -> Columns {
    let fields: Vec<Field> = names
        .iter()
        .map(|name| Field::new(*name, DataType::Int32, true))
        .collect();
    Columns::new(Arc::new(Schema::new(fields)))
}

#[test]
fn a_column_tells_what_the_server_says_of_it() {
    let column = column(
        DataType::Utf8,
        &[
            ("ARROW:FLIGHT:SQL:CATALOG_NAME", "main"),
            ("ARROW:FLIGHT:SQL:SCHEMA_NAME", "old"),
            ("ARROW:FLIGHT:SQL:DB_SCHEMA_NAME", "public"),
            ("ARROW:FLIGHT:SQL:TABLE_NAME", ""),
            ("ARROW:FLIGHT:SQL:TYPE_NAME", "CITEXT"),
            ("ARROW:FLIGHT:SQL:PRECISION", "40"),
            ("ARROW:FLIGHT:SQL:SCALE", "many"),
            ("ARROW:FLIGHT:SQL:REMARKS", "a remark"),
            ("ARROW:FLIGHT:SQL:IS_AUTO_INCREMENT", "1"),
            ("ARROW:FLIGHT:SQL:IS_READ_ONLY", "0"),
            ("ARROW:FLIGHT:SQL:IS_SEARCHABLE", "TRUE"),
        ],
    );
    assert_eq!(column.catalog_name(), Some("main"));
    assert_eq!(column.schema_name(), Some("public"));
    assert_eq!(column.table_name(), None);
    assert_eq!(
        (column.type_name(), column.sql_type()),
        ("CITEXT", SqlType::Varchar)
    );
    assert_eq!((column.precision(), column.scale()), (Some(40), None));
    assert_eq!(column.remarks(), Some("a remark"));
    assert_eq!(
        (column.auto_increment(), column.read_only()),
        (Some(true), Some(false))
    );
    assert_eq!((column.searchable(), column.case_sensitive()), (Some(true), None));
}

#[test]
fn the_schema_name_of_older_libraries_is_read_too() {
    let column = column(DataType::Utf8, &[("ARROW:FLIGHT:SQL:SCHEMA_NAME", "public")]);
    assert_eq!(column.schema_name(), Some("public"));
}

#[test]
fn extension_types_have_their_own_sql_types() {
    let extension =
        |data_type: DataType, name: &str| column(data_type, &[("ARROW:extension:name", name)]).sql_type();
    assert_eq!(
        extension(DataType::FixedSizeBinary(16), "arrow.uuid"),
        SqlType::Uuid
    );
    assert_eq!(
        extension(DataType::FixedSizeBinary(4), "arrow.uuid"),
        SqlType::Binary { length: 4 }
    );
    assert_eq!(extension(DataType::Utf8View, "arrow.json"), SqlType::Json);
    assert_eq!(extension(DataType::Int8, "arrow.bool8"), SqlType::Boolean);
    let encoded = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    assert_eq!(extension(encoded, "arrow.json"), SqlType::Json);
    let opaque = column(
        DataType::Binary,
        &[
            ("ARROW:extension:name", "arrow.opaque"),
            (
                "ARROW:extension:metadata",
                r#"{"type_name": "geometry", "vendor_name": "PostGIS"}"#,
            ),
        ],
    );
    assert_eq!(
        (opaque.type_name(), opaque.sql_type()),
        ("geometry", SqlType::Varbinary)
    );
    for broken in [
        "",
        "{",
        r#"{"type_name"}"#,
        r#"{"type_name": 1}"#,
        r#"{"type_name": "a"#,
    ] {
        let opaque = column(
            DataType::Binary,
            &[
                ("ARROW:extension:name", "arrow.opaque"),
                ("ARROW:extension:metadata", broken),
            ],
        );
        assert_eq!(opaque.type_name(), "VARBINARY", "{broken}");
    }
}

#[test]
fn sql_types_have_the_codes_of_odbc_and_xdbc() {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Date32));
    for (data_type, text, odbc, xdbc) in [
        (DataType::Boolean, "BOOLEAN", -7, -7),
        (DataType::Int8, "TINYINT", -6, -6),
        (DataType::UInt8, "SMALLINT", 5, 5),
        (DataType::UInt32, "BIGINT", -5, -5),
        (DataType::UInt64, "NUMERIC(20, 0)", 2, 2),
        (DataType::Float16, "REAL", 7, 7),
        (DataType::Float64, "DOUBLE", 8, 8),
        (DataType::Decimal256(76, 5), "DECIMAL(76, 5)", 3, 3),
        (DataType::LargeUtf8, "VARCHAR", -9, 12),
        (DataType::BinaryView, "VARBINARY", -3, -3),
        (DataType::FixedSizeBinary(7), "BINARY(7)", -2, -2),
        (dictionary, "DATE", 91, 91),
        (DataType::Time64(TimeUnit::Nanosecond), "TIME(9)", 92, 92),
        (
            DataType::Timestamp(TimeUnit::Second, None),
            "TIMESTAMP(0)",
            93,
            93,
        ),
        (
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            "TIMESTAMP(6) WITH TIME ZONE",
            93,
            93,
        ),
        (
            DataType::Duration(TimeUnit::Millisecond),
            "INTERVAL DAY TO SECOND(3)",
            110,
            10,
        ),
        (
            DataType::Interval(IntervalUnit::YearMonth),
            "INTERVAL YEAR TO MONTH",
            107,
            10,
        ),
        (DataType::Interval(IntervalUnit::MonthDayNano), "INTERVAL", -9, 10),
        (DataType::new_list(DataType::Int8, true), "ARRAY", -9, 0),
    ] {
        let sql_type = SqlType::of_type(&data_type);
        assert_eq!(
            (
                sql_type.to_string().as_str(),
                sql_type.odbc_code(),
                sql_type.xdbc_code()
            ),
            (text, odbc, xdbc)
        );
    }
}

#[test]
fn a_name_is_found_exactly_before_in_another_case() {
    let columns = columns(&["ID", "id", "Name", "id"]);
    assert_eq!(columns.position("id").unwrap(), 1);
    assert_eq!(columns.position("ID").unwrap(), 0);
    assert_eq!(columns.position("NAME").unwrap(), 2);
    let error = columns.position("Id").unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::COLUMN_NOT_FOUND);
    assert!(error.message().contains("[0, 1, 3]"), "{error}");
    let error = columns.position("nome").unwrap_err();
    assert!(error.get_hint().unwrap().contains("ID, id, Name, id"), "{error}");
}

#[test]
fn names_of_wide_results_are_found_alike() {
    let names: Vec<String> = (0..40).map(|number| format!("c{}", number % 30)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let columns = columns(&names);
    assert_eq!(columns.position("c5").unwrap(), 5);
    assert_eq!(columns.position("C29").unwrap(), 29);
    assert!(
        columns.position("C5").is_err(),
        "two columns have it in another case"
    );
    assert!(columns.position("c30").is_err());
}
