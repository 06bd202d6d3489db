//! From a Rust value to a parameter.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration as StdDuration;

use arrow::datatypes::{DataType, IntervalUnit, TimeUnit};

use super::decimal::Decimal;
use super::natural;
use super::temporal::{Date, Duration, Interval, Time, Timestamp};
use super::uuid::Uuid;
use super::value::Value;

/// A Rust value that can be a parameter.
///
/// It is there for integers, floats, `bool`, text, bytes, the types of this module, `Vec` and maps of them, [`Value`], and `Option` of all. A type of
/// your own turns itself into a [`Value`].
pub trait ToParam {
    /// The value.
    fn to_value(&self) -> Value;

    /// The Arrow type it is sent as when it is NULL and the server does not say a type: `None::<i64>` still is an integer.
    fn null_type(&self) -> DataType {
        DataType::Null
    }

    /// The same, of the type alone.
    #[doc(hidden)]
    fn type_of_null() -> DataType
    where
        Self: Sized,
    {
        DataType::Null
    }

    /// Many of these as one value: a list, or, of `u8`, bytes.
    #[doc(hidden)]
    fn slice_to_value(slice: &[Self]) -> Value
    where
        Self: Sized,
    {
        Value::List(slice.iter().map(Self::to_value).collect())
    }

    /// The Arrow type of many of these.
    #[doc(hidden)]
    fn type_of_null_slice() -> DataType
    where
        Self: Sized,
    {
        list_of(Self::type_of_null())
    }
}

fn list_of(item: DataType) -> DataType {
    if item == DataType::Null {
        item
    } else {
        DataType::new_list(item, true)
    }
}

macro_rules! plain {
    ($($rust:ty => $null:expr $(, { $($extra:item)* })?;)*) => {$(
        impl ToParam for $rust {
            fn to_value(&self) -> Value {
                Value::from(self.clone())
            }

            fn type_of_null() -> DataType {
                $null
            }

            $($($extra)*)?
        }
    )*};
}

plain! {
    bool => DataType::Boolean;
    i8 => DataType::Int8;
    i16 => DataType::Int16;
    i32 => DataType::Int32;
    i64 => DataType::Int64;
    i128 => DataType::Decimal128(38, 0);
    u8 => DataType::UInt8, {
        fn slice_to_value(slice: &[Self]) -> Value {
            Value::Binary(slice.to_vec())
        }

        fn type_of_null_slice() -> DataType {
            DataType::Binary
        }
    };
    u16 => DataType::UInt16;
    u32 => DataType::UInt32;
    u64 => DataType::UInt64;
    f32 => DataType::Float32;
    f64 => DataType::Float64;
    String => DataType::Utf8;
    Decimal => DataType::Decimal128(38, 0);
    Uuid => DataType::FixedSizeBinary(16);
    Date => DataType::Date32;
    Time => DataType::Time64(TimeUnit::Microsecond);
    Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None);
    Duration => DataType::Duration(TimeUnit::Microsecond);
    Interval => DataType::Interval(IntervalUnit::MonthDayNano);
}

impl ToParam for Value {
    fn to_value(&self) -> Value {
        self.clone()
    }
}

impl ToParam for StdDuration {
    fn to_value(&self) -> Value {
        // The longest one there is stands for those beyond 292 thousand million years.
        Value::Duration(Duration::try_from(*self).unwrap_or(Duration::MAX))
    }

    fn type_of_null() -> DataType {
        Duration::type_of_null()
    }
}

impl<T: ToParam, const N: usize> ToParam for [T; N] {
    fn to_value(&self) -> Value {
        T::slice_to_value(self)
    }

    fn type_of_null() -> DataType {
        T::type_of_null_slice()
    }
}

impl<T: ToParam> ToParam for Vec<T> {
    fn to_value(&self) -> Value {
        T::slice_to_value(self)
    }

