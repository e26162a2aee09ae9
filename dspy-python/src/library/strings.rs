//! Methods of texts, and the constants of `string`.

use std::rc::Rc;

use super::args::Args;
use crate::machine::Machine;
use crate::memory::Obj;
use crate::stop::{Run, raise, type_error, value_error};
use crate::table::{Key, Table};
use crate::text::Text;
use crate::value::Value;

pub const METHODS: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "endswith",
    "find",
    "format",
    "index",
    "isalnum",
    "isalpha",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
];

/// Those that make no text as long as theirs.
const LOOKS: &[&str] =
    &["count", "endswith", "find", "format", "index", "join", "rfind", "rindex", "startswith"];

/// The constants of the module `string`.
pub fn constant(name: &str) -> Run<Option<Value>> {
    let lower = "abcdefghijklmnopqrstuvwxyz";
    let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    let text = match name {
        "ascii_lowercase" => lower.to_owned(),
        "ascii_uppercase" => upper.to_owned(),
        "ascii_letters" => [lower, upper].concat(),
        "digits" => "0123456789".to_owned(),
        "hexdigits" => "0123456789abcdefABCDEF".to_owned(),
        "octdigits" => "01234567".to_owned(),
        "punctuation" => punctuation.to_owned(),
        "whitespace" => " \t\n\r\x0b\x0c".to_owned(),
        "printable" => ["0123456789", lower, upper, punctuation, " \t\n\r\x0b\x0c"].concat(),
        _ => return Ok(None),
    };
    Value::text(text).map(Some)
}

pub fn method(machine: &mut Machine, text: &Rc<Text>, name: &'static str, mut args: Args) -> Run {
    machine.work_on(text.len())?;
    if !LOOKS.contains(&name) {
        crate::memory::room(text.len())?;
    }
    let own: &str = text;
    match name {
        "lower" | "casefold" => only(args, || own.to_lowercase()),
        "upper" => only(args, || own.to_uppercase()),
        "swapcase" => only(args, || {
            let swap = |c: char| if c.is_uppercase() { lowered(c) } else { uppered(c) };
            own.chars().map(swap).collect()
        }),
        "capitalize" => only(args, || {
            let mut chars = own.chars();
            let first: String = chars.next().map(uppered).unwrap_or_default();
            first + &chars.as_str().to_lowercase()
        }),
        "title" => only(args, || title(own)),
        "strip" | "lstrip" | "rstrip" => {
            let given = args.text_if("chars")?;
            args.none()?;
            let is_cut = |c: char| given.as_ref().map_or(c.is_whitespace(), |given| given.contains(c));
            Value::text(match name {
                "strip" => own.trim_matches(is_cut),
                "lstrip" => own.trim_start_matches(is_cut),
                _ => own.trim_end_matches(is_cut),
            })
        }
        "split" | "rsplit" => split(machine, own, name == "rsplit", args),
        "splitlines" => {
            let keep = args.take("keepends")?.is_some_and(|keep| keep.truth());
            machine.reserve(own.matches(['\n', '\r']).count().saturating_mul(96))?;
            lines(own, keep).into_iter().map(Value::text).collect::<Run<_>>().and_then(Value::list)
        }
        "partition" | "rpartition" => {
            let mark = args.text("sep")?;
            if mark.is_empty() {
                return Err(value_error("empty separator"));
            }
            let at = if name == "partition" { own.split_once(&**mark) } else { own.rsplit_once(&**mark) };
            let parts = match at {
                Some((before, after)) => [before, &**mark, after],
                None if name == "partition" => [own, "", ""],
                None => ["", "", own],
            };
            parts.into_iter().map(Value::text).collect::<Run<_>>().and_then(Value::tuple)
        }
        "join" => join(machine, own, &args.only()?),
        "replace" => replace(machine, own, args),
        "startswith" | "endswith" => affix(text, name == "startswith", args),
        "removeprefix" => {
            let prefix = args.text("prefix")?;
            Value::text(own.strip_prefix(&**prefix).unwrap_or(own))
        }
        "removesuffix" => {
            let suffix = args.text("suffix")?;
            Value::text(own.strip_suffix(&**suffix).unwrap_or(own))
        }
        "find" | "rfind" | "index" | "rindex" | "count" => find(text, name, args),
        "center" | "ljust" | "rjust" | "zfill" => pad(machine, text, name, args),
        "format" => {
            let (plain, named) = (args.rest(), args.rest_named());
            let made = machine.format_text(own, &plain, &named)?;
            Value::text(made)
        }
        "translate" => translate(machine, own, &args.only()?),
        _ => {
            args.none()?;
            Ok(Value::Bool(is(own, name)))
        }
    }
}

