//! Values as texts and as JSON.

use serde_json::Map;

use super::Machine;
use crate::library;
use crate::memory::Obj;
use crate::number::{self, Number};
use crate::stop::{Run, type_error, value_error};
use crate::table::Table;
use crate::text::{float, quoted};
use crate::value::Value;

impl Machine {
    /// A value as `str` shows it.
    pub fn text(&mut self, value: &Value) -> Run<String> {
        match value {
            Value::Str(text) => {
                self.reserve(text.len())?;
                Ok(text.to_string())
            }
            Value::Exception(exception) => {
                let args = exception.args.look(Clone::clone);
                match args.as_slice() {
                    [] => Ok(String::new()),
                    [only] if exception.kind == "KeyError" => self.repr(only),
                    [only] => self.level(|machine| machine.text(only)),
                    _ => self.repr(&Value::Tuple(exception.args.clone())),
                }
            }
            other => self.repr(other),
        }
    }

    /// A value as `repr` shows it.
    pub fn repr(&mut self, value: &Value) -> Run<String> {
        let mut out = String::new();
        self.write(value, &mut out)?;
        Ok(out)
    }

    fn write(&mut self, value: &Value, out: &mut String) -> Run<()> {
        self.work(1)?;
        // The text grows with what is in it, so it is looked at all the time whether there is room.
        crate::memory::room(out.len())?;
        match value {
            Value::None => out.push_str("None"),
            Value::Bool(truth) => out.push_str(if *truth { "True" } else { "False" }),
            Value::Int(number) => out.push_str(&number.to_string()),
            Value::Big(big) => {
                self.work(big.number.bits() as usize)?;
                out.push_str(&number::decimal(&big.number)?);
            }
            Value::Float(number) => out.push_str(&float(*number)),
            Value::Str(text) => {
                self.reserve(out.len() + text.len() * 2)?;
                out.push_str(&quoted(text));
            }
            Value::List(items) => {
                let items = self.collect(&Value::List(items.clone()))?;
                self.write_all("[", &items, "]", out)?;
            }
            Value::Tuple(items) => {
                let items = items.look(Clone::clone);
                self.write_all("(", &items, if items.len() == 1 { ",)" } else { ")" }, out)?;
            }
            Value::Set(table) => {
                let items: Vec<_> = table.look(|table| table.entries().map(|(key, _)| key.clone()).collect());
                if items.is_empty() {
                    out.push_str("set()");
                } else {
                    self.write_all("{", &items, "}", out)?;
                }
            }
            Value::Dict(table) => self.level(|machine| machine.write_dict(table, out))?,
            Value::Range(range) if range.step == 1 => {
                out.push_str(&format!("range({}, {})", range.start, range.stop));
            }
            Value::Range(range) => {
                out.push_str(&format!("range({}, {}, {})", range.start, range.stop, range.step));
            }
            Value::Exception(exception) => {
                out.push_str(exception.kind);
                let args = exception.args.look(Clone::clone);
                self.write_all("(", &args, ")", out)?;
            }
            Value::Type(name) => out.push_str(&format!("<class '{name}'>")),
            Value::Module(name) => out.push_str(&format!("<module '{name}'>")),
            Value::Function(function) => out.push_str(&format!("<function {}>", function.def.name)),
            Value::Native(name) => out.push_str(&format!("<built-in function {name}>")),
            Value::Host(name) => out.push_str(&format!("<function {name}>")),
            Value::Method(method) => out.push_str(&format!("<method {}>", method.1)),
            Value::Iter(_) => out.push_str("<iterator>"),
            Value::Pattern(pattern) => {
                let source = quoted(&pattern.source);
                out.push_str(&format!("re.compile({source})"));
            }
            Value::Match(found) => {
                let span = found.groups.first().copied().flatten().unwrap_or_default();
                let text = quoted(found.text.get(span.0..span.1).unwrap_or_default());
                let (from, to) = (found.text.char_at(span.0), found.text.char_at(span.1));
                out.push_str(&format!("<re.Match object; span=({from}, {to}), match={text}>"));
            }
        }
        Ok(())
    }

