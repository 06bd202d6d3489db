//! The command line.

mod catalog;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use jetbridge::{Config, Value};

pub(crate) use self::catalog::{ColumnsArgs, FilterArgs, InfoArgs, KeysArgs, PlaceArgs, TablesArgs};
use crate::exit::{Failure, one_line};
use crate::parameter;

const EXAMPLES: &str = "\
Examples:
  jetbridge query --embedded 'SELECT 1 + 1'
  jetbridge query 'flightsql://me@db.example/sales' 'SELECT * FROM orders' --format csv > orders.csv
  jetbridge serve --listen 127.0.0.1:31337

Environment:
  JETBRIDGE_URL       the connection string where none is given
  JETBRIDGE_PASSWORD  the password where the connection string has a user and no password
  JETBRIDGE_TOKEN     the bearer token where the connection string has no credentials
  JETBRIDGE_LOG       what is logged, such as `jetbridge=debug`

Exit codes:
  0  done
  1  the server or the connection failed, or the output could not be written
  2  the command line, the connection string or a parameter is wrong
  130, 143  ended by Ctrl-C, by SIGTERM";

/// Query any Arrow Flight SQL server, or serve one.
#[derive(Debug, Parser)]
#[command(name = "jetbridge", version, propagate_version = true, arg_required_else_help = false, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Print nothing on standard error but errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// Log what the driver does on standard error; -vv logs HTTP/2 and TLS too
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub(crate) verbose: u8,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Query(Box<QueryArgs>),
    Tables(Box<TablesArgs>),
    Columns(Box<ColumnsArgs>),
    Keys(Box<KeysArgs>),
    Info(Box<InfoArgs>),
    #[cfg(feature = "embedded")]
    Serve(ServeArgs),
    Ping(PingArgs),
    Options(OptionsArgs),
}

const QUERY_USAGE: &str = if cfg!(feature = "embedded") {
    "jetbridge query [OPTIONS] (--embedded[=FILE] | CONNECTION) SQL"
} else {
    "jetbridge query [OPTIONS] CONNECTION SQL"
};

const QUERY_EXAMPLES: &str = "\
Examples:
  jetbridge query --embedded 'SELECT 1 + 1'
  jetbridge query --embedded=shop.db --param 7 'SELECT * FROM orders WHERE id = ?'
  jetbridge query 'flightsql://127.0.0.1:31337?transport=tcp' 'SELECT * FROM orders' --format csv
  echo 'SELECT 1' | JETBRIDGE_URL='flightsql://me@db.example' jetbridge query --format json";

/// Run one SQL statement: rows go to standard output, everything else to standard error
#[derive(Debug, Args)]
#[command(override_usage = QUERY_USAGE, after_help = QUERY_EXAMPLES)]
pub(crate) struct QueryArgs {
    /// Value of the next parameter of the statement, as often as there are parameters
    ///
    /// NULL, true, false, whole numbers and fractions are what they look like, everything else is text. A type before it
    /// decides otherwise: bool:, int:, float:, decimal:, text:, date:, time:, timestamp:, binary: (hexadecimal), uuid:.
    /// So `text:NULL` is a text of four letters, and `date:2024-02-29` a date.
    #[arg(short, long = "param", value_name = "VALUE", value_parser = parameter::parse, allow_hyphen_values = true)]
    pub(crate) params: Vec<Value>,

    /// Stop after so many rows
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) max_rows: Option<u64>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) login: LoginArgs,

    #[cfg(feature = "embedded")]
    #[command(flatten)]
    pub(crate) embedded: EmbeddedArgs,

    /// What to connect to (where neither --embedded nor JETBRIDGE_URL says so), and the statement; without one, or with `-`, it is read
    /// from standard input
    #[arg(value_names = ["CONNECTION", "SQL"], num_args = 0.., hide_default_value = true)]
    pub(crate) words: Vec<String>,
}

/// Where rows go, and how they look.
#[derive(Debug, Args, Default)]
pub(crate) struct OutputArgs {
    /// How rows are written
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: Format,

    /// Write the rows to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Leave out the names of the columns (table and csv)
    #[arg(long)]
    pub(crate) no_header: bool,

    /// What stands for NULL: `NULL` in a table and nothing in csv, where this does not say otherwise
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) null: Option<String>,

    /// Never cut text to the width of the terminal (table)
    #[arg(short, long)]
    pub(crate) wide: bool,
}

