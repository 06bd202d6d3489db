//! Finding out how a server reads texts, by asking it.

use std::sync::Arc;

use crate::config::SqlDialect;
use crate::error::{Error, Kind, Operation, Result};
use crate::shared::Shared;
use crate::sql::{Dialect, Family};
use crate::transport::CallOptions;
use crate::types::Value;

/// The server's dialect, asked for once in a session: what it says of itself may be wrong, what it does with a backslash is not.
pub(super) async fn of<'s>(shared: &'s Arc<Shared>, options: &CallOptions) -> Result<&'s Dialect> {
    shared.dialect().get_or_try_init(|| ask(shared, options)).await
}

async fn ask(shared: &Arc<Shared>, options: &CallOptions) -> Result<Dialect> {
    let row = shared.first_row(Dialect::QUESTION, options).await?;
    let silent = || Error::protocol("the server did not say how it reads texts").during(Operation::Bind);
    let row = row.ok_or_else(silent)?;
    // By their values: some servers give columns of expressions as unions.
    let text = |column: usize| match row.value(column)? {
        Value::Text(text) => Ok(text),
        _ => Err(silent()),
    };
    let (backslash, quote) = (text(0)?, text(1)?);
    let day_is_number = !matches!(
        row.value(2)?,
        Value::Date(_) | Value::Timestamp(_) | Value::Text(_)
    );
    let dialect = Dialect::measured(&backslash, &quote, day_is_number)
        .map_err(|error| error.during(Operation::Bind).on(shared.peer()))?;
    let told = shared.config_by_now().get_sql_dialect();
    // What the server is chooses how types are written, never how texts are. The families told by their texts need no asking.
    let known = match dialect.family == Family::Standard && told == SqlDialect::Auto {
        true => shared.recognized().await?.config.get_sql_dialect(),
        false => told,
    };
    Ok(match family(known) {
        Some(family) => dialect.speaking(family),
        None => dialect,
    })
}

fn family(dialect: SqlDialect) -> Option<Family> {
    Some(match dialect {
        SqlDialect::Auto => return None,
        SqlDialect::Standard => Family::Standard,
        SqlDialect::Sqlite => Family::Sqlite,
        SqlDialect::DataFusion => Family::DataFusion,
        SqlDialect::Spark => Family::Spark,
        SqlDialect::MySql => Family::MySql,
        SqlDialect::Postgres => Family::Postgres,
        SqlDialect::DuckDb => Family::DuckDb,
    })
}

/// What an error about parameters says beside its own words.
pub(super) const HINT: &str = "with parameters=client, or the option server where it has that, their values are written into the statement";

/// The server was asked for something it lacks, and there are parameters.
pub(super) fn cannot_bind(why: &str) -> Error {
    Error::new(Kind::NotSupported, why)
        .during(Operation::Bind)
        .hint(HINT)
}
