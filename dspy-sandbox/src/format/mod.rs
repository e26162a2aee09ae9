//! Values in a format that is written as `{:>8.2f}` or `%8.2f`.

mod template;

use num_bigint::BigInt;
use num_traits::Signed;

use super::machine::Machine;
use super::number::{self, Number};
use super::stop::{Run, Stop, raise, type_error, value_error};
use super::value::Value;

/// The widest field and the most digits.
const MOST: usize = 10_000;

/// The parts of a format.
#[derive(Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

impl Spec {
    fn read(text: &str) -> Result<Self, String> {
        let mut spec = Self::default();
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        let is_align = |c: Option<&char>| matches!(c, Some('<' | '>' | '=' | '^'));
        if is_align(chars.get(1)) {
            (spec.fill, spec.align, at) = (chars.first().copied(), chars.get(1).copied(), 2);
        } else if is_align(chars.first()) {
            (spec.align, at) = (chars.first().copied(), 1);
        }
        if let Some(c @ ('+' | '-' | ' ')) = chars.get(at) {
            (spec.sign, at) = (Some(*c), at + 1);
        }
        if chars.get(at) == Some(&'#') {
            (spec.alternate, at) = (true, at + 1);
        }
        if chars.get(at) == Some(&'0') {
            spec.fill = spec.fill.or(Some('0'));
            (spec.align, at) = (spec.align.or(Some('=')), at + 1);
        }
        let number = |at: &mut usize| -> Result<Option<usize>, String> {
            let from = *at;
            while chars.get(*at).is_some_and(char::is_ascii_digit) {
                *at += 1;
            }
            let digits: String = chars.get(from..*at).unwrap_or_default().iter().collect();
            match digits.parse() {
                Ok(number) if number <= MOST => Ok(Some(number)),
                _ if digits.is_empty() => Ok(None),
                _ => Err(format!("a format may be at most {MOST} wide")),
            }
        };
        spec.width = number(&mut at)?.unwrap_or(0);
        if let Some(c @ (',' | '_')) = chars.get(at) {
            (spec.grouping, at) = (Some(*c), at + 1);
        }
        if chars.get(at) == Some(&'.') {
            at += 1;
            spec.precision = number(&mut at)?;
            if spec.precision.is_none() {
                return Err("a format lacks its precision".into());
            }
        }
        if let Some(c) = chars.get(at) {
            (spec.kind, at) = (Some(*c), at + 1);
        }
        if at < chars.len() { Err(format!("the format '{text}' cannot be read")) } else { Ok(spec) }
    }

    /// A text with its sign in a field.
    fn field(&self, sign: &str, body: &str, default: char) -> String {
        let missing = self.width.saturating_sub(sign.chars().count() + body.chars().count());
        let pad = |count: usize| self.fill.unwrap_or(' ').to_string().repeat(count);
        match self.align.unwrap_or(default) {
            '<' => format!("{sign}{body}{}", pad(missing)),
            '^' => format!("{}{sign}{body}{}", pad(missing / 2), pad(missing - missing / 2)),
            '=' => format!("{sign}{}{body}", pad(missing)),
            _ => format!("{}{sign}{body}", pad(missing)),
        }
    }

    fn sign_of(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        }
    }
}

/// Digits with a mark between each group of them.
fn grouped(digits: &str, mark: Option<char>, size: usize) -> String {
    let Some(mark) = mark else { return digits.to_owned() };
    let length = digits.len();
    let mut out = String::with_capacity(length * 2);
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (length - at).is_multiple_of(size) {
            out.push(mark);
        }
        out.push(c);
    }
    out
}

impl Machine {
    /// A value in a format.
    pub fn format(&mut self, value: &Value, spec: &str) -> Run<String> {
        if spec.is_empty() {
            return self.text(value);
        }
        let read = Spec::read(spec).map_err(value_error)?;
        self.work(read.width / 16 + 4)?;
        match (Number::of(value), read.kind) {
            (_, Some('s') | None) if !matches!(value, Value::Int(_) | Value::Big(_) | Value::Float(_)) => {
                if read.align == Some('=') && read.fill != Some('0') {
                    return Err(value_error("'=' alignment is for numbers"));
                }
                if !matches!(value, Value::Str(_) | Value::Bool(_)) {
                    let name = value.type_name();
                    return Err(type_error(format!("unsupported format string passed to {name}.__format__")));
                }
                let text = self.text(value)?;
                let text: String = text.chars().take(read.precision.unwrap_or(usize::MAX)).collect();
                let zeros = Spec { align: read.align.filter(|align| *align != '='), ..read };
                Ok(zeros.field("", &text, '<'))
            }
            (Some(Number::Float(number)), kind) => float(&read, number, kind),
            (Some(whole), Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) => {
                float(&read, whole.float()?, read.kind)
            }
            (Some(_), kind) => {
                let number = number::big(value).unwrap_or_default();
                integer(&read, &number, kind)
            }
            (None, Some(kind)) => {
                let name = value.type_name();
                Err(value_error(format!("Unknown format code '{kind}' for object of type '{name}'")))
            }
            (None, None) => self.text(value),
        }
    }
}

