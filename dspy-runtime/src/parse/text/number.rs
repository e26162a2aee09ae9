//! Numbers as people write them.
//!
//! A number is taken where its digits can be read in one way: `1,234` is an integer, but no other
//! number, since it may also be 1.234; `3,14` can be nothing but 3.14, `1.234,56` nothing but
//! 1234.56. Digits are kept as text, so that nothing is rounded before the type is known.

use serde_json::Number;

/// A decimal number, digit for digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::parse) struct Decimal {
    negative: bool,
    whole: String,
    fraction: String,
    exponent: i32,
    exponential: bool,
}

/// A number that was written as words write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::parse) struct Spelled {
    pub(super) decimal: Decimal,
    /// Tells whether it was not written as JSON writes it.
    pub(super) mended: bool,
    pub(super) percent: bool,
}

impl Decimal {
    /// The integer that this is, if it is one.
    pub(in crate::parse) fn integer(&self) -> Option<i128> {
        let fraction = self.fraction.trim_end_matches('0');
        let digits = format!("{}{fraction}", self.whole);
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Some(0);
        }
        let zeros = i64::from(self.exponent) - i64::try_from(fraction.len()).ok()?;
        let digits = if zeros >= 0 {
            let zeros = usize::try_from(zeros).ok().filter(|zeros| *zeros <= 40)?;
            format!("{digits}{}", "0".repeat(zeros))
        } else {
            let cut = usize::try_from(-zeros).ok()?;
            let (kept, dropped) = digits.split_at_checked(digits.len().checked_sub(cut)?)?;
            if dropped.bytes().any(|byte| byte != b'0') {
                return None;
            }
            kept.to_owned()
        };
        let magnitude: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        Some(if self.negative { -magnitude } else { magnitude })
    }

    /// The nearest float; nothing where it is beyond all of them, or so small that none is left.
    pub(in crate::parse) fn float(&self) -> Option<f64> {
        let sign = if self.negative { "-" } else { "" };
        let text = format!("{sign}{}.{}e{}", self.whole, self.fraction, self.exponent);
        let float: f64 = text.parse().ok()?;
        let zero = self.whole.bytes().chain(self.fraction.bytes()).all(|byte| byte == b'0');
        (float.is_finite() && (float != 0.0 || zero)).then_some(float)
    }

    /// A hundredth of it.
    pub(super) fn hundredth(&self) -> Self {
        Self { exponent: self.exponent.saturating_sub(2), exponential: true, ..self.clone() }
    }

    /// Returns whether it was written as digits alone, as an integer is. `-0` is none.
    pub(in crate::parse) fn is_digits(&self) -> bool {
        let zero = self.whole.bytes().all(|byte| byte == b'0');
        self.fraction.is_empty() && !self.exponential && !(self.negative && zero)
    }
}

/// A number of digits with at most one dot and an exponent.
pub(in crate::parse) fn plain(text: &str) -> Option<Decimal> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (rest, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let power = match exponent {
        Some(text) => {
            let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
            if unsigned.is_empty() || !digits(unsigned) {
                return None;
            }
            text.parse().ok()?
        }
        None => 0,
    };
    Some(Decimal {
        negative,
        whole: whole.to_owned(),
        fraction: fraction.to_owned(),
        exponent: power,
        exponential: exponent.is_some(),
    })
}

/// Returns whether a JSON number is the number of this text.
pub(in crate::parse) fn same(number: &Number, raw: &str) -> bool {
    let Some(decimal) = plain(raw) else { return false };
    match number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)) {
        Some(integer) => decimal.integer() == Some(integer),
        None => decimal.float().is_some() && decimal.float() == number.as_f64(),
    }
}

const SYMBOLS: [&str; 8] = ["US$", "$", "€", "£", "¥", "₹", "₩", "#"];
const CODES: [&str; 9] = ["USD", "EUR", "GBP", "JPY", "CHF", "CNY", "INR", "CAD", "AUD"];
const UNITS: [&str; 14] =
    ["km", "cm", "mm", "kg", "mg", "ms", "px", "ml", "°C", "°F", "°", "kWh", "GB", "MB"];

