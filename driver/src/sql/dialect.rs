//! How a server writes names, texts and values.

use super::lexer::Rules;
use crate::error::{Error, Kind, Result};

/// Servers that write values alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// As the standard has it.
    Standard,
    /// SQLite: dates and decimals are texts.
    Sqlite,
    /// DataFusion and what is built on it: every Arrow type can be named.
    DataFusion,
    /// Spark SQL.
    Spark,
    /// MySQL, Doris, StarRocks.
    MySql,
    /// PostgreSQL.
    Postgres,
    /// DuckDB.
    DuckDb,
}

/// How a server reads texts, and what it is like otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) family: Family,
    rules: Rules,
    /// Within a text, a quote is written twice.
    doubles_quotes: bool,
    identifier_quote: char,
}

impl Dialect {
    /// Asks a server how it reads texts: the answers are in the columns, and no reading of the question lets a text run on.
    pub(crate) const QUESTION: &'static str =
        "SELECT '\\\\' AS backslash, '''' AS quote, CAST('2024-02-29' AS DATE) AS day";

    /// Reads the answer to [`QUESTION`](Self::QUESTION): the first two texts, and whether the date has become the number 2024.
    ///
    /// # Errors
    ///
    /// `NotSupported` where the texts follow no rule known here: values must not be written into statements then.
    pub(crate) fn measured(backslash: &str, quote: &str, day_is_number: bool) -> Result<Self> {
        let (backslash, doubles_quotes) = match (backslash, quote) {
            ("\\\\", "'") => (false, true),
            ("\\", "'") => (true, true),
            // Two texts beside each other are one: the quote is gone, and only a backslash can write it.
            ("\\", "") => (true, false),
            _ => {
                let words = "the server reads texts in a way that is not known here";
                return Err(Error::new(Kind::NotSupported, words));
            }
        };
        let family = match (backslash, doubles_quotes) {
            _ if day_is_number => Family::Sqlite,
            (true, false) => Family::Spark,
            (true, true) => Family::MySql,
            (false, _) => Family::Standard,
        };
        Ok(Self {
            family,
            rules: Rules {
                backslash,
                hash_comments: family == Family::MySql,
            },
            doubles_quotes,
            identifier_quote: quote_of(family),
        })
    }

    /// The same for a server that is known to write values as a family does; how it reads texts stays as it was found.
    pub(crate) fn speaking(mut self, family: Family) -> Self {
        self.family = family;
        self.identifier_quote = quote_of(family);
        self.rules.hash_comments = family == Family::MySql;
        self
    }

    /// The same, with names in the quotes that the server says it has; others than those of SQL are not believed.
    pub(crate) fn quoting(&self, quote: Option<&str>) -> Self {
        let mut dialect = self.clone();
        match quote {
            Some("\"") => dialect.identifier_quote = '"',
            Some("`") => dialect.identifier_quote = '`',
            _ => {}
        }
        dialect
    }

    pub(crate) fn rules(&self) -> Rules {
        self.rules
    }

    /// Writes a text so that this server, and none of its readings, ends it early.
    pub(crate) fn text(&self, text: &str, into: &mut String) {
        into.push('\'');
        for c in text.chars() {
            match c {
                '\'' if self.doubles_quotes => into.push_str("''"),
                '\'' => into.push_str("\\'"),
                '\\' if self.rules.backslash => into.push_str("\\\\"),
                // Spark puts variables into texts (`${name}`) before it reads them.
                '{' if self.family == Family::Spark && into.ends_with('$') => into.push_str("\\{"),
                c => into.push(c),
            }
        }
        into.push('\'');
    }

    /// Writes a name in quotes, within which they are doubled.
    pub(crate) fn identifier(&self, name: &str, into: &mut String) {
        let quote = self.identifier_quote;
        into.push(quote);
        for c in name.chars() {
            if c == quote {
                into.push(quote);
            }
            into.push(c);
        }
        into.push(quote);
    }
}

/// What a family quotes names in.
fn quote_of(family: Family) -> char {
    match family {
        Family::Spark | Family::MySql => '`',
        _ => '"',
    }
}

#[cfg(test)]
impl Dialect {
    /// The dialect a family has without being asked.
    pub(crate) fn of(family: Family) -> Self {
        let (backslash, quote) = match family {
            Family::Spark => ("\\", ""),
            Family::MySql => ("\\", "'"),
            _ => ("\\\\", "'"),
        };
        Self::measured(backslash, quote, family == Family::Sqlite)
            .unwrap()
            .speaking(family)
    }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Family};

    fn text(dialect: &Dialect, text: &str) -> String {
        let mut into = String::new();
        dialect.text(text, &mut into);
        into
    }

    #[test]
    fn a_family_is_told_by_its_answers() {
        let of = |backslash, quote, number| {
            Dialect::measured(backslash, quote, number).map(|dialect| dialect.family)
        };
        assert_eq!(of("\\\\", "'", true).unwrap(), Family::Sqlite);
        assert_eq!(of("\\\\", "'", false).unwrap(), Family::Standard);
        assert_eq!(of("\\", "", false).unwrap(), Family::Spark);
        assert_eq!(of("\\", "'", false).unwrap(), Family::MySql);
        assert!(of("x", "'", false).is_err());
        assert!(of("\\\\", "", false).is_err());
    }

    #[test]
    fn quotes_and_backslashes_are_written_as_the_server_reads_them() {
        let hostile = "it's \\' ${x}";
        assert_eq!(text(&Dialect::of(Family::Sqlite), hostile), "'it''s \\'' ${x}'");
        assert_eq!(
            text(&Dialect::of(Family::Spark), hostile),
            "'it\\'s \\\\\\' $\\{x}'"
        );
        assert_eq!(text(&Dialect::of(Family::MySql), hostile), "'it''s \\\\'' ${x}'");
        let mut name = String::new();
        Dialect::of(Family::Standard).identifier("a\"b`c", &mut name);
        Dialect::of(Family::Spark).identifier("a\"b`c", &mut name);
        assert_eq!(name, "\"a\"\"b`c\"`a\"b``c`");
    }
}
