//! Values of other crates, both ways: what is sent returns, and what does not fit is refused.

use arrow::array::{
    Date32Array, Decimal256Array, StringArray, Time64NanosecondArray, TimestampMillisecondArray,
    TimestampSecondArray,
};
use arrow::datatypes::{DataType, Schema, TimeUnit, i256};

use super::{bound, first};
use crate::error::SqlState;
use crate::types::{FromArrow, Params, ToParam, Value};

/// Sends a value as the type it has by itself, and reads it again.
#[track_caller]
fn returns<T>(value: &T)
where
    T: ToParam + for<'a> FromArrow<'a> + PartialEq + std::fmt::Debug,
{
    let row = bound(&Params::from((value,)), None).unwrap();
    assert_eq!(row.get::<T>(0).unwrap(), *value);
    let row = bound(&Params::from((None::<T>,)), None).unwrap();
    assert_eq!(row.get::<Option<T>>(0).unwrap(), None);
    assert_eq!(*row.columns()[0].data_type(), T::type_of_null());
    assert_eq!(
        row.get::<T>(0).unwrap_err().sqlstate(),
        SqlState::NULL_WITHOUT_OPTION
    );
}

#[test]
#[cfg(feature = "with-chrono-0_4")]
fn dates_and_times_of_chrono_go_both_ways() {
    use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

    let date = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    returns(&date);
    returns(&NaiveDate::from_ymd_opt(-44, 3, 15).unwrap());
    let time = NaiveTime::from_hms_nano_opt(12, 34, 56, 789_000_001).unwrap();
    returns(&time);
    returns(&date.and_time(time));
    returns(&NaiveDateTime::MIN);
    returns(&date.and_time(time).and_utc());
    returns(&DateTime::<Utc>::from_timestamp(8_000_000_000_000, 1_000).unwrap());
    let east = FixedOffset::east_opt(5 * 3_600 + 1_800).unwrap();
    let there = date.and_time(time).and_local_timezone(east).unwrap();
    returns(&there);
    let row = bound(&Params::from((there,)), None).unwrap();
    assert_eq!(row.get::<DateTime<FixedOffset>>(0).unwrap().offset(), &east);
    assert_eq!(row.get::<DateTime<Utc>>(0).unwrap(), there);
    for delta in [
        TimeDelta::milliseconds(-1),
        TimeDelta::nanoseconds(1_500_000_001),
        TimeDelta::seconds(-3),
    ] {
        returns(&delta);
    }
}

#[test]
#[cfg(feature = "with-chrono-0_4")]
fn chrono_is_given_nothing_that_does_not_fit() {
    use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

    let far = first(Date32Array::from(vec![i32::MAX]));
    assert_eq!(
        far.get::<NaiveDate>(0).unwrap_err().sqlstate(),
        SqlState::NUMBER_OUT_OF_RANGE
    );
    let far = first(TimestampSecondArray::from(vec![i64::MAX]));
    assert_eq!(
        far.get::<NaiveDateTime>(0).unwrap_err().sqlstate(),
        SqlState::NUMBER_OUT_OF_RANGE
    );
    // Nobody said the zone, so that it is no point in time; and the other way round.
    let local = first(TimestampMillisecondArray::from(vec![0]));
    assert_eq!(
        local.get::<DateTime<Utc>>(0).unwrap_err().sqlstate(),
        SqlState::TYPE_MISMATCH
    );
    let instant = first(TimestampMillisecondArray::from(vec![0]).with_timezone("Europe/Berlin"));
    assert_eq!(
        instant.get::<DateTime<Utc>>(0).unwrap(),
        DateTime::<Utc>::UNIX_EPOCH
    );
    assert_eq!(
        instant.get::<Option<NaiveDateTime>>(0).unwrap_err().sqlstate(),
        SqlState::TYPE_MISMATCH
    );
    let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).unwrap();
    assert_eq!(leap.to_value(), Value::from("23:59:60.500"));
    let schema = Schema::new(vec![super::Field::new(
        "t",
        DataType::Time64(TimeUnit::Nanosecond),
        true,
    )]);
    let refused = Params::from((leap,)).to_batch(Some(&schema)).unwrap_err();
    assert_eq!(refused.sqlstate(), SqlState::INVALID_TEXT);
}

