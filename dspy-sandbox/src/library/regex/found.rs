//! The match that a pattern has found.

use std::rc::Rc;

use crate::library::args::Args;
use crate::machine::Machine;
use crate::number;
use crate::stop::{Run, raise};
use crate::value::{Match, Value};

impl Match {
    pub(super) fn place(&self, group: usize) -> Option<(usize, usize)> {
        self.groups.get(group).copied().flatten()
    }

    pub(super) fn part(&self, group: usize) -> Option<&str> {
        let (from, to) = self.place(group)?;
        self.text.get(from..to)
    }

    pub(super) fn number(&self, group: &Value) -> Run<usize> {
        let found = match group {
            Value::Str(name) => self.names.iter().position(|known| known.as_deref() == Some(&***name)),
            other => {
                usize::try_from(number::int(other, "a group")?).ok().filter(|at| *at < self.groups.len())
            }
        };
        found.ok_or_else(|| raise("IndexError", "no such group"))
    }

    pub(super) fn value(&self, group: usize) -> Run {
        self.part(group).map_or(Ok(Value::None), Value::text)
    }
}

/// Returns the result of `findall`: the match, its one group, or its groups.
pub(super) fn plain_groups(found: &Match) -> Run {
    let text = |group| Value::text(found.part(group).unwrap_or_default());
    match found.groups.len() {
        0 | 1 => text(0),
        2 => text(1),
        groups => (1..groups).map(text).collect::<Run<_>>().and_then(Value::tuple),
    }
}

/// A template with groups in it: `\1`, `\g<1>`, `\g<name>`.
pub(super) fn expand(template: &str, found: &Match) -> Run<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut group = |name: &str| -> Run<()> {
            let name = name.parse().map_or_else(|_| Value::text(name), |number| Ok(Value::Int(number)))?;
            let at = found.number(&name).map_err(|_| raise("error", "invalid group reference"))?;
            out.push_str(found.part(at).unwrap_or_default());
            Ok(())
        };
        let Some(c) = after.chars().next() else { return Err(raise("error", "bad escape (end of pattern)")) };
        rest = after.get(c.len_utf8()..).unwrap_or_default();
        match c {
            'g' => {
                let Some((name, after)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) else {
                    return Err(raise("error", "missing group name"));
                };
                group(name)?;
                rest = after;
            }
            c if c.is_ascii_digit() => {
                let digits = after.chars().take(2).take_while(char::is_ascii_digit).count();
                group(after.get(..digits).unwrap_or_default())?;
                rest = after.get(digits..).unwrap_or_default();
            }
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            '\\' => out.push('\\'),
            c if c.is_ascii_alphabetic() => return Err(raise("error", format!("bad escape \\{c}"))),
            c => {
                out.push('\\');
                out.push(c);
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

pub fn match_method(machine: &mut Machine, found: &Rc<Match>, name: &'static str, mut args: Args) -> Run {
    machine.work(found.groups.len())?;
    match name {
        "group" => {
            let mut groups = args.rest();
            if groups.is_empty() {
                groups.push(Value::Int(0));
            }
            let values =
                groups.iter().map(|group| found.value(found.number(group)?)).collect::<Run<Vec<_>>>()?;
            match <[Value; 1]>::try_from(values) {
                Ok([only]) => Ok(only),
                Err(values) => Value::tuple(values),
            }
        }
        "groups" => {
            let otherwise = args.take("default")?.unwrap_or(Value::None);
            let value =
                |group| if found.place(group).is_some() { found.value(group) } else { Ok(otherwise.clone()) };
            (1..found.groups.len()).map(value).collect::<Run<_>>().and_then(Value::tuple)
        }
        "groupdict" => {
            args.none()?;
            let mut entries = serde_json::Map::new();
            for (at, name) in found.names.iter().enumerate() {
                if let Some(name) = name {
                    entries.insert(name.clone(), found.part(at).into());
                }
            }
            machine.of_json(entries.into())
        }
        "expand" => {
            let template = args.text("template")?;
            Value::text(expand(&template, found)?)
        }
        _ => {
            let group = found.number(&args.take("group")?.unwrap_or(Value::Int(0)))?;
            machine.work_on(found.text.len())?;
            let place = |byte| Value::count(found.text.char_at(byte));
            let (start, end) = found
                .place(group)
                .map_or((Value::Int(-1), Value::Int(-1)), |(from, to)| (place(from), place(to)));
            match name {
                "start" => Ok(start),
                "end" => Ok(end),
                _ => Value::tuple(vec![start, end]),
            }
        }
    }
}
