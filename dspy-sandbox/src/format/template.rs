//! Texts with places for values: the method `format` and the operator `%`.

use crate::ast::Name;
use crate::machine::Machine;
use crate::number::{self, Number};
use crate::stop::{Run, raise, type_error, value_error};
use crate::value::Value;

impl Machine {
    /// The method `format` of texts.
    pub fn format_text(&mut self, text: &str, plain: &[Value], named: &[(Name, Value)]) -> Run<String> {
        let (mut out, mut next) = (String::new(), 0);
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            self.work(1)?;
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            if let Some(after) = from.strip_prefix("{{").or(from.strip_prefix("}}")) {
                out.push_str(from.get(..1).unwrap_or_default());
                rest = after;
                continue;
            }
            let Some(inside) = from.strip_prefix('{') else {
                return Err(value_error("Single '}' encountered in format string"));
            };
            let Some((field, after)) = closing(inside) else {
                return Err(value_error("expected '}' before end of string"));
            };
            rest = after;
            let (field, spec) = field.split_once(':').unwrap_or((field, ""));
            let (field, conversion) = field.split_once('!').unwrap_or((field, ""));
            let value = self.replacement(field, &mut next, plain, named)?;
            let spec = if spec.contains('{') {
                self.nested(spec, &mut next, plain, named)?
            } else {
                spec.to_owned()
            };
            let value = match conversion {
                "" => value,
                "r" | "a" => Value::text(self.repr(&value)?)?,
                _ => Value::text(self.text(&value)?)?,
            };
            let text = self.format(&value, &spec)?;
            self.reserve(out.len() + text.len())?;
            out.push_str(&text);
        }
        out.push_str(rest);
        Ok(out)
    }

    /// The format of a field that has fields itself.
    fn nested(
        &mut self,
        spec: &str,
        next: &mut usize,
        plain: &[Value],
        named: &[(Name, Value)],
    ) -> Run<String> {
        let mut out = String::new();
        let mut rest = spec;
        while let Some((before, from)) = rest.split_once('{') {
            let (field, after) = from.split_once('}').unwrap_or((from, ""));
            let value = self.replacement(field, next, plain, named)?;
            out.push_str(before);
            out.push_str(&self.text(&value)?);
            rest = after;
        }
        Ok(out + rest)
    }

    fn replacement(
        &mut self,
        field: &str,
        next: &mut usize,
        plain: &[Value],
        named: &[(Name, Value)],
    ) -> Run {
        let end = field.find(['.', '[']).unwrap_or(field.len());
        let (name, mut path) = field.split_at(end);
        let mut value = if name.is_empty() || name.chars().all(|c| c.is_ascii_digit()) {
            let at = if name.is_empty() { *next } else { name.parse().unwrap_or(usize::MAX) };
            *next += usize::from(name.is_empty());
            let missing = || raise("IndexError", "Replacement index out of range for positional args tuple");
            plain.get(at).cloned().ok_or_else(missing)?
        } else {
            let found = named.iter().find(|(given, _)| &**given == name);
            found.map(|(_, value)| value.clone()).ok_or_else(|| raise("KeyError", name))?
        };
        while let Some(inside) = path.strip_prefix('[') {
            let (key, after) = inside.split_once(']').unwrap_or((inside, ""));
            let index = match key.parse() {
                Ok(number) => Value::Int(number),
                Err(_) => Value::text(key)?,
            };
            value = self.index(&value, &index)?;
            path = after;
        }
        if path.is_empty() { Ok(value) } else { Err(value_error("attributes in a format are not there")) }
    }

    /// The operator `%` of texts.
    pub fn percent(&mut self, text: &str, values: &Value) -> Run<String> {
        let all = if let Value::Tuple(all) = values { all.look(Clone::clone) } else { vec![values.clone()] };
        let (mut all, mut used) = (all.into_iter(), matches!(values, Value::Dict(_)));
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, from)) = rest.split_once('%') {
            self.work(1)?;
            out.push_str(before);
            let (name, from) = match from.strip_prefix('(').and_then(|from| from.split_once(')')) {
                Some((name, from)) => (Some(name), from),
                None => (None, from),
            };
            let Some(end) = from.find(|c: char| !"#0- +.123456789".contains(c)) else {
                return Err(value_error("incomplete format"));
            };
            let (flags, after) = from.split_at(end);
            let Some(kind) = after.chars().next() else { return Err(value_error("incomplete format")) };
            rest = after.get(kind.len_utf8()..).unwrap_or_default();
            if kind == '%' {
                out.push('%');
                continue;
            }
            let value = match (name, values) {
                (Some(name), Value::Dict(table)) => {
                    let key = self.key(&Value::text(name)?)?;
                    table.look(|table| table.get(&key)).ok_or_else(|| raise("KeyError", name))?
                }
                _ => all.next().ok_or_else(|| type_error("not enough arguments for format string"))?,
            };
            used |= matches!(values, Value::Dict(_));
            let text = self.percent_one(flags, kind, value)?;
            self.reserve(out.len() + text.len())?;
            out.push_str(&text);
        }
        out.push_str(rest);
        if !used && all.next().is_some() {
            return Err(type_error("not all arguments converted during string formatting"));
        }
        Ok(out)
    }

    fn percent_one(&mut self, flags: &str, kind: char, value: Value) -> Run<String> {
        let left = flags.contains('-');
        let digits = flags.trim_start_matches(['#', '-', ' ', '+']);
        let sign = if flags.contains('+') {
            "+"
        } else if flags.contains(' ') {
            " "
        } else {
            ""
        };
        let (value, kind, align) = match kind {
            's' => (Value::text(self.text(&value)?)?, "s", if left { "<" } else { ">" }),
            'r' | 'a' => (Value::text(self.repr(&value)?)?, "s", if left { "<" } else { ">" }),
            'd' | 'i' | 'u' => match Number::of(&value) {
                Some(Number::Float(number)) => (number::truncated(number)?, "d", if left { "<" } else { "" }),
                Some(_) => (value, "d", if left { "<" } else { "" }),
                None => {
                    return Err(type_error(format!(
                        "%d format: a number is required, not {}",
                        value.type_name()
                    )));
                }
            },
            'x' | 'X' | 'o' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' if Number::of(&value).is_some() => {
                let kinds = ["x", "X", "o", "e", "E", "f", "F", "g", "G"];
                let name = kinds.into_iter().find(|name| name.starts_with(kind)).unwrap_or("d");
                (value, name, if left { "<" } else { "" })
            }
            _ => {
                return Err(type_error(format!(
                    "%{kind} format: a number is required, not {}",
                    value.type_name()
                )));
            }
        };
        let digits = if left || kind == "s" { digits.trim_start_matches('0') } else { digits };
        let sign = if kind == "s" { "" } else { sign };
        self.format(&value, &format!("{align}{sign}{digits}{kind}"))
    }
}

/// A field's inside and what follows it.
fn closing(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some((text.get(..at)?, text.get(at + 1..)?)),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}