fn integer(spec: &Spec, number: &BigInt, kind: Option<char>) -> Run<String> {
    if spec.precision.is_some() {
        return Err(value_error("Precision not allowed in integer format specifier"));
    }
    let size = number.abs();
    let (digits, prefix, group) = match kind {
        None | Some('d' | 'n') => (number::decimal(&size)?, "", 3),
        Some('b') => (size.to_str_radix(2), "0b", 4),
        Some('o') => (size.to_str_radix(8), "0o", 4),
        Some('x') => (size.to_str_radix(16), "0x", 4),
        Some('X') => (size.to_str_radix(16).to_uppercase(), "0X", 4),
        Some('c') => {
            let c = u32::try_from(number).ok().and_then(char::from_u32);
            let c = c.ok_or_else(|| raise("OverflowError", "%c arg is no character"))?;
            return Ok(spec.field("", &c.to_string(), '<'));
        }
        Some(other) => return Err(unknown(other, "int")),
    };
    let sign = spec.sign_of(number.is_negative());
    let sign = if spec.alternate { format!("{sign}{prefix}") } else { sign.to_owned() };
    Ok(zero_filled(spec, &sign, &digits, "", group))
}

/// Digits in a field, whose zeros are grouped, too.
fn zero_filled(spec: &Spec, sign: &str, digits: &str, fraction: &str, group: usize) -> String {
    let body = format!("{}{fraction}", grouped(digits, spec.grouping, group));
    if spec.align != Some('=') || spec.fill != Some('0') || spec.grouping.is_none() {
        return spec.field(sign, &body, '>');
    }
    let mut zeros = digits.to_owned();
    loop {
        let body = format!("{}{fraction}", grouped(&zeros, spec.grouping, group));
        if sign.len() + body.len() >= spec.width {
            return format!("{sign}{body}");
        }
        zeros.insert(0, '0');
    }
}

fn unknown(kind: char, name: &str) -> Stop {
    value_error(format!("Unknown format code '{kind}' for object of type '{name}'"))
}

fn float(spec: &Spec, number: f64, kind: Option<char>) -> Run<String> {
    let sign = spec.sign_of(number.is_sign_negative() && !number.is_nan());
    let size = number.abs();
    let precision = spec.precision.unwrap_or(6).min(MOST);
    let body = if !size.is_finite() {
        super::text::float(size)
    } else {
        match kind {
            Some('f' | 'F') => format!("{size:.precision$}"),
            Some('%') => format!("{:.precision$}%", size * 100.0),
            Some('e') => exponential(size, precision),
            Some('E') => exponential(size, precision).to_uppercase(),
            Some('g' | 'n') => general(size, precision, spec.alternate),
            Some('G') => general(size, precision, spec.alternate).to_uppercase(),
            None if spec.precision.is_some() => {
                let text = general(size, precision, false);
                let near = text.contains(['.', 'e']);
                if near { text } else { text + ".0" }
            }
            None => super::text::float(size),
            Some(other) => return Err(unknown(other, "float")),
        }
    };
    let digits = body.find(|c: char| !c.is_ascii_digit()).unwrap_or(body.len());
    let (digits, fraction) = body.split_at(digits);
    Ok(zero_filled(spec, sign, digits, fraction, 3))
}

fn exponential(size: f64, precision: usize) -> String {
    let text = format!("{size:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// So many digits, with an exponent where the number is very large or small.
fn general(size: f64, precision: usize, zeros: bool) -> String {
    let precision = precision.max(1);
    let exponential = exponential(size, precision - 1);
    let (digits, exponent) = exponential.split_once('e').unwrap_or((&exponential, "0"));
    let power: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| {
        if zeros || !text.contains('.') {
            text.to_owned()
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if power < -4 || power >= i32::try_from(precision).unwrap_or(i32::MAX) {
        return format!("{}e{exponent}", trimmed(digits));
    }
    let after = usize::try_from(i32::try_from(precision).unwrap_or(i32::MAX) - 1 - power).unwrap_or_default();
    trimmed(&format!("{size:.after$}"))
}
