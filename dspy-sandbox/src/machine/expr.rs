//! Expressions.

use super::Machine;
use crate::ast::{Compare, Expr, Piece, Unary};
use crate::library;
use crate::memory::Obj;
use crate::number::Number;
use crate::stop::{Run, raise, type_error};
use crate::table::Table;
use crate::value::Value;

impl Machine {
    /// The value of an expression.
    pub fn value(&mut self, expr: &Expr) -> Run {
        self.work(1)?;
        // Without going deeper where nothing is inside.
        match expr {
            Expr::Const(value) => return Ok(value.clone()),
            Expr::Name(name) => return self.named(name),
            _ => {}
        }
        self.level(|machine| machine.evaluate(expr))
    }

    fn evaluate(&mut self, expr: &Expr) -> Run {
        match expr {
            Expr::Const(value) => Ok(value.clone()),
            Expr::Name(name) => self.named(name),
            Expr::List(items) => Value::list(self.items(items)?),
            Expr::Tuple(items) => Value::tuple(self.items(items)?),
            Expr::Set(items) => {
                let items = self.items(items)?;
                self.set_of(items)
            }
            Expr::Dict(entries) => self.dictionary(entries),
            Expr::Star(_) => Err(type_error("a star can only stand in a list or a call")),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Lambda(def) => self.function(def),
            Expr::Unary(operation, inside) => {
                let value = self.value(inside)?;
                unary(*operation, &value)
            }
            Expr::Binary(operation, left, right) => {
                let left = self.value(left)?;
                let right = self.value(right)?;
                self.binary(*operation, &left, &right)
            }
            Expr::Compare(first, rest) => self.compared(first, rest),
            Expr::And(parts) => self.last_of(parts, false),
            Expr::Or(parts) => self.last_of(parts, true),
            Expr::If(parts) => {
                let (value, condition, otherwise) = &**parts;
                let holds = self.value(condition)?.truth();
                self.value(if holds { value } else { otherwise })
            }
            Expr::Call(function, args) => self.call_expr(function, args),
            Expr::Attribute(object, name) => {
                let object = self.value(object)?;
                self.attribute(&object, name)
            }
            Expr::Index(object, index) => {
                let object = self.value(object)?;
                if let Expr::Slice(parts) = &**index {
                    let parts = self.slice_parts(parts)?;
                    return self.slice(&object, parts);
                }
                let index = self.value(index)?;
                self.index(&object, &index)
            }
            Expr::Slice(_) => Err(type_error("a slice cannot stand here")),
            Expr::Format(pieces) => Value::text(self.formatted(pieces)?),
            Expr::Walrus(name, value) => {
                let value = self.value(value)?;
                self.scope.set_outside(name, value.clone())?;
                Ok(value)
            }
        }
    }

    fn named(&mut self, name: &crate::ast::Name) -> Run {
        if let Some(value) = self.scope.get(name)? {
            return Ok(value);
        }
        if let Some((name, ())) = self.hosts.get_key_value(name) {
            return Ok(Value::Host(name.clone()));
        }
        match library::built_in(name) {
            Some(value) => Ok(value),
            None => Err(raise("NameError", library::unknown(name))),
        }
    }

    /// The values of items, those with a star taken apart.
    pub fn items(&mut self, items: &[Expr]) -> Run<Vec<Value>> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Expr::Star(inside) => {
                    let source = self.value(inside)?;
                    values.extend(self.collect(&source)?);
                }
                item => values.push(self.value(item)?),
            }
        }
        Ok(values)
    }

    /// A set of values.
    pub fn set_of(&mut self, items: Vec<Value>) -> Run {
        let set = Obj::new(Table::default())?;
        for item in items {
            let key = self.key(&item)?;
            self.work(1)?;
            set.edit(1, |set| set.insert(key, item, Value::None))?;
        }
        Ok(Value::Set(set))
    }

    fn dictionary(&mut self, entries: &[(Option<Expr>, Expr)]) -> Run {
        let dict = Obj::new(Table::default())?;
        for (key, value) in entries {
            let Some(key) = key else {
                let Value::Dict(other) = self.value(value)? else {
                    return Err(type_error("`**` takes a dictionary"));
                };
                self.copy_entries(&other, &dict)?;
                continue;
            };
            let name = self.value(key)?;
            let key = self.key(&name)?;
            let value = self.value(value)?;
            let old = dict.edit(1, |dict| dict.insert(key, name, value))?;
            drop(old);
        }
        Ok(Value::Dict(dict))
    }

    /// Adds all entries of one dictionary to another.
    pub fn copy_entries(&mut self, from: &Obj<Table>, to: &Obj<Table>) -> Run<()> {
        let mut place = 0;
        while let Some((next, (name, value))) =
            from.look(|from| from.entry_from(place).map(|(next, entry)| (next, entry.clone())))
        {
            place = next;
            self.work(2)?;
            let key = self.key(&name)?;
            let old = to.edit(1, |to| to.insert(key, name, value))?;
            drop(old);
        }
        Ok(())
    }

    /// The first value that is as `ends`, or the last one.
    fn last_of(&mut self, parts: &[Expr], ends: bool) -> Run {
        let mut value = Value::None;
        for part in parts {
            value = self.value(part)?;
            if value.truth() == ends {
                break;
            }
        }
        Ok(value)
    }

    fn compared(&mut self, first: &Expr, rest: &[(Compare, Expr)]) -> Run {
        let mut left = self.value(first)?;
        for (compare, right) in rest {
            let right = self.value(right)?;
            if !self.compare(*compare, &left, &right)? {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(Value::Bool(true))
    }

    fn formatted(&mut self, pieces: &[Piece]) -> Run<String> {
        let mut out = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value { value, conversion, spec } => {
                    let value = self.value(value)?;
                    let value = match conversion {
                        Some('s') => Value::text(self.text(&value)?)?,
                        Some(_) => Value::text(self.repr(&value)?)?,
                        None => value,
                    };
                    let spec = self.level(|machine| machine.formatted(spec))?;
                    let text = self.format(&value, &spec)?;
                    self.reserve(out.len() + text.len())?;
                    out.push_str(&text);
                }
            }
        }
        Ok(out)
    }
}

fn unary(operation: Unary, value: &Value) -> Run {
    let number = Number::of(value);
    match (operation, number) {
        (Unary::Not, _) => Ok(Value::Bool(!value.truth())),
        (Unary::Minus, Some(Number::Int(number))) => number
            .checked_neg()
            .map_or_else(|| Value::int(-num_bigint::BigInt::from(number)), |n| Ok(Value::Int(n))),
        (Unary::Minus, Some(Number::Big(number))) => Value::int(-number),
        (Unary::Minus, Some(Number::Float(number))) => Ok(Value::Float(-number)),
        (Unary::Plus, Some(Number::Int(number))) => Ok(Value::Int(number)),
        (Unary::Plus, Some(_)) => Ok(value.clone()),
        (Unary::Invert, Some(Number::Int(number))) => Ok(Value::Int(!number)),
        (Unary::Invert, Some(Number::Big(number))) => Value::int(-number - 1),
        _ => {
            let sign = match operation {
                Unary::Minus => "-",
                Unary::Plus => "+",
                _ => "~",
            };
            Err(type_error(format!("`{sign}` cannot be used on {}", value.type_name())))
        }
    }
}
