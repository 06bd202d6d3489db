//! Named profiles: what a connection string leaves to files of the user.
//!
//! The only part of the driver that reads the environment, and only for who calls it: [`Config::parse`] and connecting look at nothing but their
//! text, so that a connection string of a stranger gets neither at a profile nor at a variable.

mod file;
mod ini;
mod place;
mod toml;
mod variables;

use crate::config::Config;
use crate::error::{Error, Result, SqlState};
use crate::secret::Secret;

/// Names and values as a file has them.
type Pairs = Vec<(String, Secret)>;

/// The names of the key that names a profile.
const KEYS: &[&str] = &["dsn", "profile"];

impl Config {
    /// Reads a connection string that may name a profile: `DSN=sales;query_timeout=5s`, or `sales` alone. Anything else it reads as
    /// [`parse`](Self::parse) does.
    ///
    /// A profile is looked for in the TOML file of profiles (the variable `JETBRIDGE_PROFILES`, else `jetbridge/profiles.toml` in
    /// `XDG_CONFIG_HOME` or `~/.config`), then in the user's `odbc.ini` (`ODBCINI`, else `~/.odbc.ini`), then in the system's (`ODBCSYSINI`, else
    /// `/etc`). What the string says wins over what the profile says. In the values of a profile, `${NAME}` stands for a variable of the
    /// environment; in a connection string it does not.
    ///
    /// It reads the environment and files: a program that gets connection strings from strangers calls `parse`.
    ///
    /// # Errors
    ///
    /// `Kind::Config` as `parse`, with SQLSTATE IM002 when no file has the profile; when a file cannot be read or understood; when a variable is
    /// not set. The error never holds a secret.
    pub fn load(text: &str) -> Result<Self> {
        let text = text.trim();
        if let Some(name) = bare_name(text) {
            return Self::from_layers(layers(name, Vec::new())?);
        }
        if text.contains("://") || !text.contains('=') {
            return Self::parse(text);
        }
        let (named, own): (Pairs, Pairs) = Self::split_key_values(text)?
            .into_iter()
            .partition(|(key, _)| KEYS.iter().any(|known| known.eq_ignore_ascii_case(key)));
        match named.as_slice() {
            [] => Self::parse(text),
            [(_, name)] => Self::from_layers(layers(name.expose(), own)?),
            _ => Err(Error::config("more than one profile is named")),
        }
    }
}

/// A text that can be nothing but the name of a profile.
fn bare_name(text: &str) -> Option<&str> {
    let is_name = |c: char| c.is_alphanumeric() || "_-. ".contains(c);
    (!text.is_empty() && text.chars().all(is_name)).then_some(text)
}

/// What the string says, then what the profile says, then the URL of the profile.
fn layers(name: &str, own: Pairs) -> Result<Vec<Pairs>> {
    let places = place::places();
    for place in &places {
        let Some(text) = file::read(place)? else { continue };
        let found = place.pairs(&text, name).map_err(|error| place.blame(error))?;
        let Some(pairs) = found else { continue };
        file::warn_if_open(place, &pairs);
        let (url, pairs): (Pairs, Pairs) = pairs
            .into_iter()
            .partition(|(key, _)| key.eq_ignore_ascii_case("url"));
        let pairs = variables::filled(pairs).map_err(|error| place.blame(error))?;
        let mut layers = vec![own, pairs];
        for (_, url) in url {
            let url = Config::parse(url.expose()).map_err(|error| place.blame(error))?;
            layers.push(Config::split_key_values(&url.to_key_values_with_secrets())?);
        }
        return Ok(layers);
    }
    let looked: Vec<_> = places
        .iter()
        .map(|place| place.path.display().to_string())
        .collect();
    let error = Error::config(format!("there is no profile {name:?}")).state(SqlState::NO_DATA_SOURCE);
    Err(error.hint(format!(
        "looked for in {}; what is no profile is written flightsql://HOST:PORT or Host=HOST;Port=PORT",
        looked.join(", ")
    )))
}
