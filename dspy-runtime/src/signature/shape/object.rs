//! The shapes of lists and objects.

use serde_json::{Map, Value};

use super::compile::{Compiler, Part};
use super::scalar::span;
use super::{Keys, ObjectShape, Others, Property, Shape};

type Maps<'a> = [&'a Map<String, Value>];

pub(super) fn array<'a>(compiler: &mut Compiler<'a>, maps: &Maps<'a>) -> Shape {
    let (least, most) = span(maps, "minItems", "maxItems");
    let items: Vec<Part<'a>> = maps.iter().filter_map(|map| map.get("items")).map(Part::new).collect();
    let prefix = maps.iter().find_map(|map| map.get("prefixItems")).and_then(Value::as_array);
    if let Some(prefix) = prefix {
        let prefix: Vec<_> = prefix.iter().map(|item| compiler.one(item)).collect();
        let rest = (most > prefix.len()).then(|| compiler.all(&items));
        return Shape::Tuple { items: prefix, rest, least };
    }
    let unique = maps.iter().any(|map| map.get("uniqueItems") == Some(&Value::Bool(true)));
    Shape::List { item: compiler.all(&items), least, most, unique }
}

pub(super) fn object<'a>(compiler: &mut Compiler<'a>, maps: &Maps<'a>) -> Shape {
    let mut named: Vec<(&'a str, Vec<Part<'a>>)> = Vec::new();
    for (name, schema) in maps.iter().filter_map(|map| map.get("properties")?.as_object()).flatten() {
        match named.iter_mut().find(|(known, _)| known == name) {
            Some((_, parts)) => parts.push(Part::new(schema)),
            None => named.push((name, vec![Part::new(schema)])),
        }
    }
    let required: Vec<&'a str> = maps
        .iter()
        .filter_map(|map| map.get("required")?.as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for name in &required {
        if !named.iter().any(|(known, _)| known == name) {
            named.push((name, Vec::new()));
        }
    }
    let open = named.is_empty();
    let properties = named
        .into_iter()
        .map(|(name, parts)| Property {
            name: name.to_owned(),
            shape: compiler.all(&parts),
            required: required.contains(&name),
            default: parts.iter().any(Part::has_default),
        })
        .collect();
    Shape::Object(ObjectShape { properties, others: others(compiler, maps, open) })
}

fn others<'a>(compiler: &mut Compiler<'a>, maps: &Maps<'a>, open: bool) -> Others {
    // `schemars` describes a map with integer keys by a pattern.
    let pattern = maps.iter().find_map(|map| map.get("patternProperties")?.as_object()?.iter().next());
    if let Some((pattern, schema)) = pattern {
        let keys = match pattern.as_str() {
            r"^\d+$" => Keys::NonNegativeIntegers,
            r"^-?\d+$" => Keys::Integers,
            _ => Keys::Any,
        };
        return Others::Entries { keys, value: compiler.one(schema) };
    }
    let said: Vec<Part<'a>> =
        maps.iter().filter_map(|map| map.get("additionalProperties")).map(Part::new).collect();
    let refused = |key: &str| maps.iter().any(|map| map.get(key) == Some(&Value::Bool(false)));
    if refused("additionalProperties") || (said.is_empty() && refused("unevaluatedProperties")) {
        Others::Refused
    } else if open || !said.is_empty() {
        // An object that names no key is one of any keys.
        Others::Entries { keys: Keys::Any, value: compiler.all(&said) }
    } else {
        Others::Ignored
    }
}
