//! The module `itertools`, and `functools.reduce`. What it makes is made at once.

use std::rc::Rc;

use super::args::Args;
use super::{member, named};
use crate::ast::Binary;
use crate::machine::Machine;
use crate::memory::Charge;
use crate::number;
use crate::stop::{Run, raise, type_error, value_error};
use crate::value::{List, Value};

/// Adds to a list what a function makes of its arguments.
pub type Function = fn(&mut Machine, &mut Args, &Rc<List>) -> Run<()>;

/// The functions, in the order of their names.
pub const FUNCTIONS: &[(&str, Function)] = &[
    ("itertools.accumulate", accumulate),
    ("itertools.chain", chain),
    ("itertools.combinations", |machine, args, list| chosen(machine, args, false, list)),
    ("itertools.groupby", group_by),
    ("itertools.islice", slice),
    ("itertools.pairwise", pairwise),
    ("itertools.permutations", |machine, args, list| chosen(machine, args, true, list)),
    ("itertools.product", product),
    ("itertools.zip_longest", zip_longest),
];

pub fn item(name: &str) -> Option<Value> {
    member(FUNCTIONS.iter().map(|(known, _)| *known), "itertools", name)
}

pub fn call(machine: &mut Machine, name: &'static str, mut args: Args) -> Run {
    let Some((_, function)) = named(FUNCTIONS, name) else {
        return Err(raise("NameError", super::unknown(name)));
    };
    let made = Value::list(Vec::new())?;
    if let Value::List(list) = &made {
        function(machine, &mut args, list)?;
    }
    args.none()?;
    Ok(Value::Iter(machine.iter(&made)?))
}

fn chain(machine: &mut Machine, args: &mut Args, list: &Rc<List>) -> Run<()> {
    for source in args.rest() {
        let items = machine.collect(&source)?;
        list.edit(items.len(), |list| list.extend(items))?;
    }
    Ok(())
}

fn slice(machine: &mut Machine, args: &mut Args, list: &Rc<List>) -> Run<()> {
    let source = args.first()?;
    let (first, second) = (args.int_if("stop")?, args.int_if("end")?);
    let step = args.int_if("step")?.unwrap_or(1);
    let (from, to) = second.map_or((0, first), |to| (first.unwrap_or(0), Some(to)));
    if from < 0 || to.is_some_and(|to| to < 0) || step < 1 {
        return Err(value_error("islice() takes no negative places"));
    }
    let iter = machine.iter(&source)?;
    let mut at = 0;
    while to.is_none_or(|to| at < to) {
        let Some(item) = machine.next(&iter)? else { break };
        if at >= from && (at - from) % step == 0 {
            list.edit(1, |list| list.push(item))?;
        }
        at += 1;
    }
    Ok(())
}

fn accumulate(machine: &mut Machine, args: &mut Args, list: &Rc<List>) -> Run<()> {
    let given = |value: &Value| !matches!(value, Value::None);
    let (source, function) = (args.first()?, args.take("func")?.filter(given));
    let iter = machine.iter(&source)?;
    let mut total = args.by_name("initial").filter(given);
    if let Some(total) = total.clone() {
        list.edit(1, |list| list.push(total))?;
    }
    while let Some(item) = machine.next(&iter)? {
        let next = match (total.take(), &function) {
            (None, _) => item,
            (Some(total), Some(function)) => machine.call(function, vec![total, item], Vec::new())?,
            (Some(total), None) => machine.binary(Binary::Add, &total, &item)?,
        };
        list.edit(1, |list| list.push(next.clone()))?;
        total = Some(next);
    }
    Ok(())
}

fn pairwise(machine: &mut Machine, args: &mut Args, list: &Rc<List>) -> Run<()> {
    let items = machine.collect(&args.first()?)?;
    items.windows(2).try_for_each(|pair| push_tuple(machine, list, pair.to_vec()))
}

fn pools(machine: &mut Machine, args: &mut Args) -> Run<Vec<Vec<Value>>> {
    args.rest().iter().map(|source| machine.collect(source)).collect()
}

fn product(machine: &mut Machine, args: &mut Args, list: &Rc<List>) -> Run<()> {
    let repeat = args.by_name("repeat").map_or(Ok(1), |times| number::int(&times, "repeat"))?;
    let pools = pools(machine, args)?;
    let once = pools.len();
    let repeat = if once == 0 { 0 } else { usize::try_from(repeat).unwrap_or_default() };
    machine.reserve(once.saturating_mul(repeat).saturating_mul(64))?;
    let pools: Vec<_> = (0..repeat).flat_map(|_| &pools).collect();
    let mut places = vec![0; pools.len()];
    loop {
        let tuple = pools.iter().zip(&places).map(|(pool, at)| pool.get(*at).cloned());
        let Some(tuple) = tuple.collect::<Option<Vec<_>>>() else { return Ok(()) };
        push_tuple(machine, list, tuple)?;
        if !step_on(&mut places, &pools) {
            return Ok(());
        }
    }
}

