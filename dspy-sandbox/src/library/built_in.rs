//! The functions that are there without an import.

use std::cmp::Ordering;

use super::args::Args;
use super::named;
use crate::ast::Binary;
use crate::exception;
use crate::machine::Machine;
use crate::machine::iterate::Iter;
use crate::memory::Obj;
use crate::number::{self, Number};
use crate::stop::{Run, raise, type_error, value_error};
use crate::table::Table;
use crate::value::Value;

pub type Function = fn(&mut Machine, Args) -> Run;

/// The functions, in the order of their names.
pub const FUNCTIONS: &[(&str, Function)] = &[
    ("abs", |_, args| abs(&args.only()?)),
    ("all", |machine, args| any(machine, args, false)),
    ("any", |machine, args| any(machine, args, true)),
    ("ascii", repr),
    ("bin", |_, args| digits(args, "bin", |sign, size| format!("{sign}0b{size:b}"))),
    ("callable", callable),
    ("chr", chr),
    ("dir", |_, _| no_part("dir")),
    ("divmod", divmod),
    ("enumerate", enumerate),
    ("filter", filter),
    ("format", format),
    ("hasattr", |_, _| no_part("hasattr")),
    ("hash", |_, _| no_part("hash")),
    ("hex", |_, args| digits(args, "hex", |sign, size| format!("{sign}0x{size:x}"))),
    ("isinstance", isinstance),
    ("issubclass", issubclass),
    ("iter", |machine, args| Ok(Value::Iter(machine.iter(&args.only()?)?))),
    ("len", |_, args| len(&args.only()?)),
    ("map", map),
    ("max", |machine, args| extreme(machine, args, Ordering::Greater)),
    ("min", |machine, args| extreme(machine, args, Ordering::Less)),
    ("next", next),
    ("oct", |_, args| digits(args, "oct", |sign, size| format!("{sign}0o{size:o}"))),
    ("ord", ord),
    ("pow", pow),
    ("print", print),
    ("repr", repr),
    ("reversed", reversed),
    ("round", |_, mut args| round(&args.need("number")?, args.int_if("ndigits")?)),
    ("sorted", sorted),
    ("sum", sum),
    ("type", type_of),
    ("zip", zip),
];

pub fn item(name: &str) -> Option<Value> {
    Some(Value::Native(named(FUNCTIONS, name)?.0))
}

pub fn call(machine: &mut Machine, name: &'static str, args: Args) -> Run {
    match named(FUNCTIONS, name) {
        Some((_, function)) => function(machine, args),
        None => Err(raise("NameError", super::unknown(name))),
    }
}

/// `any` and `all`: each ends at the first item that decides.
fn any(machine: &mut Machine, args: Args, decides: bool) -> Run {
    let iter = machine.iter(&args.only()?)?;
    while let Some(item) = machine.next(&iter)? {
        if item.truth() == decides {
            return Ok(Value::Bool(decides));
        }
    }
    Ok(Value::Bool(!decides))
}

fn callable(_: &mut Machine, args: Args) -> Run {
    Ok(Value::Bool(matches!(
        args.only()?,
        Value::Function(_) | Value::Native(_) | Value::Host(_) | Value::Method(_) | Value::Type(_)
    )))
}

fn chr(_: &mut Machine, args: Args) -> Run {
    let code = number::int(&args.only()?, "chr()")?;
    let c = u32::try_from(code).ok().and_then(char::from_u32);
    Value::text(c.ok_or_else(|| value_error("chr() arg is no character"))?.to_string())
}

fn ord(_: &mut Machine, args: Args) -> Run {
    match args.only()? {
        Value::Str(text) if text.chars_count() == 1 => {
            Ok(Value::Int(text.chars().next().map_or(0, |c| i64::from(u32::from(c)))))
        }
        _ => Err(type_error("ord() takes a string of one character")),
    }
}

