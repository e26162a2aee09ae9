//! The module `math`.

use num_bigint::BigInt;

use super::args::Args;
use crate::ast::Binary;
use crate::machine::Machine;
use crate::number::{self, Number};
use crate::stop::{Run, raise, type_error, value_error};
use crate::value::Value;

const FUNCTIONS: &[&str] = &[
    "math.acos",
    "math.asin",
    "math.atan",
    "math.atan2",
    "math.ceil",
    "math.comb",
    "math.copysign",
    "math.cos",
    "math.cosh",
    "math.degrees",
    "math.dist",
    "math.exp",
    "math.fabs",
    "math.factorial",
    "math.floor",
    "math.fmod",
    "math.fsum",
    "math.gcd",
    "math.hypot",
    "math.isclose",
    "math.isfinite",
    "math.isinf",
    "math.isnan",
    "math.isqrt",
    "math.lcm",
    "math.log",
    "math.log10",
    "math.log1p",
    "math.log2",
    "math.perm",
    "math.pow",
    "math.prod",
    "math.radians",
    "math.sin",
    "math.sinh",
    "math.sqrt",
    "math.tan",
    "math.tanh",
    "math.trunc",
];

pub fn item(name: &str) -> Option<Value> {
    Some(match name {
        "pi" => Value::Float(std::f64::consts::PI),
        "e" => Value::Float(std::f64::consts::E),
        "tau" => Value::Float(std::f64::consts::TAU),
        "inf" => Value::Float(f64::INFINITY),
        "nan" => Value::Float(f64::NAN),
        _ => Value::Native(FUNCTIONS.iter().find(|known| known.strip_prefix("math.") == Some(name))?),
    })
}