#[cfg(feature = "embedded")]
#[derive(Debug, Args)]
pub(crate) struct EmbeddedArgs {
    /// Query a server inside this process: over a SQLite file, or over a small sample database
    #[arg(short, long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "not given, given, given with a file")]
    pub(crate) embedded: Option<Option<PathBuf>>,
}

#[derive(Debug, Args, Default)]
pub(crate) struct LoginArgs {
    /// Set an option of the connection (see `jetbridge options`), as often as needed
    #[arg(short = 'O', long = "option", value_name = "KEY=VALUE")]
    pub(crate) options: Vec<String>,

    /// The user
    #[arg(short, long, value_name = "NAME")]
    pub(crate) user: Option<String>,

    /// The environment variable that holds the password
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) password_env: Option<String>,

    /// The environment variable that holds the bearer token
    #[arg(long, value_name = "VARIABLE", conflicts_with = "password_env")]
    pub(crate) token_env: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// Columns for reading
    #[default]
    Table,
    /// RFC 4180, with the names of the columns first
    Csv,
    /// One JSON object per line
    Json,
    /// The Arrow IPC stream format
    Arrow,
}

/// Serve a SQLite database to any Flight SQL client; Ctrl-C ends it
#[cfg(feature = "embedded")]
#[derive(Debug, Args)]
#[command(after_help = "\
The connection string to use is printed on standard output as soon as clients can connect.
Without --user, --token-env or certificates anybody who reaches the port reads and writes the database.")]
pub(crate) struct ServeArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(short, long, value_name = "HOST:PORT", default_value = "127.0.0.1:31337")]
    pub(crate) listen: String,

    /// The SQLite file, made where it does not exist; else a small sample database
    #[arg(short, long, value_name = "FILE")]
    pub(crate) database: Option<PathBuf>,

    /// The user who may log in
    #[arg(short, long, value_name = "NAME", requires = "password_env")]
    pub(crate) user: Option<String>,

    /// The environment variable that holds the password of the user
    #[arg(long, value_name = "VARIABLE", requires = "user")]
    pub(crate) password_env: Option<String>,

    /// The environment variable that holds a bearer token that is let in
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) token_env: Option<String>,

    /// Certificate of the server, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
}

/// Connect, log in and ask for a sign of life; say how long each step took
#[derive(Debug, Args)]
pub(crate) struct PingArgs {
    #[command(flatten)]
    pub(crate) login: LoginArgs,

    /// A connection string; else JETBRIDGE_URL
    #[arg(value_name = "CONNECTION")]
    pub(crate) connection: Option<String>,
}

/// List every option of a connection string
#[derive(Debug, Args)]
pub(crate) struct OptionsArgs {
    /// Only options with this in their name, their other names or their description
    #[arg(value_name = "WORD")]
    pub(crate) word: Option<String>,

    /// Print the reference page instead, as Markdown
    #[arg(long, conflicts_with = "word")]
    pub(crate) markdown: bool,
}

pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(words)
}

/// Prints help where that was asked for; anything else is an error of one line.
pub(crate) fn refuse(error: &clap::Error) -> Result<(), Failure> {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // In colour where a terminal shows it.
        return Ok(error.print()?);
    }
    Err(Failure::Usage(in_one_line(error)))
}

/// What clap says over several lines, without the usage. An argument that may hold a password is not repeated.
fn in_one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines: Vec<_> = text
        .lines()
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .map(one_line)
        .filter(|line| !line.is_empty())
        .collect();
    let text = lines.join("; ");
    let mut text = text.strip_prefix("error: ").unwrap_or(&text).to_owned();
    for (kind, value) in error.context() {
        let may_be_secret = matches!(kind, ContextKind::InvalidArg | ContextKind::InvalidValue);
        if let (true, ContextValue::String(value)) = (may_be_secret, value)
            && looks_like_connection(value)
        {
            text = text.replace(&one_line(value), "CONNECTION");
        }
    }
    text + "; see `jetbridge --help`"
}