/// `bin`, `oct` and `hex`.
fn digits(args: Args, name: &str, write: fn(&str, u64) -> String) -> Run {
    let number = number::int(&args.only()?, name)?;
    Value::text(write(if number < 0 { "-" } else { "" }, number.unsigned_abs()))
}

fn divmod(machine: &mut Machine, mut args: Args) -> Run {
    let (a, b) = (args.first()?, args.first()?);
    args.none()?;
    let quotient = machine.binary(Binary::FloorDiv, &a, &b)?;
    let rest = machine.binary(Binary::Mod, &a, &b)?;
    Value::tuple(vec![quotient, rest])
}

fn pow(machine: &mut Machine, mut args: Args) -> Run {
    let (base, exponent, modulus) = (args.need("base")?, args.need("exp")?, args.take("mod")?);
    args.none()?;
    let Some(modulus) = modulus else { return machine.binary(Binary::Pow, &base, &exponent) };
    match (number::big(&base), number::big(&exponent), number::big(&modulus)) {
        (Some(base), Some(exponent), Some(modulus)) => number::pow_mod(&base, &exponent, &modulus),
        _ => Err(type_error("pow() with a modulus takes whole numbers")),
    }
}

fn format(machine: &mut Machine, mut args: Args) -> Run {
    let (value, spec) = (args.first()?, args.text_if("format_spec")?);
    let text = machine.format(&value, spec.as_deref().map_or("", |spec| spec))?;
    Value::text(text)
}

fn repr(machine: &mut Machine, args: Args) -> Run {
    let text = machine.repr(&args.only()?)?;
    Value::text(text)
}

/// Reports something that Python has and this part of it lacks.
fn no_part(name: &str) -> Run {
    Err(raise("NotImplementedError", format!("{name}() is not part of this Python")))
}

fn isinstance(_: &mut Machine, mut args: Args) -> Run {
    let (value, kinds) = (args.first()?, args.first()?);
    args.none()?;
    is_instance(&value, &kinds).map(Value::Bool)
}

fn issubclass(_: &mut Machine, mut args: Args) -> Run {
    match (args.first()?, args.first()?) {
        (Value::Type(a), Value::Type(b)) => {
            Ok(Value::Bool(a == b || exception::is_a(a, b) || (a, b) == ("bool", "int")))
        }
        _ => Err(type_error("issubclass() takes types")),
    }
}

fn type_of(_: &mut Machine, args: Args) -> Run {
    Ok(Value::Type(match args.only()? {
        Value::Dict(table) => table.look(Table::type_name),
        other => other.type_name(),
    }))
}

fn next(machine: &mut Machine, mut args: Args) -> Run {
    let (iter, otherwise) = (args.first()?, args.take("default")?);
    let Value::Iter(iter) = &iter else {
        return Err(type_error(format!("'{}' object is not an iterator", iter.type_name())));
    };
    match (machine.next(iter)?, otherwise) {
        (Some(item), _) => Ok(item),
        (None, Some(otherwise)) => Ok(otherwise),
        (None, None) => Err(raise("StopIteration", "")),
    }
}

fn enumerate(machine: &mut Machine, mut args: Args) -> Run {
    let (source, start) = (args.need("iterable")?, args.int_if("start")?);
    args.none()?;
    let source = Value::Iter(machine.iter(&source)?);
    Ok(Value::Iter(Obj::new(Iter::Enumerate(source, start.unwrap_or(0)))?))
}

fn zip(machine: &mut Machine, mut args: Args) -> Run {
    let strict = args.by_name("strict").is_some_and(|strict| strict.truth());
    let sources = iters(machine, &mut args)?;
    args.none()?;
    Ok(Value::Iter(Obj::new(Iter::Zip(sources, strict))?))
}

fn map(machine: &mut Machine, mut args: Args) -> Run {
    let function = args.first()?;
    let sources = iters(machine, &mut args)?;
    Ok(Value::Iter(Obj::new(Iter::Map(function, sources))?))
}

