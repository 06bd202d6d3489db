//! Decimals as scaled integers: read from what SQLite keeps (integers, reals, text), printed as text.

/// Reads a decimal number as an integer of the given scale; nothing when a digit would be lost or it is no number.
pub(crate) fn parse(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let text = text.trim();
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all: String = [whole, fraction].concat();
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let shift = i32::from(scale) - i32::try_from(fraction.len()).ok()? + exponent;
    let all = all.trim_start_matches('0');
    let shifted = match u32::try_from(shift) {
        Ok(zeros) if all.is_empty() || zeros == 0 => all.to_owned(),
        Ok(zeros) if zeros <= 80 => format!("{all}{}", "0".repeat(usize::try_from(zeros).ok()?)),
        Ok(_) => return None,
        Err(_) => {
            let cut = usize::try_from(-shift).ok()?;
            let kept = all.len().saturating_sub(cut);
            if all.get(kept..)?.bytes().any(|byte| byte != b'0') {
                return None;
            }
            all.get(..kept)?.to_owned()
        }
    };
    if shifted.len() > usize::from(precision) {
        return None;
    }
    let value: i128 = if shifted.is_empty() {
        0
    } else {
        shifted.parse().ok()?
    };
    Some(if negative { -value } else { value })
}

/// Reads a real number: its shortest decimal form, or what is left of it at fifteen digits (which is what a double keeps).
pub(crate) fn from_real(value: f64, precision: u8, scale: i8) -> Option<i128> {
    if !value.is_finite() {
        return None;
    }
    parse(&format!("{value}"), precision, scale).or_else(|| parse(&format!("{value:.14e}"), precision, scale))
}

/// Prints an integer of the given scale as a decimal number.
pub(crate) fn print(value: &str, scale: i8) -> String {
    let (sign, digits) = match value.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", value),
    };
    match usize::try_from(scale) {
        Ok(0) => value.to_owned(),
        Ok(scale) => {
            let padded = format!("{digits:0>width$}", width = scale + 1);
            let (whole, fraction) = padded.split_at(padded.len() - scale);
            format!("{sign}{whole}.{fraction}")
        }
        Err(_) => format!("{value}{}", "0".repeat(usize::from(scale.unsigned_abs()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        assert_eq!(parse("12.34", 10, 2), Some(1234));
        assert_eq!(parse("-0.5", 10, 2), Some(-50));
        assert_eq!(parse("1e3", 10, 2), Some(100_000));
        assert_eq!(parse("12.340", 10, 2), Some(1234));
        assert_eq!(parse("0", 10, 2), Some(0));
        assert_eq!(parse("12.345", 10, 2), None, "a digit too many");
        assert_eq!(
            parse("123456789.00", 10, 2),
            None,
            "too many digits before the point"
        );
        assert_eq!(parse("abc", 10, 2), None);
        assert_eq!(parse("", 10, 2), None);
        assert_eq!(parse(&"9".repeat(38), 38, 0), Some(10_i128.pow(38) - 1));
    }

    #[test]
    fn a_sum_of_reals_is_still_a_decimal() {
        assert_eq!(from_real(0.1 + 0.2, 10, 2), Some(30));
        assert_eq!(from_real(19.99, 10, 2), Some(1999));
        assert_eq!(from_real(10.0 / 3.0, 10, 2), None);
        assert_eq!(from_real(f64::NAN, 10, 2), None);
    }

    #[test]
    fn decimals_are_printed_in_full() {
        assert_eq!(print("-5", 2), "-0.05");
        assert_eq!(print("1234", 2), "12.34");
        assert_eq!(print("7", 0), "7");
        assert_eq!(print("7", -2), "700");
    }
}
