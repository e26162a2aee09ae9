//! Values that hold no others.

use serde_json::{Number, Value};

use super::Coercer;
use crate::parse::node::Node;
use crate::parse::text::number::{self, Decimal};
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{Shape, ShapeId};

impl Coercer<'_> {
    pub(super) fn scalar(&mut self, id: ShapeId, node: &Node<'_>) -> Result<Value, Problem> {
        match (self.shapes.get(id), node) {
            (Shape::Null, Node::Null) | (Shape::Fixed(Value::Null), Node::Null) => Ok(Value::Null),
            (Shape::Bool, Node::Bool(value)) => Ok(Value::Bool(*value)),
            (Shape::Bool, Node::Number(raw @ ("0" | "1"))) => {
                self.mend(Repair::BoolSpelling);
                Ok(Value::Bool(*raw == "1"))
            }
            (Shape::Integer(_) | Shape::Number(_), Node::Number(raw)) => match number::plain(raw) {
                Some(decimal) => self.numeric(id, raw, &decimal),
                None => Err(self.problem(id, raw, "it is no number")),
            },
            (Shape::Labels(names), Node::Text(text)) if names.iter().any(|name| *name == *text) => {
                Ok(Value::from(text.as_ref()))
            }
            (Shape::Labels(names), Node::Number(raw)) if names.iter().any(|name| name == raw) => {
                self.mend(Repair::AsText);
                Ok(Value::from(*raw))
            }
            (Shape::Labels(names), Node::Bool(value)) => {
                let raw = if *value { "true" } else { "false" };
                if !names.iter().any(|name| name == raw) {
                    return Err(self.unfit(id, node, "it is none of the labels"));
                }
                self.mend(Repair::AsText);
                Ok(Value::from(raw))
            }
            (Shape::Fixed(value), Node::Bool(_) | Node::Number(_)) => self.fixed(id, value, node),
            (shape, Node::Text(text)) => {
                if !matches!(shape, Shape::Labels(_)) {
                    self.mend(Repair::Quoted);
                }
                self.scalar_text(id, text)
            }
            // `000` in `1,000` is no item of a list.
            (Shape::Integer(_) | Shape::Number(_), Node::Word(word)) if leading_zero(word) => {
                Err(self.unfit(id, node, "it has leading zeros, or is a part of a longer number"))
            }
            (_, Node::Word(word)) => self.scalar_text(id, word),
            (_, Node::Null) => Err(self.unfit(id, node, "null is not of the type")),
            (Shape::Bool, Node::Number(_)) => {
                Err(self.unfit(id, node, "only 1 and 0 are numbers for true and false"))
            }
            _ => Err(self.unfit(id, node, "it is not of the type")),
        }
    }

    /// Text as it is, and numbers and booleans as they were written.
    pub(super) fn string(&mut self, id: ShapeId, node: &Node<'_>) -> Result<Value, Problem> {
        let text = match node {
            Node::Text(text) => text.as_ref(),
            // Without quotes it stands for no text.
            Node::Word(word) if is_nothing(word) => {
                return Err(self.unfit(id, node, "it is not text"));
            }
            Node::Word(word) => word,
            Node::Number(raw) => {
                self.mend(Repair::AsText);
                raw
            }
            Node::Bool(value) => {
                self.mend(Repair::AsText);
                if *value { "true" } else { "false" }
            }
            Node::Null => return Err(self.unfit(id, node, "null is not text")),
            Node::List(_) | Node::Object(_) => return Err(self.unfit(id, node, "it is not text")),
        };
        self.sized(id, text)
    }

    /// Text within the bounds on its length.
    pub(in crate::parse) fn sized(&self, id: ShapeId, text: &str) -> Result<Value, Problem> {
        if let Shape::Text { least, most } = *self.shapes.get(id)
            && (least > 0 || most < usize::MAX)
        {
            let length = text.chars().count();
            if length < least || length > most {
                let reason = format!("it has {length} characters, which is out of its bounds");
                return Err(self.problem(id, text, &reason));
            }
        }
        Ok(Value::from(text))
    }

    /// A number in the range of its type, exactly as it was written.
    pub(in crate::parse) fn numeric(
        &mut self,
        id: ShapeId,
        raw: &str,
        decimal: &Decimal,
    ) -> Result<Value, Problem> {
        match self.shapes.get(id) {
            Shape::Integer(range) => {
                let Some(integer) = decimal.integer() else {
                    return Err(self.problem(id, raw, "it has a fraction or is out of range"));
                };
                if integer < range.least || integer > range.most {
                    return Err(self.problem(id, raw, "it is out of range"));
                }
                if !decimal.is_digits() {
                    self.mend(Repair::IntegerSpelling);
                }
                whole(integer).ok_or_else(|| self.problem(id, raw, "it is out of range"))
            }
            Shape::Number(range) => {
                let float = decimal.float();
                let Some(float) = float else { return Err(self.problem(id, raw, "it is out of range")) };
                let low = float < range.least || (range.above && float <= range.least);
                let high = float > range.most || (range.below && float >= range.most);
                if low || high {
                    return Err(self.problem(id, raw, "it is out of range"));
                }
                let digits = if decimal.is_digits() { decimal.integer().and_then(whole) } else { None };
                match digits.or_else(|| Number::from_f64(float).map(Value::Number)) {
                    Some(value) => Ok(value),
                    None => Err(self.problem(id, raw, "it is no number")),
                }
            }
            _ => Err(self.problem(id, raw, "it is not of the type")),
        }
    }

    fn fixed(&mut self, id: ShapeId, value: &Value, node: &Node<'_>) -> Result<Value, Problem> {
        let same = match (value, node) {
            (Value::Bool(value), Node::Bool(found)) => value == found,
            (Value::Number(value), Node::Number(raw)) => number::same(value, raw),
            _ => false,
        };
        if same { Ok(value.clone()) } else { Err(self.unfit(id, node, "it is another value")) }
    }

    /// Any value, as serde_json would read it, but never rounded to fit.
    pub(super) fn any(&mut self, node: &Node<'_>) -> Result<Value, Problem> {
        Ok(match node {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(*value),
            Node::Text(text) => Value::from(text.as_ref()),
            Node::Word(word) if null_word(word) => {
                self.mend(Repair::NullSpelling);
                Value::Null
            }
            Node::Word(word) if is_nothing(word) => {
                return Err(Problem::new("", word, "without quotes it stands for no value"));
            }
            Node::Word(word)
                if number::spelled(word, true).is_ok() || number::spelled(word, false).is_ok() =>
            {
                return Err(Problem::new("", word, "without quotes it may be a number or text"));
            }
            Node::Word(word) => Value::from(*word),
            Node::Number(raw) => {
                let decimal = number::plain(raw);
                let value = decimal.and_then(|decimal| {
                    if decimal.is_digits() {
                        decimal.integer().and_then(whole)
                    } else {
                        decimal.float().and_then(Number::from_f64).map(Value::Number)
                    }
                });
                value.ok_or_else(|| Problem::new("", raw, "the number is out of range"))?
            }
            Node::List(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| self.any(item)).collect();
                Value::Array(items?)
            }
            Node::Object(entries) => self.any_object(entries)?,
        })
    }
}

/// Tells whether a word without quotes is one for null.
fn null_word(word: &str) -> bool {
    ["null", "none", "nil", "undefined"].iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Tells whether a word without quotes stands for no text: for null, or for no number.
fn is_nothing(word: &str) -> bool {
    let nothing = ["n/a", "nan", "inf", "infinity"];
    null_word(word)
        || nothing.iter().any(|known| known.eq_ignore_ascii_case(word.trim_start_matches(['-', '+'])))
}

fn leading_zero(word: &str) -> bool {
    let digits = word.trim_start_matches(['-', '+']);
    digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
}

fn whole(integer: i128) -> Option<Value> {
    let signed = i64::try_from(integer).map(Value::from);
    signed.or_else(|_| u64::try_from(integer).map(Value::from)).ok()
}
