//! The parameters of a call.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};

use super::accessor::Accessor;
use super::fit::{self, Misfit};
use super::natural;
use super::to_param::ToParam;
use super::value::Value;
use crate::error::{Error, Kind, Operation, Result, SqlState};

/// The parameters of a call: none, one row of them, or several rows, by position or by name, or a record batch as it is.
///
/// ```
/// use jetbridge::types::Params;
///
/// let none = Params::from(());
/// let by_position = Params::from((1, "x", None::<f64>));
/// let by_name = Params::named([("id", 1.into()), ("name", "x".into())]);
/// let several_rows = Params::rows([(1, "x"), (2, "y")]);
/// assert_eq!((several_rows.row_count(), several_rows.len()), (2, 2));
/// ```
///
/// Calls take `impl Into<Params>`, so that a tuple, an array, a slice or a vector can be given directly. `Debug` shows how many there are and
/// none of the values, which may be private.
#[derive(Clone, Default)]
pub struct Params(Form);

#[derive(Clone, Default)]
enum Form {
    #[default]
    None,
    Rows {
        /// The names, where parameters are given by name.
        names: Option<Vec<String>>,
        rows: Vec<Vec<Param>>,
    },
    Batch(RecordBatch),
    /// Rows that do not go together, for a reason that is told when they are to be sent.
    Broken(&'static str),
}

/// A value, and the type it is sent as when it is NULL.
#[derive(Clone)]
struct Param {
    value: Value,
    null_type: DataType,
}

impl Param {
    fn new(param: &(impl ToParam + ?Sized)) -> Self {
        Self {
            value: param.to_value(),
            null_type: param.null_type(),
        }
    }
}

impl Params {
    /// No parameters.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// One row of parameters, each with its name. A prefix (`:`, `@`, `$`) may be written or left out.
    #[must_use]
    pub fn named<N: Into<String>>(params: impl IntoIterator<Item = (N, Value)>) -> Self {
        let (names, row) = params
            .into_iter()
            .map(|(name, value)| (name.into(), Param::new(&value)))
            .unzip();
        Self(Form::Rows {
            names: Some(names),
            rows: vec![row],
        })
    }

