//! From an array to its accessor: the only place that downcasts arrays.

use std::sync::Arc;

use arrow::array::{
    Array, ArrowPrimitiveType, AsArray, FixedSizeListArray, LargeListArray, LargeListViewArray, ListArray,
    ListViewArray, PrimitiveArray, UnionArray,
};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, DurationMicrosecondType, DurationMillisecondType,
    DurationNanosecondType, DurationSecondType, Field, Int32Type, Int64Type, IntervalUnit,
    IntervalYearMonthType, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
    Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};

use super::super::extension::{self, Extension};
use super::Accessor;
use super::layout::{Keys, RunEnds};
use super::nested::{Bounds, Lists, Maps, Structs, Unions};
use crate::error::{Error, Result};

/// The array as the type its data type promises.
pub(super) fn downcast<T: Array + Clone + 'static>(array: &dyn Array) -> Result<T> {
    array.as_any().downcast_ref::<T>().cloned().ok_or_else(|| {
        Error::protocol(format!(
            "an array says that it is {}, and is not laid out so",
            array.data_type()
        ))
    })
}

/// The numbers of an array of dates or times, which share their layout with integers.
fn numbers<T, N>(array: &dyn Array) -> Result<PrimitiveArray<N>>
where
    T: ArrowPrimitiveType,
    N: ArrowPrimitiveType<Native = T::Native>,
{
    Ok(downcast::<PrimitiveArray<T>>(array)?.reinterpret_cast())
}

impl Accessor {
    /// Chooses how the cells of an array are read. The field says whether an extension type changes it.
    pub(crate) fn bind(array: &dyn Array, field: &Field) -> Result<Self> {
        match extension::of(field) {
            Some(Extension::Uuid) if *array.data_type() == DataType::FixedSizeBinary(16) => {
                return Ok(Self::Uuid(downcast(array)?));
            }
            Some(Extension::Bool8) if *array.data_type() == DataType::Int8 => {
                return Ok(Self::Bool8(downcast(array)?));
            }
            _ => {}
        }
        Ok(match array.data_type() {
            DataType::Null => Self::Null(array.len()),
            DataType::Boolean => Self::Boolean(downcast(array)?),
            DataType::Int8 => Self::Int8(downcast(array)?),
            DataType::Int16 => Self::Int16(downcast(array)?),
            DataType::Int32 => Self::Int32(downcast(array)?),
            DataType::Int64 => Self::Int64(downcast(array)?),
            DataType::UInt8 => Self::UInt8(downcast(array)?),
            DataType::UInt16 => Self::UInt16(downcast(array)?),
            DataType::UInt32 => Self::UInt32(downcast(array)?),
            DataType::UInt64 => Self::UInt64(downcast(array)?),
            DataType::Float16 => Self::Float16(downcast(array)?),
            DataType::Float32 => Self::Float32(downcast(array)?),
            DataType::Float64 => Self::Float64(downcast(array)?),
            DataType::Decimal32(_, scale) => Self::Decimal32(downcast(array)?, *scale),
            DataType::Decimal64(_, scale) => Self::Decimal64(downcast(array)?, *scale),
            DataType::Decimal128(_, scale) => Self::Decimal128(downcast(array)?, *scale),
            DataType::Decimal256(_, scale) => Self::Decimal256(downcast(array)?, *scale),
            DataType::Utf8 => Self::Utf8(downcast(array)?),
            DataType::LargeUtf8 => Self::LargeUtf8(downcast(array)?),
            DataType::Utf8View => Self::Utf8View(downcast(array)?),
            DataType::Binary => Self::Binary(downcast(array)?),
            DataType::LargeBinary => Self::LargeBinary(downcast(array)?),
            DataType::BinaryView => Self::BinaryView(downcast(array)?),
            DataType::FixedSizeBinary(_) => Self::FixedBinary(downcast(array)?),
            DataType::Dictionary(_, values) => dictionary(array, values, field)?,
            DataType::RunEndEncoded(ends, values) => {
                let (ends, array) = RunEnds::bind(array, ends.data_type())?;
                Self::RunEnd(ends, Box::new(Self::bind(&array, values)?))
            }
            _ => match temporal(array)? {
                Some(accessor) => accessor,
                None => nested(array)?,
            },
        })
    }
}