fn only(mut args: Args, make: impl FnOnce() -> String) -> Run {
    args.none()?;
    Value::text(make())
}

fn uppered(c: char) -> String {
    c.to_uppercase().collect()
}

fn lowered(c: char) -> String {
    c.to_lowercase().collect()
}

fn title(text: &str) -> String {
    let mut in_word = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        out.push_str(&if in_word { lowered(c) } else { uppered(c) });
        in_word = c.is_alphabetic();
    }
    out
}

fn is(text: &str, name: &str) -> bool {
    let all = |holds: fn(char) -> bool| !text.is_empty() && text.chars().all(holds);
    let cased = text.chars().any(|c| c.is_lowercase() || c.is_uppercase());
    match name {
        "isalnum" => all(char::is_alphanumeric),
        "isalpha" => all(char::is_alphabetic),
        "isdecimal" | "isdigit" => all(|c| {
            c.is_ascii_digit()
                || (!c.is_ascii() && c.is_numeric() && !c.is_alphabetic() && !"½¼¾".contains(c))
        }),
        "isnumeric" => all(char::is_numeric),
        "isspace" => all(char::is_whitespace),
        "isupper" => cased && !text.chars().any(char::is_lowercase),
        "islower" => cased && !text.chars().any(char::is_uppercase),
        "istitle" => cased && text == title(text),
        _ => {
            let mut chars = text.chars();
            chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
                && chars.all(|c| c.is_alphanumeric() || c == '_')
        }
    }
}

fn split(machine: &mut Machine, text: &str, from_end: bool, mut args: Args) -> Run {
    let (mark, most) = (args.text_if("sep")?, args.int_if("maxsplit")?.unwrap_or(-1));
    args.none()?;
    let most = usize::try_from(most).unwrap_or(usize::MAX - 1);
    // There must be room before the parts are there.
    let count = match &mark {
        Some(mark) if !mark.is_empty() => text.matches(&***mark).count() + 1,
        _ => text.split_whitespace().count(),
    };
    machine.reserve(count.min(most).saturating_mul(96))?;
    let mut parts: Vec<&str> = match &mark {
        Some(mark) if mark.is_empty() => return Err(value_error("empty separator")),
        Some(mark) if from_end => text.rsplitn(most + 1, &***mark).collect(),
        Some(mark) => text.splitn(most + 1, &***mark).collect(),
        None => words(text, most, from_end),
    };
    if from_end {
        parts.reverse();
    }
    parts.into_iter().map(Value::text).collect::<Run<_>>().and_then(Value::list)
}

/// Up to so many words and what is left; from the end, in the order that they are met.
fn words(text: &str, most: usize, from_end: bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = if from_end { text.trim_end() } else { text.trim_start() };
    while !rest.is_empty() {
        if parts.len() == most {
            parts.push(rest);
            break;
        }
        if from_end {
            let cut = rest
                .char_indices()
                .rev()
                .find(|(_, c)| c.is_whitespace())
                .map_or(0, |(at, c)| at + c.len_utf8());
            parts.push(rest.get(cut..).unwrap_or_default());
            rest = rest.get(..cut).unwrap_or_default().trim_end();
        } else {
            let cut = rest.find(char::is_whitespace).unwrap_or(rest.len());
            parts.push(rest.get(..cut).unwrap_or_default());
            rest = rest.get(cut..).unwrap_or_default().trim_start();
        }
    }
    parts
}