    /// Several rows of parameters, for as many executions of one statement.
    #[must_use]
    pub fn rows<R: Into<Self>>(rows: impl IntoIterator<Item = R>) -> Self {
        let mut all = Vec::new();
        let mut common: Option<Option<Vec<String>>> = None;
        for row in rows {
            let (names, rows) = match row.into().0 {
                Form::Rows { names, rows } => (names, rows),
                Form::None => (None, vec![Vec::new()]),
                Form::Batch(_) => return Self(Form::Broken("a record batch cannot be one row of several")),
                Form::Broken(why) => return Self(Form::Broken(why)),
            };
            if *common.get_or_insert_with(|| names.clone()) != names {
                return Self(Form::Broken(
                    "the rows of parameters do not have the same names in the same order",
                ));
            }
            all.extend(rows);
        }
        let lengths_differ = all
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a.len() != b.len()));
        if lengths_differ {
            return Self(Form::Broken("the rows of parameters do not have the same length"));
        }
        Self(Form::Rows {
            names: common.flatten(),
            rows: all,
        })
    }

    fn row<T: ToParam>(params: impl IntoIterator<Item = T>) -> Self {
        let row = params.into_iter().map(|param| Param::new(&param)).collect();
        Self(Form::Rows {
            names: None,
            rows: vec![row],
        })
    }

    /// How many parameters a row has.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::None | Form::Broken(_) => 0,
            Form::Rows { rows, .. } => rows.first().map_or(0, Vec::len),
            Form::Batch(batch) => batch.num_columns(),
        }
    }

    /// Says whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && !matches!(self.0, Form::Broken(_))
    }

    /// Says whether the call has no parameters at all; an empty list of rows is something else: it runs nothing.
    #[must_use]
    pub fn is_none(&self) -> bool {
        match &self.0 {
            Form::None => true,
            Form::Rows { rows, .. } => rows.len() == 1 && rows.iter().all(Vec::is_empty),
            Form::Batch(_) | Form::Broken(_) => false,
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn row_count(&self) -> usize {
        match &self.0 {
            Form::None | Form::Broken(_) => 0,
            Form::Rows { rows, .. } => rows.len(),
            Form::Batch(batch) => batch.num_rows(),
        }
    }

    /// The names, as they were given, where the parameters have names.
    #[must_use]
    pub fn names(&self) -> Option<Vec<&str>> {
        match &self.0 {
            Form::Rows {
                names: Some(names), ..
            } => Some(names.iter().map(String::as_str).collect()),
            _ => None,
        }
    }

    /// All values, row by row.
    ///
    /// # Errors
    ///
    /// [`Kind::Conversion`] where the rows do not go together, or a record batch cannot be read.
    pub fn to_rows(&self) -> Result<Vec<Vec<Value>>> {
        match &self.0 {
            Form::None => Ok(Vec::new()),
            Form::Broken(why) => Err(wrong_count(*why)),
            Form::Rows { rows, .. } => Ok(rows
                .iter()
                .map(|row| row.iter().map(|param| param.value.clone()).collect())
                .collect()),
            Form::Batch(batch) => read_batch(batch),
        }
    }

    /// The parameters as a record batch that fits the schema the server asks for.
    ///
    /// Values are converted to the types of the schema where that loses nothing; a parameter the server gives no type (`Null`, or a union of
    /// all types) is sent as the type its values have by themselves, and so are all where there is no schema or an empty one, which servers
    /// send that cannot tell. A record batch is sent as it is.
    ///
    /// # Errors
    ///
    /// [`Kind::Conversion`], naming the parameter and both types: SQLSTATE 07001 where the number or names are wrong, 07006 where a value has
    /// the wrong type, 22003 where it does not fit, 22018 where text says no such value.
    pub fn to_batch(&self, schema: Option<&Schema>) -> Result<RecordBatch> {
        let schema = schema.filter(|schema| !schema.fields().is_empty());
        match &self.0 {
            Form::Broken(why) => Err(wrong_count(*why)),
            Form::Batch(batch) => {
                check_count(schema, batch.num_columns())?;
                Ok(batch.clone())
            }
            Form::None => {
                check_count(schema, 0)?;
                build(Vec::new(), 0)
            }
            Form::Rows { names, rows } => {
                let width = rows.first().map_or(0, Vec::len);
                check_count(schema, width)?;
                let columns = match (schema, names) {
                    (Some(schema), Some(names)) => by_name(schema, names, rows)?,
                    (Some(schema), None) => schema
                        .fields()
                        .iter()
                        .enumerate()
                        .map(|(position, field)| fitted(field, position, position, rows))
                        .collect::<Result<_>>()?,
                    (None, names) => (0..width)
                        .map(|position| {
                            let name = names.as_ref().and_then(|names| names.get(position));
                            natural_column(name.map(String::as_str), position, rows)
                        })
                        .collect::<Result<_>>()?,
                };
                build(columns, rows.len())
            }
        }
    }
}

type BuiltColumn = (FieldRef, ArrayRef);

fn build(columns: Vec<BuiltColumn>, row_count: usize) -> Result<RecordBatch> {
    let (fields, arrays): (Vec<FieldRef>, Vec<ArrayRef>) = columns.into_iter().unzip();
    let options = RecordBatchOptions::new().with_row_count(Some(row_count));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|error| Error::from(error).during(Operation::Bind))
}

