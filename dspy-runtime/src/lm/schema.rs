//! JSON schemas as providers take them.

use serde_json::{Map, Value};

/// Bounds that some providers refuse in a schema.
const BOUNDS: [&str; 10] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
];

/// Keywords whose value is a schema, a list of schemas, or schemas by name.
const SCHEMA: [&str; 2] = ["items", "additionalProperties"];
const SCHEMAS: [&str; 4] = ["anyOf", "allOf", "oneOf", "prefixItems"];
const NAMED: [&str; 3] = ["properties", "$defs", "definitions"];

/// The schema with its bounds stated in the descriptions, where the model reads them, and not enforced.
/// Whoever reads the reply checks them anyway.
pub(super) fn without_bounds(schema: &Value) -> Value {
    let Value::Object(schema) = schema else { return schema.clone() };
    let mut plain = Map::new();
    let mut told = Vec::new();
    for (keyword, value) in schema {
        let keyword = keyword.as_str();
        let value = match value {
            _ if BOUNDS.contains(&keyword) => {
                told.push(format!("{keyword}: {value}"));
                continue;
            }
            value if SCHEMA.contains(&keyword) => without_bounds(value),
            Value::Array(schemas) if SCHEMAS.contains(&keyword) => {
                schemas.iter().map(without_bounds).collect()
            }
            Value::Object(named) if NAMED.contains(&keyword) => {
                let named = named.iter().map(|(name, schema)| (name.clone(), without_bounds(schema)));
                Value::Object(named.collect())
            }
            value => value.clone(),
        };
        plain.insert(keyword.to_owned(), value);
    }
    if !told.is_empty() {
        let told = format!("({})", told.join(", "));
        let own = plain.get("description").and_then(Value::as_str);
        let description = own.map_or_else(|| told.clone(), |own| format!("{own} {told}"));
        plain.insert("description".to_owned(), description.into());
    }
    Value::Object(plain)
}

/// The schema with its objects closed, so that arguments can be held to it; nothing where one of them takes names of its
/// own, as a map does.
pub(super) fn closed(schema: &Value) -> Option<Value> {
    let Value::Object(schema) = schema else { return None };
    let mut whole = Map::new();
    for (keyword, value) in schema {
        let value = match value {
            value if keyword == "items" => closed(value)?,
            Value::Array(schemas) if SCHEMAS.contains(&&**keyword) => {
                Value::Array(schemas.iter().map(closed).collect::<Option<_>>()?)
            }
            Value::Object(named) if NAMED.contains(&&**keyword) => {
                let named = named.iter().map(|(name, schema)| Some((name.clone(), closed(schema)?)));
                Value::Object(named.collect::<Option<_>>()?)
            }
            value => value.clone(),
        };
        whole.insert(keyword.clone(), value);
    }
    let has_names = schema.contains_key("properties");
    let is_object = has_names || schema.get("type").is_some_and(|kind| kind == "object");
    match schema.get("additionalProperties") {
        _ if !is_object => {}
        Some(Value::Bool(false)) => {}
        None if has_names => drop(whole.insert("additionalProperties".to_owned(), false.into())),
        _ => return None,
    }
    Some(Value::Object(whole))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bounds_are_told_and_not_enforced() {
        let schema = json!({
            "type": "object",
            "properties": {
                "minimum": {"type": "string", "description": "A name.", "maxLength": 5},
                "list": {"type": "array", "items": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]}},
                "kind": {"enum": [{"maxItems": 1}]},
            },
            "required": ["minimum"],
        });
        let plain = json!({
            "type": "object",
            "properties": {
                "minimum": {"type": "string", "description": "A name. (maxLength: 5)"},
                "list": {"type": "array", "items": {"anyOf": [
                    {"type": "integer", "description": "(minimum: 0)"}, {"type": "null"},
                ]}},
                "kind": {"enum": [{"maxItems": 1}]},
            },
            "required": ["minimum"],
        });
        assert_eq!(without_bounds(&schema), plain);
    }

    #[test]
    fn objects_are_closed_and_maps_are_not() {
        let person = json!({"type": "object", "properties": {"name": {"type": "string"}}});
        let closed_person = json!({"type": "object", "properties": {"name": {"type": "string"}}, "additionalProperties": false});
        let of = |person: &Value| {
            json!({
                "type": "object",
                "properties": {"people": {"type": "array", "items": person}, "one": {"anyOf": [person, {"type": "null"}]}},
                "additionalProperties": false,
                "$defs": {"Person": person},
            })
        };
        assert_eq!(closed(&of(&person)), Some(of(&closed_person)));
        for map in [
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            json!({"type": "object"}),
            json!({"type": "object", "properties": {}, "additionalProperties": true}),
            json!(true),
        ] {
            assert_eq!(closed(&of(&map)), None, "{map}");
        }
    }
}