fn filter(machine: &mut Machine, mut args: Args) -> Run {
    let (function, source) = (args.first()?, args.first()?);
    let source = Value::Iter(machine.iter(&source)?);
    Ok(Value::Iter(Obj::new(Iter::Filter(function, source))?))
}

fn reversed(machine: &mut Machine, args: Args) -> Run {
    let source = args.only()?;
    if matches!(source, Value::Set(_) | Value::Iter(_)) {
        return Err(type_error(format!("'{}' object is not reversible", source.type_name())));
    }
    let mut items = machine.collect(&source)?;
    items.reverse();
    let items = Value::list(items)?;
    Ok(Value::Iter(machine.iter(&items)?))
}

fn sorted(machine: &mut Machine, mut args: Args) -> Run {
    let source = args.first()?;
    let items = machine.collect(&source)?;
    let items = sort(machine, items, args)?;
    Value::list(items)
}

fn sum(machine: &mut Machine, mut args: Args) -> Run {
    let (source, start) = (args.first()?, args.take("start")?);
    args.none()?;
    let iter = machine.iter(&source)?;
    let mut total = start.unwrap_or(Value::Int(0));
    if let Value::Str(_) = total {
        return Err(type_error("sum() can't sum strings; use ''.join(…)"));
    }
    while let Some(item) = machine.next(&iter)? {
        total = machine.binary(Binary::Add, &total, &item)?;
    }
    Ok(total)
}

fn iters(machine: &mut Machine, args: &mut Args) -> Run<Vec<Value>> {
    let sources = args.rest();
    sources.iter().map(|source| Ok(Value::Iter(machine.iter(source)?))).collect()
}

fn print(machine: &mut Machine, mut args: Args) -> Run {
    let separator = args.by_name("sep").filter(|sep| !matches!(sep, Value::None));
    let end = args.by_name("end").filter(|end| !matches!(end, Value::None));
    args.by_name("flush");
    if args.by_name("file").is_some() {
        return Err(type_error("print() has no 'file' here"));
    }
    let values = args.rest();
    args.none()?;
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            match &separator {
                Some(separator) => {
                    let separator = machine.text(separator)?;
                    machine.print(&separator)?;
                }
                None => machine.print(" ")?,
            }
        }
        let text = machine.text(value)?;
        machine.print(&text)?;
    }
    match &end {
        Some(end) => {
            let end = machine.text(end)?;
            machine.print(&end)?;
        }
        None => machine.print("\n")?,
    }
    Ok(Value::None)
}

fn len(value: &Value) -> Run {
    Ok(Value::count(match value {
        Value::Str(text) => text.chars_count(),
        Value::List(items) | Value::Tuple(items) => items.look(Vec::len),
        Value::Dict(table) | Value::Set(table) => table.look(Table::len),
        Value::Range(range) => range.len(),
        other => return Err(type_error(format!("object of type '{}' has no len()", other.type_name()))),
    }))
}

fn abs(value: &Value) -> Run {
    match Number::of(value) {
        Some(Number::Int(number)) => Value::int(num_bigint::BigInt::from(number.unsigned_abs())),
        Some(Number::Big(number)) => Value::int(num_traits::Signed::abs(&number)),
        Some(Number::Float(number)) => Ok(Value::Float(number.abs())),
        None => Err(type_error(format!("abs() takes a number, not {}", value.type_name()))),
    }
}

