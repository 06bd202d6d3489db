//! What a row of the option table holds, and the macro that turns rows into fields, setters and getters.

use std::fmt;

use super::Config;
use super::name::{plain_name, same_name};
use super::value::Reveal;

/// One option of a connection string, as the manual describes it.
pub struct ConfigOption {
    pub(super) key: &'static str,
    pub(super) group: Group,
    pub(super) scope: Scope,
    pub(super) aliases: &'static [Alias],
    pub(super) doc: &'static str,
    pub(super) secret: bool,
    pub(super) values: fn() -> String,
    pub(super) words: fn() -> Vec<(&'static str, &'static str)>,
    pub(super) action: Action,
}

/// What an option does to a [`Config`].
pub(super) enum Action {
    /// It has a value.
    Value(Access),
    /// It is the prefix of a header.
    Header,
    /// It is accepted, so that strings written for other drivers work, and does nothing.
    Ignored,
    /// It is known, and refused for the reason in the row.
    Refused,
}

/// How the value of an option is reached.
pub(super) struct Access {
    pub(super) read: fn(&mut Config, &str) -> Result<(), String>,
    pub(super) show: fn(&Config, Reveal) -> String,
    pub(super) check: fn(&Config) -> Result<(), String>,
    pub(super) is_default: fn(&Config) -> bool,
}

/// The part of the manual an option stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Group {
    /// Where the server is.
    Address,
    /// Who is asking.
    Login,
    /// How the server and the client prove who they are.
    Tls,
    /// How long anything may take.
    Deadlines,
    /// HTTP/2 and TCP.
    Wire,
    /// How statements run.
    Statements,
    /// How results are read.
    Results,
    /// The pool.
    Pool,
    /// What other drivers have.
    Compatibility,
}

impl Group {
    /// Every group, in the order of the manual.
    pub const ALL: &'static [Self] = &[
        Self::Address,
        Self::Login,
        Self::Tls,
        Self::Deadlines,
        Self::Wire,
        Self::Statements,
        Self::Results,
        Self::Pool,
        Self::Compatibility,
    ];

    /// The heading in the manual.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Address => "Where the server is",
            Self::Login => "Login and headers",
            Self::Tls => "TLS",
            Self::Deadlines => "Deadlines",
            Self::Wire => "Wire",
            Self::Statements => "Statements",
            Self::Results => "Results",
            Self::Pool => "Pool",
            Self::Compatibility => "Compatibility",
        }
    }
}

/// What an option holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// The connection to a server, shared by sessions.
    Connect,
    /// A session.
    Session,
    /// A statement; the connection string sets what statements start with.
    Statement,
    /// The pool.
    Pool,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connection",
            Self::Session => "session",
            Self::Statement => "statement",
            Self::Pool => "pool",
        })
    }
}

/// Another name of an option, mostly what another driver calls it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Alias {
    pub(super) name: &'static str,
    pub(super) client: &'static str,
    pub(super) meaning: Meaning,
}

/// How the value under another name is turned into ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// As it is.
    Same,
    /// True is false.
    Inverse,
    /// A bare number is milliseconds.
    Milliseconds,
    /// True is `tls`, false is `tcp`.
    Encryption,
    /// True is `tcp`, false is `tls`.
    Plaintext,
    /// `enabled`, `disabled` or `skip-verify`.
    GoTls,
}

impl Alias {
    pub(super) const fn means(mut self, meaning: Meaning) -> Self {
        self.meaning = meaning;
        self
    }
}

const fn alias(name: &'static str, client: &'static str) -> Alias {
    Alias {
        name,
        client,
        meaning: Meaning::Same,
    }
}

pub(super) const fn short(name: &'static str) -> Alias {
    alias(name, "")
}

pub(super) const fn adbc(name: &'static str) -> Alias {
    alias(name, "ADBC")
}

pub(super) const fn jdbc(name: &'static str) -> Alias {
    alias(name, "JDBC")
}

pub(super) const fn odbc(name: &'static str) -> Alias {
    alias(name, "ODBC")
}

pub(super) const fn python(name: &'static str) -> Alias {
    alias(name, "Python")
}

pub(super) const fn go(name: &'static str) -> Alias {
    alias(name, "Go")
}

