//! Items and parts of values, by place or by key.

use std::rc::Rc;

use super::Machine;
use crate::ast::Expr;
use crate::exception::Exception;
use crate::memory::Obj;
use crate::number;
use crate::stop::{Run, Stop, raise, type_error, value_error};
use crate::table::{Lacking, Table};
use crate::value::{Range, Value};

/// The beginning, end and step of a slice, as far as they are given.
pub type Parts = [Option<i64>; 3];

/// A place counted from the end if it is negative.
fn place(index: i64, length: usize) -> Option<usize> {
    let index = if index < 0 { index.checked_add(i64::try_from(length).ok()?)? } else { index };
    usize::try_from(index).ok().filter(|index| *index < length)
}

/// The first place, how many there are, and the step.
fn places([start, stop, step]: Parts, length: usize) -> Run<(i64, usize, i64)> {
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(value_error("slice step cannot be zero"));
    }
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let bound = |given: Option<i64>, otherwise| match given {
        Some(at) if at < 0 => at.saturating_add(length).max(low),
        Some(at) => at.min(high),
        None => otherwise,
    };
    let (first, last) = if step > 0 { (low, high) } else { (high, low) };
    let (start, stop) = (bound(start, first), bound(stop, last));
    Ok((start, Range { start, stop, step }.len(), step))
}

impl Machine {
    pub fn slice_parts(&mut self, parts: &[Option<Expr>; 3]) -> Run<Parts> {
        let mut values = [None; 3];
        for (part, value) in parts.iter().zip(&mut values) {
            let Some(part) = part else { continue };
            *value = match self.value(part)? {
                Value::None => None,
                Value::Big(big) => {
                    Some(if big.number.sign() == num_bigint::Sign::Minus { i64::MIN } else { i64::MAX })
                }
                other => Some(number::int(&other, "a slice's place")?),
            };
        }
        Ok(values)
    }

    /// The item at a place or under a key.
    pub fn index(&mut self, object: &Value, index: &Value) -> Run {
        match object {
            Value::List(items) | Value::Tuple(items) => {
                let at = self.integer(object, index)?;
                let item = items.look(|items| place(at, items.len()).and_then(|at| items.get(at).cloned()));
                item.ok_or_else(|| out_of_range(object))
            }
            Value::Str(text) => {
                let at = self.integer(object, index)?;
                let Some(at) = place(at, text.chars_count()) else { return Err(out_of_range(object)) };
                if !text.is_ascii() {
                    self.work_on(text.len())?;
                }
                Value::text(text.between(at, at + 1))
            }
            Value::Dict(table) => self.entry(table, index),
            Value::Range(range) => {
                let at = self.integer(object, index)?;
                let item = place(at, range.len()).and_then(|at| range.get(at));
                item.map(Value::Int).ok_or_else(|| out_of_range(object))
            }
            Value::Match(_) => self.method(object, "group", vec![index.clone()], Vec::new()),
            // `list[int]` and the like, in what says types.
            Value::Type(_) => Ok(object.clone()),
            other => Err(type_error(format!("{} has no items to take by place", other.type_name()))),
        }
    }

    fn entry(&mut self, table: &Rc<Obj<Table>>, name: &Value) -> Run {
        let key = self.key(name)?;
        if let Some(value) = table.look(|table| table.get(&key)) {
            return Ok(value);
        }
        match table.look(|table| table.lacking.clone()) {
            Lacking::Error => Err(Stop::Raise(Exception::with("KeyError", vec![name.clone()])?)),
            Lacking::Zero => Ok(Value::Int(0)),
            Lacking::Make(make) => {
                let value = self.call(&make, Vec::new(), Vec::new())?;
                table.edit(1, |table| table.insert(key, name.clone(), value.clone()))?;
                Ok(value)
            }
        }
    }

    fn integer(&self, object: &Value, index: &Value) -> Run<i64> {
        match index {
            Value::Int(at) => Ok(*at),
            Value::Bool(at) => Ok((*at).into()),
            Value::Big(_) => Err(out_of_range(object)),
            other => {
                let name = object.type_name();
                Err(type_error(format!(
                    "{name} indices must be integers or slices, not {}",
                    other.type_name()
                )))
            }
        }
    }

    /// Sets the item at a place or under a key.
    pub fn set_index(&mut self, object: &Value, index: &Value, value: Value) -> Run<()> {
        match object {
            Value::List(items) => {
                let at = self.integer(object, index)?;
                let old = items.edit(0, |items| {
                    let length = items.len();
                    let slot = place(at, length).and_then(|at| items.get_mut(at));
                    slot.map(|slot| std::mem::replace(slot, value))
                })?;
                old.map(drop).ok_or_else(|| raise("IndexError", "list assignment index out of range"))
            }
            Value::Dict(table) => {
                let key = self.key(index)?;
                let old = table.edit(1, |table| table.insert(key, index.clone(), value))?;
                drop(old);
                Ok(())
            }
            other => Err(type_error(format!("items of {} cannot be set", other.type_name()))),
        }
    }

