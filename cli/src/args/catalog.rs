//! What the commands that list the catalog are told.

use clap::Args;

#[cfg(feature = "embedded")]
use super::EmbeddedArgs;
use super::{LoginArgs, OutputArgs};

/// List tables and views
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetbridge tables 'flightsql://me@db.example/sales' --schema public --table 'order%'
  jetbridge tables --embedded --types view --format csv")]
pub(crate) struct TablesArgs {
    #[command(flatten)]
    pub(crate) filter: FilterArgs,

    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// List the columns of tables and views
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  jetbridge columns 'flightsql://me@db.example/sales' --table orders")]
pub(crate) struct ColumnsArgs {
    #[command(flatten)]
    pub(crate) filter: FilterArgs,

    /// Only columns whose name is LIKE this
    #[arg(long, value_name = "PATTERN")]
    pub(crate) column: Option<String>,

    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// List primary keys, and foreign keys with what they refer to
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  jetbridge keys 'flightsql://me@db.example/sales' --table orders")]
pub(crate) struct KeysArgs {
    #[command(flatten)]
    pub(crate) filter: FilterArgs,

    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// List what the server says about itself (GetSqlInfo)
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  jetbridge info 'flightsql://me@db.example'")]
pub(crate) struct InfoArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// Which tables are listed.
#[derive(Debug, Args, Default)]
pub(crate) struct FilterArgs {
    /// Only this catalog
    #[arg(long, value_name = "NAME")]
    pub(crate) catalog: Option<String>,

    /// Only schemas whose name is LIKE this: `%` is any text, `_` any character
    #[arg(long, value_name = "PATTERN")]
    pub(crate) schema: Option<String>,

    /// Only tables whose name is LIKE this
    #[arg(long, value_name = "PATTERN")]
    pub(crate) table: Option<String>,

    /// Only these types, such as `table` and `view`, with commas between
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    pub(crate) types: Vec<String>,
}

/// Where the catalog is, and where the list goes.
#[derive(Debug, Args)]
pub(crate) struct PlaceArgs {
    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) login: LoginArgs,

    #[cfg(feature = "embedded")]
    #[command(flatten)]
    pub(crate) embedded: EmbeddedArgs,

    /// A connection string; else JETBRIDGE_URL
    #[arg(value_name = "CONNECTION")]
    pub(crate) connection: Option<String>,
}
