//! Arithmetic.

use num_bigint::{BigInt, Sign};
use num_traits::{Signed, ToPrimitive, Zero};

use super::ast::Binary;
use super::stop::{Run, raise, type_error, value_error};
use super::value::Value;

/// The most bits that a whole number may have: an operation on two of them takes well under a second.
const MOST_BITS: u64 = 1 << 18;

/// The most digits that whole numbers are read from and written with.
const MOST_DIGITS: usize = 4300;

/// A number, if a value is one.
pub enum Number {
    Int(i64),
    Big(BigInt),
    Float(f64),
}

impl Number {
    pub fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Bool(truth) => Self::Int((*truth).into()),
            Value::Int(number) => Self::Int(*number),
            Value::Big(big) => Self::Big(big.number.clone()),
            Value::Float(number) => Self::Float(*number),
            _ => return None,
        })
    }

    pub fn float(&self) -> Run<f64> {
        let float = match self {
            Self::Int(number) => *number as f64,
            Self::Big(number) => number.to_f64().unwrap_or(f64::INFINITY),
            Self::Float(number) => return Ok(*number),
        };
        if float.is_finite() { Ok(float) } else { Err(overflow("int too large to convert to float")) }
    }

    /// The whole number, if it is one.
    fn whole(self) -> Option<BigInt> {
        match self {
            Self::Int(number) => Some(number.into()),
            Self::Big(number) => Some(number),
            Self::Float(_) => None,
        }
    }
}

/// A whole number, or that a value is none.
pub fn big(value: &Value) -> Option<BigInt> {
    Number::of(value)?.whole()
}

/// A whole number that a program has no use for beyond 64 bits.
pub fn int(value: &Value, what: &str) -> Run<i64> {
    match value {
        Value::Int(number) => Ok(*number),
        Value::Bool(truth) => Ok((*truth).into()),
        Value::Big(_) => Err(overflow(format!("{what} is too large"))),
        other => Err(type_error(format!("{what} must be a whole number, not {}", other.type_name()))),
    }
}

fn overflow(message: impl AsRef<str>) -> super::stop::Stop {
    raise("OverflowError", message)
}

fn zero_division(message: &str) -> super::stop::Stop {
    raise("ZeroDivisionError", message)
}

/// An operation on two numbers; nothing if one is none, or if the operation is not one of numbers.
pub fn binary(operation: Binary, left: &Value, right: &Value) -> Run<Option<Value>> {
    let (Some(a), Some(b)) = (Number::of(left), Number::of(right)) else { return Ok(None) };
    if let (Value::Bool(a), Value::Bool(b)) = (left, right) {
        match operation {
            Binary::And => return Ok(Some(Value::Bool(a & b))),
            Binary::Or => return Ok(Some(Value::Bool(a | b))),
            Binary::Xor => return Ok(Some(Value::Bool(a ^ b))),
            _ => {}
        }
    }
    let is_float = matches!(a, Number::Float(_)) || matches!(b, Number::Float(_));
    if is_float {
        return floats(operation, a.float()?, b.float()?);
    }
    if let (Number::Int(a), Number::Int(b)) = (&a, &b)
        && let Some(value) = small(operation, *a, *b)?
    {
        return Ok(Some(value));
    }
    let (Some(a), Some(b)) = (a.whole(), b.whole()) else { return Ok(None) };
    large(operation, &a, &b).map(Some)
}