    fn type_of_null() -> DataType {
        T::type_of_null_slice()
    }
}

impl<T: ToParam> ToParam for &[T] {
    fn to_value(&self) -> Value {
        T::slice_to_value(self)
    }

    fn type_of_null() -> DataType {
        T::type_of_null_slice()
    }
}

impl ToParam for &str {
    fn to_value(&self) -> Value {
        Value::from(*self)
    }

    fn type_of_null() -> DataType {
        DataType::Utf8
    }
}

impl ToParam for Cow<'_, str> {
    fn to_value(&self) -> Value {
        Value::from(&**self)
    }

    fn type_of_null() -> DataType {
        DataType::Utf8
    }
}

/// Text behind a pointer.
macro_rules! texts {
    ($($text:ty),*) => {$(
        impl ToParam for $text {
            fn to_value(&self) -> Value {
                Value::from(&**self)
            }

            fn type_of_null() -> DataType {
                DataType::Utf8
            }
        }
    )*};
}

texts!(Box<str>, Rc<str>, Arc<str>);

impl ToParam for Cow<'_, [u8]> {
    fn to_value(&self) -> Value {
        Value::from(&**self)
    }

    fn type_of_null() -> DataType {
        DataType::Binary
    }
}

/// A size is sent with 64 bits on every machine.
macro_rules! sizes {
    ($($size:ty => $sent:ident),*) => {$(
        impl ToParam for $size {
            fn to_value(&self) -> Value {
                // No machine has sizes of more than 64 bits.
                Value::$sent((*self).try_into().unwrap_or_default())
            }

            fn type_of_null() -> DataType {
                DataType::$sent
            }
        }
    )*};
}

sizes!(usize => UInt64, isize => Int64);

impl<K: ToParam, V: ToParam> ToParam for BTreeMap<K, V> {
    fn to_value(&self) -> Value {
        entries(self)
    }

    fn type_of_null() -> DataType {
        natural::map(K::type_of_null(), V::type_of_null())
    }
}

impl<K: ToParam, V: ToParam, S> ToParam for HashMap<K, V, S> {
    fn to_value(&self) -> Value {
        entries(self)
    }

    fn type_of_null() -> DataType {
        natural::map(K::type_of_null(), V::type_of_null())
    }
}

fn entries<'a, K: ToParam + 'a, V: ToParam + 'a>(map: impl IntoIterator<Item = (&'a K, &'a V)>) -> Value {
    let entries = map.into_iter();
    Value::Map(
        entries
            .map(|(key, value)| (key.to_value(), value.to_value()))
            .collect(),
    )
}

impl<T: ToParam> ToParam for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }

    fn null_type(&self) -> DataType {
        T::type_of_null()
    }

    fn type_of_null() -> DataType {
        T::type_of_null()
    }
}

/// Whatever points to a parameter is one.
macro_rules! pointers {
    ($($pointer:ty),*) => {$(
        impl<T: ToParam> ToParam for $pointer {
            fn to_value(&self) -> Value {
                (**self).to_value()
            }

            fn null_type(&self) -> DataType {
                (**self).null_type()
            }

            fn type_of_null() -> DataType {
                T::type_of_null()
            }
        }
    )*};
}

pointers!(&T, Box<T>, Rc<T>, Arc<T>);

/// As above, where the type behind the pointer is not known.
macro_rules! dynamic {
    ($($pointer:ty),*) => {$(
        impl ToParam for $pointer {
            fn to_value(&self) -> Value {
                (**self).to_value()
            }

            fn null_type(&self) -> DataType {
                (**self).null_type()
            }
        }
    )*};
}

dynamic!(
    &(dyn ToParam + '_),
    &(dyn ToParam + Sync + '_),
    &(dyn ToParam + Send + Sync + '_),
    Box<dyn ToParam + '_>,
    Box<dyn ToParam + Send + '_>,
    Box<dyn ToParam + Send + Sync + '_>
);
