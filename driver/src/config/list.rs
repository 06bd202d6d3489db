//! The items of options that are lists.

use super::choice::{Choice, Command};
use super::header;
use super::shape::Item;
use super::value;

/// Replaces the address of a location a server names by one that can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocationRewrite {
    from: String,
    to: String,
}

impl LocationRewrite {
    /// Makes a rule: a location at `from` is read at `to`. Each is `host`, `host:port` or `scheme://host:port`; `from` may be `*`, any,
    /// and `to` may be `*`, the host that the session is connected to.
    pub fn new(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self {
            from: from.into(),
            to: to.into(),
        }
    }

    /// What the server names.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.from
    }

    /// What is used instead.
    #[must_use]
    pub fn to(&self) -> &str {
        &self.to
    }
}

impl<F: Into<String>, T: Into<String>> From<(F, T)> for LocationRewrite {
    fn from((from, to): (F, T)) -> Self {
        Self::new(from, to)
    }
}

impl Item for LocationRewrite {
    const NAME: &'static str = "`FROM=TO`";

    fn read(text: &str) -> Result<Self, String> {
        let (from, to) = text.split_once('=').ok_or("is not FROM=TO")?;
        Ok(Self::new(from.trim(), to.trim()))
    }

    fn show(&self) -> String {
        format!("{}={}", self.from, self.to)
    }

    fn check(&self) -> Result<(), String> {
        address(&self.from)?;
        address(&self.to)
    }
}

impl Item for String {
    const NAME: &'static str = "`HOST` or `HOST:PORT`";

    fn read(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn show(&self) -> String {
        self.clone()
    }

    fn check(&self) -> Result<(), String> {
        address(self)
    }
}

/// The name of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderName(String);

impl HeaderName {
    /// The name, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: AsRef<str>> From<T> for HeaderName {
    fn from(name: T) -> Self {
        Self(name.as_ref().to_ascii_lowercase())
    }
}

impl Item for HeaderName {
    const NAME: &'static str = "names of headers";

    fn read(text: &str) -> Result<Self, String> {
        Ok(Self::from(text))
    }

    fn show(&self) -> String {
        self.0.clone()
    }

    fn check(&self) -> Result<(), String> {
        header::check_name(&self.0)
    }
}

impl Item for Command {
    const NAME: &'static str = "`prepare`, `update`, `ingest`, `transactions`, `savepoints`, `cancel`, `poll`, `get-schema`, \
         `session-options`, `table-types`, `keys`, `type-info`";

    fn read(text: &str) -> Result<Self, String> {
        Self::find(text)
            .ok_or_else(|| format!("holds a word that is none of {}", Self::NAME.replace('`', "")))
    }

    fn show(&self) -> String {
        self.word().to_owned()
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Says why a text cannot be an address in a list.
fn address(text: &str) -> Result<(), String> {
    value::no_control_characters(text)?;
    if text.is_empty() || text.contains([',', '=']) || text.contains(char::is_whitespace) {
        return Err("holds an address that is empty, or has a comma, a space or `=` in it".to_owned());
    }
    Ok(())
}
