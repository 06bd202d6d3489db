//! One schema for a result, whatever its endpoints say: servers differ from themselves in nullability, metadata and width.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use crate::config::SchemaCheck;
use crate::error::{Error, Result, guard};

/// The schema of a result: what the stream says, nullable wherever the FlightInfo or the stream says so.
pub(super) fn agree(promised: Option<&SchemaRef>, sent: &SchemaRef, check: SchemaCheck) -> Result<SchemaRef> {
    let Some(promised) = promised.filter(|promised| !promised.fields().is_empty()) else {
        return Ok(Arc::clone(sent));
    };
    if promised == sent {
        return Ok(Arc::clone(sent));
    }
    if check == SchemaCheck::Strict && !same_but_metadata(promised, sent) {
        return Err(differ("the FlightInfo", promised, sent));
    }
    if promised.fields().len() != sent.fields().len() {
        // Several servers answer metadata commands with another schema in the FlightInfo than in the stream: the stream is what there is.
        return Ok(Arc::clone(sent));
    }
    let fields = sent
        .fields()
        .iter()
        .zip(promised.fields())
        .map(|(sent, promised)| {
            let same_column = sent.data_type() == promised.data_type();
            let wider = is_wider_number(promised.data_type(), sent.data_type());
            let data_type = if wider {
                promised.data_type()
            } else {
                sent.data_type()
            };
            let mut field = sent
                .as_ref()
                .clone()
                .with_data_type(data_type.clone())
                .with_nullable(sent.is_nullable() || promised.is_nullable());
            if same_column && field.metadata().is_empty() {
                field = field.with_metadata(promised.metadata().clone());
            }
            Arc::new(field)
        });
    Ok(Arc::new(Schema::new_with_metadata(
        fields.collect::<Vec<_>>(),
        sent.metadata().clone(),
    )))
}

/// Holds the schema of an object against the one the FlightInfo gives the result: behind a URL may lie anything.
#[cfg(feature = "http-locations")]
pub(super) fn hold(promised: Option<&SchemaRef>, sent: &SchemaRef, check: SchemaCheck) -> Result<()> {
    let Some(promised) = promised.filter(|promised| !promised.fields().is_empty()) else {
        return Ok(());
    };
    conform(RecordBatch::new_empty(Arc::clone(sent)), promised, check).map(drop)
}

/// Brings a batch into the schema of the result.
pub(super) fn conform(batch: RecordBatch, schema: &SchemaRef, check: SchemaCheck) -> Result<RecordBatch> {
    let own = batch.schema();
    if Arc::ptr_eq(&own, schema) || own == *schema {
        return Ok(batch);
    }
    let same_names = || {
        let mut pairs = own.fields().iter().zip(schema.fields());
        pairs.all(|(own, field)| own.name().eq_ignore_ascii_case(field.name()))
    };
    // Columns in another order would be taken for each other.
    if own.fields().len() != schema.fields().len() || !same_names() {
        return Err(differ("the rest of the result", schema, &own));
    }
    if check == SchemaCheck::Strict && !same_but_metadata(schema, &own) {
        return Err(differ("the rest of the result", schema, &own));
    }
    let rows = batch.num_rows();
    let mut columns = Vec::with_capacity(batch.num_columns());
    let mut fields = Vec::with_capacity(batch.num_columns());
    for ((column, field), sent) in batch.columns().iter().zip(schema.fields()).zip(own.fields()) {
        columns.push(widen(column, field, sent)?);
        // A NULL in a column that was said to have none is kept: the data is the truth.
        let surprising = !field.is_nullable() && column.null_count() > 0;
        fields.push(if surprising {
            Arc::new(field.as_ref().clone().with_nullable(true))
        } else {
            Arc::clone(field)
        });
    }
    let unchanged = fields.iter().zip(schema.fields()).all(|(a, b)| Arc::ptr_eq(a, b));
    let schema = match unchanged {
        true => Arc::clone(schema),
        false => Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone())),
    };
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema, columns, &options).map_err(Error::from)
}

