//! Methods of lists and tuples.

use std::rc::Rc;

use super::args::Args;
use crate::machine::Machine;
use crate::stop::{Run, raise, value_error};
use crate::value::{List, Value};

pub const METHODS: &[&str] =
    &["append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort"];

pub fn method(machine: &mut Machine, items: &Rc<List>, name: &'static str, mut args: Args) -> Run {
    match name {
        "append" => {
            let item = args.only()?;
            items.edit(1, |items| items.push(item))?;
        }
        "extend" => {
            let source = args.only()?;
            let more = machine.collect(&source)?;
            items.edit(more.len(), |items| items.extend(more))?;
        }
        "insert" => {
            let (at, item) = (args.int("index")?, args.need("object")?);
            let length = items.look(Vec::len);
            machine.work(length / 64)?;
            let at = if at < 0 { at.saturating_add(i64::try_from(length).unwrap_or(i64::MAX)) } else { at };
            let at = usize::try_from(at).unwrap_or_default().min(length);
            items.edit(1, |items| items.insert(at, item))?;
        }
        "pop" => {
            let at = args.int_if("index")?.unwrap_or(-1);
            let length = items.look(Vec::len);
            machine.work(if at == -1 { 1 } else { length / 64 })?;
            let from_end =
                if at < 0 { at.saturating_add(i64::try_from(length).unwrap_or(i64::MAX)) } else { at };
            let Some(at) = usize::try_from(from_end).ok().filter(|at| *at < length) else {
                let message = if length == 0 { "pop from empty list" } else { "pop index out of range" };
                return Err(raise("IndexError", message));
            };
            return items.edit(0, |items| items.remove(at));
        }
        "remove" => {
            let wanted = args.only()?;
            let Some(at) = find(machine, items, &wanted, 0, usize::MAX)? else {
                return Err(value_error("list.remove(x): x not in list"));
            };
            let removed = items.edit(0, |items| (at < items.len()).then(|| items.remove(at)))?;
            drop(removed);
        }
        "clear" => {
            args.none()?;
            let old = items.edit(0, std::mem::take)?;
            drop(old);
        }
        "copy" => {
            args.none()?;
            let copy = machine.collect(&Value::List(items.clone()))?;
            return Value::list(copy);
        }
        "reverse" => {
            args.none()?;
            machine.work(items.look(Vec::len) / 16)?;
            items.edit(0, |items| items.reverse())?;
        }
        "sort" => {
            let taken = machine.collect(&Value::List(items.clone()))?;
            let sorted = super::built_in::sort(machine, taken, args)?;
            let old = items.edit(sorted.len(), |items| std::mem::replace(items, sorted))?;
            drop(old);
        }
        _ => return look(machine, items, name, args),
    }
    Ok(Value::None)
}

/// Calls a method that tuples have, too.
pub fn look(machine: &mut Machine, items: &Rc<List>, name: &'static str, mut args: Args) -> Run {
    if name == "count" {
        let wanted = args.only()?;
        let (mut count, mut at) = (0, 0);
        while let Some(found) = find(machine, items, &wanted, at, usize::MAX)? {
            count += 1;
            at = found + 1;
        }
        return Ok(Value::count(count));
    }
    let wanted = args.need("value")?;
    let (from, to) = (args.int_if("start")?, args.int_if("stop")?);
    let length = i64::try_from(items.look(Vec::len)).unwrap_or(i64::MAX);
    let place =
        |at: i64| usize::try_from(if at < 0 { at.saturating_add(length) } else { at }).unwrap_or_default();
    match find(machine, items, &wanted, from.map_or(0, place), to.map_or(usize::MAX, place))? {
        Some(at) => Ok(Value::count(at)),
        None => {
            let shown = machine.repr(&wanted)?;
            let shown: String = shown.chars().take(60).collect();
            Err(value_error(format!("{shown} is not in list")))
        }
    }
}

/// The first place from one up to another of what is equal to a value.
fn find(
    machine: &mut Machine,
    items: &Rc<List>,
    wanted: &Value,
    from: usize,
    to: usize,
) -> Run<Option<usize>> {
    let mut at = from;
    while let Some(item) = items.look(|items| items.get(at).cloned()).filter(|_| at < to) {
        if item.is(wanted) || machine.equal(&item, wanted)? {
            return Ok(Some(at));
        }
        at += 1;
    }
    Ok(None)
}
