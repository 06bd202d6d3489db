//! `profiles.toml`: a table for each profile, an option on each line.

#[cfg(feature = "profiles")]
pub(super) use with_toml::profile;

#[cfg(feature = "profiles")]
mod with_toml {
    use toml::{Table, Value};

    use crate::error::{Error, Result};
    use crate::profile::Pairs;
    use crate::secret::Secret;

    /// The pairs of a profile; a table within is a prefix, as `header`.
    pub(in crate::profile) fn profile(text: &str, name: &str) -> Result<Option<Pairs>> {
        let profiles: Table = text.parse().map_err(|error: toml::de::Error| {
            // Its message without the excerpt: a password may stand there.
            let line = error.span().map_or(1, |span| {
                text.get(..span.start)
                    .map_or(1, |before| before.matches('\n').count() + 1)
            });
            Error::config(format!("line {line}: {}", error.message()))
        })?;
        let Some(profile) = profiles.get(name) else {
            return Ok(None);
        };
        let Value::Table(profile) = profile else {
            return Err(Error::config(format!(
                "{name:?} is no table: write [{name}] above its options"
            )));
        };
        let mut pairs = Pairs::new();
        for (key, value) in profile {
            if let Value::Table(within) = value {
                for (part, value) in within {
                    pairs.push((format!("{key}.{part}"), text_of(key, value)?));
                }
            } else {
                pairs.push((key.clone(), text_of(key, value)?));
            }
        }
        Ok(Some(pairs))
    }

    /// A value as a connection string would have it.
    fn text_of(key: &str, value: &Value) -> Result<Secret> {
        Ok(Secret::new(match value {
            Value::String(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Boolean(flag) => flag.to_string(),
            Value::Datetime(_) | Value::Array(_) | Value::Table(_) => {
                return Err(Error::config(format!(
                    "option {key}: it is neither a text, a number nor true or false"
                ))
                .hint("a list is written as one text, with commas between"));
            }
        }))
    }
}

#[cfg(not(feature = "profiles"))]
pub(super) fn profile(_: &str, _: &str) -> crate::error::Result<Option<super::Pairs>> {
    use crate::error::{Error, Kind};
    Err(Error::new(
        Kind::NotSupported,
        "this build of Jetbridge cannot read files of profiles",
    )
    .hint("build it with the feature `profiles`, or write the profile into odbc.ini"))
}

#[cfg(feature = "profiles")]
#[cfg(test)]
mod tests {
    use super::profile;

    const FILE: &str = "[sales]\nurl = \"flightsql://db.example/sales\"\nquery_timeout = \"5s\"\nport = 7\ncookies = true\n\
                        [sales.header]\nx-org = \"7\"\n[bad]\nhost = [\"a\"]\n";

    #[test]
    fn texts_numbers_flags_and_headers_are_read() {
        let pairs = profile(FILE, "sales").unwrap().unwrap();
        let mut pairs: Vec<_> = pairs
            .iter()
            .map(|(key, value)| (key.as_str(), value.expose()))
            .collect();
        pairs.sort_unstable();
        assert_eq!(
            pairs,
            [
                ("cookies", "true"),
                ("header.x-org", "7"),
                ("port", "7"),
                ("query_timeout", "5s"),
                ("url", "flightsql://db.example/sales"),
            ]
        );
        assert!(profile(FILE, "nobody").unwrap().is_none());
    }

    #[test]
    fn what_is_wrong_is_named_without_what_stands_there() {
        assert!(profile(FILE, "bad").unwrap_err().message().contains("host"));
        let error = profile("[a]\npassword = \"c4nary\nx", "a").unwrap_err();
        assert!(error.message().starts_with("line 3"), "{error}");
        assert!(!format!("{error} {error:?}").contains("c4nary"), "{error}");
    }
}
