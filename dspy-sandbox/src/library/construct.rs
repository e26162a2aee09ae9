//! Types as functions: what they make of a value.

use std::rc::Rc;

use super::args::Args;
use crate::ast::Binary;
use crate::exception::{self, Exception};
use crate::machine::Machine;
use crate::memory::Obj;
use crate::number::{self, Number};
use crate::stop::{Run, type_error, value_error};
use crate::table::{Lacking, Table};
use crate::value::{Range, Value};

/// The types that are there without an import.
pub const TYPES: &[&str] = &["bool", "dict", "float", "int", "list", "range", "set", "str", "tuple"];

pub fn call(machine: &mut Machine, name: &'static str, mut args: Args) -> Run {
    match name {
        "str" => {
            let text = match args.take("object")? {
                Some(value) => machine.text(&value)?,
                None => String::new(),
            };
            args.none()?;
            Value::text(text)
        }
        "int" => int(machine, args),
        "float" => float(args),
        "bool" => Ok(Value::Bool(args.take("x")?.is_some_and(|value| value.truth()))),
        "list" | "tuple" | "set" => {
            let source = args.take("iterable")?;
            args.none()?;
            let items = source.map_or(Ok(Vec::new()), |source| machine.collect(&source))?;
            match name {
                "list" => Value::list(items),
                "tuple" => Value::tuple(items),
                _ => machine.set_of(items),
            }
        }
        "range" => range(args),
        "dict" | "OrderedDict" => {
            let table = Obj::new(Table::default())?;
            fill(machine, &table, args)?;
            Ok(Value::Dict(table))
        }
        "defaultdict" => {
            let make = args.take("default_factory")?.filter(|make| !matches!(make, Value::None));
            let table = Obj::new(Table::lacking(make.map_or(Lacking::Error, Lacking::Make)))?;
            fill(machine, &table, args)?;
            Ok(Value::Dict(table))
        }
        "Counter" => {
            let table = Obj::new(Table::lacking(Lacking::Zero))?;
            count(machine, &table, args)?;
            Ok(Value::Dict(table))
        }
        "NoneType" => Ok(Value::None),
        kind if exception::is_kind(kind) => {
            let values = args.rest();
            args.none()?;
            Ok(Value::Exception(Exception::with(kind, values)?))
        }
        other => Err(type_error(format!("'{other}' cannot be made by calling it"))),
    }
}

fn int(machine: &mut Machine, mut args: Args) -> Run {
    let (value, base) = (args.take("x")?, args.int_if("base")?);
    args.none()?;
    match value {
        None => Ok(Value::Int(0)),
        Some(Value::Str(text)) => {
            machine.work_on(text.len())?;
            let radix = u32::try_from(base.unwrap_or(10)).ok().filter(|base| (2..=36).contains(base));
            number::parse(&text, radix.ok_or_else(|| value_error("int() base must be from 2 to 36"))?)
        }
        Some(_) if base.is_some() => Err(type_error("int() with a base takes a string")),
        Some(Value::Float(number)) => number::truncated(number),
        Some(Value::Bool(truth)) => Ok(Value::Int(truth.into())),
        Some(value @ (Value::Int(_) | Value::Big(_))) => Ok(value),
        Some(other) => {
            Err(type_error(format!("int() takes a string or a number, not {}", other.type_name())))
        }
    }
}

fn float(mut args: Args) -> Run {
    let value = args.take("x")?;
    args.none()?;
    let Some(value) = value else { return Ok(Value::Float(0.0)) };
    if let Value::Str(text) = &value {
        let digits = text.trim();
        if digits.len() > 5_000 {
            return Err(value_error("a number has at most 5,000 digits"));
        }
        let plain = digits.replace('_', "");
        // Rust reads a few words that Python does not, and the other way round.
        let known = plain.trim_start_matches(['+', '-']).to_ascii_lowercase();
        let readable = known.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            || ["inf", "infinity", "nan"].contains(&&*known);
        return match plain.parse() {
            Ok(number) if readable => Ok(Value::Float(number)),
            _ => {
                let shown: String = text.chars().take(60).collect();
                let shown = crate::text::quoted(&shown);
                Err(value_error(format!("could not convert string to float: {shown}")))
            }
        };
    }
    match Number::of(&value) {
        Some(number) => Ok(Value::Float(number.float()?)),
        None => Err(type_error(format!("float() takes a string or a number, not {}", value.type_name()))),
    }
}

fn range(mut args: Args) -> Run {
    let first = args.int("start")?;
    let (second, step) = (args.int_if("stop")?, args.int_if("step")?.unwrap_or(1));
    args.none()?;
    if step == 0 {
        return Err(value_error("range() arg 3 must not be zero"));
    }
    let (start, stop) = second.map_or((0, first), |stop| (first, stop));
    Ok(Value::Range(Rc::new(Range { start, stop, step })))
}

/// Adds entries: from a dictionary, from pairs, and by name.
pub fn fill(machine: &mut Machine, table: &Rc<Obj<Table>>, mut args: Args) -> Run<()> {
    match args.take("")? {
        None => {}
        Some(Value::Dict(from)) => machine.copy_entries(&from, table)?,
        Some(source) => {
            let iter = machine.iter(&source)?;
            while let Some(pair) = machine.next(&iter)? {
                let mut pair = machine.collect(&pair)?.into_iter();
                let (Some(name), Some(value), None) = (pair.next(), pair.next(), pair.next()) else {
                    return Err(value_error("a dictionary is made of pairs"));
                };
                let key = machine.key(&name)?;
                let old = table.edit(1, |table| table.insert(key, name, value))?;
                drop(old);
            }
        }
    }
    for (name, value) in args.rest_named() {
        let name = Value::text(&*name)?;
        let key = machine.key(&name)?;
        let old = table.edit(1, |table| table.insert(key, name, value))?;
        drop(old);
    }
    args.none()
}

/// Adds to counts: those of a dictionary, of items, and by name.
pub fn count(machine: &mut Machine, table: &Rc<Obj<Table>>, mut args: Args) -> Run<()> {
    let mut entries = Vec::new();
    match args.take("iterable")? {
        None | Some(Value::None) => {}
        Some(Value::Dict(from)) => entries = from.look(|from| from.entries().cloned().collect()),
        Some(source) => {
            let iter = machine.iter(&source)?;
            while let Some(name) = machine.next(&iter)? {
                add(machine, table, name, Value::Int(1))?;
            }
        }
    }
    for (name, value) in args.rest_named() {
        entries.push((Value::text(&*name)?, value));
    }
    for (name, value) in entries {
        add(machine, table, name, value)?;
    }
    args.none()
}

fn add(machine: &mut Machine, table: &Rc<Obj<Table>>, name: Value, more: Value) -> Run<()> {
    machine.work(1)?;
    let key = machine.key(&name)?;
    let old = table.look(|table| table.get(&key)).unwrap_or(Value::Int(0));
    let new = machine.binary(Binary::Add, &old, &more)?;
    let old = table.edit(1, |table| table.insert(key, name, new))?;
    drop(old);
    Ok(())
}
