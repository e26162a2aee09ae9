//! Exceptions and their kinds.

use std::cell::Cell;
use std::rc::Rc;

use super::memory::{Charge, Obj};
use super::stop::Run;
use super::text::Text;
use super::value::{List, Value};

/// An exception.
pub struct Exception {
    pub kind: &'static str,
    pub args: Rc<List>,
    /// The line of the statement that raised it, in the code of the current run.
    pub line: Cell<Option<u32>>,
    _charge: Charge,
}

impl Exception {
    pub fn new(kind: &'static str, message: &str) -> Run<Rc<Self>> {
        Self::with(kind, vec![Value::Str(Text::new(message)?)])
    }

    pub fn with(kind: &'static str, args: Vec<Value>) -> Run<Rc<Self>> {
        let charge = Charge::new(64)?;
        Ok(Rc::new(Self { kind, args: Obj::new(args)?, line: Cell::new(None), _charge: charge }))
    }
}

/// Every kind, with the kind that it is a case of.
const KINDS: &[(&str, &str)] = &[
    ("BaseException", ""),
    ("Exception", "BaseException"),
    ("ArithmeticError", "Exception"),
    ("AssertionError", "Exception"),
    ("AttributeError", "Exception"),
    ("EOFError", "Exception"),
    ("ImportError", "Exception"),
    ("IndexError", "LookupError"),
    ("KeyError", "LookupError"),
    ("KeyboardInterrupt", "BaseException"),
    ("LookupError", "Exception"),
    ("MemoryError", "Exception"),
    ("ModuleNotFoundError", "ImportError"),
    ("NameError", "Exception"),
    ("NotImplementedError", "RuntimeError"),
    ("OSError", "Exception"),
    ("OverflowError", "ArithmeticError"),
    ("PermissionError", "OSError"),
    ("RecursionError", "RuntimeError"),
    ("RuntimeError", "Exception"),
    ("StopIteration", "Exception"),
    ("SystemExit", "BaseException"),
    ("TimeoutError", "OSError"),
    ("TypeError", "Exception"),
    ("UnboundLocalError", "NameError"),
    ("UnicodeError", "ValueError"),
    ("ValueError", "Exception"),
    ("ZeroDivisionError", "ArithmeticError"),
    ("JSONDecodeError", "ValueError"),
    ("error", "Exception"),
];

/// The kind of this name that programs know without an import.
pub fn named(name: &str) -> Option<&'static str> {
    let known = KINDS.iter().find(|(kind, _)| *kind == name)?.0;
    (!matches!(known, "JSONDecodeError" | "error")).then_some(known)
}

/// Returns whether one kind is another or a case of it.
pub fn is_a(kind: &str, of: &str) -> bool {
    let mut kind = kind;
    while !kind.is_empty() {
        if kind == of || (of == "IOError" && kind == "OSError") {
            return true;
        }
        kind = KINDS.iter().find(|(name, _)| *name == kind).map_or("", |(_, parent)| parent);
    }
    false
}

/// Returns whether a name is that of a kind of exceptions, also one that a module has.
pub fn is_kind(name: &str) -> bool {
    KINDS.iter().any(|(kind, _)| *kind == name)
}
