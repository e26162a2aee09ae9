//! Methods of texts, and the constants of `string`.

mod place;

use std::rc::Rc;

pub use place::maketrans;
use place::{affix, find, pad, translate};

use super::args::Args;
use crate::machine::Machine;
use crate::stop::{Run, type_error, value_error};
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

/// The methods that make no text as long as theirs.
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

/// Splits off up to so many words and returns them with what is left; from the end, in the order that they
/// are met.
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
