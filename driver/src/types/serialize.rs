//! Parameters from what serde writes.

use std::fmt::{self, Display};

use serde::ser::{self, Serialize, Serializer};

use super::as_text;
use super::decimal::Decimal;
use super::params::Params;
use super::value::Value;
use crate::error::{Error, Kind, Operation, Result, SqlState};

impl Params {
    /// One row of parameters from a value serde can write: a struct or a map by name, a tuple or a list by position.
    ///
    /// ```
    /// # use jetbridge::types::Params;
    /// #[derive(serde::Serialize)]
    /// struct Customer<'a> {
    ///     id: i64,
    ///     name: &'a str,
    /// }
    ///
    /// # fn main() -> jetbridge::Result<()> {
    /// let one = Params::from_serde(&Customer { id: 1, name: "Ada" })?;
    /// assert_eq!(one.names(), Some(vec!["id", "name"]));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Dates, decimals and UUIDs of this crate are sent as what they are. Those of others are text for serde; a server that names the types
    /// of its parameters gets them as what they are. For several rows:
    /// `Params::rows(rows.iter().map(Params::from_serde).collect::<Result<Vec<_>>>()?)`.
    ///
    /// # Errors
    ///
    /// [`Kind::Conversion`] where the value is none of these, or serde cannot write it.
    pub fn from_serde<T: Serialize + ?Sized>(row: &T) -> Result<Self> {
        match row.serialize(ToValue).map_err(Refused::explain)? {
            Value::Null => Ok(Self::none()),
            Value::Struct(fields) => Ok(Self::named(fields)),
            Value::List(values) => Ok(Self::from(values)),
            Value::Map(entries) => {
                let fields = entries.into_iter().map(|(name, value)| match name {
                    Value::Text(name) => Ok((name, value)),
                    other => Err(refused(format!(
                        "a parameter has a name that is a {}",
                        other.kind()
                    ))),
                });
                Ok(Self::named(fields.collect::<Result<Vec<_>>>()?))
            }
            other => Err(refused(format!(
                "a row of parameters cannot be a {}",
                other.kind()
            ))),
        }
    }
}

fn refused(message: String) -> Error {
    Error::new(Kind::Conversion, message)
        .state(SqlState::TYPE_MISMATCH)
        .during(Operation::Bind)
}

/// Why serde could not write a value.
#[derive(Debug)]
struct Refused(String);

impl Refused {
    fn explain(self) -> Error {
        refused(self.0)
    }
}

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Written = Result<Value, Refused>;

/// Writes a value of serde as ours.
struct ToValue;

macro_rules! plain {
    ($($method:ident $type:ty;)*) => {$(
        fn $method(self, value: $type) -> Written {
            Ok(Value::from(value))
        }
    )*};
}

impl Serializer for ToValue {
    type Ok = Value;
    type Error = Refused;
    type SerializeSeq = Elements;
    type SerializeTuple = Elements;
    type SerializeTupleStruct = Elements;
    type SerializeTupleVariant = Elements;
    type SerializeMap = Entries;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Fields;

    plain! {
        serialize_bool bool;
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_i64 i64;
        serialize_i128 i128;
        serialize_u8 u8;
        serialize_u16 u16;
        serialize_u32 u32;
        serialize_u64 u64;
        serialize_f32 f32;
        serialize_f64 f64;
        serialize_str &str;
        serialize_bytes &[u8];
    }

    fn serialize_u128(self, value: u128) -> Written {
        let number = arrow::datatypes::i256::from_parts(value, 0);
        Ok(Value::Decimal(Decimal::from_i256(number, 0)))
    }

    fn serialize_char(self, value: char) -> Written {
        Ok(Value::Text(value.to_string()))
    }

    fn serialize_none(self) -> Written {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        Ok(Value::from(variant))
    }

    /// Our own dates, times, decimals and UUIDs are told by their names, and stay what they are.
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Written {
        let written = value.serialize(self)?;
        let named = match &written {
            Value::Text(text) => as_text::named(name, text),
            _ => None,
        };
        Ok(named.unwrap_or(written))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        Ok(of_variant(Some(variant), value.serialize(self)?))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Elements, Refused> {
        // A hint only, which may be wrong.
        Ok(Elements::new(None, length.unwrap_or(0).min(1_024)))
    }

    fn serialize_tuple(self, length: usize) -> Result<Elements, Refused> {
        Ok(Elements::new(None, length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Elements, Refused> {
        Ok(Elements::new(None, length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Elements, Refused> {
        Ok(Elements::new(Some(variant), length))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries, Refused> {
        Ok(Entries::default())
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Fields, Refused> {
        Ok(Fields::new(None, length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Fields, Refused> {
        Ok(Fields::new(Some(variant), length))
    }
}

/// A variant with content is a struct with one field, as it is read.
fn of_variant(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        Some(variant) => Value::Struct(vec![(variant.to_owned(), value)]),
        None => value,
    }
}

struct Elements {
    variant: Option<&'static str>,
    values: Vec<Value>,
}

impl Elements {
    fn new(variant: Option<&'static str>, length: usize) -> Self {
        Self {
            variant,
            values: Vec::with_capacity(length),
        }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.values.push(value.serialize(ToValue)?);
        Ok(())
    }

    fn finish(self) -> Value {
        of_variant(self.variant, Value::List(self.values))
    }
}

macro_rules! elements {
    ($($trait:ident $method:ident;)*) => {$(
        impl ser::$trait for Elements {
            type Ok = Value;
            type Error = Refused;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
                self.push(value)
            }

            fn end(self) -> Written {
                Ok(self.finish())
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

struct Fields {
    variant: Option<&'static str>,
    fields: Vec<(String, Value)>,
}

impl Fields {
    fn new(variant: Option<&'static str>, length: usize) -> Self {
        Self {
            variant,
            fields: Vec::with_capacity(length),
        }
    }
}

macro_rules! fields {
    ($($trait:ident)*) => {$(
        impl ser::$trait for Fields {
            type Ok = Value;
            type Error = Refused;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Refused> {
                self.fields.push((name.to_owned(), value.serialize(ToValue)?));
                Ok(())
            }

            fn end(self) -> Written {
                Ok(of_variant(self.variant, Value::Struct(self.fields)))
            }
        }
    )*};
}

fields!(SerializeStruct SerializeStructVariant);

#[derive(Default)]
struct Entries {
    key: Option<Value>,
    entries: Vec<(Value, Value)>,
}

impl ser::SerializeMap for Entries {
    type Ok = Value;
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.key = Some(key.serialize(ToValue)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        let key = self.key.take().unwrap_or_default();
        self.entries.push((key, value.serialize(ToValue)?));
        Ok(())
    }

    fn end(self) -> Written {
        Ok(Value::Map(self.entries))
    }
}
