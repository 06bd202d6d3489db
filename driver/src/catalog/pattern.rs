//! The patterns of the catalog, applied here: some servers take them and give everything.

/// A pattern of SQL's `LIKE`: `%` is any text, `_` any character. Case does not count.
///
/// It is applied after the server's own filter and must not lose what the server rightly gave. Servers differ in whether case counts and
/// in what escapes a wildcard, so a name passes where any reading of the pattern lets it.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    readings: Vec<Vec<Part>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Any,
    One,
    Char(char),
}

impl Pattern {
    /// Reads a pattern. `escape` is what the server announces; without, a backslash may be one.
    pub(super) fn new(pattern: &str, escape: Option<&str>) -> Self {
        let escape = escape.and_then(|escape| escape.chars().next()).unwrap_or('\\');
        let mut readings = vec![read(pattern, None)];
        if pattern.contains(escape) {
            readings.push(read(pattern, Some(escape)));
        }
        Self { readings }
    }

    /// Says whether reading it may depend on the server's escape character.
    pub(super) fn may_escape(pattern: &str) -> bool {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '%' | '_' | '-' | ' ' | '.');
        !pattern.chars().all(plain)
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().map(fold).collect();
        self.readings.iter().any(|parts| matches(parts, &name))
    }
}

/// A pattern that means a name and nothing else, where the server has an escape; else one that means it among others.
pub(super) fn exactly(name: &str, escape: &str) -> String {
    if escape.is_empty() {
        return name.to_owned();
    }
    let mut pattern = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '%' | '_') || escape.starts_with(c) {
            pattern.push_str(escape);
        }
        pattern.push(c);
    }
    pattern
}

fn fold(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

fn read(pattern: &str, escape: Option<char>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        parts.push(match c {
            c if Some(c) == escape => Part::Char(fold(chars.next().unwrap_or(c))),
            '%' => Part::Any,
            '_' => Part::One,
            c => Part::Char(fold(c)),
        });
    }
    parts
}

/// Greedy, with one place to go back to: time grows with the product of both lengths at worst.
fn matches(parts: &[Part], name: &[char]) -> bool {
    let (mut part, mut place) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while place < name.len() {
        match (parts.get(part), name.get(place)) {
            (Some(Part::Any), _) => {
                back = Some((part, place));
                part += 1;
            }
            (Some(Part::One), _) => (part, place) = (part + 1, place + 1),
            (Some(Part::Char(c)), Some(found)) if c == found => (part, place) = (part + 1, place + 1),
            _ => {
                let Some((any, from)) = back else { return false };
                back = Some((any, from + 1));
                (part, place) = (any + 1, from + 1);
            }
        }
    }
    parts.iter().skip(part).all(|part| *part == Part::Any)
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn wildcards_stand_for_any_text_and_any_character() {
        for (pattern, name, expected) in [
            ("%", "", true),
            ("%", "orders", true),
            ("order%", "orders", true),
            ("order_", "orders", true),
            ("order_", "order", false),
            ("%er%s", "Orders", true),
            ("%é_", "caféx", true),
            ("", "", true),
            ("", "x", false),
            ("ORDERS", "orders", true),
            ("%a%a%a%a%b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(
                Pattern::new(pattern, None).matches(name),
                expected,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn an_escaped_wildcard_is_a_character() {
        let pattern = Pattern::new("a!_b", Some("!"));
        assert!(pattern.matches("a_b") && !pattern.matches("axb"));
        // Unannounced, a backslash may be an escape, and may be itself.
        let pattern = Pattern::new("a\\_b", None);
        assert!(pattern.matches("a_b") && pattern.matches("a\\xb") && !pattern.matches("axb"));
        assert!(Pattern::new("a\\", Some("\\")).matches("a\\"));
    }

    #[test]
    fn a_name_with_wildcards_is_asked_for_exactly() {
        assert_eq!(super::exactly("a_b%\\", "\\"), "a\\_b\\%\\\\");
        assert_eq!(super::exactly("a_b", ""), "a_b");
    }

    #[test]
    fn only_unusual_patterns_need_to_know_the_escape() {
        assert!(!Pattern::may_escape("order_%.x-1"));
        assert!(Pattern::may_escape("a\\_b") && Pattern::may_escape("a!_b"));
    }
}
