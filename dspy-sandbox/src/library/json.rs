//! The module `json`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::args::Args;
use crate::machine::Machine;
use crate::memory::Obj;
use crate::number;
use crate::stop::{Run, Stop, raise, type_error, value_error};
use crate::table::Table;
use crate::text::float;
use crate::value::Value;

pub fn item(name: &str) -> Option<Value> {
    Some(match name {
        "loads" => Value::Native("json.loads"),
        "dumps" => Value::Native("json.dumps"),
        "JSONDecodeError" => Value::Type("JSONDecodeError"),
        _ => return None,
    })
}

pub fn call(machine: &mut Machine, name: &'static str, mut args: Args) -> Run {
    if name == "json.loads" {
        let text = args.text("s")?;
        args.none()?;
        machine.work_on(text.len() * 16)?;
        return loads(machine, &text);
    }
    let value = args.need("obj")?;
    let indent = match args.by_name("indent") {
        None | Some(Value::None) => None,
        Some(Value::Str(text)) => Some(text.to_string()),
        Some(width) => {
            let width = usize::try_from(number::int(&width, "indent")?).unwrap_or_default();
            Some(" ".repeat(width.min(100)))
        }
    };
    let ascii = args.by_name("ensure_ascii").is_none_or(|ascii| ascii.truth());
    let sorted = args.by_name("sort_keys").is_some_and(|sorted| sorted.truth());
    let default = args.by_name("default").filter(|default| !matches!(default, Value::None));
    let (mut item, mut entry) = (if indent.is_some() { "," } else { ", " }.to_owned(), ": ".to_owned());
    if let Some(separators) = args.by_name("separators").filter(|given| !matches!(given, Value::None)) {
        let given = machine.collect(&separators)?;
        let [Value::Str(first), Value::Str(second)] = given.as_slice() else {
            return Err(value_error("separators are two strings"));
        };
        (item, entry) = (first.to_string(), second.to_string());
    }
    args.none()?;
    let mut dump = Dump { out: String::new(), indent, ascii, sorted, default, item, entry, depth: 0 };
    dump.write(machine, &value)?;
    Value::text(dump.out)
}