    fn write_all(&mut self, open: &str, items: &[Value], close: &str, out: &mut String) -> Run<()> {
        self.level(|machine| {
            out.push_str(open);
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                machine.write(item, out)?;
            }
            out.push_str(close);
            Ok(())
        })
    }

    fn write_dict(&mut self, table: &std::rc::Rc<Obj<Table>>, out: &mut String) -> Run<()> {
        let name = table.look(Table::type_name);
        let mut entries: Vec<_> = table.look(|table| table.entries().cloned().collect());
        self.reserve(entries.len() * 64)?;
        if name == "Counter" && entries.iter().all(|(_, count)| Number::of(count).is_some()) {
            // The most frequent first.
            let places = entries.iter().enumerate().map(|(at, (_, count))| (count.clone(), Value::count(at)));
            let sorted = self.sorted(places.collect(), true)?;
            let place = |at: &Value| if let Value::Int(at) = at { usize::try_from(*at).ok() } else { None };
            entries = sorted.iter().filter_map(|(_, at)| entries.get(place(at)?).cloned()).collect();
        }
        if name != "dict" {
            out.push_str(name);
            out.push('(');
        }
        if name == "defaultdict" {
            out.push_str("…, ");
        }
        out.push('{');
        for (at, (key, value)) in entries.iter().enumerate() {
            if at > 0 {
                out.push_str(", ");
            }
            self.write(key, out)?;
            out.push_str(": ");
            self.write(value, out)?;
        }
        out.push('}');
        if name != "dict" {
            out.push(')');
        }
        Ok(())
    }

    /// A value as JSON, for the host.
    pub fn json_of(&mut self, value: &Value) -> Run<serde_json::Value> {
        self.copy(64)?;
        Ok(match value {
            Value::None => serde_json::Value::Null,
            Value::Bool(truth) => (*truth).into(),
            Value::Int(number) => (*number).into(),
            Value::Big(big) => match u64::try_from(&big.number) {
                Ok(number) => number.into(),
                Err(_) => {
                    return Err(value_error("a whole number of more than 64 bits has no place in JSON here"));
                }
            },
            Value::Float(number) => match serde_json::Number::from_f64(*number) {
                Some(number) => number.into(),
                None => return Err(value_error(format!("{} has no place in JSON", float(*number)))),
            },
            Value::Str(text) => {
                self.copy(text.len())?;
                text.to_string().into()
            }
            Value::List(items) | Value::Tuple(items) => {
                let items = items.look(Clone::clone);
                let json = self.level(|machine| items.iter().map(|item| machine.json_of(item)).collect());
                serde_json::Value::Array(json?)
            }
            Value::Dict(table) => {
                let entries: Vec<_> = table.look(|table| table.entries().cloned().collect());
                self.copy(entries.len() * 64)?;
                serde_json::Value::Object(self.level(|machine| {
                    let mut map = Map::new();
                    for (key, value) in &entries {
                        map.insert(library::json::key(machine, key)?, machine.json_of(value)?);
                    }
                    Ok(map)
                })?)
            }
            other => {
                let name = other.type_name();
                return Err(type_error(format!(
                    "{name} has no place in JSON; use a list, dict, str, number or bool"
                )));
            }
        })
    }

    /// Takes the host's value.
    pub fn of_json(&mut self, json: serde_json::Value) -> Run {
        self.work(1)?;
        match json {
            serde_json::Value::Null => Ok(Value::None),
            serde_json::Value::Bool(truth) => Ok(Value::Bool(truth)),
            serde_json::Value::Number(number) => {
                if let Some(number) = number.as_i64() {
                    return Ok(Value::Int(number));
                }
                if let Some(number) = number.as_u64() {
                    return Value::int(number.into());
                }
                Ok(Value::Float(number.as_f64().unwrap_or(f64::NAN)))
            }
            serde_json::Value::String(text) => Ok(Value::Str(crate::text::Text::taken(text)?)),
            serde_json::Value::Array(items) => self.level(|machine| {
                let values = items.into_iter().map(|item| machine.of_json(item)).collect::<Run<Vec<_>>>()?;
                Value::list(values)
            }),
            serde_json::Value::Object(entries) => self.level(|machine| {
                let table = Obj::new(Table::default())?;
                for (name, value) in entries {
                    let name = Value::text(name)?;
                    let key = machine.key(&name)?;
                    let value = machine.of_json(value)?;
                    table.edit(1, |table| table.insert(key, name, value))?;
                }
                Ok(Value::Dict(table))
            }),
        }
    }
}
