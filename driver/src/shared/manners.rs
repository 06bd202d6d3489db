//! Which server this is: by the connection string, else by what it says of itself when that is asked.

use std::sync::Arc;

use super::capabilities::is_an_answer;
use super::{Feature, Shared};
use crate::config::{Command as Lacking, Config, Manners, Recognized};
use crate::cursor::{Cursor, Row};
use crate::error::{Operation, Result};
use crate::protocol::Command;
use crate::stream::CancelHandle;
use crate::transport::CallOptions;
use crate::types::Value;

/// What a server is asked that names no known server in GetSqlInfo: its version, its catalog (Sail's is called `sail`), and what Doris and
/// StarRocks, which give MySQL's version in the first, say of themselves.
const QUESTIONS: [&str; 3] = [
    "SELECT version() AS name",
    "SELECT current_catalog() AS name",
    "SELECT @@version_comment AS name",
];
/// More of a name is not looked at.
const LONGEST_NAME: usize = 500;

impl Shared {
    /// The server and its manners. It is asked by the first who wants to know, unless the connection string says it.
    ///
    /// # Errors
    ///
    /// Where the question did not reach it, or no answer came: the next who wants to know asks again.
    pub(crate) async fn manners(self: &Arc<Self>) -> Result<&Manners> {
        Ok(&self.recognized().await?.manners)
    }

    pub(crate) async fn recognized(self: &Arc<Self>) -> Result<&Recognized> {
        self.recognized.get_or_try_init(|| self.recognize()).await
    }

    /// The options with all that is known of the server by now; nothing is asked for it.
    pub(crate) fn config_by_now(&self) -> &Config {
        match self.recognized.get() {
            Some(recognized) => &recognized.config,
            None => self.config(),
        }
    }

    async fn recognize(self: &Arc<Self>) -> Result<Recognized> {
        let config = self.config();
        if config.knows_server() {
            return Ok(config.recognize("", None));
        }
        let known = self.capabilities().await?;
        let quote = known.identifier_quote();
        let mut names = [known.server_name(), known.server_version()]
            .map(Option::unwrap_or_default)
            .join(" ");
        let mut recognized = config.recognize(&names, quote);
        for question in QUESTIONS {
            if recognized.manners.server_name().is_some() || recognized.knows_engine() {
                break;
            }
            // No server has all of these functions: an error says that this is not one of its own.
            let answer = self.first_row(question, &CallOptions::new()).await;
            let row = match answer {
                Ok(row) => row,
                Err(error) if is_an_answer(&error) => None,
                Err(error) => return self.watch(Err(error)),
            };
            let Some(text) = row.and_then(|row| first_text(&row)) else {
                continue;
            };
            names.push(' ');
            names.extend(text.chars().take(LONGEST_NAME));
            recognized = config.recognize(&names, quote);
        }
        self.spare(&recognized.config);
        Ok(recognized)
    }

    /// Takes note of what the server is not to be asked for.
    pub(super) fn spare(&self, config: &Config) {
        for lacking in config.get_lacks() {
            for feature in features(*lacking) {
                let words = format!("the server has no {lacking}, as the option lacks says");
                self.features.remember(*feature, words);
            }
        }
    }

    /// Runs a question outside of any transaction, which its failure could spoil.
    pub(crate) async fn first_row(self: &Arc<Self>, sql: &str, options: &CallOptions) -> Result<Option<Row>> {
        let command = Command::Query {
            sql: sql.to_owned(),
            transaction: None,
        };
        let info = self
            .protocol()?
            .flight_info(&Operation::Execute, &command, options)
            .await?;
        let mut cursor = Cursor::new(self.open(info, options, CancelHandle::new()).await?);
        let row = cursor.fetch_one().await?;
        cursor.drain().await?;
        Ok(row)
    }
}

impl Recognized {
    fn knows_engine(&self) -> bool {
        self.config.get_sql_dialect() != crate::config::SqlDialect::Auto
    }
}

/// By its value: some servers give columns of expressions as unions.
fn first_text(row: &Row) -> Option<String> {
    match row.value(0) {
        Ok(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn features(lacking: Lacking) -> &'static [Feature] {
    match lacking {
        Lacking::Prepare => &[Feature::Prepare],
        Lacking::Update => &[Feature::Update, Feature::PreparedUpdate],
        Lacking::Ingest => &[Feature::Ingest],
        Lacking::Transactions => &[Feature::Transactions, Feature::Savepoints],
        Lacking::Savepoints => &[Feature::Savepoints],
        Lacking::Cancel => &[Feature::CancelFlightInfo, Feature::CancelQuery],
        Lacking::Poll => &[Feature::Poll],
        Lacking::GetSchema => &[Feature::GetSchema],
        Lacking::SessionOptions => &[Feature::SessionOptions],
        Lacking::TableTypes => &[Feature::TableTypes],
        Lacking::Keys => &[
            Feature::PrimaryKeys,
            Feature::ExportedKeys,
            Feature::ImportedKeys,
            Feature::CrossReference,
        ],
        Lacking::TypeInfo => &[Feature::TypeInfo],
    }
}
