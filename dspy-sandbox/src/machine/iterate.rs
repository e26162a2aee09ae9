//! Going through values one by one.

use std::rc::Rc;

use super::Machine;
use crate::ast::Comprehension;
use crate::memory::{Hold, Obj};
use crate::scope::Scope;
use crate::stop::{Run, raise, type_error};
use crate::value::Value;

/// The position in something, and the items still to come.
#[derive(Default)]
pub enum Iter {
    #[default]
    Done,
    /// By place: a list, tuple or range, the next place.
    Places(Value, usize),
    /// The characters of a text from a byte on.
    Chars(Value, usize),
    /// The keys of a dictionary or set from a place on, and how many there were.
    Keys(Value, usize, usize),
    Enumerate(Value, i64),
    Zip(Vec<Value>, bool),
    Map(Value, Vec<Value>),
    Filter(Value, Value),
    /// A generator expression: its scope, and the sources that are under way.
    Generator(Rc<Comprehension>, Rc<Scope>, Vec<Value>, u32),
}

impl Hold for Iter {
    const EACH: usize = 32;

    fn weight(&self) -> usize {
        192
    }

    fn give(&mut self, to: &mut Vec<Value>) {
        match std::mem::take(self) {
            Self::Done => {}
            Self::Places(value, _)
            | Self::Chars(value, _)
            | Self::Keys(value, ..)
            | Self::Enumerate(value, _) => {
                to.push(value);
            }
            Self::Zip(sources, _) => to.extend(sources),
            Self::Map(function, sources) => {
                to.push(function);
                to.extend(sources);
            }
            Self::Filter(function, source) => to.extend([function, source]),
            Self::Generator(_, _, sources, _) => to.extend(sources),
        }
    }
}

/// One step of an iterator: what it takes to make the next item.
enum Step {
    End,
    Item(Value),
    Enumerate(Value, i64),
    Zip(Vec<Value>, bool),
    Map(Value, Vec<Value>),
    Filter(Value, Value),
    Generator,
    Changed,
}

impl Machine {
    pub fn is_iterable(&self, value: &Value) -> bool {
        use Value::{Dict, Iter, List, Range, Set, Str, Tuple};
        matches!(value, List(_) | Tuple(_) | Str(_) | Dict(_) | Set(_) | Range(_) | Iter(_))
    }

    /// Goes through a value from its beginning.
    pub fn iter(&mut self, value: &Value) -> Run<Rc<Obj<Iter>>> {
        let iter = match value {
            Value::Iter(iter) => return Ok(iter.clone()),
            Value::List(_) | Value::Tuple(_) | Value::Range(_) => Iter::Places(value.clone(), 0),
            Value::Str(_) => Iter::Chars(value.clone(), 0),
            Value::Dict(table) | Value::Set(table) => {
                Iter::Keys(value.clone(), 0, table.look(super::super::table::Table::len))
            }
            other => return Err(type_error(format!("'{}' object is not iterable", other.type_name()))),
        };
        Obj::new(iter)
    }

    /// The next item.
    pub fn next(&mut self, iter: &Rc<Obj<Iter>>) -> Run<Option<Value>> {
        self.work(1)?;
        let step = iter.edit(0, step)??;
        Ok(match step {
            Step::End => {
                let old = iter.edit(0, std::mem::take)?;
                drop(old);
                None
            }
            Step::Item(item) => Some(item),
            Step::Changed => return Err(raise("RuntimeError", "dictionary changed size during iteration")),
            Step::Enumerate(source, at) => self.level(|machine| {
                let Some(item) = machine.advance(&source)? else { return Ok(None) };
                Ok(Some(Value::tuple(vec![Value::Int(at), item])?))
            })?,
            Step::Zip(sources, strict) => self.level(|machine| machine.zip(&sources, strict))?,
            Step::Map(function, sources) => self.level(|machine| {
                let mut args = Vec::with_capacity(sources.len());
                for source in &sources {
                    let Some(item) = machine.advance(source)? else { return Ok(None) };
                    args.push(item);
                }
                machine.call(&function, args, Vec::new()).map(Some)
            })?,
            Step::Filter(function, source) => self.level(|machine| {
                while let Some(item) = machine.advance(&source)? {
                    let kept = match &function {
                        Value::None => item.truth(),
                        function => machine.call(function, vec![item.clone()], Vec::new())?.truth(),
                    };
                    if kept {
                        return Ok(Some(item));
                    }
                }
                Ok(None)
            })?,
            Step::Generator => self.level(|machine| machine.generate(iter))?,
        })
    }