fn temporal(array: &dyn Array) -> Result<Option<Accessor>> {
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    Ok(Some(match array.data_type() {
        DataType::Date32 => Accessor::Date32(numbers::<Date32Type, Int32Type>(array)?),
        DataType::Date64 => Accessor::Date64(numbers::<Date64Type, Int64Type>(array)?),
        DataType::Time32(unit) => Accessor::Time32(
            match unit {
                Second => numbers::<Time32SecondType, _>(array)?,
                _ => numbers::<Time32MillisecondType, _>(array)?,
            },
            *unit,
        ),
        DataType::Time64(unit) => Accessor::Time64(
            match unit {
                Microsecond => numbers::<Time64MicrosecondType, _>(array)?,
                _ => numbers::<Time64NanosecondType, _>(array)?,
            },
            *unit,
        ),
        DataType::Timestamp(unit, zone) => {
            let ticks = match unit {
                Second => numbers::<TimestampSecondType, _>(array)?,
                Millisecond => numbers::<TimestampMillisecondType, _>(array)?,
                Microsecond => numbers::<TimestampMicrosecondType, _>(array)?,
                Nanosecond => numbers::<TimestampNanosecondType, _>(array)?,
            };
            Accessor::Timestamp(ticks, *unit, zone.clone())
        }
        DataType::Duration(unit) => Accessor::Duration(
            match unit {
                Second => numbers::<DurationSecondType, _>(array)?,
                Millisecond => numbers::<DurationMillisecondType, _>(array)?,
                Microsecond => numbers::<DurationMicrosecondType, _>(array)?,
                Nanosecond => numbers::<DurationNanosecondType, _>(array)?,
            },
            *unit,
        ),
        DataType::Interval(IntervalUnit::YearMonth) => {
            Accessor::IntervalYearMonth(numbers::<IntervalYearMonthType, Int32Type>(array)?)
        }
        DataType::Interval(IntervalUnit::DayTime) => Accessor::IntervalDayTime(downcast(array)?),
        DataType::Interval(IntervalUnit::MonthDayNano) => Accessor::IntervalMonthDayNano(downcast(array)?),
        _ => return Ok(None),
    }))
}

fn dictionary(array: &dyn Array, values: &DataType, column: &Field) -> Result<Accessor> {
    let Some(dictionary) = array.as_any_dictionary_opt() else {
        return Err(Error::protocol(
            "an array says that it is a dictionary, and is not laid out so",
        ));
    };
    let field = extension::of_values(column, values);
    let values = Accessor::bind(dictionary.values(), &field)?;
    Ok(Accessor::Dictionary(
        Keys::bind(dictionary.keys())?,
        Box::new(values),
    ))
}

fn nested(array: &dyn Array) -> Result<Accessor> {
    let nulls = array.nulls().cloned();
    Ok(match array.data_type() {
        DataType::List(item) => {
            let lists: ListArray = downcast(array)?;
            let bounds = Bounds::Offsets(lists.offsets().clone());
            list(bounds, nulls, lists.values(), item)?
        }
        DataType::LargeList(item) => {
            let lists: LargeListArray = downcast(array)?;
            let bounds = Bounds::LargeOffsets(lists.offsets().clone());
            list(bounds, nulls, lists.values(), item)?
        }
        DataType::ListView(item) => {
            let lists: ListViewArray = downcast(array)?;
            let bounds = Bounds::Views(lists.offsets().clone(), lists.sizes().clone());
            list(bounds, nulls, lists.values(), item)?
        }
        DataType::LargeListView(item) => {
            let lists: LargeListViewArray = downcast(array)?;
            let bounds = Bounds::LargeViews(lists.offsets().clone(), lists.sizes().clone());
            list(bounds, nulls, lists.values(), item)?
        }
        DataType::FixedSizeList(item, size) => {
            let lists: FixedSizeListArray = downcast(array)?;
            let size = usize::try_from(*size).unwrap_or(0);
            list(
                Bounds::Fixed {
                    size,
                    length: lists.len(),
                },
                nulls,
                lists.values(),
                item,
            )?
        }
        DataType::Struct(fields) => {
            let Some(structs) = array.as_struct_opt() else {
                return Err(Error::protocol(
                    "an array says that it is a struct, and is not laid out so",
                ));
            };
            let members = fields
                .iter()
                .zip(structs.columns())
                .map(|(field, column)| Accessor::bind(column, field))
                .collect::<Result<Vec<_>>>()?;
            Accessor::Struct(Box::new(Structs {
                fields: fields.clone(),
                nulls,
                members,
                length: array.len(),
            }))
        }
        DataType::Map(_, _) => map(array)?,
        DataType::Union(_, _) => union(array)?,
        other => {
            return Err(Error::protocol(format!(
                "cannot read columns of the Arrow type {other}"
            )));
        }
    })
}

fn list(
    bounds: Bounds,
    nulls: Option<arrow::buffer::NullBuffer>,
    values: &Arc<dyn Array>,
    item: &Field,
) -> Result<Accessor> {
    let values = Accessor::bind(values, item)?;
    Ok(Accessor::List(Box::new(Lists {
        bounds,
        nulls,
        values,
    })))
}

fn map(array: &dyn Array) -> Result<Accessor> {
    let Some(map) = array.as_map_opt() else {
        return Err(Error::protocol(
            "an array says that it is a map, and is not laid out so",
        ));
    };
    let (key, value) = map.entries_fields();
    Ok(Accessor::Map(Box::new(Maps {
        offsets: map.offsets().clone(),
        nulls: array.nulls().cloned(),
        keys: Accessor::bind(map.keys(), key)?,
        values: Accessor::bind(map.values(), value)?,
    })))
}

fn union(array: &dyn Array) -> Result<Accessor> {
    let union: UnionArray = downcast(array)?;
    let children = union
        .fields()
        .iter()
        .map(|(id, field)| Ok((id, Accessor::bind(union.child(id), field)?)))
        .collect::<Result<Vec<_>>>()?;
    Ok(Accessor::Union(Box::new(Unions {
        ids: union.type_ids().clone(),
        offsets: union.offsets().cloned(),
        children,
    })))
}