#[test]
#[cfg(feature = "with-time-0_3")]
fn dates_and_times_of_time_go_both_ways() {
    use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

    let date = Date::from_calendar_date(2024, Month::February, 29).unwrap();
    returns(&date);
    returns(&Date::MIN);
    returns(&Date::MAX);
    let time = Time::from_hms_nano(12, 34, 56, 789_000_001).unwrap();
    returns(&time);
    returns(&PrimitiveDateTime::new(date, time));
    returns(&PrimitiveDateTime::MIN);
    let west = UtcOffset::from_whole_seconds(-3 * 3_600 - 1_800).unwrap();
    let there = PrimitiveDateTime::new(date, time).assume_offset(west);
    returns(&there);
    let row = bound(&Params::from((there,)), None).unwrap();
    assert_eq!(row.get::<OffsetDateTime>(0).unwrap().offset(), west);
    for duration in [
        Duration::milliseconds(-1),
        Duration::nanoseconds(1_500_000_001),
        Duration::seconds(-9_000_000_000_000),
    ] {
        returns(&duration);
    }
    assert!(matches!(Duration::MIN.to_value(), Value::Text(_)));
    let far = first(Date32Array::from(vec![i32::MIN]));
    assert_eq!(
        far.get::<Date>(0).unwrap_err().sqlstate(),
        SqlState::NUMBER_OUT_OF_RANGE
    );
    let night = first(Time64NanosecondArray::from(vec![86_399_999_999_999]));
    assert_eq!(
        night.get::<Time>(0).unwrap(),
        Time::from_hms_nano(23, 59, 59, 999_999_999).unwrap()
    );
    let local = first(TimestampSecondArray::from(vec![0]));
    assert_eq!(
        local.get::<OffsetDateTime>(0).unwrap_err().sqlstate(),
        SqlState::TYPE_MISMATCH
    );
}

#[test]
#[cfg(feature = "with-uuid-1")]
fn uuids_of_uuid_go_both_ways() {
    let uuid = uuid::Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8);
    returns(&uuid);
    let text = first(StringArray::from(vec!["67e55044-10b1-426f-9247-bb680e5fe0c8"]));
    assert_eq!(text.get::<uuid::Uuid>(0).unwrap(), uuid);
}

#[test]
#[cfg(feature = "with-rust_decimal-1")]
fn decimals_of_rust_decimal_go_both_ways_and_lose_no_digit() {
    use rust_decimal::Decimal;

    let decimal = Decimal::try_from_i128_with_scale(-12_345, 3).unwrap();
    returns(&decimal);
    returns(&Decimal::MAX);
    returns(&Decimal::MIN);
    let scaled = |unscaled: i256, scale| {
        let array = Decimal256Array::from(vec![unscaled]).with_precision_and_scale(76, scale);
        first(array.unwrap())
    };
    // 1.5 with forty digits after the point.
    let zeros = scaled(i256::from_string(&format!("15{}", "0".repeat(39))).unwrap(), 40);
    assert_eq!(
        zeros.get::<Decimal>(0).unwrap().to_string().trim_end_matches('0'),
        "1.5"
    );
    for too_much in [
        scaled(i256::from_i128(1), 29),
        scaled(i256::from_i128(i128::MAX), 0),
    ] {
        let refused = too_much.get::<Decimal>(0).unwrap_err();
        assert_eq!(refused.sqlstate(), SqlState::NUMBER_OUT_OF_RANGE);
    }
}

#[test]
#[cfg(feature = "with-serde_json-1")]
fn json_of_serde_json_goes_both_ways() {
    let json = serde_json::json!({"a": [1, null, "x"], "b": {"c": true}});
    returns(&json);
    let broken = first(StringArray::from(vec!["{"]));
    assert_eq!(
        broken.get::<serde_json::Value>(0).unwrap_err().sqlstate(),
        SqlState::INVALID_TEXT
    );
}

#[test]
#[cfg(all(feature = "serde", feature = "with-serde_json-1"))]
fn our_own_types_are_plain_text_in_other_formats() {
    use crate::types::{Date, Decimal, Time, Timestamp, Uuid};

    fn returns<T>(value: &T, text: &str)
    where
        T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        assert_eq!(serde_json::to_value(value).unwrap(), text);
        assert_eq!(serde_json::from_value::<T>(text.into()).unwrap(), *value);
        assert!(serde_json::from_value::<T>(5.into()).is_err());
    }
    returns(&Date::from_days(0), "1970-01-01");
    returns(&Time::from_hms_nano(1, 2, 3, 0).unwrap(), "01:02:03");
    let at = Timestamp::from_ticks(1_500, TimeUnit::Millisecond, Some("+02:00".into()));
    returns(&at, "1970-01-01T02:00:01.500+02:00");
    returns(&Decimal::new(-5, 2), "-0.05");
    returns(&Uuid([0x11; 16]), "11111111-1111-1111-1111-111111111111");
}
