//! What is measured: each a small piece of work through the public API, which fails where its result is not what it must be.

use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch};
use jetbridge::{CallOptions, Error, IngestMode, Kind, Params, Session, SessionOptionValue, TableFilter};

use super::subject::Subject;

/// What is measured, and how.
pub(super) const PROBES: &[(&str, &str)] = &[
    (
        "query",
        "a query of a table gives rows in columns of the right names",
    ),
    ("empty result", "a query without rows still has its columns"),
    ("create and drop a table", "both statements run, once"),
    ("update count", "`INSERT` of two rows reports 2"),
    ("prepared query", "a statement is prepared and run twice"),
    (
        "parameters",
        "a prepared query with a bound parameter finds the right rows",
    ),
    (
        "rows of parameters",
        "one `INSERT` with two rows of parameters in one call reports 2",
    ),
    ("describe", "the schema of a query is known without running it"),
    (
        "transactions",
        "what was inserted and rolled back is gone, what was committed is there",
    ),
    (
        "savepoints",
        "a rollback to a savepoint keeps what came before it",
    ),
    ("bulk ingest", "two rows are loaded into a new table"),
    ("progress", "PollFlightInfo tells how a query stands"),
    ("cancel", "a query is cancelled on the server"),
    ("session options", "an option that was set is read back"),
    ("capabilities", "GetSqlInfo names the server"),
    ("catalogs", "at least one is listed"),
    ("schemas", "listed, each once"),
    ("tables", "a pattern finds the table and nothing else"),
    ("columns", "the columns of the table, with their types"),
    ("table types", "at least one is listed"),
    ("primary keys", "asked for the table, the answer is a key or none"),
    (
        "foreign keys",
        "imported and exported keys, the answer is keys or none",
    ),
    ("type information", "XDBC types are listed"),
];

type Found = Result<&'static str, String>;

