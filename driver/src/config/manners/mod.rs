//! The manners of servers: which server it is, and what a configuration becomes with it.

mod table;

use std::fmt;

use self::table::{ENGINES, LATE, PROFILES, Profile};
use super::Config;
use super::choice::{OAuthFlow, Server, SqlDialect};
use super::options::OPTIONS;
use super::table::ConfigOption;
use super::value::Reveal;

/// By what a server was recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// The option `server` says so.
    Option,
    /// Its host is one under which its makers run it.
    Host,
    /// It calls itself so.
    Name,
    /// By nothing: it is taken as the specification has it.
    None,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Option => "by the option server",
            Self::Host => "by its host",
            Self::Name => "by what it calls itself",
            Self::None => "not recognized",
        })
    }
}

/// Which server a session is with, and what is done otherwise because of that.
///
/// A binding reads [`server_name`](Self::server_name), [`sql_dialect`](Self::sql_dialect) (its `Display` is a word such as `spark`) and
/// [`identifier_quote`](Self::identifier_quote) to write SQL for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manners {
    server: Server,
    evidence: Evidence,
    dialect: SqlDialect,
    quote: &'static str,
    in_force: Vec<(&'static str, String)>,
    by_option_only: Vec<(&'static str, String)>,
}

impl Manners {
    /// The server; [`Server::Standard`] where it is none of those known.
    #[must_use]
    pub fn server(&self) -> Server {
        self.server
    }

    /// The name of the server as its makers write it, such as `InfluxDB 3`; `None` where it is none of those known.
    #[must_use]
    pub fn server_name(&self) -> Option<&'static str> {
        profile(self.server).map(|profile| profile.name)
    }

    /// By what it was recognized.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        self.evidence
    }

    /// The dialect of its SQL, as far as it is known; else [`SqlDialect::Standard`].
    #[must_use]
    pub fn sql_dialect(&self) -> SqlDialect {
        self.dialect
    }

    /// What a quoted name stands in: `"` or a backtick.
    #[must_use]
    pub fn identifier_quote(&self) -> &'static str {
        self.quote
    }

    /// The options that have another default because of the server, each with its value.
    pub fn in_force(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.in_force.iter().map(|(key, value)| (*key, value.as_str()))
    }

    /// The options that would have another default if the option `server` named it: they count before it can be recognized by its name.
    pub fn by_option_only(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.by_option_only
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
    }
}

/// A configuration with the manners of a server that was recognized.
#[derive(Debug, Clone)]
pub(crate) struct Recognized {
    pub(crate) manners: Manners,
    /// The options, those included that count though it was recognized late.
    pub(crate) config: Config,
}

impl Config {
    /// Takes note that the user has set an option.
    pub(super) fn give(&mut self, key: &'static str) {
        if governs(key) {
            self.given.insert(key);
        }
    }

    /// The same with the manners of its server, where that is known before it is asked; whatever the user has set stays.
    pub(crate) fn in_manners(&self) -> Self {
        let mut config = self.clone();
        if let (_, Some(profile)) = self.told() {
            config.adopt(profile, |_| true);
        }
        config.fold_token();
        config
    }

    /// Says whether the server is known before it is asked, or needs no asking.
    pub(crate) fn knows_server(&self) -> bool {
        self.told().0 != Evidence::None || self.get_server() == Server::Standard
    }

    /// What the server turns out to be by what it says of itself: names, and the quote it says it has.
    pub(crate) fn recognize(&self, names: &str, said_quote: Option<&str>) -> Recognized {
        let names = names.to_lowercase();
        let (mut evidence, mut profile) = self.told();
        let mut config = self.clone();
        if !self.knows_server() {
            let known = |profile: &&Profile| profile.words.iter().any(|word| has_word(&names, word));
            profile = PROFILES.iter().find(known);
            if let Some(profile) = profile {
                evidence = Evidence::Name;
                config.adopt(profile, |key| LATE.contains(&key));
            }
        }
        if config.get_sql_dialect() == SqlDialect::Auto
            && let Some((_, engine)) = ENGINES.iter().find(|(word, _)| names.contains(word))
        {
            config.values.sql_dialect = *engine;
        }
        let dialect = match config.get_sql_dialect() {
            SqlDialect::Auto => SqlDialect::Standard,
            known => known,
        };
        let usual = match dialect {
            SqlDialect::Spark | SqlDialect::MySql => "`",
            _ => "\"",
        };
        let said = ["\"", "`"].into_iter().find(|quote| said_quote == Some(*quote));
        let quote = config.get_identifier_quote().as_str().or(said).unwrap_or(usual);
        let theirs = profile.map(|profile| profile.options).unwrap_or_default();
        let free = theirs.iter().filter(|(key, _)| !config.is_given(key));
        let (in_force, by_option_only) = free
            .map(|(key, value)| (*key, (*value).to_owned()))
            .partition(|(key, value)| config.has(key, value));
        let server = profile.map_or(Server::Standard, |profile| profile.server);
        let manners = Manners {
            server,
            evidence,
            dialect,
            quote,
            in_force,
            by_option_only: if evidence == Evidence::Name {
                by_option_only
            } else {
                Vec::new()
            },
        };
        Recognized { manners, config }
    }

