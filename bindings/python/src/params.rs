//! Python objects as parameters.

use std::sync::Arc;

use jetbridge::types::{Date, Decimal, Duration, Interval, Time, Timestamp, Uuid};
use jetbridge::{Error, Kind, Params, Value};
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDate, PyDateTime, PyDelta, PyDict, PyFloat, PyInt, PyList, PyMapping,
    PySequence, PyString, PyTime, PyTuple,
};

use crate::arrow_stream::ArrowStream;
use crate::error::to_python;
use crate::offered::{is_arrow, reader};
use crate::runtime::{Lookup, lookup};

/// What `execute` was given: nothing, a row by position (a sequence) or by name (a mapping), or Arrow data with a row each.
pub(crate) fn one(parameters: Option<&Bound<'_, PyAny>>) -> PyResult<Params> {
    match parameters {
        None => Ok(Params::none()),
        Some(given) if given.is_none() => Ok(Params::none()),
        Some(given) if is_arrow(given)? => batch(given),
        Some(given) => row(given),
    }
}

/// What `executemany` was given: a sequence of rows, or Arrow data.
pub(crate) fn many(parameters: &Bound<'_, PyAny>) -> PyResult<Params> {
    if is_arrow(parameters)? {
        return batch(parameters);
    }
    let mut rows = Vec::new();
    for given in parameters.try_iter()? {
        rows.push(row(&given?)?);
    }
    Ok(Params::rows(rows))
}

fn row(given: &Bound<'_, PyAny>) -> PyResult<Params> {
    if let Ok(mapping) = given.cast::<PyMapping>() {
        let mut named = Vec::with_capacity(mapping.len()?);
        for item in mapping.items()?.iter() {
            let (name, cell): (String, Bound<'_, PyAny>) = item.extract()?;
            named.push((name, value(&cell)?));
        }
        return Ok(Params::named(named));
    }
    if given.is_instance_of::<PyString>() || given.is_instance_of::<PyBytes>() {
        return Err(wrong(
            "parameters are a sequence or a mapping; one text parameter is written (\"text\",)",
        ));
    }
    let mut cells = Vec::new();
    let cells_of = given
        .try_iter()
        .map_err(|_| wrong("parameters are a sequence or a mapping"))?;
    for cell in cells_of {
        cells.push(value(&cell?)?);
    }
    Ok(Params::from(cells))
}

/// The Arrow batch that parameters are sent as where the server says nothing of their types.
#[pyfunction]
#[pyo3(signature = (parameters, many=false))]
pub(crate) fn batch_of(parameters: &Bound<'_, PyAny>, many: bool) -> PyResult<ArrowStream> {
    let params = match many {
        true => self::many(parameters)?,
        false => one(Some(parameters))?,
    };
    let batch = params.to_batch(None).map_err(|error| to_python(&error))?;
    Ok(ArrowStream::of_batches(batch.schema(), vec![batch]))
}

fn batch(given: &Bound<'_, PyAny>) -> PyResult<Params> {
    let py = given.py();
    let reader = reader(given)?;
    let gathered = py.detach(move || {
        let schema = reader.schema();
        let batches = reader.collect::<Result<Vec<_>, _>>()?;
        arrow::compute::concat_batches(&schema, &batches)
    });
    let batch = gathered.map_err(|error| to_python(&Error::from(error)))?;
    Ok(Params::from(batch))
}

/// One value, by its class.
fn value(given: &Bound<'_, PyAny>) -> PyResult<Value> {
    if given.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(Value::Text(text.to_cow()?.into_owned()));
    }
    // `bool` is a kind of `int`, and `datetime` a kind of `date`: the narrower come first.
    if let Ok(truth) = given.cast::<PyBool>() {
        return Ok(Value::Bool(truth.is_true()));
    }
    if let Ok(number) = given.cast::<PyInt>() {
        return integer(number);
    }
    if let Ok(number) = given.cast::<PyFloat>() {
        return Ok(Value::Float64(number.value()));
    }
    if let Ok(bytes) = given.cast::<PyBytes>() {
        return Ok(Value::Binary(bytes.as_bytes().to_vec()));
    }
    if let Ok(bytes) = given.cast::<PyByteArray>() {
        return Ok(Value::Binary(bytes.to_vec()));
    }
    if given.is_instance_of::<PyDateTime>() {
        return timestamp(given);
    }
    if given.is_instance_of::<PyDate>() {
        let (year, month, day) = (
            number(given, "year")?,
            number(given, "month")?,
            number(given, "day")?,
        );
        return date(year, month, day).map(Value::Date);
    }
    if given.is_instance_of::<PyTime>() {
        if !given.getattr("tzinfo")?.is_none() {
            return Err(wrong(
                "a time of day with a zone has no type in Arrow; give it without",
            ));
        }
        return time(given).map(Value::Time);
    }
    if given.is_instance_of::<PyDelta>() {
        return duration(given);
    }
    other(given)
}

