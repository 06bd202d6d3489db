//! Decimals of `rust_decimal`, which have up to 28 digits.

use arrow::datatypes::DataType;

use super::super::cell::{Cell, Unreadable};
use super::super::decimal::Decimal;
use super::super::from_arrow::FromArrow;
use super::super::to_param::ToParam;
use super::super::value::Value;

/// The most digits the crate has after the point.
const MOST_SCALE: i8 = 28;

impl FromArrow<'_> for rust_decimal::Decimal {
    fn accepts(data_type: &DataType) -> bool {
        Decimal::accepts(data_type)
    }

    /// The number with its scale; zeros at its end are left out where they do not fit, and a digit never is.
    fn read(cell: Cell<'_>) -> Result<Self, Unreadable> {
        let number = Decimal::read(cell)?;
        let mut scale = number.scale().clamp(0, MOST_SCALE);
        loop {
            let fitting = number.rescale(scale).ok_or(Unreadable::Range)?;
            let unscaled = fitting.unscaled().to_i128();
            let read = unscaled.and_then(|unscaled| {
                Self::try_from_i128_with_scale(unscaled, u32::from(scale.unsigned_abs())).ok()
            });
            match read {
                Some(number) => return Ok(number),
                None if scale > 0 => scale -= 1,
                None => return Err(Unreadable::Range),
            }
        }
    }
}

impl ToParam for rust_decimal::Decimal {
    fn to_value(&self) -> Value {
        // Never more than 28.
        let scale = i8::try_from(self.scale()).unwrap_or(MOST_SCALE);
        Value::Decimal(Decimal::new(self.mantissa(), scale))
    }

    fn type_of_null() -> DataType {
        Decimal::type_of_null()
    }
}