fn is_instance(value: &Value, kinds: &Value) -> Run<bool> {
    match kinds {
        Value::Tuple(kinds) => {
            for kind in kinds.look(Clone::clone) {
                if matches!(kind, Value::Type(_)) && is_instance(value, &kind)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Type(kind) => {
            let own = value.type_name();
            Ok(own == *kind
                || matches!((own, *kind), ("bool", "int") | ("Counter" | "defaultdict", "dict"))
                || (matches!(value, Value::Exception(_)) && exception::is_a(own, kind)))
        }
        other => Err(type_error(format!("isinstance() takes types, not {}", other.type_name()))),
    }
}

/// Sorts items as the arguments `key` and `reverse` say.
pub fn sort(machine: &mut Machine, items: Vec<Value>, mut args: Args) -> Run<Vec<Value>> {
    let key = args.by_name("key").filter(|key| !matches!(key, Value::None));
    let descending = args.by_name("reverse").is_some_and(|reverse| reverse.truth());
    args.none()?;
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        let by = match &key {
            Some(key) => machine.call(key, vec![item.clone()], Vec::new())?,
            None => item.clone(),
        };
        keyed.push((by, item));
    }
    Ok(machine.sorted(keyed, descending)?.into_iter().map(|(_, item)| item).collect())
}

fn extreme(machine: &mut Machine, mut args: Args, wanted: Ordering) -> Run {
    let key = args.by_name("key").filter(|key| !matches!(key, Value::None));
    let otherwise = args.by_name("default");
    let source = if args.len() == 1 { args.first()? } else { Value::tuple(args.rest())? };
    args.none()?;
    let iter = machine.iter(&source)?;
    let mut best: Option<(Value, Value)> = None;
    while let Some(item) = machine.next(&iter)? {
        let by = match &key {
            Some(key) => machine.call(key, vec![item.clone()], Vec::new())?,
            None => item.clone(),
        };
        let better = match &best {
            Some((best, _)) => {
                machine.order(&by, best, if wanted.is_lt() { "<" } else { ">" })? == Some(wanted)
            }
            None => true,
        };
        if better {
            best = Some((by, item));
        }
    }
    match (best, otherwise) {
        (Some((_, item)), _) => Ok(item),
        (None, Some(otherwise)) => Ok(otherwise),
        (None, None) => {
            let name = if wanted.is_lt() { "min" } else { "max" };
            Err(value_error(format!("{name}() iterable argument is empty")))
        }
    }
}

/// Rounds to even where two are equally near, by the exact value.
fn round(value: &Value, digits: Option<i64>) -> Run {
    match (Number::of(value), digits) {
        (Some(Number::Float(number)), None) => number::truncated(number.round_ties_even()),
        (Some(Number::Float(number)), Some(digits)) if number.is_finite() => {
            if digits > 300 {
                return Ok(value.clone());
            }
            if let Ok(digits) = usize::try_from(digits) {
                let text = format!("{number:.digits$}");
                return Ok(Value::Float(text.parse().unwrap_or(number)));
            }
            let scale = 10f64.powi(i32::try_from(digits.unsigned_abs()).unwrap_or(i32::MAX));
            let rounded = (number / scale).round_ties_even() * scale;
            Ok(Value::Float(if rounded.is_finite() { rounded } else { 0.0 }))
        }
        (Some(Number::Float(_)), Some(_)) => Ok(value.clone()),
        (Some(_), None | Some(0..)) => Ok(match value {
            Value::Bool(truth) => Value::Int((*truth).into()),
            other => other.clone(),
        }),
        (Some(_), Some(digits)) => {
            let Some(number) = number::big(value) else { return Ok(value.clone()) };
            let digits = u32::try_from(digits.unsigned_abs()).unwrap_or(u32::MAX);
            if digits > 5000 {
                return Ok(Value::Int(0));
            }
            let unit = num_bigint::BigInt::from(10).pow(digits);
            let (below, rest) = num_integer::Integer::div_mod_floor(&number, &unit);
            let twice: num_bigint::BigInt = &rest * 2;
            let up = twice > unit || (twice == unit && num_integer::Integer::is_odd(&below));
            Value::int((below + i32::from(up)) * unit)
        }
        (None, _) => Err(type_error(format!("round() takes a number, not {}", value.type_name()))),
    }
}
