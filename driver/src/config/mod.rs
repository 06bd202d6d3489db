//! What a connection string says: parsed, checked and printed, without touching anything outside.
//!
//! Every option is one row of the table in `options.rs`. Nothing here opens a file, reads the environment or connects.

mod address;
mod assign;
mod call_headers;
mod check;
mod choice;
mod header;
mod host;
mod keyvalue;
mod layers;
mod list;
mod manners;
mod name;
mod options;
mod pem;
mod recycle;
mod reference;
mod shape;
mod table;
mod uri;
mod value;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

pub use choice::{
    Command, FetchOrder, GrpcCompression, HandshakeMode, HostOrder, IdentifierQuote, LocationPolicy,
    OAuthClientAuth, OAuthFlow, ParameterMode, PlaceMode, RowCountCheck, SchemaCheck, Server, SqlDialect,
    StatementMode, TlsVersion, TransportKind, UnknownOptions,
};
pub use host::{DEFAULT_PORT, Host};
pub use list::{HeaderName, LocationRewrite};
pub(crate) use manners::Recognized;
pub use manners::{Evidence, Manners};
pub use pem::Pem;
pub use recycle::RecycleMethod;
pub use table::{ConfigOption, Group, Scope};

use self::call_headers::CallHeaders;
use crate::error::{Error, Result};
use crate::metadata::Metadata;
use crate::secret::Secret;
use crate::token::{TokenSource, Tokens};
use value::Reveal;

/// Everything a connection string can say.
///
/// It is made from text (a URL, or `Key=Value;…` as ODBC has it) or with setters, and prints itself as either; secrets
/// are printed as `***` unless a method says otherwise in its name.
///
/// ```
/// use jetbridge::config::{Config, TransportKind};
///
/// let parsed = Config::parse("flightsql://me:hunter2@127.0.0.1:31337/sales?transport=tcp")?;
/// let made = Config::new("127.0.0.1", 31337)
///     .user("me")
///     .password("hunter2")
///     .database("sales")
///     .transport(TransportKind::Tcp);
/// assert_eq!(parsed, made);
/// assert_eq!(parsed.to_string(), "flightsql://me:***@127.0.0.1:31337/sales?transport=tcp");
/// # Ok::<(), jetbridge::Error>(())
/// ```
#[derive(Clone, PartialEq, Default)]
pub struct Config {
    hosts: Vec<Host>,
    socket_path: Option<String>,
    headers: Vec<(String, Secret)>,
    values: options::Values,
    tokens: Option<Tokens>,
    call_headers: Option<CallHeaders>,
    /// The options, of those that a server's manners may set, that the user has set: to the default, too.
    given: BTreeSet<&'static str>,
}