fn lines(text: &str, keep: bool) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let is_end = |c: char| {
            matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
        };
        let end = rest.find(is_end).unwrap_or(rest.len());
        let after = rest.get(end..).unwrap_or_default();
        let mark = if after.starts_with("\r\n") { 2 } else { after.chars().next().map_or(0, char::len_utf8) };
        lines.push(rest.get(..if keep { end + mark } else { end }).unwrap_or_default());
        rest = rest.get(end + mark..).unwrap_or_default();
    }
    lines
}

fn join(machine: &mut Machine, mark: &str, source: &Value) -> Run {
    let items = machine.collect(source)?;
    let mut length = 0_usize;
    for (at, item) in items.iter().enumerate() {
        let Value::Str(text) = item else {
            let message = format!("sequence item {at}: expected str instance, {} found", item.type_name());
            return Err(type_error(message));
        };
        length = length.saturating_add(text.len() + mark.len());
    }
    machine.reserve(length)?;
    let mut out = String::with_capacity(length);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(mark);
        }
        if let Value::Str(text) = item {
            out.push_str(text);
        }
    }
    Ok(Value::Str(Text::taken(out)?))
}

fn replace(machine: &mut Machine, text: &str, mut args: Args) -> Run {
    let (old, new, most) = (args.text("old")?, args.text("new")?, args.int_if("count")?.unwrap_or(-1));
    args.none()?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let found = text.matches(&**old).take(most).count();
    machine.reserve(text.len().saturating_add(found.saturating_mul(new.len())))?;
    Value::text(text.replacen(&**old, &new, most))
}

/// The part of a text that `start` and `end` say, and the number of its first character.
fn part(text: &Text, args: &mut Args) -> Run<(usize, usize, bool)> {
    let length = i64::try_from(text.chars_count()).unwrap_or(i64::MAX);
    let place =
        |at: i64| usize::try_from(if at < 0 { at.saturating_add(length) } else { at }).unwrap_or_default();
    let from = args.int_if("start")?.map_or(0, place);
    let to = args.int_if("end")?.map_or(usize::MAX, place).min(text.chars_count());
    Ok((from, to.max(from.min(text.chars_count())), from <= text.chars_count()))
}