/// Whole numbers that fit, and whose result does.
fn small(operation: Binary, a: i64, b: i64) -> Run<Option<Value>> {
    let number = match operation {
        Binary::Add => a.checked_add(b),
        Binary::Sub => a.checked_sub(b),
        Binary::Mul => a.checked_mul(b),
        Binary::Div if b == 0 => return Err(zero_division("division by zero")),
        Binary::Div => {
            let exact = (-(1 << 53)..=1 << 53).contains(&a) && (-(1 << 53)..=1 << 53).contains(&b);
            return Ok(exact.then(|| Value::Float(a as f64 / b as f64)));
        }
        Binary::FloorDiv | Binary::Mod if b == 0 => {
            return Err(zero_division("integer division or modulo by zero"));
        }
        Binary::FloorDiv => {
            a.checked_div(b).map(|quotient| quotient - i64::from(a % b != 0 && (a < 0) != (b < 0)))
        }
        Binary::Mod => {
            a.checked_rem(b).map(|rest| if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
        }
        Binary::Pow if b < 0 => {
            if a == 0 {
                return Err(zero_division("0 cannot be raised to a negative power"));
            }
            return Ok(Some(Value::Float((a as f64).powf(b as f64))));
        }
        Binary::Pow => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        Binary::Left | Binary::Right if b < 0 => return Err(value_error("negative shift count")),
        Binary::Left => (b < 62 && a.unsigned_abs().leading_zeros() as i64 > b + 1).then(|| a << b),
        Binary::Right => Some(a >> b.min(63)),
        Binary::And => Some(a & b),
        Binary::Or => Some(a | b),
        Binary::Xor => Some(a ^ b),
    };
    Ok(number.map(Value::Int))
}

fn large(operation: Binary, a: &BigInt, b: &BigInt) -> Run {
    let fits = |bits: u64| {
        if bits > MOST_BITS {
            Err(overflow(format!("whole numbers may have at most {MOST_BITS} bits")))
        } else {
            Ok(())
        }
    };
    let number = match operation {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => {
            fits(a.bits() + b.bits())?;
            a * b
        }
        Binary::Div => {
            if b.is_zero() {
                return Err(zero_division("division by zero"));
            }
            return Ok(Value::Float(ratio(a, b)?));
        }
        Binary::FloorDiv | Binary::Mod if b.is_zero() => {
            return Err(zero_division("integer division or modulo by zero"));
        }
        Binary::FloorDiv => num_integer::Integer::div_floor(a, b),
        Binary::Mod => num_integer::Integer::mod_floor(a, b),
        Binary::Pow if b.is_negative() => {
            return Ok(Value::Float(Number::Big(a.clone()).float()?.powf(Number::Big(b.clone()).float()?)));
        }
        Binary::Pow => {
            let small = a.bits() <= 1;
            let exponent = b.to_u32().or(small.then(|| u32::from(b.bit(0)) + 2));
            let Some(exponent) = exponent else { return Err(overflow("the exponent is too large")) };
            if !small {
                fits((a.bits() - 1).saturating_mul(exponent.into()))?;
            }
            a.pow(exponent)
        }
        Binary::Left => {
            let Some(by) = b.to_u64() else { return Err(overflow("the shift is too large")) };
            fits(a.bits().saturating_add(by))?;
            a << by
        }
        Binary::Right => match b.to_u64() {
            Some(by) => a >> by,
            None if b.sign() == Sign::Minus => return Err(value_error("negative shift count")),
            None => BigInt::from(if a.is_negative() { -1 } else { 0 }),
        },
        Binary::And => a & b,
        Binary::Or => a | b,
        Binary::Xor => a ^ b,
    };
    fits(number.bits())?;
    Value::int(number)
}

/// A quotient of whole numbers that are no floats themselves, as exact as one can be.
fn ratio(a: &BigInt, b: &BigInt) -> Run<f64> {
    // 64 bits and one that says whether there is more, which is rounded once.
    let shift = 66 + b.bits() as i64 - a.bits() as i64;
    let (top, bottom) = if shift > 0 { (a << shift, b.clone()) } else { (a.clone(), b << -shift) };
    let (quotient, rest) = num_integer::Integer::div_rem(&top, &bottom);
    let sticky = if rest.is_zero() { quotient } else { (quotient << 1) | BigInt::from(1) };
    let shift = if rest.is_zero() { shift } else { shift + 1 };
    // In two steps, as the power alone may be too small for a float.
    let power = |by: i64| 2f64.powi(i32::try_from(by).unwrap_or(if by > 0 { i32::MAX } else { i32::MIN }));
    let half = -shift / 2;
    let float = sticky.to_f64().unwrap_or(f64::INFINITY) * power(half) * power(-shift - half);
    if float.is_finite() { Ok(float) } else { Err(overflow("integer division result too large for a float")) }
}

fn floats(operation: Binary, a: f64, b: f64) -> Run<Option<Value>> {
    let number = match operation {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div if b == 0.0 => return Err(zero_division("float division by zero")),
        Binary::Div => a / b,
        Binary::FloorDiv | Binary::Mod if b == 0.0 => {
            return Err(zero_division("float floor division by zero"));
        }
        Binary::FloorDiv => ((a - modulo(a, b)) / b).round(),
        Binary::Mod => modulo(a, b),
        Binary::Pow if a == 0.0 && b < 0.0 => {
            return Err(zero_division("0.0 cannot be raised to a negative power"));
        }
        Binary::Pow if a < 0.0 && b.fract() != 0.0 => {
            return Err(value_error("a negative number has no such power that is not complex"));
        }
        Binary::Pow => {
            let power = a.powf(b);
            if power.is_infinite() && a.is_finite() && b.is_finite() {
                return Err(overflow("the result is too large for a float"));
            }
            power
        }
        _ => return Ok(None),
    };
    Ok(Some(Value::Float(number)))
}

/// The rest that has the sign of the divisor.
fn modulo(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest }
}