impl ConfigOption {
    /// The name.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// Other names that are accepted.
    pub fn aliases(&self) -> impl Iterator<Item = &'static str> {
        self.aliases.iter().map(|alias| alias.name)
    }

    /// What it does, or why it does nothing, in one line.
    #[must_use]
    pub fn doc(&self) -> &'static str {
        self.doc
    }

    /// What may stand as its value.
    #[must_use]
    pub fn values(&self) -> String {
        (self.values)()
    }

    /// The words it takes and what each means; none where it is not one word out of a few.
    #[must_use]
    pub fn words(&self) -> Vec<(&'static str, &'static str)> {
        (self.words)()
    }

    /// The value it has when nobody sets it; none where that is "nothing".
    #[must_use]
    pub fn default(&self) -> Option<String> {
        let access = self.access()?;
        Some((access.show)(&Config::default(), Reveal::Masked)).filter(|text| !text.is_empty())
    }

    /// What it holds for.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// The part of the manual it stands in.
    #[must_use]
    pub fn group(&self) -> Group {
        self.group
    }

    /// Says whether its value is never shown.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// Says whether it is accepted without effect.
    #[must_use]
    pub fn is_ignored(&self) -> bool {
        matches!(self.action, Action::Ignored)
    }

    /// Marks it as one whose value is never shown.
    pub(super) const fn hidden(mut self) -> Self {
        self.secret = true;
        self
    }

    pub(super) fn access(&self) -> Option<&Access> {
        match &self.action {
            Action::Value(access) => Some(access),
            Action::Header | Action::Ignored | Action::Refused => None,
        }
    }

    /// Says what a name means for this option, if it is one of its names.
    pub(super) fn answers_to(&self, name: &str) -> Option<Meaning> {
        if same_name(self.key, name) {
            return Some(Meaning::Same);
        }
        self.aliases
            .iter()
            .find(|alias| same_name(alias.name, name))
            .map(|alias| alias.meaning)
    }

    /// Every name, as it is compared.
    pub(super) fn plain_names(&self) -> impl Iterator<Item = String> {
        std::iter::once(self.key).chain(self.aliases()).map(plain_name)
    }
}

impl fmt::Debug for ConfigOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key,
            group,
            scope,
            aliases: _,
            doc,
            secret,
            values: _,
            words: _,
            action: _,
        } = self;
        f.debug_struct("ConfigOption")
            .field("key", key)
            .field("group", group)
            .field("scope", scope)
            .field("doc", doc)
            .field("secret", secret)
            .finish_non_exhaustive()
    }
}

/// Turns rows into the field, the setter, the getter and the table row of each option.
///
/// A row reads `doc, setter, getter: shape = default; scope, [aliases] check function`.
macro_rules! options {
    (
        before [$($before:expr,)*]
        groups {$($group:ident {$(
            #[doc = $doc:literal]
            $name:ident, $getter:ident: $shape:ident $(<$of:ty>)? = $default:expr;
            $scope:ident, [$($alias:expr),* $(,)?] $(check $check:expr)?;
        )*})*}
        after [$($after:expr,)*]
    ) => {
        /// The value of every option that needs no more than a field.
        #[derive(Clone, PartialEq)]
        pub(super) struct Values {
            $($(pub(super) $name: <shape::$shape $(<$of>)? as Shape>::Stored,)*)*
        }

        impl Default for Values {
            fn default() -> Self {
                Self { $($($name: $default,)*)* }
            }
        }

        impl Config {
            $($(accessors! { $doc $name $getter $shape $(<$of>)? })*)*
        }

        /// Every option there is, in the order in which they are applied.
        pub(super) static OPTIONS: &[ConfigOption] = &[
            $($before,)*
            $($(ConfigOption {
                key: stringify!($name),
                group: Group::$group,
                scope: Scope::$scope,
                aliases: &[$($alias),*],
                doc: $doc,
                secret: <shape::$shape $(<$of>)? as Shape>::SECRET,
                values: <shape::$shape $(<$of>)? as Shape>::values,
                words: <shape::$shape $(<$of>)? as Shape>::words,
                action: Action::Value(Access {
                    read: |config, text| {
                        config.values.$name = <shape::$shape $(<$of>)? as Shape>::read(text)?;
                        Ok(())
                    },
                    show: |config, reveal| <shape::$shape $(<$of>)? as Shape>::show(&config.values.$name, reveal),
                    check: |config| {
                        <shape::$shape $(<$of>)? as Shape>::check(&config.values.$name)?;
                        $(shape::passes(&config.values.$name, $check)?;)?
                        Ok(())
                    },
                    is_default: |config| {
                        let default: <shape::$shape $(<$of>)? as Shape>::Stored = $default;
                        config.values.$name == default
                    },
                }),
            },)*)*
            $($after,)*
        ];
    };
}