impl Config {
    /// Makes a configuration for one server; everything else has its default.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self::default().host(host, port)
    }

    /// Makes a configuration for a server behind a Unix socket.
    pub fn unix(path: impl Into<String>) -> Self {
        Self::default().socket_path(path)
    }

    /// Reads a connection string: a URL, or `Key=Value;…`.
    ///
    /// # Errors
    /// `Kind::Config` when the text is neither, names an option that is not known, or holds a value that makes no
    /// sense. The error never holds a secret, nor the text as a whole.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Err(assign::no_form("the connection string is empty"));
        }
        let config = if uri::is_uri(text) {
            uri::parse(text)?
        } else if text.contains('=') {
            keyvalue::parse(text)?
        } else {
            return Err(assign::no_form("this is neither a URL nor Key=Value pairs"));
        };
        config.validate()?;
        Ok(config)
    }

    /// Sets an option by its name or any of its aliases; `header.NAME` adds a header.
    ///
    /// # Errors
    /// `Kind::Config` when no option has that name, or the value makes no sense for it; the configuration is as before.
    pub fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let mut changed = self.clone();
        assign::set(&mut changed, key, value)?;
        *self = changed;
        Ok(())
    }

    /// Gets the value of an option by its name or any of its aliases, a secret as `***`.
    ///
    /// It is printed as the option itself has it, whatever the alias: `insecure` gives `tls` or `tcp`.
    /// An option that is not known, not set or without effect gives none.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        assign::get(self, key)
    }

    /// Every option there is, with what the manual says about it.
    #[must_use]
    pub fn options() -> &'static [ConfigOption] {
        options::OPTIONS
    }

    /// The manual page of every option, as Markdown.
    #[must_use]
    pub fn options_as_markdown() -> String {
        reference::markdown()
    }

    /// Splits `Key=Value;…` without looking at what the keys mean, for who has to find `DSN` first.
    ///
    /// # Errors
    /// `Kind::Config` when the text is not of that form.
    pub fn split_key_values(text: &str) -> Result<Vec<(String, Secret)>> {
        Ok(keyvalue::split(text)?
            .into_iter()
            .map(|pair| (pair.key, pair.value))
            .collect())
    }

    /// Checks that the options fit each other; `parse` and connecting do so themselves.
    ///
    /// # Errors
    /// `Kind::Config`, naming the first option that cannot be used.
    pub fn validate(&self) -> Result<()> {
        check::validate(self)
    }

    /// Adds a server that is tried when those before it do not answer.
    #[must_use]
    pub fn host(mut self, name: impl Into<String>, port: u16) -> Self {
        self.hosts.retain(|host| !host.is_nameless());
        self.hosts.push(Host::new(name, port));
        self
    }

    /// Replaces the servers.
    #[must_use]
    pub fn hosts(mut self, hosts: impl IntoIterator<Item = Host>) -> Self {
        self.hosts = hosts.into_iter().collect();
        self
    }

    /// The servers, in the order they are tried; none with a Unix socket.
    #[must_use]
    pub fn get_hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// Connects through a Unix socket.
    #[must_use]
    pub fn socket_path(mut self, path: impl Into<String>) -> Self {
        self.socket_path = value::non_empty(path.into());
        if self.socket_path.is_some() {
            self.values.transport = TransportKind::Unix;
        }
        self
    }

    /// The path of the Unix socket.
    #[must_use]
    pub fn get_socket_path(&self) -> Option<&str> {
        self.socket_path.as_deref()
    }

    /// Adds a header to every call; one of the same name is kept beside it. The name `authorization` sets that option.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl Into<Secret>) -> Self {
        let name = name.as_ref().to_ascii_lowercase();
        if name == "authorization" {
            return self.authorization(value);
        }
        self.headers.push((name, value.into()));
        self
    }

    /// The headers of every call, with names in lower case.
    #[must_use]
    pub fn get_headers(&self) -> &[(String, Secret)] {
        &self.headers
    }

    /// Gets bearer tokens from the program's own code. Clones share the source and the token it gave last, and so do all sessions of a pool.
    ///
    /// It is no option, and no part of what is printed.
    #[must_use]
    pub fn token_source(mut self, source: impl TokenSource) -> Self {
        self.tokens = Some(Tokens::new(source));
        self
    }

    /// Has headers made for every call, in its span: the `traceparent` of W3C, a query id, tags. A header of a call's own options wins.
    ///
    /// It is no option, and no part of what is printed.
    #[must_use]
    pub fn call_headers(mut self, headers: impl Fn() -> Metadata + Send + Sync + 'static) -> Self {
        self.call_headers = Some(CallHeaders::new(headers));
        self
    }

    pub(crate) fn call_header_source(&self) -> Option<&CallHeaders> {
        self.call_headers.as_ref()
    }

    pub(crate) fn tokens(&self) -> Option<&Tokens> {
        self.tokens.as_ref()
    }

    /// Prints it as a URL, secrets as `***`; only what differs from the defaults, and what was set though `server` may have another.
    #[must_use]
    pub fn to_uri(&self) -> String {
        uri::print(self, Reveal::Masked)
    }

    /// Prints it as a URL that `parse` reads back to the same: **passwords and tokens in it are readable**.
    #[must_use]
    pub fn to_uri_with_secrets(&self) -> String {
        uri::print(self, Reveal::Whole)
    }

    /// Prints it as `Key=Value;…`, secrets as `***`; only what differs from the defaults, and what was set though `server` may have another.
    #[must_use]
    pub fn to_key_values(&self) -> String {
        keyvalue::print(self, Reveal::Masked)
    }

    /// Prints it as `Key=Value;…` that `parse` reads back to the same: **passwords and tokens in it are readable**.
    #[must_use]
    pub fn to_key_values_with_secrets(&self) -> String {
        keyvalue::print(self, Reveal::Whole)
    }

    /// The options that differ from the defaults, by the table.
    fn entries(&self, reveal: Reveal) -> Vec<(String, String)> {
        let mut entries = Vec::new();
        for option in Self::options() {
            if let Some(access) = option.access()
                && (!(access.is_default)(self) || self.given.contains(option.key()))
            {
                entries.push((option.key().to_owned(), (access.show)(self, reveal)));
            }
        }
        let header = |(name, value): &(String, Secret)| (format!("header.{name}"), reveal.secret(value));
        entries.extend(self.headers.iter().map(header));
        entries
    }
}

/// Prints the options that differ from the defaults, secrets as `***`.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Config");
        for (key, value) in self.entries(Reveal::Masked) {
            debug.field(&key, &value);
        }
        debug.finish()
    }
}

/// Prints it as [`Config::to_uri`] does.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_uri())
    }
}

impl FromStr for Config {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for Config {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Config {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl TryFrom<&String> for Config {
    type Error = Error;

    fn try_from(text: &String) -> Result<Self> {
        Self::parse(text)
    }
}

impl From<&Config> for Config {
    fn from(config: &Config) -> Self {
        config.clone()
    }
}

#[cfg(test)]
mod tests;
