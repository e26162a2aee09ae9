//! Methods of dictionaries and counters.

use std::rc::Rc;

use super::args::Args;
use super::{construct, named};
use crate::ast::Binary;
use crate::exception::Exception;
use crate::machine::Machine;
use crate::memory::Obj;
use crate::number;
use crate::stop::{Run, Stop, raise};
use crate::table::{Lacking, Table};
use crate::value::Value;

/// The body of a dictionary's method.
pub type Method = fn(&mut Machine, &Rc<Obj<Table>>, Args) -> Run;

/// The methods of dictionaries, in the order of their names.
pub const OF_ALL: &[(&str, Method)] = &[
    ("clear", clear),
    ("copy", copy),
    ("get", get),
    ("items", |machine, table, args| {
        parts(machine, table, args, |key, value| Value::tuple(vec![key, value]))
    }),
    ("keys", |machine, table, args| parts(machine, table, args, |key, _| Ok(key))),
    ("pop", pop),
    ("popitem", pop_item),
    ("setdefault", set_default),
    ("update", update),
    ("values", |machine, table, args| parts(machine, table, args, |_, value| Ok(value))),
];

/// The methods that only counters have, in the order of their names.
pub const OF_COUNTERS: &[(&str, Method)] =
    &[("elements", elements), ("most_common", most_common), ("subtract", subtract), ("total", total)];

/// The names of all of them.
pub const METHODS: &[&str] = &[
    "clear",
    "copy",
    "elements",
    "get",
    "items",
    "keys",
    "most_common",
    "pop",
    "popitem",
    "setdefault",
    "subtract",
    "total",
    "update",
    "values",
];

pub fn method(machine: &mut Machine, table: &Rc<Obj<Table>>, name: &'static str, args: Args) -> Run {
    let of_counters = || named(OF_COUNTERS, name).filter(|_| counts(table));
    match named(OF_ALL, name).or_else(of_counters) {
        Some((_, method)) => method(machine, table, args),
        None => Err(super::no_attribute(&Value::Dict(table.clone()), name)),
    }
}

fn get(machine: &mut Machine, table: &Rc<Obj<Table>>, mut args: Args) -> Run {
    let (name, otherwise) = (args.need("key")?, args.take("default")?);
    args.none()?;
    let key = machine.key(&name)?;
    Ok(table.look(|table| table.get(&key)).or(otherwise).unwrap_or(Value::None))
}

/// `keys`, `values` and `items`.
fn parts(
    machine: &mut Machine,
    table: &Rc<Obj<Table>>,
    mut args: Args,
    part: fn(Value, Value) -> Run,
) -> Run {
    args.none()?;
    let entries = entries(machine, table)?;
    let parts = entries.into_iter().map(|(key, value)| part(key, value));
    Value::list(parts.collect::<Run<Vec<_>>>()?)
}

fn pop(machine: &mut Machine, table: &Rc<Obj<Table>>, mut args: Args) -> Run {
    let (name, otherwise) = (args.need("key")?, args.take("default")?);
    let key = machine.key(&name)?;
    match (table.edit(0, |table| table.remove(&key))?, otherwise) {
        (Some((_, value)), _) => Ok(value),
        (None, Some(otherwise)) => Ok(otherwise),
        (None, None) => Err(Stop::Raise(Exception::with("KeyError", vec![name])?)),
    }
}

fn pop_item(machine: &mut Machine, table: &Rc<Obj<Table>>, mut args: Args) -> Run {
    args.none()?;
    let Some(last) = table.look(Table::last) else {
        return Err(raise("KeyError", "popitem(): dictionary is empty"));
    };
    let key = machine.key(&last)?;
    match table.edit(0, |table| table.remove(&key))? {
        Some((key, value)) => Value::tuple(vec![key, value]),
        None => Ok(Value::None),
    }
}

fn set_default(machine: &mut Machine, table: &Rc<Obj<Table>>, mut args: Args) -> Run {
    let (name, value) = (args.need("key")?, args.take("default")?.unwrap_or(Value::None));
    let key = machine.key(&name)?;
    if let Some(value) = table.look(|table| table.get(&key)) {
        return Ok(value);
    }
    table.edit(1, |table| table.insert(key, name, value.clone()))?;
    Ok(value)
}

