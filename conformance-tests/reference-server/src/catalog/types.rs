//! The types SQLite columns can be declared as.

use arrow_flight::error::Result;
use arrow_flight::sql::metadata::{XdbcTypeInfo, XdbcTypeInfoData, XdbcTypeInfoDataBuilder};
use arrow_flight::sql::{Nullable, Searchable, XdbcDataType, XdbcDatetimeSubcode};

/// One row for each type that this server reads and writes.
pub(super) fn all() -> Result<XdbcTypeInfoData> {
    use XdbcDataType as Type;
    let mut builder = XdbcTypeInfoDataBuilder::new();
    builder.append(number("TINYINT", Type::XdbcTinyint, 3));
    builder.append(number("SMALLINT", Type::XdbcSmallint, 5));
    builder.append(number("INT", Type::XdbcInteger, 10));
    builder.append(number("BIGINT", Type::XdbcBigint, 19));
    builder.append(XdbcTypeInfo {
        maximum_scale: Some(38),
        ..number("DECIMAL", Type::XdbcDecimal, 38)
    });
    builder.append(number("REAL", Type::XdbcDouble, 15));
    builder.append(plain("BOOLEAN", Type::XdbcBit, Some(1)));
    builder.append(XdbcTypeInfo {
        case_sensitive: true,
        ..quoted("TEXT", Type::XdbcVarchar, None)
    });
    builder.append(XdbcTypeInfo {
        literal_prefix: Some("X'".to_owned()),
        ..quoted("BLOB", Type::XdbcVarbinary, None)
    });
    // The specification gives the subcode of dates and of years the same number.
    builder.append(moment(
        "DATE",
        Type::XdbcDate,
        10,
        XdbcDatetimeSubcode::XdbcSubcodeYear,
    ));
    builder.append(moment(
        "TIME",
        Type::XdbcTime,
        15,
        XdbcDatetimeSubcode::XdbcSubcodeTime,
    ));
    builder.append(moment(
        "TIMESTAMP",
        Type::XdbcTimestamp,
        26,
        XdbcDatetimeSubcode::XdbcSubcodeTimestamp,
    ));
    builder.build()
}

fn plain(name: &str, data_type: XdbcDataType, size: Option<i32>) -> XdbcTypeInfo {
    XdbcTypeInfo {
        type_name: name.to_owned(),
        data_type,
        column_size: size,
        literal_prefix: None,
        literal_suffix: None,
        create_params: None,
        nullable: Nullable::NullabilityNullable,
        case_sensitive: false,
        searchable: Searchable::Full,
        unsigned_attribute: None,
        fixed_prec_scale: false,
        auto_increment: None,
        local_type_name: Some(name.to_owned()),
        minimum_scale: None,
        maximum_scale: None,
        sql_data_type: data_type,
        datetime_subcode: None,
        num_prec_radix: None,
        interval_precision: None,
    }
}

fn number(name: &str, data_type: XdbcDataType, digits: i32) -> XdbcTypeInfo {
    XdbcTypeInfo {
        unsigned_attribute: Some(false),
        auto_increment: Some(false),
        minimum_scale: Some(0),
        maximum_scale: Some(0),
        num_prec_radix: Some(10),
        ..plain(name, data_type, Some(digits))
    }
}

fn quoted(name: &str, data_type: XdbcDataType, size: Option<i32>) -> XdbcTypeInfo {
    XdbcTypeInfo {
        literal_prefix: Some("'".to_owned()),
        literal_suffix: Some("'".to_owned()),
        ..plain(name, data_type, size)
    }
}

fn moment(name: &str, data_type: XdbcDataType, size: i32, subcode: XdbcDatetimeSubcode) -> XdbcTypeInfo {
    XdbcTypeInfo {
        sql_data_type: XdbcDataType::XdbcDatetime,
        datetime_subcode: Some(subcode),
        ..quoted(name, data_type, Some(size))
    }
}