pub(super) async fn measure(capability: &str, subject: &Subject) -> Found {
    let session = subject.session().await.map_err(words)?;
    let found = match capability {
        "query" => query(&session, subject).await,
        "empty result" => empty(&session, subject).await,
        "create and drop a table" => create(&session).await,
        "update count" => count(&session).await,
        "prepared query" => prepared(&session, subject).await,
        "parameters" => parameters(&session, subject).await,
        "rows of parameters" => rows_of_parameters(&session).await,
        "describe" => describe(&session, subject).await,
        "transactions" => return transactions(session).await,
        "savepoints" => return savepoints(session).await,
        "bulk ingest" => ingest(&session).await,
        "progress" => progress(&session, subject).await,
        "cancel" => cancel(&session, subject).await,
        "session options" => options(&session).await,
        "capabilities" => capabilities(&session).await,
        "catalogs" => catalogs(&session).await,
        "schemas" => schemas(&session).await,
        "tables" => tables(&session, subject).await,
        "columns" => columns(&session, subject).await,
        "table types" => table_types(&session).await,
        "primary keys" => primary_keys(&session, subject).await,
        "foreign keys" => foreign_keys(&session, subject).await,
        "type information" => type_info(&session).await,
        other => Err(format!("there is no probe for {other}")),
    };
    // A server without sessions has nothing to close.
    let _ = session.close().await;
    found
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn words(error: Error) -> String {
    error.to_string()
}

fn holds(condition: bool, otherwise: impl Into<String>) -> Found {
    match condition {
        true => Ok("yes"),
        false => Err(otherwise.into()),
    }
}

async fn number(session: &Session, sql: &str) -> Result<i64, String> {
    let mut cursor = session.query(sql).await.map_err(words)?;
    let row = cursor.fetch_one().await.map_err(words)?;
    row.ok_or("no row")?.get(0).map_err(words)
}

/// A table of the probe's own. What is left of an earlier run on the same server goes first.
async fn table(session: &Session, name: &str) -> Result<(), String> {
    let _not_there = session.execute(format!("DROP TABLE IF EXISTS {name}")).await;
    let create = format!("CREATE TABLE {name} (a INTEGER)");
    session.execute(create).await.map(drop).map_err(words)
}

async fn query(session: &Session, subject: &Subject) -> Found {
    let sql = format!(
        "SELECT {} AS found, 1 AS one FROM {}",
        subject.column, subject.table
    );
    let cursor = session.query(sql).await.map_err(words)?;
    let names: Vec<_> = cursor
        .columns()
        .iter()
        .map(|column| column.name().to_owned())
        .collect();
    holds(names == ["found", "one"], format!("{names:?}"))
}

async fn empty(session: &Session, subject: &Subject) -> Found {
    let sql = format!(
        "SELECT {} AS found FROM {} WHERE 1 = 0",
        subject.column, subject.table
    );
    let mut cursor = session.query(sql).await.map_err(words)?;
    let columns = cursor.columns().len();
    let rows = cursor.drain().await.map_err(words)?;
    holds(
        (columns, rows) == (1, 0),
        format!("{columns} columns, {rows} rows"),
    )
}

async fn create(session: &Session) -> Found {
    table(session, "probe_create").await?;
    let count = number(session, "SELECT count(*) FROM probe_create").await?;
    session.execute("DROP TABLE probe_create").await.map_err(words)?;
    let gone = session.query("SELECT * FROM probe_create").await.is_err();
    holds(count == 0 && gone, "the table is still there")
}

async fn count(session: &Session) -> Found {
    table(session, "probe_count").await?;
    let insert = "INSERT INTO probe_count VALUES (1), (2)";
    let cursor = session.execute(insert).await.map_err(words)?;
    let stored = number(session, "SELECT count(*) FROM probe_count").await?;
    if stored != 2 {
        return Err(format!("{stored} rows were stored"));
    }
    match cursor.rows_affected() {
        Some(2) => Ok("yes"),
        None => Err("stored, and the count is not known".to_owned()),
        Some(other) => Err(format!("a wrong count: {other}")),
    }
}

async fn prepared(session: &Session, subject: &Subject) -> Found {
    let statement = session
        .prepare(format!("SELECT count(*) FROM {}", subject.table))
        .await
        .map_err(words)?;
    for _ in 0..2 {
        let mut cursor = statement.query(()).await.map_err(words)?;
        let rows = cursor.drain().await.map_err(words)?;
        if rows != 1 {
            return Err(format!("{rows} rows"));
        }
    }
    let found = match statement.is_on_server() {
        true => "yes",
        false => "sent as it is",
    };
    statement.close().await.map(|()| found).map_err(words)
}

async fn parameters(session: &Session, subject: &Subject) -> Found {
    let (column, name) = (subject.column, subject.table);
    let all = number(
        session,
        &format!("SELECT count(*) FROM {name} WHERE {column} > 0"),
    )
    .await?;
    let sql = format!("SELECT count(*) FROM {name} WHERE {column} > ?");
    let statement = session.statement(sql).bind((0_i64,));
    let mut cursor = statement.query().await.map_err(words)?;
    let row = cursor.fetch_one().await.map_err(words)?.ok_or("no row")?;
    let found: i64 = row.get(0).map_err(words)?;
    holds(found == all, format!("{found} of {all}"))
}

async fn rows_of_parameters(session: &Session) -> Found {
    table(session, "probe_rows").await?;
    let statement = session
        .prepare("INSERT INTO probe_rows VALUES (?)")
        .await
        .map_err(words)?;
    let changed = statement
        .update(Params::rows([(1_i64,), (2_i64,)]))
        .await
        .map_err(words)?;
    let stored = number(session, "SELECT count(*) FROM probe_rows").await?;
    holds(
        (changed, stored) == (Some(2), 2),
        format!("{changed:?} reported, {stored} stored"),
    )
}

fn batch() -> RecordBatch {
    let numbers: arrow::array::ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    RecordBatch::try_from_iter([("a", numbers)]).expect("one column")
}

async fn describe(session: &Session, subject: &Subject) -> Found {
    let sql = format!("SELECT {} AS found FROM {}", subject.column, subject.table);
    let schema = session.statement(sql).describe().await.map_err(words)?;
    let fields = schema.fields();
    holds(
        fields.len() == 1 && fields[0].name() == "found",
        schema.to_string(),
    )
}

async fn transactions(mut session: Session) -> Found {
    table(&session, "probe_transaction").await?;
    let insert = "INSERT INTO probe_transaction VALUES (1)";
    let transaction = session.begin().await.map_err(words)?;
    transaction.update(insert).await.map_err(words)?;
    transaction.rollback().await.map_err(words)?;
    let transaction = session.begin().await.map_err(words)?;
    transaction.update(insert).await.map_err(words)?;
    transaction.commit().await.map_err(words)?;
    let stored = number(&session, "SELECT count(*) FROM probe_transaction").await?;
    holds(stored == 1, format!("{stored} rows"))
}

async fn savepoints(mut session: Session) -> Found {
    table(&session, "probe_savepoint").await?;
    let insert = "INSERT INTO probe_savepoint VALUES (1)";
    let transaction = session.begin().await.map_err(words)?;
    transaction.update(insert).await.map_err(words)?;
    let savepoint = transaction.savepoint("here").await.map_err(words)?;
    transaction.update(insert).await.map_err(words)?;
    savepoint.rollback().await.map_err(words)?;
    transaction.commit().await.map_err(words)?;
    let stored = number(&session, "SELECT count(*) FROM probe_savepoint").await?;
    holds(stored == 1, format!("{stored} rows"))
}

async fn ingest(session: &Session) -> Found {
    let rows = batch();
    let ingest = session.ingest("probe_ingest").mode(IngestMode::Replace);
    let loaded = ingest.run(rows.schema(), vec![rows]).await.map_err(words)?;
    let stored = number(session, "SELECT count(*) FROM probe_ingest").await?;
    holds(
        (loaded, stored) == (Some(2), 2),
        format!("{loaded:?} reported, {stored} stored"),
    )?;
    let capabilities = session.capabilities().await.map_err(words)?;
    Ok(match capabilities.bulk_ingestion() {
        Some(true) => "yes",
        _ => "in SQL",
    })
}

async fn progress(session: &Session, subject: &Subject) -> Found {
    use arrow_flight::sql::{CommandStatementQuery, ProstMessageExt as _};
    use prost::Message as _;
    let query = format!("SELECT {} FROM {}", subject.column, subject.table);
    let command = CommandStatementQuery {
        query,
        transaction_id: None,
    };
    let command = command.as_any().encode_to_vec();
    let mut poll = session
        .poll_command(command, CallOptions::new())
        .await
        .map_err(words)?;
    for _ in 0..100 {
        if poll.is_complete() {
            return Ok("yes");
        }
        poll = session
            .poll_again(&poll, CallOptions::new())
            .await
            .map_err(words)?;
    }
    Err("it does not end".to_owned())
}

async fn cancel(session: &Session, subject: &Subject) -> Found {
    let sql = format!("SELECT {} FROM {}", subject.column, subject.table);
    let info = session
        .flight_info(sql, CallOptions::new())
        .await
        .map_err(words)?;
    session.cancel(&info).await.map(|_| "yes").map_err(words)
}

async fn options(session: &Session) -> Found {
    let value = SessionOptionValue::from(7_i64);
    let set = [("number".to_owned(), value.clone())];
    session.set_options(set).await.map_err(words)?;
    let read = session.options().await.map_err(words)?;
    holds(read.get("number") == Some(&value), format!("{read:?}"))
}

async fn capabilities(session: &Session) -> Found {
    let capabilities = session.capabilities().await.map_err(words)?;
    let name = capabilities.server_name().unwrap_or_default();
    holds(!name.is_empty(), "the server does not say its name")
}

/// How an answer came: by the command, or in SQL where the server lacks it.
async fn door(command: jetbridge::CatalogCommand) -> &'static str {
    let asked = async { command.query().await?.drain().await };
    match asked.await {
        Err(error) if error.kind() == Kind::NotSupported => "in SQL",
        _ => "yes",
    }
}

