//! When two spellings are the same option: ASCII case, `_`, `-`, `.` and spaces do not count.

/// Says whether two names are the same.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    significant(a).eq(significant(b))
}

/// The letters and digits that count, in lower case.
pub(super) fn plain_name(name: &str) -> String {
    significant(name).collect()
}

fn significant(name: &str) -> impl Iterator<Item = char> {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-' | '.' | ' '))
        .map(|c| c.to_ascii_lowercase())
}

/// Cuts a prefix off, whatever its case and its `_` and `-`.
pub(super) fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    let same = head
        .chars()
        .zip(prefix.chars())
        .all(|(a, b)| a.eq_ignore_ascii_case(&b));
    if same { text.get(prefix.len()..) } else { None }
}

#[cfg(test)]
mod tests {
    use super::{plain_name, same_name, strip_prefix};

    #[test]
    fn case_and_separators_do_not_count() {
        assert!(same_name("connect_timeout", "Connect Timeout"));
        assert!(same_name(
            "adbc.flight.sql.rpc.timeout_seconds.connect",
            "adbcFlightSqlRpcTimeoutSecondsConnect"
        ));
        assert!(!same_name("user", "users"));
        assert_eq!(plain_name("User-ID."), "userid");
    }

    #[test]
    fn a_prefix_is_cut_off_whatever_its_case() {
        assert_eq!(strip_prefix("Header.X-Y", "header."), Some("X-Y"));
        assert_eq!(strip_prefix("head", "header."), None);
        assert_eq!(strip_prefix("héader.x", "header."), None);
    }
}
