//! The arguments of a function of the language.

use std::rc::Rc;

use crate::ast::Name;
use crate::number;
use crate::stop::{Run, type_error};
use crate::text::Text;
use crate::value::Value;

/// The arguments of a function.
pub struct Args {
    function: &'static str,
    plain: std::vec::IntoIter<Value>,
    named: Vec<(Name, Value)>,
}

impl Args {
    pub fn new(function: &'static str, plain: Vec<Value>, named: Vec<(Name, Value)>) -> Self {
        Self { function, plain: plain.into_iter(), named }
    }

    /// Returns the number that were given by position and are left.
    pub fn len(&self) -> usize {
        self.plain.len()
    }

    fn missing(&self, what: &str) -> super::Stop {
        type_error(format!("{}() is missing {what}", self.function))
    }

    /// The first by position.
    pub fn first(&mut self) -> Run {
        match self.plain.next() {
            Some(value) => Ok(value),
            None => Err(self.missing("an argument")),
        }
    }

    /// The only one.
    pub fn only(mut self) -> Run {
        let value = self.first()?;
        self.none()?;
        Ok(value)
    }

    /// The next by position or by this name, if it is given.
    pub fn take(&mut self, name: &str) -> Run<Option<Value>> {
        let by_name = self.by_name(name);
        match self.plain.next() {
            Some(_) if by_name.is_some() => {
                Err(type_error(format!("{}() got '{name}' twice", self.function)))
            }
            Some(value) => Ok(Some(value)),
            None => Ok(by_name),
        }
    }

    /// The next by position or by this name.
    pub fn need(&mut self, name: &str) -> Run {
        match self.take(name)? {
            Some(value) => Ok(value),
            None => Err(self.missing(&format!("the argument '{name}'"))),
        }
    }

    /// Takes an argument that is given by name only.
    pub fn by_name(&mut self, name: &str) -> Option<Value> {
        let at = self.named.iter().position(|(given, _)| &**given == name)?;
        Some(self.named.remove(at).1)
    }

    /// A text.
    pub fn text(&mut self, name: &str) -> Run<Rc<Text>> {
        let value = self.need(name)?;
        self.as_text(value, name)
    }

    /// A text, if it is given and not `None`.
    pub fn text_if(&mut self, name: &str) -> Run<Option<Rc<Text>>> {
        match self.take(name)? {
            None | Some(Value::None) => Ok(None),
            Some(value) => self.as_text(value, name).map(Some),
        }
    }

    fn as_text(&self, value: Value, name: &str) -> Run<Rc<Text>> {
        match value {
            Value::Str(text) => Ok(text),
            other => Err(type_error(format!(
                "{}(): '{name}' must be str, not {}",
                self.function,
                other.type_name()
            ))),
        }
    }

    /// A whole number.
    pub fn int(&mut self, name: &str) -> Run<i64> {
        let value = self.need(name)?;
        number::int(&value, &format!("{}(): '{name}'", self.function))
    }

    /// A whole number, if it is given and not `None`.
    pub fn int_if(&mut self, name: &str) -> Run<Option<i64>> {
        match self.take(name)? {
            None | Some(Value::None) => Ok(None),
            Some(value) => number::int(&value, &format!("{}(): '{name}'", self.function)).map(Some),
        }
    }

    /// Takes all arguments by position that are left.
    pub fn rest(&mut self) -> Vec<Value> {
        self.plain.by_ref().collect()
    }

    /// Takes all arguments by name that are left.
    pub fn rest_named(&mut self) -> Vec<(Name, Value)> {
        std::mem::take(&mut self.named)
    }

    /// Reports arguments that are too many.
    pub fn none(&mut self) -> Run<()> {
        if self.plain.next().is_some() {
            return Err(type_error(format!("{}() got too many arguments", self.function)));
        }
        match self.named.first() {
            Some((name, _)) => {
                Err(type_error(format!("{}() got an unexpected keyword argument '{name}'", self.function)))
            }
            None => Ok(()),
        }
    }
}
