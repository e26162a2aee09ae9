//! The module `math`.

use num_bigint::BigInt;

use super::args::Args;
use super::{member, named};
use crate::ast::Binary;
use crate::machine::Machine;
use crate::number::{self, Number};
use crate::stop::{Run, raise, type_error, value_error};
use crate::value::Value;

/// The body of a function.
#[derive(Clone, Copy)]
pub enum Function {
    /// It gives a number for one, or is a mistake.
    Of(fn(f64) -> f64),
    /// It gives a number for two, or is a mistake.
    OfTwo(fn(f64, f64) -> f64),
    /// It tells something of a number.
    Is(fn(f64) -> bool),
    /// It takes its arguments itself.
    Call(fn(&mut Machine, Args) -> Run),
}
use Function::{Call, Is, Of, OfTwo};

/// The functions, in the order of their names.
pub const FUNCTIONS: &[(&str, Function)] = &[
    ("math.acos", Of(f64::acos)),
    ("math.asin", Of(f64::asin)),
    ("math.atan", Of(f64::atan)),
    ("math.atan2", OfTwo(f64::atan2)),
    ("math.ceil", Call(|_, args| whole(args, f64::ceil))),
    ("math.comb", Call(|machine, args| choices(machine, args, true))),
    ("math.copysign", OfTwo(f64::copysign)),
    ("math.cos", Of(f64::cos)),
    ("math.cosh", Of(f64::cosh)),
    ("math.degrees", Of(f64::to_degrees)),
    ("math.dist", Call(dist)),
    ("math.exp", Of(f64::exp)),
    ("math.fabs", Of(f64::abs)),
    ("math.factorial", Call(factorial)),
    ("math.floor", Call(|_, args| whole(args, f64::floor))),
    ("math.fmod", OfTwo(|a, b| a % b)),
    ("math.fsum", Call(fsum)),
    ("math.gcd", Call(|machine, args| divisors(machine, args, 0, num_integer::Integer::gcd))),
    ("math.hypot", Call(hypot)),
    ("math.isclose", Call(is_close)),
    ("math.isfinite", Is(f64::is_finite)),
    ("math.isinf", Is(f64::is_infinite)),
    ("math.isnan", Is(f64::is_nan)),
    ("math.isqrt", Call(isqrt)),
    ("math.lcm", Call(|machine, args| divisors(machine, args, 1, num_integer::Integer::lcm))),
    ("math.log", Call(log_to_base)),
    ("math.log10", Call(|_, args| log_of(args, 10.0, f64::log10))),
    ("math.log1p", Of(f64::ln_1p)),
    ("math.log2", Call(|_, args| log_of(args, 2.0, f64::log2))),
    ("math.perm", Call(|machine, args| choices(machine, args, false))),
    ("math.pow", OfTwo(f64::powf)),
    ("math.prod", Call(prod)),
    ("math.radians", Of(f64::to_radians)),
    ("math.sin", Of(f64::sin)),
    ("math.sinh", Of(f64::sinh)),
    ("math.sqrt", Of(f64::sqrt)),
    ("math.tan", Of(f64::tan)),
    ("math.tanh", Of(f64::tanh)),
    ("math.trunc", Call(|_, args| whole(args, f64::trunc))),
];

pub fn item(name: &str) -> Option<Value> {
    Some(match name {
        "pi" => Value::Float(std::f64::consts::PI),
        "e" => Value::Float(std::f64::consts::E),
        "tau" => Value::Float(std::f64::consts::TAU),
        "inf" => Value::Float(f64::INFINITY),
        "nan" => Value::Float(f64::NAN),
        _ => return member(FUNCTIONS.iter().map(|(known, _)| *known), "math", name),
    })
}

pub fn call(machine: &mut Machine, name: &'static str, mut args: Args) -> Run {
    match named(FUNCTIONS, name) {
        Some((_, Of(function))) => {
            let x = float(&args.only()?)?;
            checked(x.is_finite(), function(x))
        }
        Some((_, OfTwo(function))) => {
            let (a, b) = (float(&args.first()?)?, float(&args.first()?)?);
            args.none()?;
            checked(a.is_finite() && b.is_finite(), function(a, b))
        }
        Some((_, Is(test))) => Ok(Value::Bool(test(float(&args.only()?)?))),
        Some((_, Call(function))) => function(machine, args),
        None => Err(raise("NameError", super::unknown(name))),
    }
}

/// `ceil`, `floor` and `trunc`.
fn whole(args: Args, towards: fn(f64) -> f64) -> Run {
    let value = args.only()?;
    match Number::of(&value) {
        Some(Number::Float(number)) => number::truncated(towards(number)),
        Some(_) => Ok(value),
        None => Err(no_number(&value)),
    }
}

fn factorial(machine: &mut Machine, mut args: Args) -> Run {
    let n = args.int("n")?;
    if n < 0 {
        return Err(value_error("factorial() not defined for negative values"));
    }
    let mut product = Value::Int(1);
    for factor in 2..=n {
        product = machine.binary(Binary::Mul, &product, &Value::Int(factor))?;
        machine.work(64)?;
    }
    Ok(product)
}

/// `comb` and `perm`.
fn choices(machine: &mut Machine, mut args: Args, is_comb: bool) -> Run {
    let (n, k) = (args.int("n")?, args.int_if("k")?);
    let k = k.unwrap_or(n);
    if n < 0 || k < 0 {
        return Err(value_error("comb() and perm() take no negative numbers"));
    }
    let k = if is_comb { k.min(n - k) } else { k };
    if k < 0 || k > n {
        return Ok(Value::Int(0));
    }
    let mut product = Value::Int(1);
    for at in 0..k {
        machine.work(64)?;
        product = machine.binary(Binary::Mul, &product, &Value::Int(n - at))?;
        if is_comb {
            product = machine.binary(Binary::FloorDiv, &product, &Value::Int(at + 1))?;
        }
    }
    Ok(product)
}

