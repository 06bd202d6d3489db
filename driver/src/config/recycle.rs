//! How a pool makes a session fit to be lent again.

use std::fmt;

use super::name::same_name;
use super::shape::Shape;
use super::value::{self, Reveal};

/// What the pool does to a session between two loans, besides the rollback and the end of its results.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum RecycleMethod {
    /// Looks whether the session is known to be broken; sends nothing.
    Fast,
    /// Asks the server for a sign of life when the session has been idle for more than a second.
    #[default]
    Verified,
    /// As `Verified`, and every loan gets a fresh session on the server: options, catalogue, schema and temporary tables of the last are gone.
    Clean,
    /// As `Verified`, and runs this statement when the session is handed back.
    Sql(String),
}

impl fmt::Display for RecycleMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fast => f.write_str("fast"),
            Self::Verified => f.write_str("verified"),
            Self::Clean => f.write_str("clean"),
            Self::Sql(sql) => write!(f, "sql({sql})"),
        }
    }
}

/// `fast`, `verified`, `clean` or `sql(STATEMENT)`.
pub(super) struct Recycle;

impl Shape for Recycle {
    type Stored = RecycleMethod;

    fn read(text: &str) -> Result<RecycleMethod, String> {
        let text = text.trim();
        let sql = text
            .get(..4)
            .filter(|start| start.eq_ignore_ascii_case("sql("))
            .and_then(|_| text.get(4..)?.strip_suffix(')'));
        if let Some(sql) = sql {
            return Ok(RecycleMethod::Sql(sql.to_owned()));
        }
        [RecycleMethod::Fast, RecycleMethod::Verified, RecycleMethod::Clean]
            .into_iter()
            .find(|method| same_name(&method.to_string(), text))
            .ok_or_else(|| "is none of fast, verified, clean, sql(STATEMENT)".to_owned())
    }

    fn show(value: &RecycleMethod, _: Reveal) -> String {
        value.to_string()
    }

    fn check(value: &RecycleMethod) -> Result<(), String> {
        match value {
            RecycleMethod::Sql(sql) if sql.trim().is_empty() => Err("has no statement in it".to_owned()),
            RecycleMethod::Sql(sql) => value::no_control_characters(sql),
            _ => Ok(()),
        }
    }

    fn values() -> String {
        "`fast`, `verified`, `clean`, `sql(STATEMENT)`".to_owned()
    }

    fn words() -> Vec<(&'static str, &'static str)> {
        vec![
            (
                "fast",
                "Looks whether the session is known to be broken; sends nothing.",
            ),
            (
                "verified",
                "Asks the server for a sign of life when the session has been idle for more than a second.",
            ),
            (
                "clean",
                "As `verified`, and every loan gets a fresh session on the server: options, catalogue, schema and temporary tables of the last are gone.",
            ),
            (
                "sql(STATEMENT)",
                "As `verified`, and runs this statement when the session is handed back.",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::RecycleMethod;
    use crate::config::Config;

    fn recycle(text: &str) -> Option<RecycleMethod> {
        let parsed: Result<Config, _> = format!("Host=h;pool_recycle={text}").parse();
        parsed.ok().map(|config| config.get_pool_recycle())
    }

    #[test]
    fn a_way_to_recycle_is_a_word_or_a_statement() {
        assert_eq!(recycle("fast"), Some(RecycleMethod::Fast));
        assert_eq!(recycle("CLEAN"), Some(RecycleMethod::Clean));
        assert_eq!(
            recycle("sql(SELECT f(1))"),
            Some(RecycleMethod::Sql("SELECT f(1)".to_owned()))
        );
        for wrong in ["slow", "sql", "sql(SELECT 1", "sql()", "sql( )"] {
            assert_eq!(recycle(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_statement_survives_both_forms_of_the_string() {
        let config = Config::new("h", 1).pool_recycle(RecycleMethod::Sql("SET x = 'a;b&c'".to_owned()));
        let url: Config = config.to_uri_with_secrets().parse().unwrap();
        assert_eq!(url, config);
        let text: Config = config.to_key_values_with_secrets().parse().unwrap();
        assert_eq!(text, config);
    }
}