/// Reads a number with a currency, a unit, a percent sign or separators.
pub(in crate::parse) fn spelled(text: &str, integer: bool) -> Result<Spelled, &'static str> {
    const NONE: &str = "it is no number; tried digits, separators, currencies and units";
    if let Some(decimal) = plain(text) {
        let usual = crate::parse::reader::is_number(text);
        return Ok(Spelled { decimal, mended: !usual, percent: false });
    }
    let (mut negative, mut rest) = unsigned(text);
    let symbol = SYMBOLS.iter().chain(&CODES).find(|symbol| rest.starts_with(**symbol));
    if let Some(symbol) = symbol {
        rest = rest.get(symbol.len()..).unwrap_or_default().trim_start();
        if !negative {
            (negative, rest) = unsigned(rest);
        }
    }
    let suffix = SYMBOLS.iter().chain(&CODES).chain(&UNITS).find(|suffix| rest.ends_with(**suffix));
    let mut percent = false;
    if let Some(body) = rest.strip_suffix(['%', '％']).or_else(|| rest.strip_suffix(" percent")) {
        percent = true;
        rest = body.trim_end();
    } else if let Some(suffix) = suffix {
        rest = rest.get(..rest.len() - suffix.len()).unwrap_or_default().trim_end();
    }
    // In currencies of English-speaking countries a comma parts thousands.
    let english = symbol.is_some_and(|symbol| matches!(*symbol, "US$" | "$" | "£" | "USD" | "GBP"));
    let canonical = canonical(rest, integer || english)?;
    let decimal = plain(&canonical).ok_or(NONE)?;
    Ok(Spelled { decimal: Decimal { negative, ..decimal }, mended: true, percent })
}

fn unsigned(text: &str) -> (bool, &str) {
    match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Digits with a dot, from digits with separators. Only where there is one way to read them.
fn canonical(text: &str, comma_parts_thousands: bool) -> Result<String, &'static str> {
    const NONE: &str = "it is no number; tried digits, separators, currencies and units";
    const UNCLEAR: &str = "its comma may part thousands or a fraction";
    let text = text.replace(['\'', '’'], "_");
    if !text.bytes().any(|byte| byte.is_ascii_digit()) || text.starts_with('-') {
        return Err(NONE);
    }
    let commas = text.matches(',').count();
    let dots = text.matches('.').count();
    let (thousands, point) = match (commas, dots, text.contains('_')) {
        (0, 0..=1, false) => return Ok(text),
        (0, 0..=1, true) => ('_', '.'),
        (_, 0, false) if commas > 1 => (',', '.'),
        (1, 0, false) => {
            let (whole, rest) = text.split_once(',').unwrap_or_default();
            let groups = rest.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
            if groups && !comma_parts_thousands {
                return Err(UNCLEAR);
            }
            if groups { (',', '.') } else { ('.', ',') }
        }
        (1.., 1, false) if text.rfind(',') < text.find('.') => (',', '.'),
        (1, 1.., false) if text.rfind('.') < text.find(',') => ('.', ','),
        _ => return Err(NONE),
    };
    let (whole, fraction) = match text.split_once(point) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text.as_str(), None),
    };
    let mut groups = whole.split(thousands);
    let first = groups.next().unwrap_or_default();
    let parted = whole.contains(thousands);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = digits(first)
        && (!parted || (first.len() <= 3 && !first.starts_with('0')))
        && groups.all(|group| group.len() == 3 && digits(group))
        && fraction.is_none_or(digits);
    if !fits {
        return Err(NONE);
    }
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    Ok(fraction.map_or(whole.clone(), |fraction| format!("{whole}.{fraction}")))
}

/// A ratio of two integers, as `1/4`.
pub(super) fn ratio(text: &str) -> Option<f64> {
    let (above, below) = text.split_once('/')?;
    let integer = |text: &str| plain(text.trim()).filter(Decimal::is_digits)?.integer();
    let (above, below) = (integer(above)?, integer(below)?);
    let exact = |integer: i128| integer.unsigned_abs() < (1 << 53);
    #[allow(clippy::cast_precision_loss)]
    (below > 0 && exact(above) && exact(below)).then(|| above as f64 / below as f64)
}
