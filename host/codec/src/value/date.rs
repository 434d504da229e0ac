//! Dates as JavaScript writes them.

/// The milliseconds that a JavaScript Date can be away from the epoch.
const MOST_MS: f64 = 8.64e15;
const DAY_MS: i64 = 86_400_000;

/// The ISO 8601 text of a date in seconds since the epoch, as `Date.prototype.toJSON` writes it; none for a date that
/// JavaScript calls invalid.
pub(crate) fn iso(seconds: f64) -> Option<String> {
    let ms = (seconds * 1000.0).trunc();
    if ms.is_nan() || ms.abs() > MOST_MS {
        return None;
    }
    let ms = ms as i64;
    let (year, month, day) = civil(ms.div_euclid(DAY_MS));
    let in_day = ms.rem_euclid(DAY_MS);
    let (hour, minute) = (in_day / 3_600_000, in_day / 60_000 % 60);
    let (second, milli) = (in_day / 1000 % 60, in_day % 1000);
    let year = match year {
        0..=9999 => format!("{year:04}"),
        _ if year < 0 => format!("-{:06}", -year),
        _ => format!("+{year:06}"),
    };
    Some(format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"))
}

/// Year, month and day of a day since the epoch, in the proleptic Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    // Count from 0000-03-01, so that the leap day ends a year, in eras of 400 years.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The expected texts are what `new Date(seconds * 1000).toISOString()` gives in Node.js.
    fn check(seconds: f64, text: Option<&str>) {
        assert_eq!(iso(seconds).as_deref(), text, "{seconds}");
    }

    #[test]
    fn dates_are_written_as_javascript_does() {
        check(0.0, Some("1970-01-01T00:00:00.000Z"));
        check(1_700_000_000.0, Some("2023-11-14T22:13:20.000Z"));
        check(1_500_000_000.005, Some("2017-07-14T02:40:00.005Z"));
        check(-5.0, Some("1969-12-31T23:59:55.000Z"));
        check(951_782_400.0, Some("2000-02-29T00:00:00.000Z"));
        check(-62_167_219_200.001, Some("-000001-12-31T23:59:59.999Z"));
        check(253_402_300_800.0, Some("+010000-01-01T00:00:00.000Z"));
        check(8.64e12, Some("+275760-09-13T00:00:00.000Z"));
        check(8.65e12, None);
        check(f64::NAN, None);
    }
}
