//! Methods of sets.

use std::rc::Rc;

use super::args::Args;
use crate::ast::{Binary, Compare};
use crate::exception::Exception;
use crate::machine::Machine;
use crate::memory::Obj;
use crate::stop::{Run, Stop, raise};
use crate::table::Table;
use crate::value::Value;

pub const METHODS: &[&str] = &[
    "add",
    "clear",
    "copy",
    "difference",
    "difference_update",
    "discard",
    "intersection",
    "intersection_update",
    "isdisjoint",
    "issubset",
    "issuperset",
    "pop",
    "remove",
    "symmetric_difference",
    "union",
    "update",
];

pub fn method(machine: &mut Machine, set: &Rc<Obj<Table>>, name: &'static str, mut args: Args) -> Run {
    let own = Value::Set(set.clone());
    match name {
        "add" => {
            let item = args.only()?;
            let key = machine.key(&item)?;
            set.edit(1, |set| set.insert(key, item, Value::None))?;
        }
        "remove" | "discard" => {
            let item = args.only()?;
            let key = machine.key(&item)?;
            let removed = set.edit(0, |set| set.remove(&key))?;
            if removed.is_none() && name == "remove" {
                return Err(Stop::Raise(Exception::with("KeyError", vec![item])?));
            }
        }
        "pop" => {
            args.none()?;
            let first = set.look(|set| set.entry_from(0).map(|(_, (item, _))| item.clone()));
            let Some(item) = first else { return Err(raise("KeyError", "pop from an empty set")) };
            let key = machine.key(&item)?;
            machine.work(set.look(Table::len) / 64)?;
            set.edit(0, |set| set.remove(&key))?;
            return Ok(item);
        }
        "clear" => {
            args.none()?;
            let old = set.edit(0, std::mem::take)?;
            drop(old);
        }
        "copy" => {
            args.none()?;
            let items = machine.collect(&own)?;
            return machine.set_of(items);
        }
        "issubset" | "issuperset" => {
            let other = as_set(machine, &args.only()?)?;
            let compare = if name == "issubset" { Compare::LessEqual } else { Compare::GreaterEqual };
            return Ok(Value::Bool(machine.compare(compare, &own, &Value::Set(other))?));
        }
        "isdisjoint" => {
            let other = as_set(machine, &args.only()?)?;
            let Value::Set(both) = machine.sets(Binary::And, set, &other)? else { return Ok(Value::None) };
            return Ok(Value::Bool(both.look(Table::len) == 0));
        }
        _ => {
            let (operation, in_place) = match name {
                "union" => (Binary::Or, false),
                "update" => (Binary::Or, true),
                "intersection" => (Binary::And, false),
                "intersection_update" => (Binary::And, true),
                "difference" => (Binary::Sub, false),
                "difference_update" => (Binary::Sub, true),
                _ => (Binary::Xor, false),
            };
            let mut whole = own;
            for other in args.rest() {
                let other = as_set(machine, &other)?;
                let Value::Set(left) = &whole else { break };
                let left = left.clone();
                whole = machine.sets(operation, &left, &other)?;
            }
            args.none()?;
            if !in_place {
                return Ok(whole);
            }
            let Value::Set(new) = whole else { return Ok(Value::None) };
            if !Rc::ptr_eq(&new, set) {
                let taken = new.edit(0, std::mem::take)?;
                let more = taken.len();
                let old = set.edit(more, |set| std::mem::replace(set, taken))?;
                drop(old);
            }
        }
    }
    Ok(Value::None)
}

fn as_set(machine: &mut Machine, value: &Value) -> Run<Rc<Obj<Table>>> {
    if let Value::Set(set) = value {
        return Ok(set.clone());
    }
    let items = machine.collect(value)?;
    match machine.set_of(items)? {
        Value::Set(set) => Ok(set),
        _ => Err(raise("TypeError", "this is no set")),
    }
}