pub fn call(machine: &mut Machine, name: &'static str, mut args: Args) -> Run {
    match name.strip_prefix("math.").unwrap_or(name) {
        "ceil" | "floor" | "trunc" => {
            let value = args.only()?;
            match Number::of(&value) {
                Some(Number::Float(number)) => number::truncated(match name {
                    "math.ceil" => number.ceil(),
                    "math.floor" => number.floor(),
                    _ => number,
                }),
                Some(_) => Ok(value),
                None => Err(no_number(&value)),
            }
        }
        "factorial" => {
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
        "comb" | "perm" => {
            let (n, k) = (args.int("n")?, args.int_if("k")?);
            let k = k.unwrap_or(n);
            if n < 0 || k < 0 {
                return Err(value_error("comb() and perm() take no negative numbers"));
            }
            let is_comb = name == "math.comb";
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
        "gcd" | "lcm" => {
            let mut result = BigInt::from(if name == "math.gcd" { 0 } else { 1 });
            for value in args.rest() {
                let Some(number) = number::big(&value) else { return Err(no_number(&value)) };
                machine.work((number.bits() as usize / 64 + 1).pow(2))?;
                result = if name == "math.gcd" {
                    num_integer::Integer::gcd(&result, &number)
                } else {
                    num_integer::Integer::lcm(&result, &number)
                };
                if result.bits() > 1 << 18 {
                    return Err(raise("OverflowError", "the number is too large"));
                }
            }
            Value::int(result)
        }
        "isqrt" => {
            let value = args.only()?;
            match number::big(&value) {
                Some(number) if number.sign() != num_bigint::Sign::Minus => {
                    machine.work((number.bits() as usize / 64 + 1).pow(2))?;
                    Value::int(number.sqrt())
                }
                _ => Err(value_error("isqrt() argument must be a nonnegative whole number")),
            }
        }
        "prod" | "fsum" => {
            let (source, start) = (args.first()?, args.take("start")?);
            let iter = machine.iter(&source)?;
            let (operation, first) = if name == "math.prod" {
                (Binary::Mul, start.unwrap_or(Value::Int(1)))
            } else {
                (Binary::Add, Value::Float(0.0))
            };
            let (mut total, mut lost) = (first, 0.0_f64);
            while let Some(item) = machine.next(&iter)? {
                if operation == Binary::Mul {
                    total = machine.binary(operation, &total, &item)?;
                    continue;
                }
                // Neumaier's summation: what each step loses is kept aside.
                let (sum, next) = (float(&total)?, float(&item)?);
                let new = sum + next;
                lost += if sum.abs() >= next.abs() { (sum - new) + next } else { (next - new) + sum };
                total = Value::Float(new);
            }
            if operation == Binary::Add { Ok(Value::Float(float(&total)? + lost)) } else { Ok(total) }
        }
        "hypot" => {
            let values = args.rest();
            let mut total = 0.0_f64;
            for value in &values {
                total = total.hypot(float(value)?);
            }
            Ok(Value::Float(total))
        }
        "dist" => {
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
        "isclose" => {
            let (a, b) = (float(&args.first()?)?, float(&args.first()?)?);
            let relative = args.by_name("rel_tol").map_or(Ok(1e-9), |value| float(&value))?;
            let absolute = args.by_name("abs_tol").map_or(Ok(0.0), |value| float(&value))?;
            args.none()?;
            let near = (a - b).abs() <= (relative * a.abs().max(b.abs())).max(absolute);
            Ok(Value::Bool(a == b || (near && a.is_finite() && b.is_finite())))
        }
        "log" => {
            let value = args.first()?;
            let base = args.take("base")?;
            let log = log(&value)?;
            let Some(base) = base else { return Ok(Value::Float(log)) };
            let base = self::log(&base)?;
            if base == 0.0 {
                return Err(raise("ZeroDivisionError", "the logarithm of the base is zero"));
            }
            Ok(Value::Float(log / base))
        }
        "log2" | "log10" => {
            let value = args.only()?;
            if let Some(Number::Big(_)) = Number::of(&value) {
                let base = if name == "math.log2" { 2_f64 } else { 10.0 };
                return Ok(Value::Float(log(&value)? / base.ln()));
            }
            let x = float(&value)?;
            if x <= 0.0 {
                return Err(value_error("math domain error"));
            }
            Ok(Value::Float(if name == "math.log2" { x.log2() } else { x.log10() }))
        }
        "isfinite" => Ok(Value::Bool(float(&args.only()?)?.is_finite())),
        "isinf" => Ok(Value::Bool(float(&args.only()?)?.is_infinite())),
        "isnan" => Ok(Value::Bool(float(&args.only()?)?.is_nan())),
        two @ ("pow" | "atan2" | "copysign" | "fmod") => {
            let (a, b) = (float(&args.first()?)?, float(&args.first()?)?);
            args.none()?;
            checked(
                a.is_finite() && b.is_finite(),
                match two {
                    "pow" => a.powf(b),
                    "atan2" => a.atan2(b),
                    "copysign" => a.copysign(b),
                    _ => a % b,
                },
            )
        }
        one => {
            let x = float(&args.only()?)?;
            checked(
                x.is_finite(),
                match one {
                    "sqrt" => x.sqrt(),
                    "exp" => x.exp(),
                    "log1p" => x.ln_1p(),
                    "sin" => x.sin(),
                    "cos" => x.cos(),
                    "tan" => x.tan(),
                    "asin" => x.asin(),
                    "acos" => x.acos(),
                    "atan" => x.atan(),
                    "sinh" => x.sinh(),
                    "cosh" => x.cosh(),
                    "tanh" => x.tanh(),
                    "degrees" => x.to_degrees(),
                    "radians" => x.to_radians(),
                    _ => x.abs(),
                },
            )
        }
    }
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

/// What is no number, or not finite, of finite numbers is a mistake.
fn checked(finite: bool, result: f64) -> Run {
    if result.is_nan() && finite {
        return Err(value_error("math domain error"));
    }
    if result.is_infinite() && finite {
        return Err(raise("OverflowError", "math range error"));
    }
    Ok(Value::Float(result))
}
