//! UUIDs of `uuid`.

use arrow::datatypes::DataType;

use super::super::cell::{Cell, Unreadable};
use super::super::from_arrow::FromArrow;
use super::super::to_param::ToParam;
use super::super::uuid::Uuid;
use super::super::value::Value;

impl FromArrow<'_> for uuid::Uuid {
    fn accepts(data_type: &DataType) -> bool {
        Uuid::accepts(data_type)
    }

    fn read(cell: Cell<'_>) -> Result<Self, Unreadable> {
        Uuid::read(cell).map(|uuid| Self::from_bytes(uuid.0))
    }
}

impl ToParam for uuid::Uuid {
    fn to_value(&self) -> Value {
        Value::Uuid(Uuid(*self.as_bytes()))
    }

    fn type_of_null() -> DataType {
        Uuid::type_of_null()
    }
}