fn update(machine: &mut Machine, table: &Rc<Obj<Table>>, args: Args) -> Run {
    if counts(table) {
        construct::count(machine, table, args)?;
    } else {
        construct::fill(machine, table, args)?;
    }
    Ok(Value::None)
}

fn clear(_: &mut Machine, table: &Rc<Obj<Table>>, mut args: Args) -> Run {
    args.none()?;
    let lacking = table.look(|table| table.lacking.clone());
    let old = table.edit(0, |table| std::mem::replace(table, Table::lacking(lacking)))?;
    drop(old);
    Ok(Value::None)
}

fn copy(machine: &mut Machine, table: &Rc<Obj<Table>>, mut args: Args) -> Run {
    args.none()?;
    let copy = Obj::new(Table::lacking(table.look(|table| table.lacking.clone())))?;
    machine.copy_entries(table, &copy)?;
    Ok(Value::Dict(copy))
}

fn most_common(machine: &mut Machine, table: &Rc<Obj<Table>>, mut args: Args) -> Run {
    let n = args.int_if("n")?;
    args.none()?;
    let entries = entries(machine, table)?;
    let keyed = entries.into_iter().map(|(key, count)| Ok((count.clone(), Value::tuple(vec![key, count])?)));
    let keyed = keyed.collect::<Run<Vec<_>>>()?;
    let sorted = machine.sorted(keyed, true)?;
    let most = n.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or_default());
    Value::list(sorted.into_iter().take(most).map(|(_, entry)| entry).collect())
}

fn total(machine: &mut Machine, table: &Rc<Obj<Table>>, mut args: Args) -> Run {
    args.none()?;
    let counts = entries(machine, table)?.into_iter().map(|(_, count)| count);
    counts.into_iter().try_fold(Value::Int(0), |total, count| machine.binary(Binary::Add, &total, &count))
}

fn elements(machine: &mut Machine, table: &Rc<Obj<Table>>, mut args: Args) -> Run {
    args.none()?;
    let list = Value::list(Vec::new())?;
    let Value::List(all) = &list else { return Ok(Value::None) };
    for (key, count) in entries(machine, table)? {
        for _ in 0..number::int(&count, "a count")? {
            machine.work(1)?;
            all.edit(1, |all| all.push(key.clone()))?;
        }
    }
    Ok(list)
}

fn subtract(machine: &mut Machine, table: &Rc<Obj<Table>>, args: Args) -> Run {
    let other = Obj::new(Table::lacking(Lacking::Zero))?;
    construct::count(machine, &other, args)?;
    for (key, count) in entries(machine, &other)? {
        let place = machine.key(&key)?;
        let old = table.look(|table| table.get(&place)).unwrap_or(Value::Int(0));
        let new = machine.binary(Binary::Sub, &old, &count)?;
        table.edit(1, |table| table.insert(place, key, new))?;
    }
    Ok(Value::None)
}

fn counts(table: &Rc<Obj<Table>>) -> bool {
    table.look(|table| matches!(table.lacking, Lacking::Zero))
}

fn entries(machine: &mut Machine, table: &Rc<Obj<Table>>) -> Run<Vec<(Value, Value)>> {
    machine.reserve(table.look(Table::len).saturating_mul(64))?;
    Ok(table.look(|table| table.entries().cloned().collect()))
}

/// A dictionary of keys that all have one value.
pub fn from_keys(machine: &mut Machine, mut args: Args) -> Run {
    let (source, value) = (args.need("iterable")?, args.take("value")?.unwrap_or(Value::None));
    let table = Obj::new(Table::default())?;
    let iter = machine.iter(&source)?;
    while let Some(name) = machine.next(&iter)? {
        let key = machine.key(&name)?;
        table.edit(1, |table| table.insert(key, name, value.clone()))?;
    }
    Ok(Value::Dict(table))
}
