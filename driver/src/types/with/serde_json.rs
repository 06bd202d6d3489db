//! JSON of `serde_json`: text in Arrow, with the extension `arrow.json` or without.

use arrow::datatypes::DataType;

use super::super::cell::{Cell, Unreadable};
use super::super::from_arrow::FromArrow;
use super::super::to_param::ToParam;
use super::super::value::Value;

impl FromArrow<'_> for serde_json::Value {
    fn accepts(data_type: &DataType) -> bool {
        <&str>::accepts(data_type)
    }

    /// Reads the text. NULL is no JSON `null`: it needs an `Option`.
    fn read(cell: Cell<'_>) -> Result<Self, Unreadable> {
        serde_json::from_str(<&str>::read(cell)?).map_err(|_| Unreadable::Text)
    }
}

impl ToParam for serde_json::Value {
    fn to_value(&self) -> Value {
        Value::Text(self.to_string())
    }

    fn type_of_null() -> DataType {
        DataType::Utf8
    }
}
