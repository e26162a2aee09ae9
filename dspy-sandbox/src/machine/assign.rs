//! Giving values to names and places.

use super::Machine;
use crate::ast::{Binary, Expr};
use crate::stop::{Run, raise, type_error, value_error};
use crate::value::Value;

impl Machine {
    /// Gives a target a value.
    pub fn assign(&mut self, target: &Expr, value: Value) -> Run<()> {
        match target {
            Expr::Name(name) => self.scope.set(name, value),
            Expr::Index(object, index) => {
                let object = self.value(object)?;
                if let Expr::Slice(parts) = &**index {
                    let parts = self.slice_parts(parts)?;
                    return self.set_slice(&object, parts, &value);
                }
                let index = self.value(index)?;
                self.set_index(&object, &index, value)
            }
            Expr::Tuple(targets) | Expr::List(targets) => {
                self.level(|machine| machine.unpack(targets, &value))
            }
            _ => Err(type_error("this cannot be given a value")),
        }
    }

    fn unpack(&mut self, targets: &[Expr], value: &Value) -> Run<()> {
        if !self.is_iterable(value) {
            return Err(type_error(format!("cannot unpack {}, which is no sequence", value.type_name())));
        }
        let mut values = self.collect(value)?;
        let star = targets.iter().position(|target| matches!(target, Expr::Star(_)));
        let least = targets.len() - usize::from(star.is_some());
        if values.len() < least || (star.is_none() && values.len() > least) {
            let wanted = if star.is_some() { format!("at least {least}") } else { least.to_string() };
            let few = if values.len() < least { "not enough" } else { "too many" };
            return Err(value_error(format!(
                "{few} values to unpack (expected {wanted}, got {})",
                values.len()
            )));
        }
        let surplus = values.len() - least;
        let mut rest = values.drain(..);
        for target in targets {
            match target {
                Expr::Star(inside) => {
                    let list = Value::list(rest.by_ref().take(surplus).collect())?;
                    self.assign(inside, list)?;
                }
                target => {
                    let value = rest.next().unwrap_or(Value::None);
                    self.assign(target, value)?;
                }
            }
        }
        Ok(())
    }

    /// Changes a target by an operation.
    pub fn augment(&mut self, target: &Expr, operation: Binary, value: &Expr) -> Run<()> {
        match target {
            Expr::Name(name) => {
                let Some(old) = self.scope.get(name)? else {
                    return Err(raise("NameError", format!("name '{name}' is not defined")));
                };
                let value = self.value(value)?;
                let new = self.changed(operation, &old, &value)?;
                drop(old);
                self.scope.set(name, new)
            }
            Expr::Index(object, index) if !matches!(**index, Expr::Slice(_)) => {
                let object = self.value(object)?;
                let index = self.value(index)?;
                let old = self.index(&object, &index)?;
                let value = self.value(value)?;
                let new = self.changed(operation, &old, &value)?;
                self.set_index(&object, &index, new)
            }
            _ => Err(type_error("only a name or a place can be changed by an operation")),
        }
    }

    /// Computes an operation that may change its left side.
    fn changed(&mut self, operation: Binary, old: &Value, value: &Value) -> Run {
        match (old, operation) {
            (Value::List(list), Binary::Add) => {
                let more = self.collect(value)?;
                list.edit(more.len(), |list| list.extend(more))?;
                Ok(old.clone())
            }
            (Value::Set(_) | Value::Dict(_), Binary::Or)
                if matches!(value, Value::Set(_) | Value::Dict(_)) =>
            {
                self.method(old, "update", vec![value.clone()], Vec::new())?;
                Ok(old.clone())
            }
            _ => self.binary(operation, old, value),
        }
    }

    /// Takes a name or an item away.
    pub fn delete(&mut self, target: &Expr) -> Run<()> {
        match target {
            Expr::Name(name) => self.scope.remove(name),
            Expr::Index(object, index) => {
                let object = self.value(object)?;
                if let Expr::Slice(parts) = &**index {
                    let parts = self.slice_parts(parts)?;
                    return self.remove_slice(&object, parts);
                }
                let index = self.value(index)?;
                self.remove_index(&object, &index)
            }
            _ => Err(type_error("this cannot be deleted")),
        }
    }
}