/// Says whether a text is a connection string rather than SQL: a URL, or `Key=Value;…`.
pub(crate) fn looks_like_connection(text: &str) -> bool {
    let text = text.trim_start();
    let is_word = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || "+-._".contains(character))
    };
    let scheme = text
        .strip_prefix("jdbc:")
        .unwrap_or(text)
        .split_once("://")
        .map(|(scheme, _)| scheme);
    let key = text.split_once('=').map(|(key, _)| key.trim_end());
    scheme.is_some_and(is_word) || key.is_some_and(|key| is_word(key) || is_option(key))
}

/// Says whether an option has this name, which may have a space in it (`User Id`).
fn is_option(name: &str) -> bool {
    let mut names = Config::options()
        .iter()
        .flat_map(|option| std::iter::once(option.key()).chain(option.aliases()));
    names.any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use jetbridge::Value;

    use super::{Arguments, Command, Format, QueryArgs, in_one_line, looks_like_connection, parse};

    fn query(words: &[&str]) -> QueryArgs {
        let words = ["jetbridge", "query"].iter().chain(words).map(Into::into);
        match parse(words).unwrap().command {
            Command::Query(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    fn refused(words: &[&str]) -> String {
        in_one_line(&parse(words.iter().map(Into::into)).unwrap_err())
    }

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn flags_may_stand_anywhere() {
        let args = query(&[
            "flightsql://h",
            "--format",
            "csv",
            "SELECT 1",
            "-n",
            "5",
            "--null",
            "-",
        ]);
        assert_eq!(args.words, ["flightsql://h", "SELECT 1"]);
        assert_eq!(
            (args.output.format, args.max_rows, args.output.null.as_deref()),
            (Format::Csv, Some(5), Some("-"))
        );
    }

    #[cfg(feature = "embedded")]
    #[test]
    fn embedded_takes_a_file_only_after_an_equals_sign() {
        let args = query(&["--embedded", "SELECT 1"]);
        assert_eq!(
            (args.embedded.embedded, args.words),
            (Some(None), vec!["SELECT 1".to_owned()])
        );
        assert_eq!(
            query(&["--embedded=a.db", "SELECT 1"]).embedded.embedded,
            Some(Some("a.db".into()))
        );
    }

    #[test]
    fn parameters_may_be_negative_and_keep_their_order() {
        let args = query(&["-p", "-1", "--param", "x", "--param=NULL", "c", "s"]);
        assert_eq!(
            args.params,
            [Value::Int64(-1), Value::Text("x".into()), Value::Null]
        );
    }

    #[test]
    fn standard_input_is_called_by_a_dash() {
        assert_eq!(query(&["flightsql://h", "-"]).words, ["flightsql://h", "-"]);
    }

    #[test]
    fn a_mistake_is_told_in_one_line_with_what_was_meant() {
        let line = refused(&["jetbridge", "query", "--fromat", "csv"]);
        assert!(line.contains("--fromat") && line.contains("--format"), "{line}");
        let line = refused(&["jetbridge", "query", "--format", "xml", "x"]);
        assert!(
            line.contains("'xml'") && line.contains("table, csv, json, arrow"),
            "{line}"
        );
        let line = refused(&["jetbridge"]);
        assert!(line.contains("subcommand") && line.contains("query"), "{line}");
        let line = refused(&["jetbridge", "query", "--param", "date:soon", "c", "s"]);
        assert!(line.contains("date"), "{line}");
        for words in [
            &["jetbridge"][..],
            &["jetbridge", "query", "--format"],
            &["jetbridge", "sing"],
        ] {
            assert!(!refused(words).contains('\n'));
        }
    }

    #[test]
    fn a_password_is_not_repeated() {
        let line = refused(&["jetbridge", "ping", "a", "flightsql://me:hunter2@h"]);
        assert!(!line.contains("hunter2") && line.contains("CONNECTION"), "{line}");
    }

    #[test]
    fn connection_strings_do_not_look_like_sql() {
        let connections = [
            "flightsql://h",
            " grpc+tls://h:1",
            "jdbc:arrow-flight-sql://h:1",
            "Driver={x};Host=h",
            "User Id=a;Host=h",
        ];
        for text in connections {
            assert!(looks_like_connection(text), "{text}");
        }
        let statements = [
            "SELECT 'a://b'",
            "SELECT a=1",
            "UPDATE t SET a=1",
            "",
            "-",
            "SELECT 1 -- x://y",
            "PRAGMA user_version",
        ];
        for text in statements {
            assert!(!looks_like_connection(text), "{text}");
        }
    }
}