    /// The server, where the option or the host says which.
    fn told(&self) -> (Evidence, Option<&'static Profile>) {
        if self.get_server() != Server::Auto {
            let profile = profile(self.get_server());
            return (profile.map_or(Evidence::None, |_| Evidence::Option), profile);
        }
        let hosts: Vec<_> = self
            .get_hosts()
            .iter()
            .map(|host| host.name().to_ascii_lowercase())
            .collect();
        let is_below = |domain: &&str| {
            let below = |host: &String| {
                host.strip_suffix(domain)
                    .is_some_and(|left| left.is_empty() || left.ends_with('.'))
            };
            !hosts.is_empty() && hosts.iter().all(below)
        };
        let runs_it = |profile: &&Profile| profile.domains.iter().any(&is_below);
        match PROFILES.iter().find(runs_it) {
            Some(profile) => (Evidence::Host, Some(profile)),
            None => (Evidence::None, None),
        }
    }

    /// Gives the options of a profile that the user has not set the values they have there.
    fn adopt(&mut self, profile: &Profile, counts: impl Fn(&str) -> bool) {
        for (key, value) in profile.options {
            if !counts(key) || self.is_given(key) || !self.leaves_room(key) {
                continue;
            }
            if let Some(name) = key.strip_prefix("header.") {
                self.headers.push((name.to_owned(), (*value).into()));
            } else if let Some(access) = row(key).and_then(ConfigOption::access) {
                // That every value of the table can be read is tested.
                let _read = (access.read)(self, value);
            }
        }
    }

    /// Says whether the user has set an option, or a header.
    fn is_given(&self, key: &str) -> bool {
        match key.strip_prefix("header.") {
            Some(name) => self.headers.iter().any(|(known, value)| {
                known == name && PROFILES.iter().all(|profile| !profile.sets(key, value.expose()))
            }),
            None => self.given.contains(key),
        }
    }

    /// A login takes the place of the one for who has none.
    fn leaves_room(&self, key: &str) -> bool {
        let has_login = self.get_user().is_some()
            || self.get_password().is_some()
            || self.get_password_file().is_some()
            || self.get_authorization().is_some()
            || self.get_token().is_some()
            || self.get_token_file().is_some()
            || self.get_token_command().is_some()
            || self.get_oauth_flow() != OAuthFlow::None
            || self.tokens().is_some();
        let has_header = |name: &str| self.headers.iter().any(|(known, _)| known == name);
        match key.strip_prefix("header.") {
            Some(name) => !has_header(name),
            None => key != "authorization" || !has_login,
        }
    }

    /// Says whether an option has a value now.
    fn has(&self, key: &str, value: &str) -> bool {
        if let Some(name) = key.strip_prefix("header.") {
            return self
                .headers
                .iter()
                .any(|(known, sent)| known == name && sent.expose() == value);
        }
        let mut other = self.clone();
        let Some(access) = row(key).and_then(ConfigOption::access) else {
            return false;
        };
        (access.read)(&mut other, value).is_ok()
            && (access.show)(self, Reveal::Whole) == (access.show)(&other, Reveal::Whole)
    }

    /// Makes a token the password of `token_user`, where there is no other user.
    fn fold_token(&mut self) {
        let (Some(user), None) = (self.get_token_user().map(str::to_owned), self.get_user()) else {
            return;
        };
        if self.get_token().is_none() && self.get_token_file().is_none() {
            return;
        }
        self.values.user = Some(user);
        self.values.password = self.values.token.take();
        self.values.password_file = self.values.token_file.take();
    }
}

impl Profile {
    fn sets(&self, key: &str, value: &str) -> bool {
        self.options.contains(&(key, value))
    }
}

fn profile(server: Server) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| profile.server == server)
}

/// Says whether some server has another default for an option.
fn governs(key: &str) -> bool {
    let options = PROFILES.iter().flat_map(|profile| profile.options);
    options.into_iter().any(|(known, _)| *known == key)
}

fn row(key: &str) -> Option<&'static ConfigOption> {
    OPTIONS.iter().find(|option| option.key() == key)
}

/// Says whether a text has a word that begins so: `sail` is no part of `assailed`.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests;