fn widen(column: &ArrayRef, field: &Field, sent: &Field) -> Result<ArrayRef> {
    if column.data_type() == field.data_type() {
        return Ok(Arc::clone(column));
    }
    let words = |why: &str| {
        let (name, was, is) = (field.name(), field.data_type(), sent.data_type());
        Error::protocol(format!(
            "column {name:?} is {was} in one part of the result and {is} in another{why}"
        ))
    };
    if !same_family(field.data_type(), column.data_type()) {
        return Err(words(""));
    }
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let cast = |from: &ArrayRef, to: &DataType| {
        guard(|| cast_with_options(from, to, &options))?
            .map_err(|error| words(&format!(", and a value does not fit: {error}")))
    };
    let fitted = cast(column, field.data_type())?;
    // Narrower floats, decimals and dates are rounded without a word: what does not come back as it was did not fit.
    if rounds(column.data_type()) && cast(&fitted, column.data_type())?.to_data() != column.to_data() {
        return Err(words(", and a value does not fit"));
    }
    Ok(fitted)
}

fn rounds(data_type: &DataType) -> bool {
    data_type.is_floating() || data_type.is_decimal() || *data_type == DataType::Date64
}

/// Whether every number of the second type is one of the first as well.
fn is_wider_number(wide: &DataType, narrow: &DataType) -> bool {
    let (Some(a), Some(b)) = (wide.primitive_width(), narrow.primitive_width()) else {
        return false;
    };
    a > b
        && ((wide.is_signed_integer() && narrow.is_integer())
            || (wide.is_unsigned_integer() && narrow.is_unsigned_integer())
            || (wide.is_floating() && narrow.is_floating()))
}

/// Types between which a cast keeps the value or fails.
fn same_family(a: &DataType, b: &DataType) -> bool {
    #[derive(PartialEq)]
    enum Family {
        Integer,
        Float,
        Decimal,
        Text,
        Bytes,
        Date,
        Other,
    }
    fn family(data_type: &DataType) -> Family {
        match data_type {
            t if t.is_integer() => Family::Integer,
            t if t.is_floating() => Family::Float,
            t if t.is_decimal() => Family::Decimal,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Family::Text,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Family::Bytes,
            DataType::Date32 | DataType::Date64 => Family::Date,
            DataType::Dictionary(_, value) => family(value),
            _ => Family::Other,
        }
    }
    match (a, b) {
        // A part of a result that has only NULLs may not know its type.
        (_, DataType::Null) => true,
        (DataType::Dictionary(_, value), other) | (other, DataType::Dictionary(_, value))
            if **value == *other =>
        {
            true
        }
        _ if same_inside(a, b) => true,
        _ => family(a) == family(b) && family(a) != Family::Other,
    }
}

/// Lists, maps and structs that differ in nullability, metadata or the name of their elements alone: one writer calls them `item`, another `element`.
fn same_inside(a: &DataType, b: &DataType) -> bool {
    let same =
        |a: &Field, b: &Field| a.data_type() == b.data_type() || same_inside(a.data_type(), b.data_type());
    let all_same = |a: &Fields, b: &Fields| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
    match (a, b) {
        (DataType::List(a), DataType::List(b)) | (DataType::LargeList(a), DataType::LargeList(b)) => {
            same(a, b)
        }
        (DataType::Map(a, sorted), DataType::Map(b, also)) if sorted == also => {
            match (a.data_type(), b.data_type()) {
                (DataType::Struct(a), DataType::Struct(b)) => all_same(a, b),
                _ => false,
            }
        }
        (DataType::Struct(a), DataType::Struct(b)) => {
            all_same(a, b) && a.iter().zip(b).all(|(a, b)| a.name() == b.name())
        }
        _ => false,
    }
}

fn same_but_metadata(a: &Schema, b: &Schema) -> bool {
    let same = |(a, b): (&Arc<Field>, &Arc<Field>)| {
        a.name() == b.name() && a.is_nullable() == b.is_nullable() && a.data_type() == b.data_type()
    };
    a.fields().len() == b.fields().len() && a.fields().iter().zip(b.fields()).all(same)
}

