//! The text of a schema for a model: in a few words, or over lines as in code.

use serde_json::Value;

use super::media;
use super::skeleton::{Entry, object};
use super::types::{fixed, map_of, number, resolve, string, types};

/// The style in which a type is written.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    /// In one line: `list of (string or null)`.
    Words,
    /// An object over several lines, with the docs of its properties: `(string | null)[]`.
    Code,
}

/// Types that hold each other in many ways are spelled out this often, and named from then on: the
/// ways are more than a prompt can hold.
const MOST_SPELLED: usize = 200;

pub(super) struct Describe<'a> {
    root: &'a Value,
    style: Style,
    /// The references being described, to stop at a type that holds itself.
    open: Vec<&'a str>,
    /// The number of references that have been spelled out.
    spelled: usize,
}

impl<'a> Describe<'a> {
    pub(super) fn new(root: &'a Value, style: Style) -> Self {
        Self { root, style, open: vec!["#"], spelled: 0 }
    }

    /// A type that stands so deep inside of others.
    pub(super) fn text(&mut self, schema: &'a Value, depth: usize) -> String {
        if let Some(Value::String(target)) = schema.get("$ref") {
            return self.reference(schema, target, depth);
        }
        if let Some(kind) = media::kind(schema) {
            return kind.to_string();
        }
        if let Some(values) = fixed(schema) {
            let names: Vec<_> = values.into_iter().map(|value| value.name).collect();
            return match self.style {
                Style::Code => names.join(" | "),
                Style::Words if names.len() == 1 => names.concat(),
                Style::Words => format!("one of {}", names.join(", ")),
            };
        }
        let words = self.style == Style::Words;
        let (or, and) = if words { (" or ", " and ") } else { (" | ", " & ") };
        if let Some(Value::Array(options)) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
            let texts: Vec<_> = options.iter().map(|option| self.text(option, depth)).collect();
            return texts.join(or);
        }
        if let Some(Value::Array(parts)) = schema.get("allOf") {
            let texts: Vec<_> = parts.iter().map(|part| self.text(part, depth)).collect();
            return texts.join(and);
        }
        let texts: Vec<_> = types(schema).into_iter().map(|name| self.named(name, schema, depth)).collect();
        if texts.is_empty() { "any JSON value".to_owned() } else { texts.join(or) }
    }

    fn reference(&mut self, schema: &'a Value, target: &'a str, depth: usize) -> String {
        let resolved = resolve(self.root, schema);
        let title = resolved.get("title").and_then(Value::as_str);
        let name = title.unwrap_or_else(|| target.rsplit('/').next().unwrap_or(target));
        let endless = self.open.contains(&target) || std::ptr::eq(resolved, schema);
        if endless || self.spelled == MOST_SPELLED {
            return name.to_owned();
        }
        self.spelled += 1;
        self.open.push(target);
        let text = self.text(resolved, depth);
        self.open.pop();
        text
    }

    fn named(&mut self, name: &str, schema: &'a Value, depth: usize) -> String {
        match name {
            "integer" | "number" => number(name, schema),
            "array" => self.array(schema, depth),
            "object" => self.object(schema, depth),
            "string" => string(schema),
            other => other.to_owned(),
        }
    }

    fn array(&mut self, schema: &'a Value, depth: usize) -> String {
        if let Some(Value::Array(items)) = schema.get("prefixItems") {
            let texts: Vec<_> = items.iter().map(|item| self.text(item, depth)).collect();
            return format!("[{}]", texts.join(", "));
        }
        let Some(items) = schema.get("items") else { return "list".to_owned() };
        let text = self.text(items, depth);
        match self.style {
            Style::Words if text.contains(" or ") && !text.starts_with('{') => format!("list of ({text})"),
            Style::Words => format!("list of {text}"),
            Style::Code => {
                let apart = text.contains([' ', '|', '&']) && !(text.starts_with('{') && text.ends_with('}'));
                if apart { format!("({text})[]") } else { format!("{text}[]") }
            }
        }
    }

    fn object(&mut self, schema: &'a Value, depth: usize) -> String {
        let Some(Value::Object(properties)) = schema.get("properties") else {
            return match map_of(schema) {
                Some((keys, values)) => format!("map of {keys} to {}", self.text(values, depth)),
                None => "object".to_owned(),
            };
        };
        let required: Vec<_> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().collect();
        let others = map_of(schema).map(|(keys, values)| Entry {
            name: format!("[key: {keys}]"),
            value: self.text(values, depth + 1),
            comment: String::new(),
        });
        let entries = properties.iter().map(|(name, property)| {
            let value = self.text(property, depth + 1);
            // In code, what may be null says so itself.
            let says_null = self.style == Style::Code && value.ends_with("| null");
            let left_out = !says_null && !required.iter().any(|required| *required == name);
            let name = format!("{name:?}{}", if left_out { "?" } else { "" });
            Entry { name, value, comment: self.comment(property) }
        });
        let entries: Vec<Entry> = entries.chain(others).collect();
        match self.style {
            Style::Code => object(&entries, depth),
            Style::Words => {
                let texts = entries.iter().map(|Entry { name, value, .. }| format!("{name}: {value}"));
                format!("{{ {} }}", texts.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// The doc of a property, and those of its labels.
    fn comment(&self, property: &'a Value) -> String {
        let resolved = resolve(self.root, property);
        let doc = |schema: &Value| schema.get("description").and_then(Value::as_str).map(str::to_owned);
        let own = doc(property).or_else(|| doc(resolved)).unwrap_or_default();
        let values = fixed(resolved).unwrap_or_default();
        let described = values.iter().filter(|value| !value.description.is_empty());
        let described = described.map(|value| format!("{}: {}", value.name, value.description));
        let texts: Vec<String> =
            std::iter::once(own).filter(|own| !own.is_empty()).chain(described).collect();
        texts.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
