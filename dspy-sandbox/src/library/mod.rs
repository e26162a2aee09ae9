//! The library that programs have without importing a package: functions, methods and modules.

mod args;
mod built_in;
mod construct;
mod dicts;
mod itertools;
pub mod json;
mod lists;
mod math;
mod regex;
mod sets;
mod statistics;
mod strings;

use args::Args;

use super::ast::Name;
use super::exception;
use super::machine::Machine;
use super::stop::{Run, Stop, raise, type_error};
use super::value::Value;

/// The modules that can be imported.
pub const MODULES: &[&str] =
    &["collections", "functools", "itertools", "json", "math", "re", "statistics", "string"];

/// The names that only state types, and do nothing: importing them is no mistake.
const TYPING: &[&str] = &["typing", "__future__", "collections.abc"];

/// The module of this name.
pub fn module(name: &str) -> Option<&'static str> {
    MODULES.iter().chain(TYPING).find(|module| **module == name).copied()
}

/// Looks up a name in a module.
pub fn item(module: &'static str, name: &str) -> Run<Option<Value>> {
    if TYPING.contains(&module) {
        // What stands in annotations, which nobody looks at.
        return Ok(Some(Value::None));
    }
    Ok(match module {
        "math" => math::item(name),
        "re" => regex::item(name),
        "json" => json::item(name),
        "itertools" => itertools::item(name),
        "statistics" => statistics::item(name),
        "functools" if name == "reduce" => Some(Value::Native("functools.reduce")),
        "string" => strings::constant(name)?,
        "collections" => {
            let known = ["Counter", "defaultdict", "OrderedDict"].into_iter().find(|known| *known == name);
            known.map(Value::Type)
        }
        _ => None,
    })
}

/// Looks up a name that is there without an import.
pub fn built_in(name: &str) -> Option<Value> {
    let kind = construct::TYPES.iter().find(|known| **known == name).copied();
    let kind = kind.or_else(|| exception::named(name)).or((name == "IOError").then_some("OSError"));
    kind.map(Value::Type).or_else(|| built_in::item(name))
}

/// Reports a name that is not there.
pub fn unknown(name: &str) -> String {
    let reason = match name {
        "open" | "input" => "there are no files and no input here; use the variables that are given",
        "eval" | "exec" | "compile" | "__import__" => "it is not part of this Python; write the code itself",
        "globals" | "locals" | "vars" | "getattr" | "setattr" | "delattr" => {
            "it is not part of this Python; use a dictionary"
        }
        "object" | "super" | "staticmethod" | "classmethod" | "property" => {
            "there are no classes; use dictionaries and functions"
        }
        "breakpoint" | "id" | "exit" | "quit" => "it is not part of this Python; write it without",
        "bytes" | "bytearray" | "memoryview" => "there are no bytes here, only texts",
        "frozenset" | "complex" => "it is not part of this Python",
        _ if MODULES.contains(&name) => {
            return format!("name '{name}' is not defined; write `import {name}` first");
        }
        _ => return format!("name '{name}' is not defined"),
    };
    format!("name '{name}' is not defined: {reason}")
}

/// Calls a function of the language or of a module.
pub fn call(machine: &mut Machine, name: &'static str, args: Vec<Value>, named: Vec<(Name, Value)>) -> Run {
    let args = Args::new(name, args, named);
    match name.split_once('.').map_or("", |(module, _)| module) {
        "math" => math::call(machine, name, args),
        "re" => regex::call(machine, name, args),
        "json" => json::call(machine, name, args),
        "itertools" => itertools::call(machine, name, args),
        "statistics" => statistics::call(machine, name, args),
        "functools" => itertools::reduce(machine, args),
        _ => built_in::call(machine, name, args),
    }
}

/// The function that a module has under a name, of those that the interpreter knows by `module.name`.
fn member(mut functions: impl Iterator<Item = &'static str>, module: &str, name: &str) -> Option<Value> {
    let is_it = |known: &&str| known.split_once('.') == Some((module, name));
    functions.find(is_it).map(Value::Native)
}

