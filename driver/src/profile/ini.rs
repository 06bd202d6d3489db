//! `odbc.ini`: sections in brackets, a `Key = Value` on each line, comments after `;` or `#`.

use super::Pairs;
use crate::secret::Secret;

/// What concerns the driver manager and not the connection.
const OF_THE_MANAGER: &[&str] = &[
    "description",
    "trace",
    "tracefile",
    "tracelibrary",
    "setup",
    "fileusage",
    "cptimeout",
    "dontdlclose",
    "threading",
    "usagecount",
];

/// The pairs of a section. A line that is neither a section, a pair nor a comment is passed over, as driver managers do.
pub(super) fn section(text: &str, name: &str) -> Option<Pairs> {
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    lines.find(|line| title(line).is_some_and(|title| title.eq_ignore_ascii_case(name)))?;
    let pairs = lines
        .take_while(|line| title(line).is_none())
        .filter(|line| !line.starts_with([';', '#']))
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim(), value.trim()))
        .filter(|(key, value)| !value.is_empty() && !is_of_the_manager(key))
        .map(|(key, value)| (key.to_owned(), Secret::new(value)));
    Some(pairs.collect())
}

fn title(line: &str) -> Option<&str> {
    line.strip_prefix('[')?.strip_suffix(']').map(str::trim)
}

fn is_of_the_manager(key: &str) -> bool {
    OF_THE_MANAGER.iter().any(|known| known.eq_ignore_ascii_case(key))
}

#[cfg(test)]
mod tests {
    use super::section;

    const FILE: &str = "[ODBC Data Sources]\nsales = Jetbridge\n\n[Sales]\n; who asks\nDriver = Jetbridge\nDescription=x\n\
                        HOST=db.example\n PWD = a;b=c \nrubbish\nUID=\n[other]\nhost=o\n";

    #[test]
    fn a_section_is_found_whatever_its_case() {
        let pairs = section(FILE, "sales").unwrap();
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(key, value)| (key.as_str(), value.expose()))
            .collect();
        assert_eq!(
            pairs,
            [("Driver", "Jetbridge"), ("HOST", "db.example"), ("PWD", "a;b=c")]
        );
        assert_eq!(section(FILE, "nobody").map(|pairs| pairs.len()), None);
    }
}
