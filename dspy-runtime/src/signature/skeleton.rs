//! Types as models write them in code: an object with a comment on each property.

use std::fmt::Write;

use serde_json::Value;

use super::types::{fixed, map_of, number, resolve, string, types};
use super::{TypeSpec, shown};

/// Types that hold each other in many ways are spelled out this often, and named from then on.
const MOST_SPELLED: usize = 200;

impl TypeSpec {
    /// The type over several lines, the docs of its properties beside them, for the form that a reply is to have.
    ///
    /// Lists are `T[]` and alternatives stand between bars, as in TypeScript: on the orders of `benches/real`, SmolLM2
    /// closed 16 of 20 lists that were shown so, and 9 or fewer that were shown as `list of T` or `[T, ...]`.
    pub(crate) fn skeleton(&self, depth: usize) -> String {
        Skeleton { root: self.shown(), open: vec!["#"], spelled: 0 }.text(self.shown(), depth)
    }

    /// Whether the type has properties of its own to describe, which one line cannot.
    pub(crate) fn is_composite(&self) -> bool {
        let spelled = self.skeleton(0);
        spelled.contains('\n')
    }
}

struct Skeleton<'a> {
    root: &'a Value,
    /// The references being written, to stop at a type that holds itself.
    open: Vec<&'a str>,
    spelled: usize,
}

impl<'a> Skeleton<'a> {
    fn text(&mut self, schema: &'a Value, depth: usize) -> String {
        if let Some(Value::String(target)) = schema.get("$ref") {
            return self.reference(schema, target, depth);
        }
        if let Some(kind) = shown::kind(schema) {
            return kind.to_string();
        }
        if let Some(values) = fixed(schema) {
            return values.into_iter().map(|value| value.name).collect::<Vec<_>>().join(" | ");
        }
        if let Some(Value::Array(options)) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
            let texts: Vec<_> = options.iter().map(|option| self.text(option, depth)).collect();
            return texts.join(" | ");
        }
        if let Some(Value::Array(parts)) = schema.get("allOf") {
            let texts: Vec<_> = parts.iter().map(|part| self.text(part, depth)).collect();
            return texts.join(" & ");
        }
        let texts: Vec<_> = types(schema).into_iter().map(|name| self.named(name, schema, depth)).collect();
        if texts.is_empty() { "any JSON value".to_owned() } else { texts.join(" | ") }
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
        match schema.get("items") {
            Some(items) => {
                let text = self.text(items, depth);
                let apart = text.contains([' ', '|', '&']) && !(text.starts_with('{') && text.ends_with('}'));
                if apart { format!("({text})[]") } else { format!("{text}[]") }
            }
            None => "list".to_owned(),
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
        let entries: Vec<Entry> = properties
            .iter()
            .map(|(name, property)| {
                let value = self.text(property, depth + 1);
                let left_out =
                    !value.ends_with("| null") && !required.iter().any(|required| *required == name);
                let name = format!("{name:?}{}", if left_out { "?" } else { "" });
                Entry { name, value, comment: self.comment(property) }
            })
            .chain(others)
            .collect();
        object(&entries, depth)
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

/// One property of an object.
pub(crate) struct Entry {
    /// In quotes, as it stands in JSON.
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) comment: String,
}

/// An object with a line for each property, its comment behind it or, where the value has lines of its own, above it.
pub(crate) fn object(entries: &[Entry], depth: usize) -> String {
    if entries.is_empty() {
        return "{}".to_owned();
    }
    let mut text = String::from("{\n");
    let indent = (depth + 1) * 2;
    for (index, Entry { name, value, comment }) in entries.iter().enumerate() {
        let comma = if index + 1 < entries.len() { "," } else { "" };
        let (above, behind) = match (comment.is_empty(), value.contains('\n')) {
            (true, _) => (String::new(), String::new()),
            (false, true) => (format!("{:indent$}// {comment}\n", ""), String::new()),
            (false, false) => (String::new(), format!(" // {comment}")),
        };
        let _ = writeln!(text, "{above}{:indent$}{name}: {value}{comma}{behind}", "");
    }
    let _ = write!(text, "{:1$}}}", "", depth * 2);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::JsonSchema;

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    struct Tree {
        /// What hangs on it.
        label: Option<String>,
        /// As it looks.
        mood: Mood,
        notes: Vec<Mood>,
        sizes: Vec<u8>,
        children: Vec<Tree>,
        /// Where it
        /// stands.
        place: Place,
    }

    #[derive(JsonSchema)]
    #[serde(rename_all = "snake_case")]
    #[allow(dead_code)]
    enum Mood {
        /// All is well.
        Good,
        /// Little is.
        Bad,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    struct Place {
        /// In degrees.
        north: f64,
    }

    #[test]
    fn docs_of_nested_properties_stand_beside_them() {
        let expected = r#"{
  "label": string | null, // What hangs on it.
  "mood": "good" | "bad", // As it looks. "good": All is well. "bad": Little is.
  "notes": ("good" | "bad")[],
  "sizes": (integer (0 to 255))[],
  "children": Tree[],
  // Where it stands.
  "place": {
    "north": number // In degrees.
  }
}"#;
        assert_eq!(TypeSpec::of::<Tree>().skeleton(0), expected);
    }

    #[test]
    fn a_list_of_structs_and_one_line_types() {
        let text = |spec: TypeSpec| spec.skeleton(1);
        assert_eq!(text(TypeSpec::of::<Vec<Place>>()), "{\n    \"north\": number // In degrees.\n  }[]");
        assert_eq!(text(TypeSpec::of::<Option<Vec<String>>>()), "string[] | null");
        assert!(!TypeSpec::of::<Vec<String>>().is_composite());
        assert!(TypeSpec::of::<Vec<Place>>().is_composite());
    }
}