/// `gcd` and `lcm`.
fn divisors(machine: &mut Machine, mut args: Args, of_none: u8, join: fn(&BigInt, &BigInt) -> BigInt) -> Run {
    let mut result = BigInt::from(of_none);
    for value in args.rest() {
        let Some(number) = number::big(&value) else { return Err(no_number(&value)) };
        machine.work((number.bits() as usize / 64 + 1).pow(2))?;
        result = join(&result, &number);
        if result.bits() > 1 << 18 {
            return Err(raise("OverflowError", "the number is too large"));
        }
    }
    Value::int(result)
}

fn isqrt(machine: &mut Machine, args: Args) -> Run {
    let value = args.only()?;
    match number::big(&value) {
        Some(number) if number.sign() != num_bigint::Sign::Minus => {
            machine.work((number.bits() as usize / 64 + 1).pow(2))?;
            Value::int(number.sqrt())
        }
        _ => Err(value_error("isqrt() argument must be a nonnegative whole number")),
    }
}

fn prod(machine: &mut Machine, mut args: Args) -> Run {
    let (source, start) = (args.first()?, args.take("start")?);
    let iter = machine.iter(&source)?;
    let mut total = start.unwrap_or(Value::Int(1));
    while let Some(item) = machine.next(&iter)? {
        total = machine.binary(Binary::Mul, &total, &item)?;
    }
    Ok(total)
}

fn fsum(machine: &mut Machine, mut args: Args) -> Run {
    let source = args.first()?;
    args.none()?;
    let iter = machine.iter(&source)?;
    // Neumaier's summation: what each step loses is kept aside.
    let (mut total, mut lost) = (0.0_f64, 0.0_f64);
    while let Some(item) = machine.next(&iter)? {
        let next = float(&item)?;
        let new = total + next;
        lost += if total.abs() >= next.abs() { (total - new) + next } else { (next - new) + total };
        total = new;
    }
    Ok(Value::Float(total + lost))
}

fn hypot(_: &mut Machine, mut args: Args) -> Run {
    let mut total = 0.0_f64;
    for value in &args.rest() {
        total = total.hypot(float(value)?);
    }
    Ok(Value::Float(total))
}

fn dist(machine: &mut Machine, mut args: Args) -> Run {
    let (p, q) = (args.first()?, args.first()?);
    let (p, q) = (machine.collect(&p)?, machine.collect(&q)?);
    if p.len() != q.len() {
        return Err(value_error("both points must have the same number of dimensions"));
    }
    let mut total = 0.0_f64;
    for (p, q) in p.iter().zip(&q) {
        total = total.hypot(float(p)? - float(q)?);
    }
    Ok(Value::Float(total))
}

fn is_close(_: &mut Machine, mut args: Args) -> Run {
    let (a, b) = (float(&args.first()?)?, float(&args.first()?)?);
    let relative = args.by_name("rel_tol").map_or(Ok(1e-9), |value| float(&value))?;
    let absolute = args.by_name("abs_tol").map_or(Ok(0.0), |value| float(&value))?;
    args.none()?;
    let near = (a - b).abs() <= (relative * a.abs().max(b.abs())).max(absolute);
    Ok(Value::Bool(a == b || (near && a.is_finite() && b.is_finite())))
}

fn log_to_base(_: &mut Machine, mut args: Args) -> Run {
    let (value, base) = (args.first()?, args.take("base")?);
    let log = log(&value)?;
    let Some(base) = base else { return Ok(Value::Float(log)) };
    let base = self::log(&base)?;
    if base == 0.0 {
        return Err(raise("ZeroDivisionError", "the logarithm of the base is zero"));
    }
    Ok(Value::Float(log / base))
}

/// `log2` and `log10`.
fn log_of(args: Args, base: f64, exact: fn(f64) -> f64) -> Run {
    let value = args.only()?;
    if let Some(Number::Big(_)) = Number::of(&value) {
        return Ok(Value::Float(log(&value)? / base.ln()));
    }
    let x = float(&value)?;
    if x <= 0.0 {
        return Err(value_error("math domain error"));
    }
    Ok(Value::Float(exact(x)))
}

fn no_number(value: &Value) -> crate::stop::Stop {
    type_error(format!("must be a number, not {}", value.type_name()))
}

fn float(value: &Value) -> Run<f64> {
    Number::of(value).ok_or_else(|| no_number(value))?.float()
}

/// The natural logarithm, also of what is too large for a float.
fn log(value: &Value) -> Run<f64> {
    if let Some(Number::Big(number)) = Number::of(value) {
        if number.sign() == num_bigint::Sign::Minus {
            return Err(value_error("math domain error"));
        }
        let shift = number.bits().saturating_sub(512);
        let rest = num_traits::ToPrimitive::to_f64(&(number >> shift)).unwrap_or(f64::INFINITY);
        return Ok(rest.ln() + shift as f64 * std::f64::consts::LN_2);
    }
    let x = float(value)?;
    if x <= 0.0 { Err(value_error("math domain error")) } else { Ok(x.ln()) }
}

/// Reports a result of finite numbers that is no number, or not finite, as a mistake.
fn checked(finite: bool, result: f64) -> Run {
    if result.is_nan() && finite {
        return Err(value_error("math domain error"));
    }
    if result.is_infinite() && finite {
        return Err(raise("OverflowError", "math range error"));
    }
    Ok(Value::Float(result))
}