/// Goes on to the next combination, the last place first; there is none after the last.
fn step_on(places: &mut [usize], pools: &[&Vec<Value>]) -> bool {
    for (place, pool) in places.iter_mut().zip(pools).rev() {
        *place += 1;
        if *place < pool.len() {
            return true;
        }
        *place = 0;
    }
    false
}

/// `combinations` and `permutations`.
fn chosen(machine: &mut Machine, args: &mut Args, ordered: bool, list: &Rc<List>) -> Run<()> {
    let (source, length) = (args.first()?, args.int_if("r")?);
    let pool = machine.collect(&source)?;
    let length = length.map_or(pool.len(), |length| usize::try_from(length).unwrap_or(usize::MAX));
    if length <= pool.len() { choose(machine, &pool, length, ordered, list) } else { Ok(()) }
}

fn zip_longest(machine: &mut Machine, args: &mut Args, list: &Rc<List>) -> Run<()> {
    let fill = args.by_name("fillvalue").unwrap_or(Value::None);
    let pools = pools(machine, args)?;
    for at in 0..pools.iter().map(Vec::len).max().unwrap_or(0) {
        let tuple = pools.iter().map(|pool| pool.get(at).cloned().unwrap_or(fill.clone())).collect();
        push_tuple(machine, list, tuple)?;
    }
    Ok(())
}

fn group_by(machine: &mut Machine, args: &mut Args, list: &Rc<List>) -> Run<()> {
    let (source, by) = (args.first()?, args.take("key")?.filter(|given| !matches!(given, Value::None)));
    let iter = machine.iter(&source)?;
    let mut group: Option<(Value, Rc<List>)> = None;
    while let Some(item) = machine.next(&iter)? {
        let key = match &by {
            Some(by) => machine.call(by, vec![item.clone()], Vec::new())?,
            None => item.clone(),
        };
        let same = match &group {
            Some((old, _)) => machine.equal(old, &key)?,
            None => false,
        };
        if !same {
            let Value::List(items) = Value::list(Vec::new())? else { continue };
            push_tuple(machine, list, vec![key.clone(), Value::List(items.clone())])?;
            group = Some((key, items));
        }
        if let Some((_, items)) = &group {
            items.edit(1, |items| items.push(item))?;
        }
    }
    Ok(())
}

fn push_tuple(machine: &mut Machine, list: &Rc<List>, items: Vec<Value>) -> Run<()> {
    machine.work(items.len() + 1)?;
    let tuple = Value::tuple(items)?;
    list.edit(1, |list| list.push(tuple))
}

/// All ways to choose so many items, in the order of their places.
fn choose(machine: &mut Machine, pool: &[Value], length: usize, ordered: bool, list: &Rc<List>) -> Run<()> {
    let _held = Charge::new(length * 16 + pool.len())?;
    let mut places: Vec<usize> = Vec::with_capacity(length);
    let mut next = 0;
    loop {
        machine.work(1)?;
        if places.len() == length {
            let tuple = places.iter().filter_map(|at| pool.get(*at).cloned()).collect();
            push_tuple(machine, list, tuple)?;
        } else {
            let free = (next..pool.len()).find(|at| !ordered || !places.contains(at));
            if let Some(at) = free {
                places.push(at);
                next = if ordered { 0 } else { at + 1 };
                continue;
            }
        }
        match places.pop() {
            Some(last) => next = last + 1,
            None => return Ok(()),
        }
    }
}

/// Makes one value out of many, two at a time.
pub fn reduce(machine: &mut Machine, mut args: Args) -> Run {
    let (function, source, first) = (args.first()?, args.first()?, args.take("initial")?);
    args.none()?;
    let iter = machine.iter(&source)?;
    let first = match first {
        Some(first) => Some(first),
        None => machine.next(&iter)?,
    };
    let Some(mut total) = first else {
        return Err(type_error("reduce() of empty iterable with no initial value"));
    };
    while let Some(item) = machine.next(&iter)? {
        total = machine.call(&function, vec![total, item], Vec::new())?;
    }
    Ok(total)
}