/// A power of whole numbers, of which only the rest by a third is kept.
pub fn pow_mod(base: &BigInt, exponent: &BigInt, modulus: &BigInt) -> Run {
    if modulus.is_zero() {
        return Err(value_error("pow() 3rd argument cannot be 0"));
    }
    if exponent.is_negative() {
        return Err(value_error("pow() with a modulus takes no negative exponent here"));
    }
    let words = modulus.bits().max(base.bits()) / 64 + 1;
    if exponent.bits().saturating_mul(words * words) > 50_000_000 {
        return Err(overflow("the numbers of this power are too large"));
    }
    let base = num_integer::Integer::mod_floor(base, modulus);
    Value::int(num_integer::Integer::mod_floor(&base.modpow(exponent, modulus), modulus))
}

/// A whole number as decimal digits.
pub fn decimal(number: &BigInt) -> Run<String> {
    // 3.32 bits a digit.
    if number.bits() > MOST_DIGITS as u64 * 10 / 3 {
        return Err(value_error(format!("a whole number of more than {MOST_DIGITS} digits has no text")));
    }
    Ok(number.to_string())
}

/// A whole number out of a text.
pub fn parse(text: &str, radix: u32) -> Run {
    let invalid = || {
        let shown: String = text.chars().take(60).collect();
        value_error(format!("invalid literal for int() with base {radix}: {}", super::text::quoted(&shown)))
    };
    if text.trim().len() > MOST_DIGITS {
        return Err(value_error(format!("a whole number has at most {MOST_DIGITS} digits")));
    }
    let mut digits = text.trim().to_ascii_lowercase();
    let negative = digits.starts_with('-');
    if negative || digits.starts_with('+') {
        digits.remove(0);
    }
    let prefix = match radix {
        16 => "0x",
        8 => "0o",
        2 => "0b",
        _ => "",
    };
    let digits = digits.strip_prefix(prefix).unwrap_or(&digits);
    let wrong =
        digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") || digits.is_empty();
    let digits = digits.replace('_', "");
    if wrong || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(invalid());
    }
    let number = BigInt::parse_bytes(digits.as_bytes(), radix).ok_or_else(invalid)?;
    Value::int(if negative { -number } else { number })
}

/// The whole part of a float.
pub fn truncated(number: f64) -> Run {
    if !number.is_finite() {
        return Err(if number.is_nan() {
            value_error("cannot convert float NaN to integer")
        } else {
            overflow("cannot convert float infinity to integer")
        });
    }
    let whole: Option<BigInt> = num_traits::FromPrimitive::from_f64(number.trunc());
    Value::int(whole.unwrap_or_default())
}
