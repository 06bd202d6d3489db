//! One case: a server that misbehaves, what a client does with it, and what must come of it.

use jetbridge::Kind;

use super::data::ROWS;
use super::script::Script;
use super::server::Seen;

/// What a client does with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// It runs a query and reads every row.
    Query,
    /// The same twice in one session, which it then closes.
    Twice,
    /// It logs in with user and password, and then runs a query.
    Login,
    /// It runs an update.
    Update,
    /// It prepares a query, gives it a parameter and reads every row.
    Prepared,
    /// It asks for the server's SqlInfo.
    SqlInfo,
    /// It begins a transaction, runs an update and commits.
    Commit,
}

impl Act {
    /// The word for it on a command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Twice => "twice",
            Self::Login => "login",
            Self::Update => "update",
            Self::Prepared => "prepared",
            Self::SqlInfo => "sql-info",
            Self::Commit => "commit",
        }
    }
}

/// What must come of it.
#[derive(Debug, Clone, Copy)]
pub enum Outcome {
    /// All rows there are.
    Complete,
    /// The update, with this count.
    Count(Option<u64>),
    /// An error of this kind with these words in it; the rows before it are the first of the result.
    Fails(Kind, &'static [&'static str]),
}

/// A misbehaviour.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name on a command line.
    pub name: &'static str,
    /// What the server does, after "the server …".
    pub server: &'static str,
    /// What the client does.
    pub act: Act,
    /// What the connection string says beside the address.
    pub options: &'static str,
    /// The rows there are to be had.
    pub rows: &'static [i64],
    /// What must come of it.
    pub outcome: Outcome,
    /// Whether it is about locations, which clients without a policy leave to the user.
    pub about_locations: bool,
    pub(super) script: fn() -> Script,
    pub(super) check: Option<fn(&Seen) -> bool>,
}

impl Case {
    /// A query must give all rows; the methods below say otherwise.
    pub(super) fn new(name: &'static str, server: &'static str, script: fn() -> Script) -> Self {
        Self {
            name,
            server,
            act: Act::Query,
            options: "",
            rows: &ROWS,
            outcome: Outcome::Complete,
            about_locations: false,
            script,
            check: None,
        }
    }

    /// The server behind it.
    pub fn script(&self) -> Script {
        (self.script)()
    }

    /// Holds what the server has seen against what it should have.
    pub fn server_saw_what_it_should(&self, seen: &Seen) -> bool {
        self.check.is_none_or(|check| check(seen))
    }

    pub(super) fn act(mut self, act: Act) -> Self {
        self.act = act;
        self
    }

    pub(super) fn with(mut self, options: &'static str) -> Self {
        self.options = options;
        self
    }

    pub(super) fn rows(mut self, rows: &'static [i64]) -> Self {
        self.rows = rows;
        self
    }

    pub(super) fn count(mut self, count: Option<u64>) -> Self {
        self.act = Act::Update;
        self.outcome = Outcome::Count(count);
        self
    }

    pub(super) fn fails(mut self, kind: Kind, words: &'static [&'static str]) -> Self {
        self.outcome = Outcome::Fails(kind, words);
        self
    }

    pub(super) fn about_locations(mut self) -> Self {
        self.about_locations = true;
        self
    }

    pub(super) fn seen(mut self, check: fn(&Seen) -> bool) -> Self {
        self.check = Some(check);
        self
    }
}
