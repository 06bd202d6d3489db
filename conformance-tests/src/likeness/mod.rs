//! Scripted servers that behave as the servers of the field do, one for each value of the option `server`.
//!
//! [`likenesses()`] is the table: what each demands, says of itself, can and cannot do, from its sources, manuals and bug reports. [`serve()`] runs
//! one. All of them know one table, `t`, with the integers 1 to 6 in `n`; what they have in common is in `sql.rs`, and what sets them apart is in
//! the table.

mod login;
mod messages;
mod serve;
mod service;
mod sql;
mod table;

pub use serve::{Running, serve};
pub use table::likenesses;

/// How a server behaves.
#[derive(Debug, Clone)]
pub struct Likeness {
    /// The word of the option `server`.
    pub name: &'static str,
    /// What stands around the address in a connection string that does not name the server.
    pub plain: Connection,
    /// The same where `server` names it.
    pub named: Connection,
    /// Who is let in.
    pub login: Login,
    /// A header without which no query runs, and its value.
    pub demands: Option<(&'static str, &'static str)>,
    /// What it says of itself.
    pub says: Says,
    /// How it reads texts.
    pub texts: Texts,
    /// How it lists its tables.
    pub catalog: Catalog,
    /// What becomes of parameters.
    pub parameters: Parameters,
    /// Whether DoPut runs updates; else they run when they are sent as a query.
    pub puts: bool,
    /// The location of every endpoint; `{port}` is that of the server that has the rows.
    pub locations: &'static [&'static str],
    /// Whether the rows are at another port than the one for queries.
    pub backend: bool,
    /// How the schema of a result is announced.
    pub announces: Announces,
    /// Whether batches without rows come between the others.
    pub keep_alives: bool,
    /// Whether the next statement ends the result of the one before.
    pub ends_earlier: bool,
    /// A database has to be chosen by `USE` before a table is found.
    pub wants_use: bool,
    /// Trailers of every result.
    pub trailers: &'static [(&'static str, &'static str)],
    /// Actions over which it panics.
    pub panics: &'static [&'static str],
}

/// The parts of a connection string around the address.
#[derive(Debug, Clone, Copy, Default)]
pub struct Connection {
    /// `user:password@`.
    pub user: &'static str,
    /// `/database`.
    pub path: &'static str,
    /// `&option=value`.
    pub options: &'static str,
}

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// Anybody; the handshake is answered, without a token.
    Anybody,
    /// Who sends one of these `authorization` headers with every call; there is no handshake.
    Headers(&'static [&'static str]),
    /// Who logs in by the handshake with this header, and then sends the token.
    Handshake(&'static str, Token),
    /// Who is anonymous or has the key: then a session as a cookie, or a token that rotates.
    Deephaven,
}

/// How a token is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// As `authorization: Bearer TOKEN`.
    Header,
    /// As `authorization: TOKEN`.
    Bare,
    /// As the payload alone.
    Payload,
    /// In both places.
    Both,
}

/// What a server says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Its name in GetSqlInfo.
    Name(&'static str),
    /// Its name in an answer to GetSqlInfo of integers and texts, without a union.
    Texts(&'static str),
    /// Nothing in GetSqlInfo; these answers in SQL to the question that holds the first word.
    InSql(&'static [(&'static str, &'static str)]),
}

/// How a server reads texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// As the standard has it.
    Standard,
    /// With backslashes, and quotes doubled.
    MySql,
    /// With backslashes alone.
    Spark,
}

/// How a server lists its tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Catalog {
    /// By the command, with a catalog.
    Commands,
    /// By the command, without one.
    WithoutCatalogs,
    /// In the information schema.
    InformationSchema,
    /// By `SHOW`.
    Show,
}

/// What becomes of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameters {
    /// They are bound; the schema of the statement has a column that no result has.
    Sentinel,
    /// They are bound.
    Bound,
    /// Statements are prepared, parameters are refused.
    Refused,
    /// Nothing is prepared.
    NotPrepared,
}

/// How the schema of a result is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announces {
    /// As it is.
    AsItIs,
    /// Not at all.
    Nothing,
    /// Without nulls, though it has them.
    NoNulls,
}

impl Likeness {
    /// A connection string for it, which names the server or not.
    pub fn connection(&self, named: bool, running: &Running) -> String {
        let Connection { user, path, options } = if named { self.named } else { self.plain };
        let server = if named {
            format!("&server={}", self.name)
        } else {
            String::new()
        };
        format!(
            "flightsql://{user}{}{path}?transport=tcp{server}{options}",
            running.address()
        )
    }
}