/// The text of a key.
pub fn key(machine: &mut Machine, key: &Value) -> Run<String> {
    match key {
        Value::Str(text) => Ok(text.to_string()),
        Value::None => Ok("null".into()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Int(_) | Value::Big(_) | Value::Float(_) => machine.text(key),
        other => {
            let name = other.type_name();
            Err(type_error(format!("keys must be str, int, float, bool or None, not {name}")))
        }
    }
}

/// A text that is being written.
struct Dump {
    out: String,
    indent: Option<String>,
    ascii: bool,
    sorted: bool,
    default: Option<Value>,
    item: String,
    entry: String,
    depth: usize,
}

impl Dump {
    fn write(&mut self, machine: &mut Machine, value: &Value) -> Run<()> {
        machine.work(2)?;
        crate::memory::room(self.out.len())?;
        match value {
            Value::None => self.out.push_str("null"),
            Value::Bool(truth) => self.out.push_str(&truth.to_string()),
            Value::Int(_) | Value::Big(_) => {
                let digits = machine.text(value)?;
                self.out.push_str(&digits);
            }
            Value::Float(number) => self.out.push_str(&match float(*number).as_str() {
                "nan" => "NaN".to_owned(),
                "inf" => "Infinity".to_owned(),
                "-inf" => "-Infinity".to_owned(),
                digits => digits.to_owned(),
            }),
            Value::Str(text) => {
                machine.reserve(self.out.len() + text.len() * 2)?;
                self.quote(text);
            }
            Value::List(items) | Value::Tuple(items) => {
                let items = items.look(Clone::clone);
                self.all(machine, '[', ']', items.len(), |dump, machine, at| {
                    items.get(at).map_or(Ok(()), |item| dump.write(machine, item))
                })?;
            }
            Value::Dict(table) => {
                let mut entries: Vec<_> = table.look(|table| table.entries().cloned().collect());
                if self.sorted {
                    let keyed =
                        entries.iter().enumerate().map(|(at, (key, _))| (key.clone(), Value::count(at)));
                    let order = machine.sorted(keyed.collect(), false)?;
                    let places = order.into_iter().filter_map(|(_, at)| match at {
                        Value::Int(at) => entries.get(usize::try_from(at).ok()?).cloned(),
                        _ => None,
                    });
                    entries = places.collect();
                }
                self.all(machine, '{', '}', entries.len(), |dump, machine, at| {
                    let Some((name, value)) = entries.get(at) else { return Ok(()) };
                    let name = key(machine, name)?;
                    dump.quote(&name);
                    dump.out.push_str(&dump.entry);
                    dump.write(machine, value)
                })?;
            }
            other => match self.default.clone() {
                Some(default) => {
                    let value = machine.call(&default, vec![other.clone()], Vec::new())?;
                    machine.level(|machine| self.write(machine, &value))?;
                }
                None => {
                    let name = other.type_name();
                    return Err(type_error(format!("Object of type {name} is not JSON serializable")));
                }
            },
        }
        Ok(())
    }

    fn all(
        &mut self,
        machine: &mut Machine,
        open: char,
        close: char,
        count: usize,
        mut write: impl FnMut(&mut Self, &mut Machine, usize) -> Run<()>,
    ) -> Run<()> {
        self.out.push(open);
        self.depth += 1;
        machine.level(|machine| {
            for at in 0..count {
                if at > 0 {
                    self.out.push_str(&self.item);
                }
                self.line();
                write(self, machine, at)?;
            }
            Ok(())
        })?;
        self.depth -= 1;
        if count > 0 {
            self.line();
        }
        self.out.push(close);
        Ok(())
    }

    fn line(&mut self) {
        if let Some(indent) = &self.indent {
            self.out.push('\n');
            self.out.push_str(&indent.repeat(self.depth));
        }
    }

    fn quote(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                c if (c as u32) < 0x20 || (self.ascii && !c.is_ascii()) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        self.out.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}

/// Reads JSON as values, each of which is counted as it is made.
fn loads(machine: &mut Machine, text: &str) -> Run {
    let mut stop = None;
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Read { machine, stop: &mut stop }.deserialize(&mut reader);
    let read = read.and_then(|value| reader.end().map(|()| value));
    match (read, stop) {
        (_, Some(stop)) => Err(stop),
        (Ok(value), None) => Ok(value),
        (Err(error), None) => Err(raise("JSONDecodeError", error.to_string())),
    }
}

struct Read<'a> {
    machine: &'a mut Machine,
    stop: &'a mut Option<Stop>,
}

impl Read<'_> {
    fn keep<T, E: Error>(&mut self, made: Run<T>) -> Result<T, E> {
        made.map_err(|stop| {
            *self.stop = Some(stop);
            E::custom("stopped")
        })
    }
}

impl<'de> DeserializeSeed<'de> for Read<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Read<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E: Error>(mut self, number: u64) -> Result<Value, E> {
        self.keep(Value::int(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<Value, E> {
        self.keep(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let list = self.keep(Value::list(Vec::new()))?;
        let Value::List(all) = &list else { return Ok(list) };
        while let Some(item) =
            items.next_element_seed(Read { machine: &mut *self.machine, stop: &mut *self.stop })?
        {
            let counted = self.machine.work(1);
            self.keep(counted)?;
            self.keep(all.edit(1, |all| all.push(item)))?;
        }
        Ok(list)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        let table = self.keep(Obj::new(Table::default()))?;
        while let Some(name) = entries.next_key::<String>()? {
            let value =
                entries.next_value_seed(Read { machine: &mut *self.machine, stop: &mut *self.stop })?;
            let counted = self.machine.work(1);
            self.keep(counted)?;
            let name = self.keep(Value::text(name))?;
            let key = self.machine.key(&name);
            let key = self.keep(key)?;
            let old = self.keep(table.edit(1, |table| table.insert(key, name, value)))?;
            drop(old);
        }
        Ok(Value::Dict(table))
    }
}