fn affix(text: &Text, at_start: bool, mut args: Args) -> Run {
    let wanted = args.need("prefix")?;
    let (from, to, inside) = part(text, &mut args)?;
    args.none()?;
    let part = text.between(from, to);
    let wanted = if let Value::Tuple(all) = &wanted { all.look(Clone::clone) } else { vec![wanted] };
    for one in &wanted {
        let Value::Str(one) = one else {
            return Err(type_error(format!(
                "startswith and endswith take str or a tuple of str, not {}",
                one.type_name()
            )));
        };
        if inside && (if at_start { part.starts_with(&***one) } else { part.ends_with(&***one) }) {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn find(text: &Text, name: &str, mut args: Args) -> Run {
    let wanted = args.text("sub")?;
    let (from, to, inside) = part(text, &mut args)?;
    args.none()?;
    let part = text.between(from, to);
    if name == "count" {
        return Ok(Value::count(if inside { part.matches(&**wanted).count() } else { 0 }));
    }
    let found = if name.starts_with('r') { part.rfind(&**wanted) } else { part.find(&**wanted) };
    match found.filter(|_| inside) {
        Some(byte) => Ok(Value::count(text.char_at(text.byte_at(from) + byte))),
        None if name.ends_with("find") => Ok(Value::Int(-1)),
        None => Err(value_error("substring not found")),
    }
}

fn pad(machine: &mut Machine, text: &Text, name: &str, mut args: Args) -> Run {
    let width = usize::try_from(args.int("width")?).unwrap_or_default();
    let fill = args.text_if("fillchar")?;
    args.none()?;
    let fill = match &fill {
        None => {
            if name == "zfill" {
                '0'
            } else {
                ' '
            }
        }
        Some(fill) if fill.chars_count() == 1 => fill.chars().next().unwrap_or(' '),
        Some(_) => return Err(type_error("the fill character must be exactly one character long")),
    };
    let missing = width.saturating_sub(text.chars_count());
    machine.reserve(missing.saturating_mul(4).saturating_add(text.len()))?;
    let pad = |count: usize| fill.to_string().repeat(count);
    Value::text(match name {
        "ljust" => format!("{}{}", &**text, pad(missing)),
        "rjust" => format!("{}{}", pad(missing), &**text),
        "zfill" => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            let sign = text.get(..text.len() - digits.len()).unwrap_or_default();
            format!("{sign}{}{digits}", pad(missing))
        }
        _ => {
            // Where it cannot be in the middle, it is where Python puts it.
            let left = missing / 2 + (missing & width & 1);
            format!("{}{}{}", pad(left), &**text, pad(missing - left))
        }
    })
}

/// The table of `translate`.
pub fn maketrans(machine: &mut Machine, mut args: Args) -> Run {
    let table = Obj::new(Table::default())?;
    let set = |from: char, to: Value| -> Run<()> {
        let name = Value::Int(i64::from(u32::from(from)));
        let key = Key::of(&name)?;
        table.edit(1, |table| table.insert(key, name, to)).map(drop)
    };
    let first = args.first()?;
    if let Value::Dict(from) = &first {
        for (key, value) in from.look(|from| from.entries().cloned().collect::<Vec<_>>()) {
            match key {
                Value::Str(c) if c.chars_count() == 1 => set(c.chars().next().unwrap_or(' '), value)?,
                Value::Int(code) => {
                    let c = u32::try_from(code).ok().and_then(char::from_u32);
                    set(c.ok_or_else(|| value_error("a key is no character"))?, value)?;
                }
                _ => return Err(value_error("the keys of maketrans() are single characters")),
            }
        }
        return Ok(Value::Dict(table));
    }
    let (Value::Str(from), to) = (&first, args.text("y")?) else {
        return Err(type_error("maketrans() takes a dictionary or two strings"));
    };
    let removed = args.text_if("z")?;
    machine.work_on(from.len())?;
    if from.chars_count() != to.chars_count() {
        return Err(value_error("the first two maketrans arguments must have equal length"));
    }
    for (from, to) in from.chars().zip(to.chars()) {
        set(from, Value::text(to.to_string())?)?;
    }
    for c in removed.iter().flat_map(|removed| removed.chars()) {
        set(c, Value::None)?;
    }
    Ok(Value::Dict(table))
}

fn translate(machine: &mut Machine, text: &str, table: &Value) -> Run {
    let Value::Dict(table) = table else { return Err(type_error("translate() takes a dictionary")) };
    let mut out = String::new();
    for c in text.chars() {
        machine.work(1)?;
        match table.look(|table| table.get(&Key::Int(i64::from(u32::from(c))))) {
            None => out.push(c),
            Some(Value::None) => {}
            Some(Value::Str(to)) => {
                machine.reserve(out.len() / 64 + to.len())?;
                out.push_str(&to);
            }
            Some(Value::Int(code)) => match u32::try_from(code).ok().and_then(char::from_u32) {
                Some(c) => out.push(c),
                None => return Err(raise("ValueError", "a number in the table is no character")),
            },
            Some(other) => {
                return Err(type_error(format!("translate() to {} is not there", other.type_name())));
            }
        }
        crate::memory::room(out.len())?;
    }
    Value::text(out)
}
