//! Decimals.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use arrow::datatypes::i256;

use crate::error::{Error, Kind, Result, SqlState};

/// An exact decimal number of up to 76 digits: an integer, divided by ten to the power of a scale.
///
/// Two are equal when they are the same number, whatever their scales: `1.5` is `1.50`. A negative scale multiplies.
#[derive(Clone, Copy)]
pub struct Decimal {
    unscaled: i256,
    scale: i8,
}

impl Decimal {
    /// The number `unscaled / 10^scale`.
    #[must_use]
    pub const fn new(unscaled: i128, scale: i8) -> Self {
        Self {
            unscaled: i256::from_i128(unscaled),
            scale,
        }
    }

    /// The number `unscaled / 10^scale`, of 256 bits.
    #[must_use]
    pub const fn from_i256(unscaled: i256, scale: i8) -> Self {
        Self { unscaled, scale }
    }

    /// The integer that is divided.
    #[must_use]
    pub const fn unscaled(self) -> i256 {
        self.unscaled
    }

    /// How many digits stand after the point.
    #[must_use]
    pub const fn scale(self) -> i8 {
        self.scale
    }

    /// How many digits the integer has, at least one.
    #[must_use]
    pub fn digits(self) -> usize {
        let text = self.unscaled.to_string();
        text.strip_prefix('-').unwrap_or(&text).len()
    }

    /// The same number with another scale; none where digits would be lost or 256 bits do not hold it.
    #[must_use]
    pub fn rescale(self, scale: i8) -> Option<Self> {
        let distance = i32::from(scale) - i32::from(self.scale);
        if distance == 0 || self.unscaled == i256::ZERO {
            return Some(Self {
                unscaled: self.unscaled,
                scale,
            });
        }
        let power = i256::from(10_i8).checked_pow(distance.unsigned_abs())?;
        let unscaled = if distance > 0 {
            self.unscaled.checked_mul(power)?
        } else {
            let (quotient, remainder) = self.unscaled.checked_div_rem(power)?;
            if remainder != i256::ZERO {
                return None;
            }
            quotient
        };
        Some(Self { unscaled, scale })
    }

    /// The number as an integer; none where it has a fraction or 128 bits do not hold it.
    #[must_use]
    pub fn to_i128(self) -> Option<i128> {
        self.rescale(0)?.unscaled.to_i128()
    }

    /// The nearest number of 64 bits with a binary fraction.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        // The standard library rounds decimal text correctly, which a division of two rounded numbers does not.
        format!("{}e{}", self.unscaled, -i32::from(self.scale))
            .parse()
            .unwrap_or(f64::NAN)
    }

    /// The integer without trailing zeros and the scale that goes with it.
    fn normal(self) -> (i256, i16) {
        let ten = i256::from(10_i8);
        let (mut unscaled, mut scale) = (self.unscaled, i16::from(self.scale));
        if unscaled == i256::ZERO {
            return (unscaled, 0);
        }
        while let Some((quotient, remainder)) = unscaled.checked_div_rem(ten) {
            if remainder != i256::ZERO {
                break;
            }
            (unscaled, scale) = (quotient, scale - 1);
        }
        (unscaled, scale)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        if self.scale == other.scale {
            self.unscaled == other.unscaled
        } else {
            self.normal() == other.normal()
        }
    }
}

impl Eq for Decimal {}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (unscaled, scale) = self.normal();
        unscaled.to_le_bytes().hash(state);
        scale.hash(state);
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Decimal {
            fn from(number: $integer) -> Self {
                Self::new(i128::from(number), 0)
            }
        }
    )*};
}

from_integers!(i8, i16, i32, i64, i128, u8, u16, u32, u64);

impl fmt::Display for Decimal {
    /// All digits, with a point and as many after it as the scale says: `-0.05`, `1200`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.unscaled.to_string();
        let (sign, digits) = text
            .strip_prefix('-')
            .map_or(("", text.as_str()), |digits| ("-", digits));
        let scale = usize::from(self.scale.unsigned_abs());
        if self.scale <= 0 {
            let zeros = if self.unscaled == i256::ZERO { 0 } else { scale };
            return write!(f, "{sign}{digits}{:0<zeros$}", "");
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded
            .split_at_checked(padded.len() - scale)
            .unwrap_or(("0", &padded));
        write!(f, "{sign}{whole}.{fraction}")
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Decimal {
    type Err = Error;

    /// Reads digits with a sign, a point and an exponent, each where there is one: `-12.50`, `1e6`.
    fn from_str(text: &str) -> Result<Self> {
        parse(text.trim()).ok_or_else(|| {
            Error::new(Kind::Conversion, "the text is not a decimal of at most 76 digits")
                .state(SqlState::INVALID_TEXT)
        })
    }
}

fn parse(text: &str) -> Option<Decimal> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, unsigned) = match mantissa.split_at_checked(1)? {
        ("-", rest) => ("-", rest),
        ("+", rest) => ("", rest),
        _ => ("", mantissa),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    if significant.len() > 76 {
        return None;
    }
    let significant = if significant.is_empty() { "0" } else { significant };
    let unscaled = i256::from_string(&format!("{sign}{significant}"))?;
    let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    Some(Decimal {
        unscaled,
        scale: i8::try_from(scale).ok()?,
    })
}
