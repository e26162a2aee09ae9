//! Operations on what are not only numbers.

use std::rc::Rc;

use super::Machine;
use crate::ast::Binary;
use crate::memory::Obj;
use crate::number;
use crate::stop::{Run, type_error};
use crate::table::{Lacking, Table};
use crate::value::{List, Value};

impl Machine {
    /// An operation on two values.
    pub fn binary(&mut self, operation: Binary, left: &Value, right: &Value) -> Run {
        if let (Value::Big(a), Value::Big(b)) = (left, right) {
            // Products and quotients of large numbers take as long as they are large.
            self.work((a.number.bits() as usize / 64 + 1) * (b.number.bits() as usize / 64 + 1) / 16)?;
        }
        if let Some(value) = number::binary(operation, left, right)? {
            return Ok(value);
        }
        match (operation, left, right) {
            (Binary::Add, Value::Str(a), Value::Str(b)) => {
                self.reserve(a.len() + b.len())?;
                Value::text([&***a, &***b].concat())
            }
            (Binary::Add, Value::List(a), Value::List(b)) => Value::list(self.joined(a, b)?),
            (Binary::Add, Value::Tuple(a), Value::Tuple(b)) => Value::tuple(self.joined(a, b)?),
            (
                Binary::Mul,
                Value::Str(_) | Value::List(_) | Value::Tuple(_),
                Value::Int(_) | Value::Bool(_),
            ) => self.repeated(left, right),
            (
                Binary::Mul,
                Value::Int(_) | Value::Bool(_),
                Value::Str(_) | Value::List(_) | Value::Tuple(_),
            ) => self.repeated(right, left),
            (Binary::Mod, Value::Str(text), _) => {
                let text = self.percent(text, right)?;
                Value::text(text)
            }
            (Binary::Or, Value::Dict(a), Value::Dict(b)) => {
                let both = Obj::new(Table::lacking(a.look(|a| a.lacking.clone())))?;
                self.copy_entries(a, &both)?;
                self.copy_entries(b, &both)?;
                Ok(Value::Dict(both))
            }
            (Binary::Add | Binary::Sub, Value::Dict(a), Value::Dict(b)) if counts(a) && counts(b) => {
                self.counted(a, b, operation)
            }
            (Binary::Or | Binary::And | Binary::Sub | Binary::Xor, Value::Set(a), Value::Set(b)) => {
                self.sets(operation, a, b)
            }
            _ => {
                let (left, right) = (left.type_name(), right.type_name());
                Err(type_error(format!(
                    "unsupported operand types for {}: '{left}' and '{right}'",
                    operation.sign()
                )))
            }
        }
    }

    fn joined(&mut self, a: &List, b: &List) -> Run<Vec<Value>> {
        let length = a.look(Vec::len) + b.look(Vec::len);
        self.reserve(length.saturating_mul(32))?;
        let mut all = Vec::with_capacity(length);
        a.look(|a| all.extend_from_slice(a));
        b.look(|b| all.extend_from_slice(b));
        Ok(all)
    }

    fn repeated(&mut self, object: &Value, times: &Value) -> Run {
        let times = usize::try_from(number::int(times, "how often")?).unwrap_or_default();
        match object {
            Value::Str(text) => {
                self.reserve(text.len().saturating_mul(times))?;
                Value::text(text.repeat(times))
            }
            Value::List(items) | Value::Tuple(items) => {
                let length = items.look(Vec::len);
                self.reserve(length.saturating_mul(times).saturating_mul(32))?;
                let mut all = Vec::with_capacity(length.saturating_mul(times));
                for _ in 0..if length == 0 { 0 } else { times } {
                    items.look(|items| all.extend_from_slice(items));
                }
                if matches!(object, Value::List(_)) { Value::list(all) } else { Value::tuple(all) }
            }
            other => Err(type_error(format!("{} cannot be repeated", other.type_name()))),
        }
    }

    /// Operations on sets; what is in both keeps the place that it has in the first.
    pub fn sets(&mut self, operation: Binary, a: &Rc<Obj<Table>>, b: &Rc<Obj<Table>>) -> Run {
        let set = Obj::new(Table::default())?;
        for (from, other, with) in [(a, b, true), (b, a, false)] {
            let names: Vec<Value> = from.look(|from| from.entries().map(|(name, _)| name.clone()).collect());
            self.work(names.len() * 2)?;
            for name in names {
                let key = self.key(&name)?;
                let in_other = other.look(|other| other.contains(&key));
                let taken = match operation {
                    Binary::Or => true,
                    Binary::And => with && in_other,
                    Binary::Sub => with && !in_other,
                    _ => !in_other,
                };
                if taken {
                    set.edit(1, |set| set.insert(key, name, Value::None))?;
                }
            }
        }
        Ok(Value::Set(set))
    }

    /// Sums and differences of counters, of which only what is above zero is kept.
    fn counted(&mut self, a: &Rc<Obj<Table>>, b: &Rc<Obj<Table>>, operation: Binary) -> Run {
        let counter = Obj::new(Table::lacking(Lacking::Zero))?;
        for (from, first) in [(a, true), (b, false)] {
            let entries: Vec<_> = from.look(|from| from.entries().cloned().collect());
            for (name, _) in entries {
                self.work(2)?;
                let key = self.key(&name)?;
                if !first && a.look(|a| a.contains(&key)) {
                    continue;
                }
                let count =
                    |table: &Rc<Obj<Table>>| table.look(|table| table.get(&key)).unwrap_or(Value::Int(0));
                let (x, y) = (count(a), count(b));
                let total = self.binary(operation, &x, &y)?;
                if self.compare(super::super::ast::Compare::Greater, &total, &Value::Int(0))? {
                    counter.edit(1, |counter| counter.insert(key, name, total))?;
                }
            }
        }
        Ok(Value::Dict(counter))
    }
}

fn counts(table: &Rc<Obj<Table>>) -> bool {
    table.look(|table| matches!(table.lacking, Lacking::Zero))
}
