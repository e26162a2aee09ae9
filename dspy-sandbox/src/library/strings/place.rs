//! The finding of parts in a text, and the replacing of characters.

use crate::library::args::Args;
use crate::machine::Machine;
use crate::memory::Obj;
use crate::stop::{Run, raise, type_error, value_error};
use crate::table::{Key, Table};
use crate::text::Text;
use crate::value::Value;

/// The part of a text that `start` and `end` say, and the number of its first character.
fn part(text: &Text, args: &mut Args) -> Run<(usize, usize, bool)> {
    let length = i64::try_from(text.chars_count()).unwrap_or(i64::MAX);
    let place =
        |at: i64| usize::try_from(if at < 0 { at.saturating_add(length) } else { at }).unwrap_or_default();
    let from = args.int_if("start")?.map_or(0, place);
    let to = args.int_if("end")?.map_or(usize::MAX, place).min(text.chars_count());
    Ok((from, to.max(from.min(text.chars_count())), from <= text.chars_count()))
}

pub(super) fn affix(text: &Text, at_start: bool, mut args: Args) -> Run {
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

pub(super) fn find(text: &Text, name: &str, mut args: Args) -> Run {
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

pub(super) fn pad(machine: &mut Machine, text: &Text, name: &str, mut args: Args) -> Run {
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

pub(super) fn translate(machine: &mut Machine, text: &str, table: &Value) -> Run {
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
