//! The proleptic Gregorian calendar: days since 1970-01-01 to year, month, day and back.

const DAYS_PER_ERA: i64 = 146_097;
/// Days from 0000-03-01, where the counting is easiest, to 1970-01-01.
const EPOCH: i64 = 719_468;

/// Year, month and day of a day counted from 1970-01-01.
///
/// Years are counted from the first of March, so that the leap day is the last of its year, and in eras of 400 years, which all have the
/// same length.
pub(super) fn civil(days: i64) -> (i64, u8, u8) {
    let days = days.saturating_add(EPOCH);
    let era = days.div_euclid(DAYS_PER_ERA);
    let day_of_era = days.rem_euclid(DAYS_PER_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / (DAYS_PER_ERA - 1)) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, small(month), small(day))
}

/// The day counted from 1970-01-01 of a year, month and day; none where the calendar has no such day.
pub(super) fn days(year: i64, month: u8, day: u8) -> Option<i64> {
    if day == 0 || day > length_of(year, month)? {
        return None;
    }
    let month = i64::from(month);
    let year = year.checked_sub(i64::from(month <= 2))?;
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era.checked_mul(DAYS_PER_ERA)?
        .checked_add(day_of_era)?
        .checked_sub(EPOCH)
}

fn length_of(year: i64, month: u8) -> Option<u8> {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    Some(match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    })
}

/// A month or day of a month, which `civil` keeps below 32.
fn small(number: i64) -> u8 {
    u8::try_from(number).unwrap_or_default()
}