/// The setter and the getter of an option, by the shape of its value.
macro_rules! accessors {
    ($doc:literal $name:ident $getter:ident Text) => {
        accessors! { @text $doc $name $getter }
    };
    ($doc:literal $name:ident $getter:ident HeaderText) => {
        accessors! { @text $doc $name $getter }
    };
    ($doc:literal $name:ident $getter:ident Hidden) => {
        accessors! { @secret $doc $name $getter }
    };
    ($doc:literal $name:ident $getter:ident HiddenHeader) => {
        accessors! { @secret $doc $name $getter }
    };
    ($doc:literal $name:ident $getter:ident PemFile) => {
        accessors! { @set $doc $name (pem: impl Into<Pem>) Some(pem.into()).filter(|pem| !pem.is_empty()) }
        accessors! { @get $getter $name (Option<&Pem>) as_ref }
    };
    ($doc:literal $name:ident $getter:ident Flag) => {
        accessors! { @set $doc $name (yes: bool) yes }
        accessors! { @get $getter $name (bool) clone }
    };
    ($doc:literal $name:ident $getter:ident Span) => {
        accessors! { @set $doc $name (duration: Duration) duration }
        accessors! { @get $getter $name (Duration) clone }
    };
    ($doc:literal $name:ident $getter:ident Limit) => {
        accessors! { @set $doc $name (limit: impl Into<Option<Duration>>) limit.into().and_then(value::non_zero) }
        accessors! { @get $getter $name (Option<Duration>) clone }
    };
    ($doc:literal $name:ident $getter:ident Size<$of:ty>) => {
        accessors! { @set $doc $name (bytes: $of) bytes }
        accessors! { @get $getter $name ($of) clone }
    };
    ($doc:literal $name:ident $getter:ident Count) => {
        accessors! { @set $doc $name (count: usize) count }
        accessors! { @get $getter $name (usize) clone }
    };
    ($doc:literal $name:ident $getter:ident CountOrAuto) => {
        accessors! { @set $doc $name (count: impl Into<Option<usize>>) count.into() }
        accessors! { @get $getter $name (Option<usize>) clone }
    };
    ($doc:literal $name:ident $getter:ident Cap) => {
        accessors! { @set $doc $name (cap: impl Into<Option<usize>>) cap.into().filter(|cap| *cap > 0) }
        accessors! { @get $getter $name (Option<usize>) clone }
    };
    ($doc:literal $name:ident $getter:ident OneOf<$of:ty>) => {
        accessors! { @set $doc $name (choice: $of) choice }
        accessors! { @get $getter $name ($of) clone }
    };
    ($doc:literal $name:ident $getter:ident Recycle) => {
        accessors! { @set $doc $name (method: RecycleMethod) method }
        accessors! { @get $getter $name (RecycleMethod) clone }
    };
    ($doc:literal $name:ident $getter:ident List<$of:ty>) => {
        accessors! { @set $doc $name (items: impl IntoIterator<Item = impl Into<$of>>) items.into_iter().map(Into::into).collect() }
        accessors! { @get $getter $name (&[$of]) as_slice }
    };
    (@text $doc:literal $name:ident $getter:ident) => {
        accessors! { @set $doc $name (text: impl Into<String>) value::non_empty(text.into()) }
        accessors! { @get $getter $name (Option<&str>) as_deref }
    };
    (@secret $doc:literal $name:ident $getter:ident) => {
        accessors! { @set $doc $name (secret: impl Into<Secret>) Some(secret.into()).filter(|secret| !secret.is_empty()) }
        accessors! { @get $getter $name (Option<&Secret>) as_ref }
    };
    (@set $doc:literal $name:ident ($given:ident: $type:ty) $stored:expr) => {
        #[doc = $doc]
        #[must_use]
        pub fn $name(mut self, $given: $type) -> Self {
            self.values.$name = $stored;
            self.give(stringify!($name));
            self
        }
    };
    (@get $getter:ident $name:ident ($type:ty) $view:ident) => {
        #[doc = concat!("The value of [`", stringify!($name), "`](Self::", stringify!($name), ").")]
        #[must_use]
        pub fn $getter(&self) -> $type {
            self.values.$name.$view()
        }
    };
}

pub(super) use {accessors, options};
