//! The values of programs.

use std::rc::Rc;

use num_bigint::BigInt;
use regex_lite::Regex;

use super::ast::{Def, Name};
use super::exception::Exception;
use super::machine::iterate::Iter;
use super::memory::{Charge, Hold, Obj, bury};
use super::scope::Scope;
use super::stop::Run;
use super::table::Table;
use super::text::Text;

/// A list or a tuple.
pub type List = Obj<Vec<Value>>;

/// A value; what is in an object is shared by all that have it.
#[derive(Clone)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// A whole number that is no `i64`.
    Big(Rc<Big>),
    Float(f64),
    Str(Rc<Text>),
    List(Rc<List>),
    Tuple(Rc<List>),
    Dict(Rc<Obj<Table>>),
    Set(Rc<Obj<Table>>),
    Range(Rc<Range>),
    Iter(Rc<Obj<Iter>>),
    Function(Rc<Function>),
    /// A function of the language or of one of its modules.
    Native(&'static str),
    /// A method with its object.
    Method(Rc<(Value, Name)>),
    /// A function of the host.
    Host(Name),
    Type(&'static str),
    Module(&'static str),
    Exception(Rc<Exception>),
    Pattern(Rc<Pattern>),
    Match(Rc<Match>),
}

/// A large whole number.
pub struct Big {
    pub number: BigInt,
    _charge: Charge,
}

/// Whole numbers from one up to another.
pub struct Range {
    pub start: i64,
    pub stop: i64,
    pub step: i64,
}

/// A function that the program defined.
pub struct Function {
    pub def: Rc<Def>,
    /// A value for each parameter that has one by default, in order.
    pub defaults: Vec<Option<Value>>,
    pub scope: Rc<Scope>,
    pub _charge: Charge,
}

/// A compiled pattern.
pub struct Pattern {
    pub source: Rc<Text>,
    /// It, and the same for a match at the beginning and for one of the whole text.
    pub regexes: [Regex; 3],
    /// About how many states it has, each of which takes time for each byte of a text.
    pub states: usize,
    pub _charge: Charge,
}

/// The match of a pattern: the groups as places in the text.
pub struct Match {
    pub text: Rc<Text>,
    pub groups: Vec<Option<(usize, usize)>>,
    pub names: Vec<Option<String>>,
    pub _charge: Charge,
}

impl Drop for Function {
    fn drop(&mut self) {
        bury(|graves| graves.extend(self.defaults.drain(..).flatten()));
    }
}

impl Hold for Vec<Value> {
    const EACH: usize = 32;

    fn weight(&self) -> usize {
        96 + self.len() * Self::EACH
    }

    fn give(&mut self, to: &mut Vec<Value>) {
        to.append(self);
    }
}

impl Range {
    pub fn len(&self) -> usize {
        let (start, stop, step) = (i128::from(self.start), i128::from(self.stop), i128::from(self.step));
        let span = if step > 0 { stop - start } else { start - stop };
        if span <= 0 { 0 } else { usize::try_from((span - 1) / step.abs() + 1).unwrap_or(usize::MAX) }
    }

    pub fn get(&self, index: usize) -> Option<i64> {
        if index >= self.len() {
            return None;
        }
        i64::try_from(i128::from(self.start) + i128::from(self.step) * index as i128).ok()
    }
}

impl Value {
    pub fn text(text: impl AsRef<str>) -> Run {
        Ok(Self::Str(Text::new(text)?))
    }

    pub fn list(items: Vec<Value>) -> Run {
        Ok(Self::List(Obj::new(items)?))
    }

    pub fn tuple(items: Vec<Value>) -> Run {
        Ok(Self::Tuple(Obj::new(items)?))
    }

    /// A whole number, in its smaller form if it has one.
    pub fn int(number: BigInt) -> Run {
        if let Ok(small) = i64::try_from(&number) {
            return Ok(Self::Int(small));
        }
        let charge = Charge::new(number.bits().div_ceil(8) as usize + 64)?;
        Ok(Self::Big(Rc::new(Big { number, _charge: charge })))
    }

    /// A count as a whole number.
    pub fn count(count: usize) -> Self {
        Self::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// The name of its type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Big(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Dict(table) => table.look(Table::type_name),
            Self::Set(_) => "set",
            Self::Range(_) => "range",
            Self::Iter(_) => "iterator",
            Self::Function(_) => "function",
            Self::Native(_) | Self::Method(_) | Self::Host(_) => "builtin_function_or_method",
            Self::Type(_) => "type",
            Self::Module(_) => "module",
            Self::Exception(exception) => exception.kind,
            Self::Pattern(_) => "Pattern",
            Self::Match(_) => "Match",
        }
    }

    /// Returns whether it counts as true.
    pub fn truth(&self) -> bool {
        match self {
            Self::None => false,
            Self::Bool(truth) => *truth,
            Self::Int(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::List(items) | Self::Tuple(items) => items.look(|items| !items.is_empty()),
            Self::Dict(table) | Self::Set(table) => table.look(|table| table.len() > 0),
            Self::Range(range) => range.len() > 0,
            _ => true,
        }
    }

    /// Returns whether two are one and the same object.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Str(a), Self::Str(b)) => Rc::ptr_eq(a, b),
            (Self::List(a), Self::List(b)) | (Self::Tuple(a), Self::Tuple(b)) => Rc::ptr_eq(a, b),
            (Self::Dict(a), Self::Dict(b)) | (Self::Set(a), Self::Set(b)) => Rc::ptr_eq(a, b),
            (Self::Iter(a), Self::Iter(b)) => Rc::ptr_eq(a, b),
            (Self::Function(a), Self::Function(b)) => Rc::ptr_eq(a, b),
            (Self::Exception(a), Self::Exception(b)) => Rc::ptr_eq(a, b),
            (Self::Native(a), Self::Native(b)) | (Self::Type(a), Self::Type(b)) => a == b,
            (Self::Module(a), Self::Module(b)) => a == b,
            (Self::Host(a), Self::Host(b)) => a == b,
            _ => false,
        }
    }
}
