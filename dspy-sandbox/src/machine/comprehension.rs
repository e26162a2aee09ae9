//! Comprehensions and generator expressions: loops that make one item at a time.

use std::rc::Rc;

use super::Machine;
use super::iterate::Iter;
use crate::ast::{Comprehension, ComprehensionKind};
use crate::memory::Obj;
use crate::scope::Scope;
use crate::stop::{Run, raise};
use crate::table::Table;
use crate::value::Value;

impl Machine {
    pub fn comprehension(&mut self, comprehension: &Rc<Comprehension>) -> Run {
        let Some(first) = comprehension.clauses.first() else { return Ok(Value::None) };
        // The first source is evaluated where the comprehension stands, at once.
        let source = self.value(&first.source)?;
        let source = Value::Iter(self.iter(&source)?);
        let scope = Scope::comprehension(&self.scope)?;
        let iter = Obj::new(Iter::Generator(comprehension.clone(), scope, vec![source], self.code))?;
        match comprehension.kind {
            ComprehensionKind::Generator => Ok(Value::Iter(iter)),
            ComprehensionKind::List => {
                let items = self.collect(&Value::Iter(iter))?;
                Value::list(items)
            }
            ComprehensionKind::Set => {
                let set = Obj::new(Table::default())?;
                while let Some(item) = self.next(&iter)? {
                    let key = self.key(&item)?;
                    set.edit(1, |set| set.insert(key, item, Value::None))?;
                }
                Ok(Value::Set(set))
            }
            ComprehensionKind::Dict => {
                let dict = Obj::new(Table::default())?;
                while let Some(Value::Tuple(entry)) = self.next(&iter)? {
                    let entry = entry.look(|entry| entry.first().cloned().zip(entry.get(1).cloned()));
                    let Some((name, value)) = entry else { continue };
                    let key = self.key(&name)?;
                    let old = dict.edit(1, |dict| dict.insert(key, name, value))?;
                    drop(old);
                }
                Ok(Value::Dict(dict))
            }
        }
    }

    /// The next item of a generator expression.
    pub fn generate(&mut self, iter: &Rc<Obj<Iter>>) -> Run<Option<Value>> {
        let taken = iter.edit(0, std::mem::take)?;
        let Iter::Generator(comprehension, scope, mut sources, code) = taken else {
            return Err(raise("ValueError", "generator already executing"));
        };
        let outer =
            (std::mem::replace(&mut self.scope, scope.clone()), std::mem::replace(&mut self.code, code));
        let made = self.run_clauses(&comprehension, &mut sources);
        (self.scope, self.code) = outer;
        let item = made?;
        if item.is_some() {
            iter.edit(0, |iter| *iter = Iter::Generator(comprehension, scope, sources, code))?;
        }
        Ok(item)
    }

    /// Runs on until an item is made; the sources are those of the clauses that are under way.
    fn run_clauses(&mut self, comprehension: &Comprehension, sources: &mut Vec<Value>) -> Run<Option<Value>> {
        loop {
            let Some(clause) = sources.len().checked_sub(1).and_then(|at| comprehension.clauses.get(at))
            else {
                return Ok(None);
            };
            let Some(Value::Iter(source)) = sources.last().cloned() else { return Ok(None) };
            let Some(item) = self.next(&source)? else {
                sources.pop();
                continue;
            };
            self.assign(&clause.target, item)?;
            let mut holds = true;
            for condition in &clause.conditions {
                if !self.value(condition)?.truth() {
                    holds = false;
                    break;
                }
            }
            if !holds {
                continue;
            }
            if let Some(next) = comprehension.clauses.get(sources.len()) {
                let source = self.value(&next.source)?;
                sources.push(Value::Iter(self.iter(&source)?));
                continue;
            }
            let item = self.value(&comprehension.item)?;
            let Some(value) = &comprehension.value else { return Ok(Some(item)) };
            let value = self.value(value)?;
            return Ok(Some(Value::tuple(vec![item, value])?));
        }
    }
}
