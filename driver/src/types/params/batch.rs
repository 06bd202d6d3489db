//! Rows of values as the record batch a server wants.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};

use super::super::accessor::Accessor;
use super::super::fit::{self, Misfit};
use super::super::natural;
use super::super::value::Value;
use super::Param;
use crate::error::{Error, Kind, Operation, Result, SqlState};

/// Where the type of a parameter comes from, as errors say it.
const ASKED: &str = "the type the server asks for";
const OWN: &str = "the type of its other rows";

type BuiltColumn = (FieldRef, ArrayRef);

/// The rows as a batch that fits the schema, where there is one; every row has the same length.
pub(super) fn of_rows(
    schema: Option<&Schema>,
    names: Option<&[String]>,
    rows: &[Vec<Param>],
) -> Result<RecordBatch> {
    let width = rows.first().map_or(0, Vec::len);
    let columns = match (schema, names) {
        (Some(schema), Some(names)) => by_name(schema, names, rows)?,
        (Some(schema), None) => {
            // No row at all fits every schema: the statement is to run not once.
            if !rows.is_empty() {
                check_count(Some(schema), width)?;
            }
            let fields = schema.fields().iter().enumerate();
            fields
                .map(|(position, field)| fitted(field, position, position, rows))
                .collect::<Result<_>>()?
        }
        (None, names) => (0..width)
            .map(|position| {
                let name = names.and_then(|names| names.get(position));
                natural_column(name.map(String::as_str), position, rows)
            })
            .collect::<Result<_>>()?,
    };
    build(columns, rows.len())
}

fn build(columns: Vec<BuiltColumn>, row_count: usize) -> Result<RecordBatch> {
    let (fields, arrays): (Vec<FieldRef>, Vec<ArrayRef>) = columns.into_iter().unzip();
    let options = RecordBatchOptions::new().with_row_count(Some(row_count));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|error| Error::from(error).during(Operation::Bind))
}

/// The columns in the order of the schema, each found by its name. A server may list a name as often as the statement does.
fn by_name(schema: &Schema, names: &[String], rows: &[Vec<Param>]) -> Result<Vec<BuiltColumn>> {
    let wanted = |name: &String| {
        schema
            .fields()
            .iter()
            .any(|field| bare(field.name()) == bare(name))
    };
    if let Some(unwanted) = names.iter().find(|name| !wanted(name)) {
        let listed: Vec<&str> = schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        return Err(
            wrong_count(format!("the statement has no parameter \"{unwanted}\""))
                .hint(format!("its parameters are: {}", listed.join(", "))),
        );
    }
    let fields = schema.fields().iter().enumerate();
    fields
        .map(|(position, field)| {
            let given = names
                .iter()
                .position(|name| bare(name) == bare(field.name()))
                .ok_or_else(|| {
                    let name = field.name();
                    wrong_count(format!(
                        "the statement wants a parameter \"{name}\", which is not given"
                    ))
                    .hint(format!("given are: {}", names.join(", ")))
                })?;
            fitted(field, position, given, rows)
        })
        .collect()
}

/// Where the names that are wanted stand among those given.
pub(super) fn places(names: &[String], wanted: &[&str]) -> Result<Vec<usize>> {
    let listed = || wanted.join(", ");
    if let Some(unwanted) = names.iter().find(|name| !wanted.contains(&bare(name))) {
        return Err(
            wrong_count(format!("the statement has no parameter \"{unwanted}\""))
                .hint(format!("its parameters are: {}", listed())),
        );
    }
    let place = |name: &&str| {
        let given = names.iter().position(|given| bare(given) == *name);
        given.ok_or_else(|| {
            wrong_count(format!(
                "the statement wants a parameter \"{name}\", which is not given"
            ))
            .hint(format!("given are: {}", names.join(", ")))
        })
    };
    wanted.iter().map(place).collect()
}

/// A name without the prefix SQL writes before it.
fn bare(name: &str) -> &str {
    name.strip_prefix([':', '@', '$']).unwrap_or(name)
}

/// A parameter as the type the server asks for, or as its own where the server does not say.
fn fitted(field: &FieldRef, position: usize, given: usize, rows: &[Vec<Param>]) -> Result<BuiltColumn> {
    if matches!(field.data_type(), DataType::Null | DataType::Union(_, _)) {
        return natural_column(Some(field.name()), given, rows);
    }
    let values = column(rows, given);
    let array = fit::build(field, &values)
        .map_err(|misfit| refuse(&misfit, position, field.name(), ASKED, field.data_type(), &values))?;
    // A server's promise that a parameter is never NULL must not keep a NULL from it: it knows best what to do with one.
    let nullable = field.is_nullable() || array.null_count() > 0;
    let field = Arc::new(Field::clone(field).with_nullable(nullable));
    Ok((field, array))
}