/// Classes that are recognised by what they are called, so that nothing is imported for them.
fn other(given: &Bound<'_, PyAny>) -> PyResult<Value> {
    static DECIMAL: Lookup = Lookup::new();
    static UUID: Lookup = Lookup::new();
    static INTERVAL: Lookup = Lookup::new();
    let py = given.py();
    if given.is_instance(&lookup(py, &DECIMAL, "decimal", "Decimal")?)? {
        let digits = given.str()?.to_string();
        let parsed = digits.parse::<Decimal>();
        return parsed
            .map(Value::Decimal)
            .map_err(|_| wrong(format!("{digits} is no decimal that SQL knows")));
    }
    if given.is_instance(&lookup(py, &UUID, "uuid", "UUID")?)? {
        return Ok(Value::Uuid(Uuid(given.getattr("bytes")?.extract()?)));
    }
    if given.is_instance(&lookup(py, &INTERVAL, "jetbridge.types", "Interval")?)? {
        let (months, days, nanoseconds) = given.extract()?;
        return Ok(Value::Interval(Interval::new(months, days, nanoseconds)));
    }
    // numpy's scalars know the Python object they stand for.
    if given.hasattr("item")? && given.hasattr("dtype")? {
        let plain = given.call_method0("item")?;
        if plain.get_type().is(given.get_type()) {
            return Err(unknown(given));
        }
        return value(&plain);
    }
    if let Ok(mapping) = given.cast::<PyDict>() {
        let mut fields = Vec::with_capacity(mapping.len());
        for (name, field) in mapping.iter() {
            fields.push((name.extract::<String>()?, value(&field)?));
        }
        return Ok(Value::Struct(fields));
    }
    if given.is_instance_of::<PyList>() || given.is_instance_of::<PyTuple>() {
        let sequence = given.cast::<PySequence>()?;
        let mut items = Vec::with_capacity(sequence.len()?);
        for item in sequence.try_iter()? {
            items.push(value(&item?)?);
        }
        return Ok(Value::List(items));
    }
    if let Ok(view) = given.call_method0("tobytes")
        && let Ok(bytes) = view.cast::<PyBytes>()
    {
        return Ok(Value::Binary(bytes.as_bytes().to_vec()));
    }
    Err(unknown(given))
}

fn unknown(given: &Bound<'_, PyAny>) -> PyErr {
    let class = given.get_type().name();
    let class = class.map_or_else(|_| "?".to_owned(), |name| name.to_string());
    wrong(format!(
        "a parameter cannot be of the type {class}: give a number, a text, bytes, a date or time, a UUID, a list, a dictionary or None"
    ))
}

/// The narrowest of the types that hold any integer.
fn integer(number: &Bound<'_, PyInt>) -> PyResult<Value> {
    if let Ok(small) = number.extract::<i64>() {
        return Ok(Value::Int64(small));
    }
    if let Ok(large) = number.extract::<u64>() {
        return Ok(Value::UInt64(large));
    }
    let digits = number.str()?.to_string();
    let parsed = digits.parse::<Decimal>();
    parsed
        .map(Value::Decimal)
        .map_err(|_| wrong("an integer of more than 76 digits has no type in SQL"))
}

fn number<'py, T>(given: &Bound<'py, PyAny>, name: &str) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    given.getattr(name)?.extract()
}

fn date(year: i32, month: u8, day: u8) -> PyResult<Date> {
    Date::from_ymd(year, month, day).ok_or_else(|| wrong("there is no such date"))
}

/// Nanoseconds below the microsecond, which our own classes and those of pandas carry.
fn below_microsecond(given: &Bound<'_, PyAny>) -> PyResult<u32> {
    match given.hasattr("nanosecond")? {
        true => number(given, "nanosecond"),
        false => Ok(0),
    }
}

fn time(given: &Bound<'_, PyAny>) -> PyResult<Time> {
    let microsecond: u32 = number(given, "microsecond")?;
    let nanosecond = microsecond * 1_000 + below_microsecond(given)?;
    Time::from_hms_nano(
        number(given, "hour")?,
        number(given, "minute")?,
        number(given, "second")?,
        nanosecond,
    )
    .ok_or_else(|| wrong("there is no such time of day"))
}

/// A datetime with a zone is a point in time and is sent in UTC; one without is sent as it stands.
fn timestamp(given: &Bound<'_, PyAny>) -> PyResult<Value> {
    let py = given.py();
    let below = below_microsecond(given)?;
    let (plain, zone) = match given.call_method0("utcoffset")? {
        offset if offset.is_none() => (given.clone(), None),
        _ => {
            let utc = pyo3::types::PyTzInfo::utc(py)?.to_owned();
            (given.call_method1("astimezone", (utc,))?, Some(Arc::from("UTC")))
        }
    };
    let day = date(
        number(&plain, "year")?,
        number(&plain, "month")?,
        number(&plain, "day")?,
    )?;
    let microsecond: u32 = number(&plain, "microsecond")?;
    let time = Time::from_hms_nano(
        number(&plain, "hour")?,
        number(&plain, "minute")?,
        number(&plain, "second")?,
        microsecond * 1_000 + below,
    )
    .ok_or_else(|| wrong("there is no such time of day"))?;
    Ok(Value::Timestamp(Timestamp::from_date_time(day, time, zone)))
}

fn duration(given: &Bound<'_, PyAny>) -> PyResult<Value> {
    let days: i64 = number(given, "days")?;
    let seconds: i64 = number(given, "seconds")?;
    let microseconds: i64 = number(given, "microseconds")?;
    let nanosecond = microseconds * 1_000
        + match given.hasattr("nanoseconds")? {
            true => number::<i64>(given, "nanoseconds")?,
            false => 0,
        };
    let nanosecond = u32::try_from(nanosecond).map_err(|_| wrong("there is no such duration"))?;
    Duration::new(days * 86_400 + seconds, nanosecond)
        .map(Value::Duration)
        .ok_or_else(|| wrong("there is no such duration"))
}

fn wrong(words: impl Into<String>) -> PyErr {
    to_python(&Error::new(Kind::Conversion, words))
}
