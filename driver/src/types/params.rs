//! The parameters of a call.

mod batch;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Schema};

use super::to_param::ToParam;
use super::value::Value;
use crate::error::Result;

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

    /// Rows of parameters by columns: arrays of one length, in the order of the parameters. They are sent as they are, without a copy.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use jetbridge::arrow::array::{ArrayRef, Int64Array, StringArray};
    /// # use jetbridge::types::Params;
    /// let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    /// let names: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c"]));
    /// let params = Params::columns([ids, names]);
    /// assert_eq!((params.row_count(), params.len()), (3, 2));
    /// ```
    #[must_use]
    pub fn columns(columns: impl IntoIterator<Item = ArrayRef>) -> Self {
        let columns: Vec<(String, ArrayRef)> = columns
            .into_iter()
            .enumerate()
            .map(|(position, column)| ((position + 1).to_string(), column))
            .collect();
        if columns.is_empty() {
            return Self::none();
        }
        let nullable = columns.into_iter().map(|(name, column)| (name, column, true));
        match RecordBatch::try_from_iter_with_nullable(nullable) {
            Ok(batch) => Self(Form::Batch(batch)),
            Err(_) => Self(Form::Broken(
                "the columns of parameters do not have the same length",
            )),
        }
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

    /// The parameters in another order, as often as each is wanted: by their names, or else by where the names first come.
    ///
    /// # Errors
    ///
    /// [`Kind::Conversion`](crate::Kind::Conversion) where a name is not given, or not wanted.
    pub(crate) fn in_order(&self, order: &[&str], keep_names: bool) -> Result<Self> {
        let Form::Rows { names, rows } = &self.0 else {
            return Ok(self.clone());
        };
        let places = match names {
            Some(names) => batch::places(names, order)?,
            None => {
                let mut distinct: Vec<&str> = Vec::new();
                let places: Vec<usize> = order
                    .iter()
                    .map(|name| match distinct.iter().position(|known| known == name) {
                        Some(place) => place,
                        None => {
                            distinct.push(name);
                            distinct.len() - 1
                        }
                    })
                    .collect();
                if !rows.is_empty() && distinct.len() != self.len() {
                    let (wanted, given) = (distinct.len(), self.len());
                    let words = format!("the statement wants {wanted} parameters, given are {given}");
                    return Err(batch::wrong_count(words));
                }
                places
            }
        };
        let pick = |row: &Vec<Param>| {
            places
                .iter()
                .filter_map(|place| row.get(*place).cloned())
                .collect()
        };
        Ok(Self(Form::Rows {
            names: keep_names.then(|| order.iter().map(|name| (*name).to_owned()).collect()),
            rows: rows.iter().map(pick).collect(),
        }))
    }

    /// All values, row by row.
    ///
    /// # Errors
    ///
    /// [`Kind::Conversion`](crate::Kind::Conversion) where the rows do not go together, or a record batch cannot be read.
    pub fn to_rows(&self) -> Result<Vec<Vec<Value>>> {
        match &self.0 {
            Form::None => Ok(Vec::new()),
            Form::Broken(why) => Err(batch::wrong_count(*why)),
            Form::Rows { rows, .. } => Ok(rows
                .iter()
                .map(|row| row.iter().map(|param| param.value.clone()).collect())
                .collect()),
            Form::Batch(batch) => batch::read(batch),
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
    /// [`Kind::Conversion`](crate::Kind::Conversion), naming the parameter and both types: SQLSTATE 07001 where the number or names are wrong, 07006 where a value has
    /// the wrong type, 22003 where it does not fit, 22018 where text says no such value.
    pub fn to_batch(&self, schema: Option<&Schema>) -> Result<RecordBatch> {
        let schema = schema.filter(|schema| !schema.fields().is_empty());
        match &self.0 {
            Form::Broken(why) => Err(batch::wrong_count(*why)),
            Form::Batch(batch) => {
                batch::check_count(schema, batch.num_columns())?;
                Ok(batch.clone())
            }
            Form::None => {
                batch::check_count(schema, 0)?;
                batch::of_rows(None, None, &[])
            }
            Form::Rows { names, rows } => batch::of_rows(schema, names.as_deref(), rows),
        }
    }
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

impl<N: Into<String>, T: ToParam> From<BTreeMap<N, T>> for Params {
    fn from(params: BTreeMap<N, T>) -> Self {
        Self::named(params.into_iter().map(|(name, param)| (name, param.to_value())))
    }
}

impl<N: Into<String>, T: ToParam, S> From<HashMap<N, T, S>> for Params {
    fn from(params: HashMap<N, T, S>) -> Self {
        Self::named(params.into_iter().map(|(name, param)| (name, param.to_value())))
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
