//! The statement that names the place a session starts in, on servers that know no other way.

use crate::config::{Config, PlaceMode, SqlDialect};

/// `USE` with the catalog and schema of a configuration, or its database in place of a schema.
pub(super) fn statement(config: &Config) -> Option<String> {
    if config.get_place_mode() != PlaceMode::Use {
        return None;
    }
    let usual = match config.get_sql_dialect() {
        SqlDialect::MySql | SqlDialect::Spark => "`",
        _ => "\"",
    };
    let quote = config.get_identifier_quote().as_str().unwrap_or(usual);
    let schema = config.get_schema().or(config.get_database());
    let names: Vec<_> = [config.get_catalog(), schema]
        .into_iter()
        .flatten()
        .map(|name| format!("{quote}{}{quote}", name.replace(quote, &quote.repeat(2))))
        .collect();
    (!names.is_empty()).then(|| format!("USE {}", names.join(".")))
}

#[cfg(test)]
mod tests {
    use super::statement;
    use crate::config::Config;

    fn of(text: &str) -> Option<String> {
        statement(&Config::parse(text).unwrap())
    }

    #[test]
    fn names_are_quoted_and_joined() {
        assert_eq!(of("flightsql://h/a?schema=b"), None);
        assert_eq!(of("flightsql://h?place_mode=use"), None);
        assert_eq!(of("flightsql://h/a?place_mode=use").as_deref(), Some("USE \"a\""));
        let mysql = "Host=h;Catalog=c;Schema={d`; drop table e};place_mode=use;sql_dialect=mysql";
        assert_eq!(of(mysql).as_deref(), Some("USE `c`.`d``; drop table e`"));
    }
}
