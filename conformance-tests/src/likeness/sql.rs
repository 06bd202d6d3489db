//! What a likeness makes of a statement: the little SQL that its tests speak.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use tonic::Status;

use super::{Catalog, Likeness, Says, Texts};

/// What came of a statement.
pub(super) struct Ran {
    pub(super) rows: RecordBatch,
    /// It names the place from now on.
    pub(super) uses: bool,
    /// It is never read to its end by itself.
    pub(super) endless: bool,
}

/// Runs a statement; a bound parameter stands for the first `?`.
pub(super) fn run(likeness: &Likeness, sql: &str, bound: Option<i64>, in_use: bool) -> Result<Ran, Status> {
    let lower = sql.trim().to_lowercase();
    let rows = |rows| Ran {
        rows,
        uses: false,
        endless: false,
    };
    if lower.contains("as backslash") {
        return Ok(rows(how_texts_are_read(likeness.texts)));
    }
    if lower.starts_with("use ") {
        let expected = "use `sales`";
        return match lower == expected {
            true => Ok(Ran {
                uses: true,
                ..rows(text("status", &[]))
            }),
            false => Err(Status::invalid_argument(format!("no such database: {sql}"))),
        };
    }
    if let Says::InSql(answers) = likeness.says
        && let Some((_, answer)) = answers.iter().find(|(question, _)| lower.contains(question))
    {
        return Ok(rows(text("name", &[answer])));
    }
    if lower.contains("information_schema.tables") && likeness.catalog == Catalog::InformationSchema {
        return Ok(rows(tables(likeness)));
    }
    if lower.starts_with("show ") && likeness.catalog == Catalog::Show {
        return show(&lower).map(rows);
    }
    if lower.starts_with("insert ") {
        return Ok(rows(numbers("count", &[3])));
    }
    if lower.contains("nowhere") || !lower.contains(" from t") {
        return Err(Status::invalid_argument(format!(
            "{} does not know this: {sql}",
            likeness.name
        )));
    }
    if likeness.wants_use && !in_use {
        return Err(Status::invalid_argument("no database selected"));
    }
    let least = match lower.split_once(" > ") {
        None => None,
        Some((_, value)) => match value.trim().parse() {
            Ok(value) => Some(value),
            Err(_) => {
                Some(bound.ok_or_else(|| Status::invalid_argument(format!("a value is missing: {sql}")))?)
            }
        },
    };
    let all: Vec<i64> = (1..=6).filter(|n| least.is_none_or(|least| *n > least)).collect();
    Ok(Ran {
        endless: lower.contains("from t endless"),
        ..rows(numbers("n", &all))
    })
}

fn how_texts_are_read(texts: Texts) -> RecordBatch {
    let (backslash, quote) = match texts {
        Texts::Standard => ("\\\\", "'"),
        Texts::MySql => ("\\", "'"),
        Texts::Spark => ("\\", ""),
    };
    let column = |value: &str| Arc::new(StringArray::from(vec![value])) as ArrayRef;
    let day = Arc::new(Date32Array::from(vec![19_782])) as ArrayRef;
    batch([
        ("backslash", column(backslash)),
        ("quote", column(quote)),
        ("day", day),
    ])
}

fn show(lower: &str) -> Result<RecordBatch, Status> {
    if lower == "show catalogs" {
        return Ok(text("catalog", &["main"]));
    }
    if lower.starts_with("show schemas in ") {
        return Ok(text("namespace", &["sales"]));
    }
    if lower.starts_with("show tables in ") {
        return Ok(text("tableName", &["t"]));
    }
    if lower.starts_with("show views in ") {
        return Ok(text("viewName", &[]));
    }
    Err(Status::invalid_argument(format!("cannot show this: {lower}")))
}

/// The one table, as GetTables and the information schema list it.
pub(super) fn tables(likeness: &Likeness) -> RecordBatch {
    let catalog = (likeness.catalog != Catalog::WithoutCatalogs).then_some("main");
    let column = |value: Option<&str>| Arc::new(StringArray::from(vec![value])) as ArrayRef;
    batch([
        ("catalog_name", column(catalog)),
        ("db_schema_name", column(Some("sales"))),
        ("table_name", column(Some("t"))),
        ("table_type", column(Some("TABLE"))),
    ])
}

pub(super) fn numbers(name: &str, values: &[i64]) -> RecordBatch {
    batch([(name, Arc::new(Int64Array::from(values.to_vec())) as ArrayRef)])
}

fn text(name: &str, values: &[&str]) -> RecordBatch {
    batch([(name, Arc::new(StringArray::from(values.to_vec())) as ArrayRef)])
}

fn batch<const N: usize>(columns: [(&str, ArrayRef); N]) -> RecordBatch {
    let columns = columns.map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(columns).expect("a batch")
}

/// The schema of a result, with a column that it does not have.
pub(super) fn with_sentinel(rows: &RecordBatch) -> Schema {
    let mut fields: Vec<_> = rows.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new("DO_NOT_USE", DataType::Utf8, true)));
    Schema::new(fields)
}
