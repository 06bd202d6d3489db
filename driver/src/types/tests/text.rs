//! Values written and read as text.

use std::str::FromStr;
use std::time::Duration as StdDuration;

use arrow::datatypes::{TimeUnit, i256};
use proptest::prelude::*;

use crate::error::SqlState;
use crate::types::{Date, Decimal, Duration, Interval, Time, Timestamp, Uuid, Value};

fn timestamp(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn days_are_the_ones_of_the_calendar() {
    for (days, text) in [
        (0, "1970-01-01"),
        (-1, "1969-12-31"),
        (11_016, "2000-02-29"),
        (19_782, "2024-02-29"),
        (-719_468, "0000-03-01"),
        (-719_528, "0000-01-01"),
        (-719_529, "-0001-12-31"),
        (2_932_896, "9999-12-31"),
        (2_932_897, "+10000-01-01"),
    ] {
        assert_eq!(Date::from_days(days).to_string(), text);
        assert_eq!(text.parse::<Date>().unwrap().days(), days);
    }
    for wrong in [
        "2023-02-29",
        "1900-02-29",
        "2024-13-01",
        "2024-00-01",
        "2024-01-00",
        "2024-1-1",
        "24-01-01",
        "",
    ] {
        assert_eq!(
            wrong.parse::<Date>().unwrap_err().sqlstate(),
            SqlState::INVALID_TEXT,
            "{wrong}"
        );
    }
}

#[test]
fn timestamps_are_written_in_their_zone() {
    let at = |zone: Option<&str>| {
        Timestamp::from_ticks(1_709_210_096_500, TimeUnit::Millisecond, zone.map(Into::into)).to_string()
    };
    assert_eq!(at(None), "2024-02-29T12:34:56.500");
    assert_eq!(at(Some("UTC")), "2024-02-29T12:34:56.500Z");
    assert_eq!(at(Some("+02:00")), "2024-02-29T14:34:56.500+02:00");
    assert_eq!(at(Some("-0930")), "2024-02-29T03:04:56.500-0930");
    assert_eq!(
        at(Some("Europe/Berlin")),
        "2024-02-29T12:34:56.500Z[Europe/Berlin]"
    );
}

#[test]
fn timestamps_are_read_with_a_space_an_offset_or_a_zone() {
    assert_eq!(timestamp("2024-02-29 12:34").seconds(), 1_709_210_040);
    assert_eq!(timestamp("2024-02-29T14:34:56+02").seconds(), 1_709_210_096);
    let berlin = timestamp("2024-02-29T12:34:56Z[Europe/Berlin]");
    assert_eq!(
        (berlin.seconds(), berlin.zone()),
        (1_709_210_096, Some("Europe/Berlin"))
    );
    for wrong in [
        "2024-02-29",
        "2024-02-29T25:00",
        "2024-02-29T12:00:00+99:00",
        "2024-02-29T12:00x",
        "2024-02-29T12:00[",
        "2024-02-29T12:00:00.1234567890",
    ] {
        assert!(wrong.parse::<Timestamp>().is_err(), "{wrong}");
    }
}

#[test]
fn durations_and_intervals_are_written_in_iso_8601() {
    let seconds = |number| Duration::new(number, 0).unwrap().to_string();
    assert_eq!(
        (seconds(0), seconds(93_784)),
        ("PT0S".to_owned(), "PT26H3M4S".to_owned())
    );
    assert_eq!(Duration::from_nanoseconds(-250_000_000).to_string(), "-PT0.250S");
    assert_eq!(
        Duration::from_ticks(i64::MIN, TimeUnit::Second).to_string(),
        "-PT2562047788015215H30M8S"
    );
    let interval = |months, days, nanoseconds| Interval::new(months, days, nanoseconds).to_string();
    assert_eq!(interval(14, -3, 14_706_789_000_000), "P1Y2M-3DT4H5M6.789S");
    assert_eq!(interval(0, 0, 0), "PT0S");
    assert_eq!(interval(0, 1, 0), "P1D");
    assert_eq!(interval(-1, 0, -1), "P-1MT-0.000000001S");
    assert_eq!(
        interval(i32::MIN, i32::MIN, i64::MIN),
        "P-178956970Y-8M-2147483648DT-2562047H-47M-16.854775808S"
    );
}

#[test]
fn durations_of_the_standard_library_go_both_ways_but_not_backwards() {
    let longest = StdDuration::new(u64::try_from(i64::MAX).unwrap(), 999_999_999);
    assert_eq!(Duration::try_from(longest).unwrap(), Duration::MAX);
    assert_eq!(StdDuration::try_from(Duration::MAX).unwrap(), longest);
    assert!(Duration::try_from(StdDuration::MAX).is_err());
    assert!(StdDuration::try_from(Duration::from_nanoseconds(-1)).is_err());
}

#[test]
fn decimals_are_written_with_all_digits_and_compared_as_numbers() {
    let decimal = |unscaled, scale| Decimal::new(unscaled, scale);
    assert_eq!(decimal(-5, 2).to_string(), "-0.05");
    assert_eq!(decimal(12, -2).to_string(), "1200");
    assert_eq!(decimal(0, -3).to_string(), "0");
    assert_eq!(decimal(0, 2).to_string(), "0.00");
    assert_eq!(decimal(15, 1), decimal(150, 2));
    assert_eq!(decimal(12, -2), decimal(1200, 0));
    assert_eq!(decimal(0, 5), decimal(0, -5));
    assert_ne!(decimal(15, 1), decimal(15, 2));
    let lowest = Decimal::from_i256(i256::MIN, 76);
    assert!(lowest.to_string().starts_with("-5.7896"));
    assert_eq!(lowest, lowest);
    assert_eq!(lowest.rescale(127), None);
    assert_eq!(lowest.rescale(0), None);
    assert_eq!(lowest.digits(), 77);
    assert_eq!(Decimal::from_i256(i256::MAX, i8::MIN).rescale(i8::MAX), None);
    assert_eq!("1e6".parse::<Decimal>().unwrap(), decimal(1_000_000, 0));
    assert_eq!("+.5".parse::<Decimal>().unwrap(), decimal(5, 1));
    assert!("1e999".parse::<Decimal>().is_err());
    assert!("1e-99999999999".parse::<Decimal>().is_err());
    assert!((decimal(1, 1).to_f64() - 0.1).abs() < f64::MIN_POSITIVE);
}

#[test]
fn uuids_are_read_in_the_forms_servers_write() {
    let uuid = Uuid([
        0x67, 0xe5, 0x50, 0x44, 0x10, 0xb1, 0x42, 0x6f, 0x92, 0x47, 0xbb, 0x68, 0x0e, 0x5f, 0xe0, 0xc8,
    ]);
    for text in [
        "67e55044-10b1-426f-9247-bb680e5fe0c8",
        "67E55044-10B1-426F-9247-BB680E5FE0C8",
        "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
        "67e5504410b1426f9247bb680e5fe0c8",
    ] {
        assert_eq!(text.parse::<Uuid>().unwrap(), uuid, "{text}");
    }
    for wrong in [
        "",
        "67e55044",
        "67e55044-10b1-426f-9247-bb680e5fe0c",
        "67e55044010b1-426f-9247-bb680e5fe0c8",
        "é".repeat(16).as_str(),
    ] {
        assert!(wrong.parse::<Uuid>().is_err(), "{wrong}");
    }
}

#[test]
fn values_are_written_as_json() {
    let value = Value::Struct(vec![
        ("n".to_owned(), Value::Null),
        ("f".to_owned(), Value::Float64(f64::NAN)),
        ("e".to_owned(), Value::Float64(1e300)),
        ("t".to_owned(), Value::from("a\"b\\\n\u{1}é")),
        ("b".to_owned(), Value::from(vec![255_u8, 0])),
        ("d".to_owned(), Value::from(Date::from_days(0))),
        (
            "m".to_owned(),
            Value::Map(vec![(Value::from(1), Value::from(true))]),
        ),
        (
            "l".to_owned(),
            Value::List(vec![Value::from(Decimal::new(150, 2)), Value::List(vec![])]),
        ),
    ]);
    assert_eq!(
        value.to_json(),
        r#"{"n":null,"f":"NaN","e":1e300,"t":"a\"b\\\n\u0001é","b":"/wA=","d":"1970-01-01","m":{"1":true},"l":[1.50,[]]}"#
    );
    assert_eq!(value.to_string(), value.to_json());
    assert_eq!(Value::from(vec![255_u8, 0]).to_string(), "0xff00");
    assert_eq!(Value::from("plain").to_string(), "plain");
    assert_eq!(Value::Null.to_string(), "NULL");
}

fn returns<T: FromStr + ToString + PartialEq>(value: &T) -> bool {
    value.to_string().parse().is_ok_and(|read: T| read == *value)
}

proptest! {
    #[test]
    fn a_date_written_is_read_again(days in any::<i32>()) {
        prop_assert!(returns(&Date::from_days(days)));
    }

    #[test]
    fn a_time_written_is_read_again(nanoseconds in 0_i64..86_400_000_000_000) {
        prop_assert!(returns(&Time::from_nanoseconds(nanoseconds).unwrap()));
    }

    #[test]
    fn a_timestamp_written_is_read_again(
        seconds in -60_000_000_000_000_i64..60_000_000_000_000,
        nanosecond in 0_u32..1_000_000_000,
        zone in prop_oneof![
            Just(None), Just(Some("UTC")), Just(Some("+05:30")), Just(Some("-0800")), Just(Some("America/Lima"))
        ],
    ) {
        prop_assert!(returns(&Timestamp::new(seconds, nanosecond, zone.map(Into::into)).unwrap()));
    }

    #[test]
    fn ticks_survive_in_every_unit(ticks in any::<i64>()) {
        for unit in [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond] {
            prop_assert_eq!(Timestamp::from_ticks(ticks, unit, None).to_ticks(unit), Some(ticks));
            let duration = Duration::from_ticks(ticks, unit);
            prop_assert_eq!(duration.to_ticks(unit), Some(ticks));
            prop_assert!(!Timestamp::from_ticks(ticks, unit, Some("+23:59".into())).to_string().is_empty());
        }
    }

    #[test]
    fn a_decimal_written_is_read_again(unscaled in any::<i128>(), scale in -30_i8..=60) {
        prop_assert!(returns(&Decimal::new(unscaled, scale)));
    }

    #[test]
    fn a_decimal_keeps_its_number_in_another_scale(unscaled in any::<i64>(), scale in -20_i8..20, more in 0_i8..20) {
        let decimal = Decimal::new(i128::from(unscaled), scale);
        let wider = decimal.rescale(scale + more).unwrap();
        prop_assert_eq!(wider, decimal);
        prop_assert_eq!(wider.rescale(scale).unwrap().unscaled(), decimal.unscaled());
    }

    #[test]
    fn no_text_makes_a_parser_of_dates_panic(text in "[-+0-9TZ:. \\[\\]é]{0,40}") {
        let _date = text.parse::<Date>();
        let _time = text.parse::<Time>();
        let _timestamp = text.parse::<Timestamp>();
        let _uuid = text.parse::<Uuid>();
        let _decimal = text.parse::<Decimal>();
    }
}