    /// The next item of a value that is an iterator.
    fn advance(&mut self, value: &Value) -> Run<Option<Value>> {
        let iter = self.iter(value)?;
        self.next(&iter)
    }

    fn zip(&mut self, sources: &[Value], strict: bool) -> Run<Option<Value>> {
        let mut items = Vec::with_capacity(sources.len());
        for (nth, source) in sources.iter().enumerate() {
            match self.advance(source)? {
                Some(item) => items.push(item),
                None if strict && nth > 0 => {
                    return Err(raise("ValueError", "zip() arguments have different lengths"));
                }
                None => {
                    if strict {
                        for other in sources.iter().skip(1) {
                            if self.advance(other)?.is_some() {
                                return Err(raise("ValueError", "zip() arguments have different lengths"));
                            }
                        }
                    }
                    return Ok(None);
                }
            }
        }
        if items.is_empty() { Ok(None) } else { Ok(Some(Value::tuple(items)?)) }
    }

    /// Collects all items of a value.
    pub fn collect(&mut self, value: &Value) -> Run<Vec<Value>> {
        if let Value::List(items) | Value::Tuple(items) = value {
            let length = items.look(Vec::len);
            self.reserve(length.saturating_mul(32))?;
            return Ok(items.look(Clone::clone));
        }
        let iter = self.iter(value)?;
        // They are counted while they are collected, as they are in no list yet.
        let held = crate::memory::Charge::new(64)?;
        let mut items = Vec::new();
        while let Some(item) = self.next(&iter)? {
            items.push(item);
            if items.len().is_power_of_two() || items.len() % 1024 == 0 {
                held.set(64 + items.len() * 32 + items.len().min(1024) * 32)?;
            }
        }
        Ok(items)
    }
}

/// Takes the next step, as far as it needs nothing to be run.
fn step(iter: &mut Iter) -> Run<Step> {
    Ok(match iter {
        Iter::Done => Step::End,
        Iter::Places(source, at) => {
            let item = match source {
                Value::List(items) | Value::Tuple(items) => items.look(|items| items.get(*at).cloned()),
                Value::Range(range) => range.get(*at).map(Value::Int),
                _ => None,
            };
            *at += 1;
            item.map_or(Step::End, Step::Item)
        }
        Iter::Chars(source, at) => {
            let Value::Str(text) = &source else { return Ok(Step::End) };
            let Some(c) = text.get(*at..).and_then(|rest| rest.chars().next()) else { return Ok(Step::End) };
            *at += c.len_utf8();
            Step::Item(Value::text(c.encode_utf8(&mut [0; 4]))?)
        }
        Iter::Keys(source, place, count) => {
            let (Value::Dict(table) | Value::Set(table)) = &source else { return Ok(Step::End) };
            if table.look(super::super::table::Table::len) != *count {
                return Ok(Step::Changed);
            }
            let entry =
                table.look(|table| table.entry_from(*place).map(|(next, (key, _))| (next, key.clone())));
            let Some((next, key)) = entry else { return Ok(Step::End) };
            *place = next;
            Step::Item(key)
        }
        Iter::Enumerate(source, at) => {
            *at = at.saturating_add(1);
            Step::Enumerate(source.clone(), *at - 1)
        }
        Iter::Zip(sources, strict) => Step::Zip(sources.clone(), *strict),
        Iter::Map(function, sources) => Step::Map(function.clone(), sources.clone()),
        Iter::Filter(function, source) => Step::Filter(function.clone(), source.clone()),
        Iter::Generator(..) => Step::Generator,
    })
}
