use std::time::Duration;

use super::{header_value, read_bool, read_count, read_duration, read_size, show_duration, show_size};

#[test]
fn durations_have_a_unit_or_are_seconds() {
    for (text, expected) in [
        ("3s", Duration::from_secs(3)),
        ("500ms", Duration::from_millis(500)),
        ("2m", Duration::from_secs(120)),
        ("1h", Duration::from_secs(3600)),
        ("1d", Duration::from_secs(86_400)),
        ("1m30s", Duration::from_secs(90)),
        (" 1 m 30 s ", Duration::from_secs(90)),
        ("1.5h", Duration::from_secs(5400)),
        ("20", Duration::from_secs(20)),
        ("0.25", Duration::from_millis(250)),
        (".5", Duration::from_millis(500)),
        ("5.", Duration::from_secs(5)),
        ("7US", Duration::from_micros(7)),
        ("7µs", Duration::from_micros(7)),
        ("9ns", Duration::from_nanos(9)),
        ("0.1234567891s", Duration::from_nanos(123_456_789)),
        ("0", Duration::ZERO),
    ] {
        assert_eq!(read_duration(text), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_no_duration_is_refused() {
    for text in [
        "",
        " ",
        "s",
        "3 parsecs",
        "-1s",
        "1s2",
        "1,5s",
        "..",
        ".",
        "1.2.3s",
        "1e3",
        "∞",
        "99999999999999999999s",
    ] {
        assert!(read_duration(text).is_err(), "{text}");
    }
}

#[test]
fn a_duration_is_shown_in_the_largest_whole_unit() {
    for (nanos, expected) in [
        (0, "0s"),
        (7_200_000_000_000, "2h"),
        (90_000_000_000, "90s"),
        (120_000_000_000, "2m"),
        (1_500_000_000, "1500ms"),
        (1_000, "1us"),
        (1_000_000_001, "1000000001ns"),
    ] {
        let duration = Duration::from_nanos(nanos);
        assert_eq!(show_duration(duration), expected);
        assert_eq!(read_duration(expected), Ok(duration));
    }
}

#[test]
fn sizes_have_a_unit_or_are_bytes() {
    for (text, expected) in [
        ("4096", 4096),
        ("64MiB", 64 << 20),
        ("64 mib", 64 << 20),
        ("1MB", 1_000_000),
        ("1kB", 1_000),
        ("5KiB", 5 << 10),
        ("5B", 5),
        ("2TiB", 2 << 40),
    ] {
        assert_eq!(read_size(text), Ok(expected), "{text}");
    }
    for text in [
        "",
        "MiB",
        "1M",
        "1.5MiB",
        "-1",
        "1 2",
        "99999999999999999999",
        "99999999999TiB",
    ] {
        assert!(read_size(text).is_err(), "{text}");
    }
}

#[test]
fn a_size_is_shown_in_the_largest_whole_unit() {
    for (size, expected) in [
        (0, "0"),
        (1000, "1000"),
        (1024, "1KiB"),
        (256 << 20, "256MiB"),
        ((1 << 20) + 1, "1048577"),
    ] {
        assert_eq!(show_size(size), expected);
        assert_eq!(read_size(expected), Ok(size));
    }
}

#[test]
fn booleans_and_numbers_are_read_or_refused() {
    for (text, expected) in [
        ("true", true),
        ("ON", true),
        ("1", true),
        ("yes", true),
        ("False", false),
        ("0", false),
    ] {
        assert_eq!(read_bool(text), Ok(expected), "{text}");
    }
    for text in ["", "tru", "2", "enabled"] {
        assert!(read_bool(text).is_err(), "{text}");
    }
    assert_eq!(read_count(" 12 "), Ok(12));
    for text in ["", "-1", "+1", "1.0", "1e3", "999999999999999999999999"] {
        assert!(read_count(text).is_err(), "{text}");
    }
}

#[test]
fn a_header_value_is_one_line_of_ascii() {
    assert_eq!(header_value("a b\u{7e}"), Ok(()));
    for text in ["a\r\nb", "a\nb", "a\0b", "a\tb", "é", " a", "a ", "\u{7f}"] {
        assert!(header_value(text).is_err(), "{text:?}");
    }
}