/// The columns in the order of the schema, each found by its name.
fn by_name(schema: &Schema, names: &[String], rows: &[Vec<Param>]) -> Result<Vec<BuiltColumn>> {
    schema
        .fields()
        .iter()
        .enumerate()
        .map(|(position, field)| {
            let wanted = bare(field.name());
            let given = names
                .iter()
                .position(|name| bare(name) == wanted)
                .ok_or_else(|| {
                    wrong_count(format!(
                        "the statement wants a parameter \"{}\", which is not given",
                        field.name()
                    ))
                    .hint(format!("given are: {}", names.join(", ")))
                })?;
            fitted(field, position, given, rows)
        })
        .collect()
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
        .map_err(|misfit| refuse(&misfit, position, field.name(), field.data_type(), &values))?;
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
    let field = natural_field(&name, data_type, &values);
    let array = fit::build(&field, &values)
        .map_err(|misfit| refuse(&misfit, position, &name, field.data_type(), &values))?;
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

fn natural_field(name: &str, data_type: DataType, values: &[&Value]) -> Field {
    let field = Field::new(name, data_type, true);
    if values.iter().any(|value| matches!(value, Value::Uuid(_))) {
        field.with_metadata(HashMap::from([(
            "ARROW:extension:name".to_owned(),
            "arrow.uuid".to_owned(),
        )]))
    } else {
        field
    }
}

fn column(rows: &[Vec<Param>], position: usize) -> Vec<&Value> {
    rows.iter()
        .filter_map(|row| row.get(position))
        .map(|param| &param.value)
        .collect()
}

fn check_count(schema: Option<&Schema>, given: usize) -> Result<()> {
    match schema {
        Some(schema) if schema.fields().len() != given => Err(wrong_count(format!(
            "the statement wants {} parameters, given are {given}",
            schema.fields().len()
        ))),
        _ => Ok(()),
    }
}

fn wrong_count(message: impl Into<String>) -> Error {
    conversion(SqlState::WRONG_PARAMETER_COUNT, message)
}

fn conversion(state: SqlState, message: impl Into<String>) -> Error {
    Error::new(Kind::Conversion, message)
        .state(state)
        .during(Operation::Bind)
}

/// The error of a value that does not fit: it names the parameter and both types, never the value, which may be private.
fn refuse(misfit: &Misfit, position: usize, name: &str, wanted: &DataType, values: &[&Value]) -> Error {
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
    conversion(
        state,
        format!("{place}: the {kind} {what} {wanted}, the type the server asks for"),
    )
}

fn read_batch(batch: &RecordBatch) -> Result<Vec<Vec<Value>>> {
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

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Params")
            .field("rows", &self.row_count())
            .field("columns", &self.len())
            .finish_non_exhaustive()
    }
}

impl From<()> for Params {
    fn from((): ()) -> Self {
        Self::none()
    }
}

impl From<RecordBatch> for Params {
    fn from(batch: RecordBatch) -> Self {
        Self(Form::Batch(batch))
    }
}

impl From<&Self> for Params {
    fn from(params: &Self) -> Self {
        params.clone()
    }
}

impl<T: ToParam> From<Vec<T>> for Params {
    fn from(params: Vec<T>) -> Self {
        Self::row(params)
    }
}

impl<T: ToParam> From<&Vec<T>> for Params {
    fn from(params: &Vec<T>) -> Self {
        Self::row(params)
    }
}

impl<T: ToParam> From<&[T]> for Params {
    fn from(params: &[T]) -> Self {
        Self::row(params)
    }
}

impl<T: ToParam, const N: usize> From<[T; N]> for Params {
    fn from(params: [T; N]) -> Self {
        Self::row(params)
    }
}

impl<T: ToParam, const N: usize> From<&[T; N]> for Params {
    fn from(params: &[T; N]) -> Self {
        Self::row(params)
    }
}

macro_rules! tuples {
    ($($($member:ident $position:tt),*;)*) => {$(
        impl<$($member: ToParam),*> From<($($member,)*)> for Params {
            fn from(params: ($($member,)*)) -> Self {
                let row = vec![$(Param::new(&params.$position)),*];
                Self(Form::Rows { names: None, rows: vec![row] })
            }
        }
    )*};
}

tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11;
}
