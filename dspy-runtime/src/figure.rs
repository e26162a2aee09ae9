//! Numbers as people read them; what is for programs stays exact.

use std::fmt;
use std::time::Duration;

/// A count with separators, `1,234,567`, and from ten millions on with its unit, `14.8 M`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count(u64);

/// A count, for messages and tables.
pub(crate) fn count(number: impl TryInto<u64>) -> Count {
    Count(number.try_into().unwrap_or(u64::MAX))
}

/// A mean of counts, to the next whole one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(crate) fn mean(number: f64) -> Count {
    // Casts from a float saturate.
    Count(number.round() as u64)
}

impl fmt::Display for Count {
    /// Keeps to a width, as numbers do at its right end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text();
        match (f.width(), f.align()) {
            (Some(width), None) => write!(f, "{text:>width$}"),
            _ => f.pad(&text),
        }
    }
}

impl Count {
    fn text(self) -> String {
        const MILLION: u64 = 1_000_000;
        match self.0 {
            0..=9_999_999 => separated(self.0),
            10_000_000..=9_999_949_999 => format!("{} M", tenths(self.0, MILLION)),
            _ => format!("{} B", tenths(self.0, 1_000 * MILLION)),
        }
    }
}

/// The first ten names, and how many more there are.
pub(crate) fn listed(names: &[String]) -> String {
    const MOST: usize = 10;
    let more = match names.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", names[..names.len().min(MOST)].join(", "))
}

fn separated(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn tenths(number: u64, unit: u64) -> String {
    let tenths = (u128::from(number) * 10 + u128::from(unit) / 2) / u128::from(unit);
    let whole = u64::try_from(tenths / 10).unwrap_or(u64::MAX);
    format!("{}.{}", separated(whole), tenths % 10)
}

/// A count with its noun, which differs by a final `s`.
pub(crate) fn counted(number: impl TryInto<u64>, noun: &str) -> String {
    let number = count(number);
    format!("{number} {noun}{}", if number.0 == 1 { "" } else { "s" })
}

/// A time to the unit that matters: `40 s`, `12 min`, `3 h 20 min`.
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64().round();
    let minutes = (seconds / 60.0).round();
    match () {
        () if seconds < 60.0 => format!("{seconds:.0} s"),
        () if minutes < 60.0 => format!("{minutes:.0} min"),
        () => format!("{:.0} h {:.0} min", (minutes / 60.0).floor(), minutes % 60.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_at_a_glance() {
        for (number, text) in [
            (0_u64, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
            (9_999_999, "9,999,999"),
            (10_000_000, "10.0 M"),
            (14_849_999, "14.8 M"),
            (1_234_560_000, "1,234.6 M"),
            (12_345_600_000, "12.3 B"),
            (u64::MAX, "18,446,744,073.7 B"),
        ] {
            assert_eq!(count(number).to_string(), text);
        }
        assert_eq!(
            format!("[{:>7}] [{:7}] [{:<7}]", count(1_234_u64), count(5_u64), count(5_u64)),
            "[  1,234] [      5] [5      ]"
        );
        assert_eq!(
            (counted(1_u64, "row"), counted(2_000_usize, "row")),
            ("1 row".into(), "2,000 rows".into())
        );
    }

    #[test]
    fn times_have_the_unit_that_matters() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_540, "59 min"),
            (3_599, "1 h 0 min"),
            (12_000, "3 h 20 min"),
        ] {
            assert_eq!(time(Duration::from_secs(seconds)), text);
        }
    }
}
