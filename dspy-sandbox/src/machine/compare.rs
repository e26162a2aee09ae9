//! Comparisons and order.

use std::cmp::Ordering;
use std::rc::Rc;

use num_bigint::BigInt;

use super::Machine;
use crate::ast::Compare;
use crate::memory::Obj;
use crate::number::Number;
use crate::stop::{Run, type_error};
use crate::table::Table;
use crate::value::{List, Value};

impl Machine {
    /// Returns whether a comparison holds.
    pub fn compare(&mut self, compare: Compare, left: &Value, right: &Value) -> Run<bool> {
        Ok(match compare {
            Compare::Equal => self.equal(left, right)?,
            Compare::NotEqual => !self.equal(left, right)?,
            Compare::Is => left.is(right),
            Compare::IsNot => !left.is(right),
            Compare::In => self.contains(right, left)?,
            Compare::NotIn => !self.contains(right, left)?,
            _ => {
                if let (Value::Set(a), Value::Set(b)) = (left, right) {
                    return self.compare_sets(compare, a, b);
                }
                let Some(order) = self.order(left, right, compare.sign())? else { return Ok(false) };
                match compare {
                    Compare::Less => order.is_lt(),
                    Compare::LessEqual => order.is_le(),
                    Compare::Greater => order.is_gt(),
                    _ => order.is_ge(),
                }
            }
        })
    }

