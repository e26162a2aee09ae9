//! The module `re`: patterns that are matched in time that grows with the text, and never by trying all ways.

mod found;

use std::rc::Rc;

use regex_lite::{Regex, RegexBuilder};

pub use found::match_method;
use found::{expand, plain_groups};

use super::args::Args;
use crate::machine::Machine;
use crate::memory::Charge;
use crate::number;
use crate::stop::{Run, raise, type_error};
use crate::text::Text;
use crate::value::{Match, Pattern, Value};

/// The sizes in bytes that a compiled pattern is tried at, the smallest first; how long it takes a byte of a text
/// grows with it.
const SIZES: [usize; 10] =
    [512, 1 << 10, 2 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10, 128 << 10, 256 << 10];

/// About how many states of a pattern are gone through in a millisecond, one for each byte of the text.
const STATES: u128 = 100_000;

/// The number of groups that a pattern may have; what it keeps of them grows with each.
const MOST_GROUPS: usize = 100;

const FUNCTIONS: &[&str] = &[
    "re.compile",
    "re.escape",
    "re.findall",
    "re.finditer",
    "re.fullmatch",
    "re.match",
    "re.search",
    "re.split",
    "re.sub",
    "re.subn",
];

pub const PATTERN: &[&str] = &["findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn"];

pub const MATCH: &[&str] = &["end", "group", "groupdict", "groups", "span", "start", "expand"];

pub fn item(name: &str) -> Option<Value> {
    let flag = match name {
        "I" | "IGNORECASE" => 2,
        "M" | "MULTILINE" => 8,
        "S" | "DOTALL" => 16,
        "U" | "UNICODE" => 32,
        "X" | "VERBOSE" => 64,
        "A" | "ASCII" => 256,
        "error" => return Some(Value::Type("error")),
        _ => return super::member(FUNCTIONS.iter().copied(), "re", name),
    };
    Some(Value::Int(flag))
}

pub fn call(machine: &mut Machine, name: &'static str, mut args: Args) -> Run {
    if name == "re.escape" {
        let text = args.text("pattern")?;
        args.none()?;
        machine.reserve(text.len() * 2)?;
        let mut out = String::new();
        for c in text.chars() {
            if c.is_ascii() && !c.is_ascii_alphanumeric() && !"_%/,:;<=>@`\"'!".contains(c) {
                out.push('\\');
            }
            out.push(c);
        }
        return Value::text(out);
    }
    let source = args.need("pattern")?;
    let name = name.strip_prefix("re.").unwrap_or(name);
    if name == "compile" {
        let flags = args.int_if("flags")?.unwrap_or(0);
        args.none()?;
        return Ok(Value::Pattern(compiled(machine, &source, flags)?));
    }
    let flags = match args.by_name("flags") {
        Some(flags) => number::int(&flags, "flags")?,
        // They come after the text, and after what else a function takes by position.
        None => {
            let before = match name {
                "split" => 2,
                "sub" | "subn" => 3,
                _ => 1,
            };
            let mut rest = args.rest();
            let flags = if rest.len() > before { rest.pop() } else { None };
            args = Args::new("re", rest, args.rest_named());
            flags.map_or(Ok(0), |flags| number::int(&flags, "flags"))?
        }
    };
    let pattern = compiled(machine, &source, flags)?;
    let name = PATTERN.iter().find(|known| **known == name).copied().unwrap_or("search");
    pattern_method(machine, &pattern, name, args)
}

fn compiled(machine: &mut Machine, source: &Value, flags: i64) -> Run<Rc<Pattern>> {
    let source = match source {
        Value::Pattern(pattern) => return Ok(pattern.clone()),
        Value::Str(source) => source.clone(),
        other => return Err(type_error(format!("a pattern is str, not {}", other.type_name()))),
    };
    machine.work(source.len() + 64)?;
    if source.len() > 20_000 {
        return Err(raise("error", "the pattern is longer than 20,000 bytes"));
    }
    // The end of a text is written in another way.
    let plain = source.replace("\\Z", "\\z");
    let groups = source.matches('(').count();
    if groups > MOST_GROUPS {
        return Err(raise("error", format!("a pattern may have at most {MOST_GROUPS} groups")));
    }
    let mut last = None;
    for size in SIZES {
        machine.work(size / 16)?;
        let build = |pattern: &str, size: usize| {
            RegexBuilder::new(pattern)
                .case_insensitive(flags & 2 != 0)
                .multi_line(flags & 8 != 0)
                .dot_matches_new_line(flags & 16 != 0)
                .ignore_whitespace(flags & 64 != 0)
                .size_limit(size)
                .build()
        };
        let any = match build(&plain, size) {
            Ok(any) => any,
            Err(error) => {
                last = Some(error.to_string());
                continue;
            }
        };
        // A comment may be open at the end.
        let end = if flags & 64 != 0 { "\n" } else { "" };
        let [start, whole] = [format!("\\A(?:{plain}{end})"), format!("\\A(?:{plain}{end})\\z")]
            .map(|source| build(&source, size * 4).map_err(|error| raise("error", error.to_string())));
        let (start, whole) = (start?, whole?);
        let states = size / 32 * (1 + groups / 4);
        let charge = Charge::new(size * 6 + source.len() + states * 1024)?;
        return Ok(Rc::new(Pattern { source, regexes: [any, start, whole], states, _charge: charge }));
    }
    let reason = last.unwrap_or_default();
    let hint = if ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|look| source.contains(look)) {
        "; looking ahead or behind is not there"
    } else if (1..10).any(|group| source.contains(&format!("\\{group}"))) {
        "; references to groups are not there"
    } else {
        ""
    };
    Err(raise("error", format!("{}{hint}", in_a_line(&reason))))
}