    /// Takes the item at a place or under a key away.
    pub fn remove_index(&mut self, object: &Value, index: &Value) -> Run<()> {
        match object {
            Value::List(items) => {
                let at = self.integer(object, index)?;
                let length = items.look(Vec::len);
                self.work(length / 64)?;
                let Some(at) = place(at, length) else { return Err(out_of_range(object)) };
                let removed = items.edit(0, |items| items.remove(at))?;
                drop(removed);
                Ok(())
            }
            Value::Dict(table) => {
                let key = self.key(index)?;
                match table.edit(0, |table| table.remove(&key))? {
                    Some(_) => Ok(()),
                    None => Err(Stop::Raise(Exception::with("KeyError", vec![index.clone()])?)),
                }
            }
            other => Err(type_error(format!("items of {} cannot be deleted", other.type_name()))),
        }
    }

    /// A part of a sequence.
    pub fn slice(&mut self, object: &Value, parts: Parts) -> Run {
        match object {
            Value::List(items) | Value::Tuple(items) => {
                let (mut at, count, step) = places(parts, items.look(Vec::len))?;
                self.reserve(count.saturating_mul(32))?;
                let mut part = Vec::with_capacity(count);
                items.look(|items| {
                    for _ in 0..count {
                        part.extend(usize::try_from(at).ok().and_then(|at| items.get(at).cloned()));
                        at = at.saturating_add(step);
                    }
                });
                if matches!(object, Value::List(_)) { Value::list(part) } else { Value::tuple(part) }
            }
            Value::Str(text) => {
                let (start, count, step) = places(parts, text.chars_count())?;
                if count == 0 {
                    return Value::text("");
                }
                self.reserve(text.len())?;
                let from = usize::try_from(start).unwrap_or_default();
                if step == 1 {
                    return Value::text(text.between(from, from + count));
                }
                let by = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
                let part: String = if step > 0 {
                    text.between(from, text.chars_count()).chars().step_by(by).take(count).collect()
                } else {
                    text.between(0, from + 1).chars().rev().step_by(by).take(count).collect()
                };
                Value::text(part)
            }
            Value::Range(range) => {
                let (start, count, step) = places(parts, range.len())?;
                let step = range.step.saturating_mul(step);
                let start = usize::try_from(start).ok().and_then(|at| range.get(at)).unwrap_or(range.stop);
                let stop =
                    start.saturating_add(step.saturating_mul(i64::try_from(count).unwrap_or(i64::MAX)));
                Ok(Value::Range(Rc::new(Range { start, stop, step })))
            }
            other => Err(type_error(format!("{} cannot be sliced", other.type_name()))),
        }
    }

    /// Puts values in the place of a part of a list.
    pub fn set_slice(&mut self, object: &Value, parts: Parts, value: &Value) -> Run<()> {
        let Value::List(items) = object else {
            return Err(type_error(format!("parts of {} cannot be set", object.type_name())));
        };
        let new = self.collect(value)?;
        let length = items.look(Vec::len);
        let (start, count, step) = places(parts, length)?;
        self.work(length / 16 + new.len())?;
        let from = usize::try_from(start).unwrap_or_default().min(length);
        if step == 1 {
            let old: Vec<Value> =
                items.edit(new.len(), |items| items.splice(from..from + count, new).collect())?;
            drop(old);
            return Ok(());
        }
        if new.len() != count {
            let message = format!("{} values cannot be put in the place of {count} with a step", new.len());
            return Err(value_error(message));
        }
        for (nth, value) in new.into_iter().enumerate() {
            let at = start.saturating_add(step.saturating_mul(i64::try_from(nth).unwrap_or(i64::MAX)));
            self.set_index(object, &Value::Int(at), value)?;
        }
        Ok(())
    }

    /// Takes a part of a list away.
    pub fn remove_slice(&mut self, object: &Value, parts: Parts) -> Run<()> {
        let Value::List(items) = object else {
            return Err(type_error(format!("parts of {} cannot be deleted", object.type_name())));
        };
        let length = items.look(Vec::len);
        let (start, count, step) = places(parts, length)?;
        self.work(length)?;
        let removed: std::collections::HashSet<i64> =
            (0..i64::try_from(count).unwrap_or(i64::MAX)).map(|nth| start + nth * step).collect();
        let kept: Vec<Value> = items.look(|items| {
            let kept = items.iter().zip(0_i64..).filter(|(_, at)| !removed.contains(at));
            kept.map(|(item, _)| item.clone()).collect()
        });
        let old = items.edit(0, |items| std::mem::replace(items, kept))?;
        drop(old);
        Ok(())
    }
}

fn out_of_range(object: &Value) -> Stop {
    let name = if let Value::Str(_) = object { "string" } else { object.type_name() };
    raise("IndexError", format!("{name} index out of range"))
}