/// A row of a table that is in the order of its names.
fn named<T: Copy>(table: &[(&'static str, T)], name: &str) -> Option<(&'static str, T)> {
    table.binary_search_by(|(known, _)| (*known).cmp(name)).ok().and_then(|at| table.get(at)).copied()
}

/// Makes a value of a type.
pub fn construct(
    machine: &mut Machine,
    name: &'static str,
    args: Vec<Value>,
    named: Vec<(Name, Value)>,
) -> Run {
    construct::call(machine, name, Args::new(name, args, named))
}

/// The methods that values of a kind have.
fn methods(object: &Value) -> &'static [&'static str] {
    match object {
        Value::Str(_) => strings::METHODS,
        Value::List(_) => lists::METHODS,
        Value::Tuple(_) => &["count", "index"],
        Value::Dict(_) => dicts::METHODS,
        Value::Set(_) => sets::METHODS,
        Value::Pattern(_) => regex::PATTERN,
        Value::Match(_) => regex::MATCH,
        Value::Int(_) | Value::Big(_) | Value::Bool(_) => &["bit_length"],
        Value::Float(_) => &["is_integer"],
        Value::Type("dict" | "OrderedDict") => &["fromkeys"],
        Value::Type("str") => &["join", "lower", "upper", "strip", "maketrans", "title", "split"],
        _ => &[],
    }
}

pub fn has_method(object: &Value, name: &str) -> bool {
    methods(object).contains(&name)
}

/// Looks up a name of a value that is no method.
pub fn attribute(object: &Value, name: &str) -> Run<Option<Value>> {
    Ok(match (object, name) {
        (Value::Function(function), "__name__") => Some(Value::text(&*function.def.name)?),
        (Value::Type(kind), "__name__") => Some(Value::text(kind)?),
        (Value::Exception(exception), "args") => Some(Value::Tuple(exception.args.clone())),
        (Value::Pattern(pattern), "pattern") => Some(Value::Str(pattern.source.clone())),
        (Value::Match(found), "string") => Some(Value::Str(found.text.clone())),
        _ => None,
    })
}

/// Reports that a value has nothing under a name, and names that come near.
pub fn no_attribute(object: &Value, name: &str) -> Stop {
    let near = |method: &&&str| strsim::osa_distance(name, method) <= (name.chars().count() / 3).max(1);
    let nearest = methods(object).iter().filter(near).min_by_key(|method| strsim::osa_distance(name, method));
    let hint = nearest.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
    raise("AttributeError", format!("'{}' object has no attribute '{name}' here{hint}", object.type_name()))
}

/// Calls a method of a value.
pub fn method(
    machine: &mut Machine,
    object: &Value,
    name: &str,
    args: Vec<Value>,
    named: Vec<(Name, Value)>,
) -> Run {
    let Some(name) = methods(object).iter().find(|known| **known == name).copied() else {
        return Err(no_attribute(object, name));
    };
    let mut args = Args::new(name, args, named);
    match object {
        Value::Str(text) => strings::method(machine, text, name, args),
        Value::List(items) => lists::method(machine, items, name, args),
        Value::Tuple(items) => lists::look(machine, items, name, args),
        Value::Dict(table) => dicts::method(machine, table, name, args),
        Value::Set(table) => sets::method(machine, table, name, args),
        Value::Pattern(pattern) => regex::pattern_method(machine, pattern, name, args),
        Value::Match(found) => regex::match_method(machine, found, name, args),
        Value::Type("str") if name != "maketrans" => match args.first()? {
            Value::Str(text) => strings::method(machine, &text, name, args),
            other => Err(type_error(format!("str.{name} takes a str, not {}", other.type_name()))),
        },
        Value::Type("str") => strings::maketrans(machine, args),
        Value::Type(_) => dicts::from_keys(machine, args),
        Value::Float(number) => {
            args.none()?;
            Ok(Value::Bool(number.fract() == 0.0))
        }
        other => {
            args.none()?;
            let bits = super::number::big(other).map_or(0, |number| number.bits());
            Ok(Value::count(bits as usize))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_sorted<T>(table: &[(&'static str, T)]) -> bool {
        table.is_sorted_by(|(one, _), (other, _)| one < other)
    }

    #[test]
    fn tables_are_in_the_order_of_their_names() {
        assert!(is_sorted(built_in::FUNCTIONS) && is_sorted(math::FUNCTIONS));
        assert!(is_sorted(itertools::FUNCTIONS) && is_sorted(dicts::OF_ALL) && is_sorted(dicts::OF_COUNTERS));
    }

    #[test]
    fn every_method_of_dictionaries_has_a_name() {
        let all = dicts::OF_ALL.iter().chain(dicts::OF_COUNTERS).map(|(name, _)| *name);
        let mut all: Vec<_> = all.collect();
        all.sort_unstable();
        assert_eq!(all, dicts::METHODS);
    }
}