async fn catalogs(session: &Session) -> Found {
    let catalogs = session.catalog().catalogs().await.map_err(words)?;
    holds(!catalogs.is_empty(), "none")?;
    Ok(door(session.catalog().commands().catalogs()).await)
}

async fn schemas(session: &Session) -> Found {
    let schemas = session.catalog().schemas(None, None).await.map_err(words)?;
    let mut once = schemas.clone();
    once.sort_by(|a, b| (&a.catalog, &a.name).cmp(&(&b.catalog, &b.name)));
    once.dedup();
    holds(once.len() == schemas.len(), "a schema came twice")?;
    Ok(door(session.catalog().commands().schemas(None, None)).await)
}

fn the_table(subject: &Subject) -> TableFilter {
    let (begin, _) = subject.table.split_at(3);
    TableFilter {
        table_pattern: Some(format!("{begin}%{}", &subject.table[subject.table.len() - 1..])),
        ..TableFilter::default()
    }
}

async fn tables(session: &Session, subject: &Subject) -> Found {
    let filter = the_table(subject);
    let tables = session.catalog().tables(&filter).await.map_err(words)?;
    let names: Vec<_> = tables.iter().map(|table| table.name.as_str()).collect();
    let found = names.contains(&subject.table) && !names.iter().any(|name| name.starts_with("probe"));
    holds(found, format!("{names:?}"))?;
    Ok(door(session.catalog().commands().tables(&filter, false)).await)
}

async fn columns(session: &Session, subject: &Subject) -> Found {
    let filter = the_table(subject);
    let columns = session.catalog().columns(&filter, None).await.map_err(words)?;
    let found = columns
        .iter()
        .any(|entry| entry.column.name() == subject.column && entry.column.data_type().is_integer());
    holds(found, format!("{columns:?}"))?;
    Ok(door(session.catalog().commands().tables(&filter, true)).await)
}

async fn table_types(session: &Session) -> Found {
    let types = session.catalog().table_types().await.map_err(words)?;
    holds(!types.is_empty(), "none")?;
    Ok(door(session.catalog().commands().table_types()).await)
}

async fn primary_keys(session: &Session, subject: &Subject) -> Found {
    let keys = session.catalog().primary_keys(subject.table).await;
    keys.map_err(words)?;
    Ok(door(session.catalog().commands().primary_keys(subject.table)).await)
}

async fn foreign_keys(session: &Session, subject: &Subject) -> Found {
    let catalog = session.catalog();
    catalog.imported_keys(subject.table).await.map_err(words)?;
    catalog.exported_keys(subject.table).await.map_err(words)?;
    Ok(door(catalog.commands().imported_keys(subject.table)).await)
}

async fn type_info(session: &Session) -> Found {
    let types = session.catalog().type_info(None).await.map_err(words)?;
    holds(!types.is_empty(), "none")
}