    /// Returns whether two values are equal.
    pub fn equal(&mut self, a: &Value, b: &Value) -> Run<bool> {
        self.work(1)?;
        if let (Some(a), Some(b)) = (Number::of(a), Number::of(b)) {
            return Ok(compare_numbers(&a, &b) == Some(Ordering::Equal));
        }
        Ok(match (a, b) {
            (Value::Str(a), Value::Str(b)) => {
                self.work_on(a.len().min(b.len()))?;
                ***a == ***b
            }
            (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => {
                Rc::ptr_eq(a, b) || self.level(|machine| machine.equal_lists(a, b))?
            }
            (Value::Dict(a), Value::Dict(b)) | (Value::Set(a), Value::Set(b)) => {
                Rc::ptr_eq(a, b) || self.level(|machine| machine.equal_tables(a, b))?
            }
            (Value::Range(a), Value::Range(b)) => {
                (a.len(), a.get(0)) == (b.len(), b.get(0)) && (a.len() < 2 || a.step == b.step)
            }
            _ => a.is(b),
        })
    }

    fn equal_lists(&mut self, a: &Rc<List>, b: &Rc<List>) -> Run<bool> {
        if a.look(Vec::len) != b.look(Vec::len) {
            return Ok(false);
        }
        let mut at = 0;
        while let (Some(x), Some(y)) = (a.look(|a| a.get(at).cloned()), b.look(|b| b.get(at).cloned())) {
            if !x.is(&y) && !self.equal(&x, &y)? {
                return Ok(false);
            }
            at += 1;
        }
        Ok(true)
    }

    fn equal_tables(&mut self, a: &Rc<Obj<Table>>, b: &Rc<Obj<Table>>) -> Run<bool> {
        if a.look(Table::len) != b.look(Table::len) {
            return Ok(false);
        }
        let mut place = 0;
        while let Some((next, (name, value))) =
            a.look(|a| a.entry_from(place).map(|(next, entry)| (next, entry.clone())))
        {
            place = next;
            let key = self.key(&name)?;
            match b.look(|b| b.get(&key)) {
                Some(other) if self.equal(&value, &other)? => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    fn compare_sets(&mut self, compare: Compare, a: &Rc<Obj<Table>>, b: &Rc<Obj<Table>>) -> Run<bool> {
        let (small, large) =
            if matches!(compare, Compare::Less | Compare::LessEqual) { (a, b) } else { (b, a) };
        let strict = matches!(compare, Compare::Less | Compare::Greater);
        if strict && small.look(Table::len) >= large.look(Table::len) {
            return Ok(false);
        }
        let names: Vec<Value> = small.look(|small| small.entries().map(|(name, _)| name.clone()).collect());
        for name in names {
            self.work(1)?;
            let key = self.key(&name)?;
            if !large.look(|large| large.contains(&key)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The order of two values; none of a number that is not one.
    pub fn order(&mut self, a: &Value, b: &Value, sign: &str) -> Run<Option<Ordering>> {
        self.work(1)?;
        if let (Some(a), Some(b)) = (Number::of(a), Number::of(b)) {
            return Ok(compare_numbers(&a, &b));
        }
        match (a, b) {
            (Value::Str(a), Value::Str(b)) => {
                self.work_on(a.len().min(b.len()))?;
                Ok(Some((***a).cmp(&***b)))
            }
            (Value::List(x), Value::List(y)) | (Value::Tuple(x), Value::Tuple(y)) => self.level(|machine| {
                let mut at = 0;
                loop {
                    let pair = (x.look(|x| x.get(at).cloned()), y.look(|y| y.get(at).cloned()));
                    let (Some(x), Some(y)) = &pair else {
                        return Ok(Some(pair.0.is_some().cmp(&pair.1.is_some())));
                    };
                    if !machine.equal(x, y)? {
                        return machine.order(x, y, sign);
                    }
                    at += 1;
                }
            }),
            _ => {
                let (a, b) = (a.type_name(), b.type_name());
                Err(type_error(format!("'{sign}' not supported between instances of '{a}' and '{b}'")))
            }
        }
    }

    /// Returns whether something is in something else.
    pub fn contains(&mut self, whole: &Value, part: &Value) -> Run<bool> {
        match whole {
            Value::Str(text) => {
                let Value::Str(part) = part else {
                    let message =
                        format!("'in <string>' requires string as left operand, not {}", part.type_name());
                    return Err(type_error(message));
                };
                self.work_on(text.len())?;
                Ok(text.contains(&***part))
            }
            Value::Dict(table) | Value::Set(table) => {
                let key = self.key(part)?;
                Ok(table.look(|table| table.contains(&key)))
            }
            Value::Range(range) => {
                let Some(Number::Int(number)) = Number::of(part) else { return Ok(false) };
                let offset = i128::from(number) - i128::from(range.start);
                let step = i128::from(range.step);
                let nth = if step == 0 || offset % step != 0 { -1 } else { offset / step };
                Ok(usize::try_from(nth).is_ok_and(|nth| nth < range.len()))
            }
            other => {
                if !self.is_iterable(other) {
                    return Err(type_error(format!("{} is no container", other.type_name())));
                }
                let iter = self.iter(other)?;
                while let Some(item) = self.next(&iter)? {
                    if item.is(part) || self.equal(&item, part)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    /// Sorts by the first of each pair, which may fail at any comparison. What is equal stays in its order.
    pub fn sorted(&mut self, mut items: Vec<(Value, Value)>, descending: bool) -> Run<Vec<(Value, Value)>> {
        self.reserve(items.len().saturating_mul(96))?;
        let mut width = 1;
        while width < items.len() {
            let mut merged = Vec::with_capacity(items.len());
            let mut rest = items.into_iter().peekable();
            while rest.peek().is_some() {
                let left: Vec<_> = rest.by_ref().take(width).collect();
                let right: Vec<_> = rest.by_ref().take(width).collect();
                self.merge(left, right, descending, &mut merged)?;
            }
            items = merged;
            width = width.saturating_mul(2);
        }
        Ok(items)
    }

    fn merge(
        &mut self,
        left: Vec<(Value, Value)>,
        right: Vec<(Value, Value)>,
        descending: bool,
        to: &mut Vec<(Value, Value)>,
    ) -> Run<()> {
        let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let order = self.order(&b.0, &a.0, "<")?;
            let right_first =
                if descending { order == Some(Ordering::Greater) } else { order == Some(Ordering::Less) };
            to.extend(if right_first { right.next() } else { left.next() });
        }
        to.extend(left);
        to.extend(right);
        Ok(())
    }
}

fn compare_numbers(a: &Number, b: &Number) -> Option<Ordering> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => Some(a.cmp(b)),
        (Number::Float(a), Number::Float(b)) => a.partial_cmp(b),
        (Number::Float(a), b) => compare_float(*a, b),
        (a, Number::Float(b)) => compare_float(*b, a).map(Ordering::reverse),
        (a, b) => Some(whole(a).cmp(&whole(b))),
    }
}

fn whole(number: &Number) -> BigInt {
    match number {
        Number::Int(number) => (*number).into(),
        Number::Big(number) => number.clone(),
        Number::Float(_) => BigInt::ZERO,
    }
}

/// A float and a whole number, without rounding the whole number.
fn compare_float(a: f64, b: &Number) -> Option<Ordering> {
    if a.is_nan() {
        return None;
    }
    if a.is_infinite() {
        return Some(if a > 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    let floor: BigInt = num_traits::FromPrimitive::from_f64(a.floor())?;
    let order = floor.cmp(&whole(b));
    Some(if order == Ordering::Equal && a.fract() != 0.0 { Ordering::Greater } else { order })
}