fn differ(what: &str, expected: &Schema, sent: &Schema) -> Error {
    Error::protocol(format!(
        "the stream has another schema than {what}: {} and not {}",
        shown(sent),
        shown(expected)
    ))
}

fn shown(schema: &Schema) -> String {
    const MOST_SHOWN: usize = 20;
    let null = |field: &Field| if field.is_nullable() { "" } else { " not null" };
    let mut shown: Vec<_> = schema
        .fields()
        .iter()
        .take(MOST_SHOWN)
        .map(|field| format!("{} {}{}", field.name(), field.data_type(), null(field)))
        .collect();
    if schema.fields().len() > MOST_SHOWN {
        shown.push("…".to_owned());
    }
    format!("({})", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        Array as _, ArrayRef, AsArray as _, Date64Array, Float64Array, Int32Array, Int64Array, ListArray,
        StringArray, StructArray,
    };
    use arrow::buffer::OffsetBuffer;
    use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema, SchemaRef};
    use arrow::record_batch::RecordBatch;

    use super::{agree, conform};
    use crate::config::SchemaCheck::{Lenient, Strict};

    fn schema(data_type: DataType, nullable: bool) -> SchemaRef {
        Arc::new(Schema::new(vec![Field::new("a", data_type, nullable)]))
    }

    #[test]
    fn what_either_calls_nullable_is_nullable() {
        let (promised, sent) = (schema(DataType::Int32, false), schema(DataType::Int32, true));
        assert!(
            agree(Some(&promised), &sent, Lenient)
                .unwrap()
                .field(0)
                .is_nullable()
        );
        assert!(
            agree(Some(&sent), &promised, Lenient)
                .unwrap()
                .field(0)
                .is_nullable()
        );
        assert!(agree(Some(&promised), &sent, Strict).is_err());
    }

    #[test]
    fn a_narrower_batch_is_widened() {
        let batch = RecordBatch::try_new(
            schema(DataType::Int32, true),
            vec![Arc::new(Int32Array::from(vec![1]))],
        );
        let wide = conform(batch.unwrap(), &schema(DataType::Int64, true), Lenient).unwrap();
        assert_eq!(wide.column(0).as_primitive::<Int64Type>().value(0), 1);
    }

    #[test]
    fn a_value_that_does_not_fit_is_an_error_and_never_cut() {
        let wide = Int64Array::from(vec![i64::MAX]);
        let batch = RecordBatch::try_new(schema(DataType::Int64, true), vec![Arc::new(wide)]).unwrap();
        let error = conform(batch, &schema(DataType::Int32, true), Lenient).unwrap_err();
        assert!(
            error.message().contains("Int32") && error.message().contains("Int64"),
            "{error}"
        );
    }

    #[test]
    fn a_float_or_a_date_that_would_be_rounded_is_an_error() {
        let float = |values: Vec<f64>| -> RecordBatch {
            let array: ArrayRef = Arc::new(Float64Array::from(values));
            RecordBatch::try_new(schema(DataType::Float64, true), vec![array]).unwrap()
        };
        let narrow = schema(DataType::Float32, true);
        assert!(conform(float(vec![0.5, f64::INFINITY]), &narrow, Lenient).is_ok());
        let error = conform(float(vec![0.1]), &narrow, Lenient).unwrap_err();
        assert!(
            error.message().contains("Float32") && error.message().contains("Float64"),
            "{error}"
        );
        let date: ArrayRef = Arc::new(Date64Array::from(vec![86_400_000 + 1]));
        let date = RecordBatch::try_new(schema(DataType::Date64, true), vec![date]).unwrap();
        assert!(conform(date, &schema(DataType::Date32, true), Lenient).is_err());
    }

    #[test]
    fn columns_in_another_order_are_an_error_that_names_both() {
        let ordered = |names: [&str; 2]| {
            let fields = names.map(|name| Field::new(name, DataType::Int32, true));
            Arc::new(Schema::new(fields.to_vec()))
        };
        let column: ArrayRef = Arc::new(Int32Array::from(vec![1]));
        let batch = RecordBatch::try_new(ordered(["b", "a"]), vec![Arc::clone(&column), column]).unwrap();
        let error = conform(batch, &ordered(["a", "b"]), Lenient).unwrap_err();
        assert!(
            error.message().contains("(b Int32, a Int32)") && error.message().contains("(a Int32, b Int32)"),
            "{error}"
        );
    }

    #[test]
    fn a_wider_number_that_was_promised_is_given() {
        let (promised, sent) = (schema(DataType::Int64, true), schema(DataType::Int32, true));
        assert_eq!(
            agree(Some(&promised), &sent, Lenient)
                .unwrap()
                .field(0)
                .data_type(),
            &DataType::Int64
        );
        assert_eq!(
            agree(Some(&sent), &promised, Lenient)
                .unwrap()
                .field(0)
                .data_type(),
            &DataType::Int64
        );
    }

    #[test]
    fn metadata_that_differs_between_parts_is_that_of_the_result() {
        let tagged = |value: &str| {
            let field = Field::new("a", DataType::Int32, true);
            let field = field.with_metadata([("k".to_owned(), value.to_owned())]);
            Arc::new(Schema::new(vec![field]))
        };
        let batch = RecordBatch::try_new(tagged("2"), vec![Arc::new(Int32Array::from(vec![1]))]).unwrap();
        assert_eq!(
            conform(batch, &tagged("1"), Lenient).unwrap().schema(),
            tagged("1")
        );
    }

    #[test]
    fn lists_and_structs_that_differ_in_nullability_or_the_name_of_their_elements_are_one_type() {
        let list = |name: &str, nullable: bool| {
            let text = Field::new("t", DataType::Utf8, nullable);
            let item = Field::new(name, DataType::Struct(vec![text].into()), nullable);
            schema(DataType::List(Arc::new(item)), true)
        };
        let text: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
        let fields = vec![Field::new("t", DataType::Utf8, false)];
        let structs = StructArray::new(fields.into(), vec![text], None);
        let sent = list("element", false);
        let DataType::List(element) = sent.field(0).data_type() else {
            panic!("a list");
        };
        let offsets = OffsetBuffer::from_lengths([2]);
        let lists = ListArray::new(Arc::clone(element), offsets, Arc::new(structs), None);
        let batch = RecordBatch::try_new(Arc::clone(&sent), vec![Arc::new(lists)]).unwrap();
        let result = list("item", true);
        let fitted = conform(batch.clone(), &result, Lenient).unwrap();
        assert_eq!(fitted.schema(), result);
        let inside = fitted.column(0).as_list::<i32>().value(0);
        assert_eq!(inside.as_struct().column(0).as_string::<i32>().value(1), "b");
        assert!(conform(batch, &result, Strict).is_err());
    }

    #[test]
    fn another_type_is_an_error_that_names_both() {
        let text = StringArray::from(vec!["1"]);
        let batch = RecordBatch::try_new(schema(DataType::Utf8, true), vec![Arc::new(text)]).unwrap();
        let error = conform(batch, &schema(DataType::Int32, true), Lenient).unwrap_err();
        assert!(
            error.message().contains("Int32") && error.message().contains("Utf8"),
            "{error}"
        );
    }

    #[test]
    fn a_null_where_none_was_promised_is_kept() {
        let nulls = Int32Array::from(vec![None, Some(1)]);
        let batch = RecordBatch::try_new(schema(DataType::Int32, true), vec![Arc::new(nulls)]).unwrap();
        let kept = conform(batch, &schema(DataType::Int32, false), Lenient).unwrap();
        assert!(kept.column(0).is_null(0));
        assert_eq!(kept.column(0).as_primitive::<Int32Type>().value(1), 1);
    }
}