/// A parameter as the type it has by itself.
///
/// Without a name it is called by its number, from 1. DataFusion-based servers look placeholders up by just this (`$1` with or without the
/// `$`), the others by position.
fn natural_column(name: Option<&str>, position: usize, rows: &[Vec<Param>]) -> Result<BuiltColumn> {
    let name = name
        .filter(|name| !name.is_empty())
        .map_or_else(|| (position + 1).to_string(), str::to_owned);
    let values = column(rows, position);
    let hints = rows
        .iter()
        .filter_map(|row| row.get(position))
        .filter(|param| param.value.is_null());
    let data_type = natural::type_of(values.iter().copied())
        .and_then(|common| {
            hints
                .map(|param| param.null_type.clone())
                .try_fold(common, lenient_unify)
        })
        .map_err(|(left, right)| {
            conversion(
                SqlState::TYPE_MISMATCH,
                format!(
                    "parameter {} (\"{name}\") is {left} in one row and {right} in another",
                    position + 1
                ),
            )
        })?;
    let field = natural::field(&name, data_type, true);
    let array = fit::build(&field, &values)
        .map_err(|misfit| refuse(&misfit, position, &name, OWN, field.data_type(), &values))?;
    Ok((Arc::new(field), array))
}

/// A type a NULL would have gives way to the types of values.
fn lenient_unify(common: DataType, hint: DataType) -> Result<DataType, natural::Mismatch> {
    if common == DataType::Null {
        Ok(hint)
    } else {
        Ok(common)
    }
}

fn column(rows: &[Vec<Param>], position: usize) -> Vec<&Value> {
    rows.iter()
        .filter_map(|row| row.get(position))
        .map(|param| &param.value)
        .collect()
}

/// Refuses another number of parameters than the server wants.
pub(super) fn check_count(schema: Option<&Schema>, given: usize) -> Result<()> {
    match schema {
        Some(schema) if schema.fields().len() != given => Err(wrong_count(format!(
            "the statement wants {} parameters, given are {given}",
            schema.fields().len()
        ))),
        _ => Ok(()),
    }
}

pub(super) fn wrong_count(message: impl Into<String>) -> Error {
    conversion(SqlState::WRONG_PARAMETER_COUNT, message)
}

fn conversion(state: SqlState, message: impl Into<String>) -> Error {
    Error::new(Kind::Conversion, message)
        .state(state)
        .during(Operation::Bind)
}

/// The error of a value that does not fit: it names the parameter and both types, never the value, which may be private.
fn refuse(
    misfit: &Misfit,
    position: usize,
    name: &str,
    origin: &str,
    wanted: &DataType,
    values: &[&Value],
) -> Error {
    let kind = values.get(misfit.row).map_or("NULL", |value| value.kind());
    let row = if values.len() > 1 {
        format!(", row {}", misfit.row)
    } else {
        String::new()
    };
    let place = format!("parameter {} (\"{name}\"){row}", position + 1);
    let (state, what) = match misfit.why {
        fit::Why::Type => (SqlState::TYPE_MISMATCH, "cannot be sent as"),
        fit::Why::Range => (SqlState::NUMBER_OUT_OF_RANGE, "does not fit"),
        fit::Why::Text => (SqlState::INVALID_TEXT, "is no text of"),
        fit::Why::Null => (
            SqlState::NULL_WITHOUT_OPTION,
            "has a NULL inside, which does not go into",
        ),
    };
    conversion(state, format!("{place}: the {kind} {what} {wanted}, {origin}"))
}

/// The values of a record batch, row by row.
pub(super) fn read(batch: &RecordBatch) -> Result<Vec<Vec<Value>>> {
    let schema = batch.schema_ref();
    let accessors = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, array)| Accessor::bind(array, field))
        .collect::<Result<Vec<_>>>()?;
    (0..batch.num_rows())
        .map(|row| {
            accessors
                .iter()
                .map(|accessor| {
                    accessor.cell(row).and_then(Value::from_cell).map_err(|_| {
                        conversion(
                            SqlState::NUMBER_OUT_OF_RANGE,
                            "the record batch has a value out of range",
                        )
                    })
                })
                .collect()
        })
        .collect()
}