/// The form of a pattern that a method uses.
#[derive(Clone, Copy)]
enum Form {
    Anywhere,
    AtStart,
    Whole,
}

impl Pattern {
    fn regex(&self, form: Form) -> &Regex {
        let [any, start, whole] = &self.regexes;
        match form {
            Form::Anywhere => any,
            Form::AtStart => start,
            Form::Whole => whole,
        }
    }

    /// The first match from a byte on.
    fn find(
        &self,
        machine: &mut Machine,
        text: &Rc<Text>,
        from: usize,
        form: Form,
    ) -> Run<Option<Rc<Match>>> {
        // One search cannot be stopped, so it is not begun where it may take longer than there is time.
        let states = (text.len() - from.min(text.len())).saturating_mul(self.states);
        if states as u128 / STATES > machine.left().as_millis() {
            let message =
                "searching this pattern in so long a text may take longer than there is time; split the text";
            return Err(raise("error", message));
        }
        machine.work(states / 4096 + 16)?;
        let regex = self.regex(form);
        let Some(found) = regex.captures_at(text, from.min(text.len())) else { return Ok(None) };
        let groups: Vec<_> =
            found.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect();
        let names: Vec<_> = regex.capture_names().map(|name| name.map(str::to_owned)).collect();
        let charge = Charge::new(96 + groups.len() * 80)?;
        Ok(Some(Rc::new(Match { text: text.clone(), groups, names, _charge: charge })))
    }

    /// All matches, none in another.
    fn find_all(
        &self,
        machine: &mut Machine,
        text: &Rc<Text>,
        mut each: impl FnMut(&mut Machine, Rc<Match>) -> Run<bool>,
    ) -> Run<()> {
        let mut from = 0;
        while let Some(found) = self.find(machine, text, from, Form::Anywhere)? {
            let (start, end) = found.place(0).unwrap_or((from, from));
            if !each(machine, found)? {
                return Ok(());
            }
            from = end;
            if start == end {
                from += text.get(end..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            }
            if from > text.len() {
                return Ok(());
            }
        }
        Ok(())
    }
}

pub fn pattern_method(
    machine: &mut Machine,
    pattern: &Rc<Pattern>,
    name: &'static str,
    mut args: Args,
) -> Run {
    match name {
        "search" | "match" | "fullmatch" => {
            let text = args.text("string")?;
            args.none()?;
            let form = match name {
                "search" => Form::Anywhere,
                "match" => Form::AtStart,
                _ => Form::Whole,
            };
            Ok(pattern.find(machine, &text, 0, form)?.map_or(Value::None, Value::Match))
        }
        "findall" | "finditer" => {
            let text = args.text("string")?;
            args.none()?;
            let list = Value::list(Vec::new())?;
            let Value::List(all) = &list else { return Ok(list) };
            pattern.find_all(machine, &text, |_, found| {
                let item = if name == "finditer" { Value::Match(found) } else { plain_groups(&found)? };
                all.edit(1, |all| all.push(item))?;
                Ok(true)
            })?;
            if name == "findall" { Ok(list) } else { Ok(Value::Iter(machine.iter(&list)?)) }
        }
        "split" => {
            let (text, most) = (args.text("string")?, args.int_if("maxsplit")?.unwrap_or(0));
            args.none()?;
            let list = Value::list(Vec::new())?;
            let Value::List(all) = &list else { return Ok(list) };
            let (mut last, mut count) = (0, 0);
            pattern.find_all(machine, &text, |_, found| {
                let (start, end) = found.place(0).unwrap_or_default();
                let mut parts = vec![Value::text(text.get(last..start).unwrap_or_default())?];
                for group in 1..found.groups.len() {
                    parts.push(found.value(group)?);
                }
                all.edit(parts.len(), |all| all.extend(parts))?;
                (last, count) = (end, count + 1);
                Ok(most == 0 || count < most)
            })?;
            let rest = Value::text(text.get(last..).unwrap_or_default())?;
            all.edit(1, |all| all.push(rest))?;
            Ok(list)
        }
        _ => {
            let (new, text) = (args.need("repl")?, args.text("string")?);
            let most = args.int_if("count")?.unwrap_or(0);
            args.none()?;
            let (mut out, mut last, mut count) = (String::new(), 0, 0);
            pattern.find_all(machine, &text, |machine, found| {
                let (start, end) = found.place(0).unwrap_or_default();
                out.push_str(text.get(last..start).unwrap_or_default());
                let put = match &new {
                    Value::Str(template) => expand(template, &found)?,
                    function => match machine.call(function, vec![Value::Match(found)], Vec::new())? {
                        Value::Str(put) => put.to_string(),
                        other => {
                            return Err(type_error(format!(
                                "expected str instance, {} found",
                                other.type_name()
                            )));
                        }
                    },
                };
                machine.reserve(out.len() / 64 + put.len())?;
                crate::memory::room(out.len() + put.len())?;
                out.push_str(&put);
                (last, count) = (end, count + 1);
                Ok(most == 0 || count < most)
            })?;
            out.push_str(text.get(last..).unwrap_or_default());
            let out = Value::text(out)?;
            if name == "sub" { Ok(out) } else { Value::tuple(vec![out, Value::Int(count)]) }
        }
    }
}

/// A reason in one line, and not longer than it is worth.
fn in_a_line(reason: &str) -> String {
    let line: String =
        reason.trim().chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.len() < reason.trim().len() { line + "…" } else { line }
}
