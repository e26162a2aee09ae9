//! Objects that name all their keys: what a server takes that holds replies to a schema.
//!
//! Such servers read a schema by parts and not as a whole: keys beside alternatives or references, as serde's
//! `flatten` gives them, are keys that the one part does not know of the other. Here every alternative is
//! written out whole.

use serde_json::{Map, Value, json};

use super::json_schema::parts_mut;

/// The number of alternatives that one object may become, and all objects of a schema together; what would
/// become more stays as it is.
const MOST: usize = 64;
const MOST_IN_ALL: usize = 500;

/// Closes every object of a schema: all properties required and no others, except those of a map; alternatives as
/// `anyOf`. References are those to `definitions`.
pub(super) fn close(schema: &mut Value, definitions: &[(String, Value)]) {
    Composer::new(definitions).close(schema);
}

/// The schema with every object written out whole, for those who show it; nothing where each already is.
pub(super) fn whole(schema: &Value) -> Option<Value> {
    let definitions = schema.get("$defs").and_then(Value::as_object).into_iter().flatten();
    let definitions: Vec<_> = definitions.map(|(name, schema)| (name.clone(), schema.clone())).collect();
    let mut whole = schema.clone();
    Composer::new(&definitions).tell_all_whole(&mut whole).then_some(whole)
}

/// Marks an object that no list of alternatives can tell, while it is worked on.
const OPEN: &str = "\0open";

/// The keys under which an object is written in parts.
const PARTS: [&str; 4] = ["$ref", "oneOf", "anyOf", "allOf"];

/// Returns whether an object is written in several parts that all hold: keys beside alternatives or a
/// reference, or an `allOf`.
fn is_composed(map: &Map<String, Value>) -> bool {
    let has = |key: &&str| map.contains_key(*key);
    PARTS.iter().any(has) && ["properties", "allOf", "additionalProperties"].iter().any(has)
}

/// Makes an `allOf` of one reference, as some generators write to put a description beside it, the reference.
fn unwrap_reference(map: &mut Map<String, Value>) -> bool {
    let reference = match map.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        Some([Value::Object(only)]) if only.len() == 1 && !map.contains_key("$ref") => {
            only.get("$ref").cloned()
        }
        _ => None,
    };
    let Some(reference) = reference else { return false };
    map.shift_remove("allOf");
    map.insert("$ref".into(), reference);
    true
}

/// Such an object takes any keys: wrong ones are found when the reply is read.
fn leave_open(map: &mut Map<String, Value>) {
    for key in PARTS {
        map.shift_remove(key);
    }
    map.insert("type".into(), "object".into());
    map.insert("additionalProperties".into(), json!({}));
    map.insert(OPEN.into(), true.into());
}

/// Goes through a schema and tells its objects whole.
struct Composer<'a> {
    definitions: &'a [(String, Value)],
    /// The references that stand written out where they were, up to this place: one of them inside would
    /// never end.
    open: Vec<&'a str>,
    /// The number of alternatives that may still be written.
    left: usize,
}

impl<'a> Composer<'a> {
    fn new(definitions: &'a [(String, Value)]) -> Self {
        Self { definitions, open: Vec::new(), left: MOST_IN_ALL }
    }

    fn close(&mut self, schema: &mut Value) {
        if *schema == Value::Bool(true) {
            // Servers refuse `true` where they take an empty schema.
            *schema = json!({});
        }
        let Some(map) = schema.as_object_mut() else { return };
        let open = self.open.len();
        unwrap_reference(map);
        if is_composed(map) && !self.tell_whole(map) {
            leave_open(map);
        }
        if let Some(patterns) = map.shift_remove("patternProperties") {
            // Keys of a pattern are ignored by servers, which then let no key be written; they are checked when read.
            let values = patterns.as_object().into_iter().flat_map(Map::values).next();
            map.insert("additionalProperties".into(), values.cloned().unwrap_or_else(|| json!({})));
        }
        let is_map = map.get("additionalProperties").is_some_and(|values| *values != Value::Bool(false));
        if let Some(Value::Object(properties)) = map.get("properties")
            && !map.contains_key(OPEN)
        {
            let names: Vec<Value> = properties.keys().map(|name| name.as_str().into()).collect();
            map.insert("required".into(), names.into());
            if !is_map {
                map.insert("additionalProperties".into(), false.into());
            }
        }
        map.shift_remove(OPEN);
        map.shift_remove("unevaluatedProperties");
        if let Some(options) = map.shift_remove("oneOf") {
            map.insert("anyOf".into(), options);
        }
        map.shift_remove("default");
        parts_mut(map).for_each(|part| self.close(part));
        self.open.truncate(open);
    }

    /// Returns whether anything was changed.
    fn tell_all_whole(&mut self, schema: &mut Value) -> bool {
        let Some(map) = schema.as_object_mut() else { return false };
        let open = self.open.len();
        let mut changed = unwrap_reference(map);
        changed |= is_composed(map) && self.tell_whole(map);
        for part in parts_mut(map) {
            changed |= self.tell_all_whole(part);
        }
        self.open.truncate(open);
        changed
    }

    /// Puts the alternatives of an object in its place, each whole, if they can be written.
    fn tell_whole(&mut self, map: &mut Map<String, Value>) -> bool {
        let mut composed =
            Composed { definitions: self.definitions, open: self.open.clone(), followed: Vec::new() };
        let told = composed.alternatives(map).filter(|whole| whole.len() <= self.left);
        let Some(mut whole) = told else { return false };
        self.left -= whole.len();
        self.open.append(&mut composed.followed);
        let kept =
            ["description", "$defs"].map(|key| map.get(key).map(|value| (key.to_owned(), value.clone())));
        *map = match whole.len() {
            1 => whole.remove(0),
            _ => Map::from_iter([("anyOf".to_owned(), whole.into_iter().map(Value::Object).collect())]),
        };
        map.extend(kept.into_iter().flatten());
        true
    }
}

/// The alternatives of one object.
struct Composed<'a> {
    definitions: &'a [(String, Value)],
    /// The references that are being followed, here or around the object.
    open: Vec<&'a str>,
    /// The references that were followed here.
    followed: Vec<&'a str>,
}

impl<'a> Composed<'a> {
    /// The objects that an object can be, each whole; nothing where that cannot be written.
    fn alternatives(&mut self, map: &Map<String, Value>) -> Option<Vec<Map<String, Value>>> {
        let own = map.iter().filter(|(key, _)| !PARTS.contains(&key.as_str()) && *key != "$defs");
        let own = own.map(|(key, value)| (key.clone(), value.clone()));
        let mut all: Vec<Map<String, Value>> = vec![own.collect()];
        if let Some(target) = map.get("$ref").and_then(Value::as_str) {
            let name = target.strip_prefix("#/$defs/")?;
            let (name, definition) = self.definitions.iter().find(|(known, _)| known == name)?;
            if self.open.contains(&name.as_str()) {
                return None;
            }
            self.open.push(name);
            self.followed.push(name);
            let inner = self.object(definition);
            self.open.pop();
            all = crossed(&all, &inner?)?;
        }
        for part in map.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            all = crossed(&all, &self.object(part)?)?;
        }
        for key in ["oneOf", "anyOf"] {
            let Some(options) = map.get(key).and_then(Value::as_array) else { continue };
            let mut either = Vec::new();
            for option in options {
                either.extend(self.object(option)?);
            }
            all = crossed(&all, &either)?;
        }
        Some(all)
    }

    /// Returns the alternatives of a part; null, as of a flattened `Option`, adds nothing.
    fn object(&mut self, part: &Value) -> Option<Vec<Map<String, Value>>> {
        let map = part.as_object()?;
        match map.get("type").and_then(Value::as_str) {
            Some("null") => Some(vec![Map::new()]),
            Some("object") | None => self.alternatives(map),
            Some(_) => None,
        }
    }
}

/// Each of one list together with each of the other.
fn crossed(one: &[Map<String, Value>], other: &[Map<String, Value>]) -> Option<Vec<Map<String, Value>>> {
    let pairs = || one.iter().flat_map(|one| other.iter().map(move |other| merged(one, other)));
    (one.len() * other.len() <= MOST).then(|| pairs().collect())
}

/// An object that has the keys of both.
fn merged(one: &Map<String, Value>, other: &Map<String, Value>) -> Map<String, Value> {
    let mut both = one.clone();
    for (key, value) in other {
        match (key.as_str(), both.get_mut(key)) {
            ("properties" | "patternProperties", Some(Value::Object(known))) => {
                for (name, property) in value.as_object().into_iter().flatten() {
                    let is_tag = property.get("const").is_some();
                    if is_tag || !known.contains_key(name) {
                        known.insert(name.clone(), property.clone());
                    }
                }
            }
            ("required", Some(Value::Array(known))) => {
                let more = value.as_array().into_iter().flatten();
                let new: Vec<_> = more.filter(|name| !known.contains(name)).cloned().collect();
                known.extend(new);
            }
            // A map beside keys takes the keys of the other part as well.
            ("additionalProperties" | "unevaluatedProperties", Some(known))
                if *known == Value::Bool(false) =>
            {
                known.clone_from(value);
            }
            (_, Some(_)) => {}
            (_, None) => drop(both.insert(key.clone(), value.clone())),
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use crate::signature::SchemaBuilder;

    fn held<T: JsonSchema>() -> (serde_json::Value, bool) {
        let spec = crate::signature::TypeSpec::of::<T>();
        let schema = SchemaBuilder::new("S", "Do.").output_schema("it", "", spec.schema().clone()).build();
        let format = schema.json_format();
        (format.schema["properties"]["it"].clone(), format.strict)
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "way", rename_all = "snake_case")]
    enum Way {
        Post { street: String },
        Pickup,
        Courier(Courier),
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Courier {
        name: String,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Order {
        id: u32,
        #[serde(flatten)]
        way: Way,
    }

    #[test]
    fn keys_beside_alternatives_are_keys_of_each() {
        let (schema, strict) = held::<Order>();
        assert!(strict, "{schema:#}");
        let options = schema["anyOf"].as_array().expect("alternatives");
        let keys = |option: &serde_json::Value| {
            let keys: Vec<_> = option["properties"].as_object().expect("keys").keys().cloned().collect();
            assert_eq!(option["required"], json!(keys));
            assert_eq!(option["additionalProperties"], json!(false));
            keys.join(" ")
        };
        let keys: Vec<_> = options.iter().map(keys).collect();
        assert_eq!(keys, ["id way street", "id way", "id way name"]);
        assert_eq!(options[1]["properties"]["way"]["const"], "pickup");
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "kind")]
    enum Size {
        Small,
        Other { grams: u32 },
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Twice {
        #[serde(flatten)]
        way: Way,
        #[serde(flatten)]
        size: Size,
    }

    #[test]
    fn two_flattened_enums_are_each_pair() {
        let (schema, strict) = held::<Twice>();
        assert!(strict, "{schema:#}");
        assert_eq!(schema["anyOf"].as_array().map(Vec::len), Some(6), "{schema:#}");
        assert_eq!(schema["anyOf"][3]["required"], json!(["way", "kind", "grams"]), "{schema:#}");
    }

    #[test]
    fn prompts_show_each_alternative_whole() {
        let spec = crate::signature::TypeSpec::of::<Order>();
        let text = "{ \"id\": integer (at least 0), \"way\": \"post\", \"street\": string } or \
                    { \"id\": integer (at least 0), \"way\": \"pickup\" } or \
                    { \"id\": integer (at least 0), \"way\": \"courier\", \"name\": string }";
        assert_eq!(spec.text(), text);
        assert!(
            spec.skeleton(0).contains("\"id\": integer (at least 0),\n  \"way\": \"pickup\"\n}"),
            "{}",
            spec.skeleton(0)
        );
        assert!(super::whole(crate::signature::TypeSpec::of::<Courier>().schema()).is_none());
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Tagged {
        text: String,
        #[serde(flatten)]
        more: BTreeMap<String, u8>,
    }

    #[test]
    fn a_flattened_map_stays_a_map() {
        let (schema, strict) = held::<Tagged>();
        assert!(!strict);
        assert_eq!(schema["required"], json!(["text"]));
        assert_eq!(schema["additionalProperties"]["type"], "integer", "{schema:#}");
        let spec = crate::signature::TypeSpec::of::<Tagged>();
        assert_eq!(spec.text(), "{ \"text\": string, [key: string]: integer (0 to 255) }");
        assert!(spec.skeleton(0).contains("\n  [key: string]: integer (0 to 255)\n"), "{}", spec.skeleton(0));
    }

    #[test]
    fn integer_keys_are_sent_as_any_keys() {
        let (schema, strict) = held::<BTreeMap<u32, String>>();
        assert!(!strict);
        assert_eq!(schema["additionalProperties"], json!({"type": "string"}), "{schema:#}");
        assert!(schema.get("patternProperties").is_none(), "{schema:#}");
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Anything {
        any: serde_json::Value,
        many: Vec<serde_json::Value>,
        named: BTreeMap<String, serde_json::Value>,
    }

    #[test]
    fn any_value_is_an_empty_schema() {
        let text = held::<Anything>().0.to_string();
        assert!(!text.contains(":true"), "{text}");
    }

    #[test]
    fn types_that_hold_themselves_in_parts_end() {
        let held = |next: serde_json::Value| {
            let node = json!({"type": "object", "properties": {"next": next}, "required": ["next"]});
            let schema = json!({"$ref": "#/$defs/Node", "$defs": {"Node": node}});
            SchemaBuilder::new("S", "Do.").output_schema("it", "", schema).build().json_format().clone()
        };
        let reference = || json!({"$ref": "#/$defs/Node"});
        let one = held(json!({"allOf": [reference()], "description": "The next."}));
        let next = json!({"$ref": "#/$defs/Node", "description": "The next."});
        assert_eq!(one.schema["$defs"]["Node"]["properties"]["next"], next, "{:#}", one.schema);
        let more = json!({"properties": {"last": {"type": "boolean"}}});
        for next in [
            json!({"allOf": [reference(), more]}),
            json!({"type": "object", "properties": {"last": {}}, "anyOf": [reference(), {"type": "null"}]}),
            json!({"type": "object", "properties": {"last": {}}, "$ref": "#/$defs/Node"}),
        ] {
            let format = held(next);
            assert!(!format.strict && format.schema.to_string().len() < 5_000, "{:#}", format.schema);
        }
    }

    #[test]
    fn alternatives_inside_of_alternatives_are_not_told_without_end() {
        let option = |n: usize| json!({"properties": {"tag": {"const": n}, "in": {"$ref": "#/$defs/T0"}}});
        let type_ = |inner: usize| {
            let options: Vec<_> = (0..40).map(option).collect();
            json!({
                "type": "object",
                "properties": {"next": {"allOf": [{"$ref": format!("#/$defs/T{inner}")}, {"properties": {"a": {}}}]}},
                "oneOf": options,
            })
        };
        let all: serde_json::Map<_, _> = (0..8).map(|n| (format!("T{n}"), type_((n + 1) % 8))).collect();
        let schema = json!({"$ref": "#/$defs/T0", "$defs": all});
        let schema = SchemaBuilder::new("S", "Do.").output_schema("it", "", schema).build();
        assert!(schema.json_format().schema.to_string().len() < 4_000_000);
    }

    #[test]
    fn what_flattens_itself_stays_open() {
        let node = json!({
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
            "anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}],
        });
        let schema = json!({"$ref": "#/$defs/Node", "$defs": {"Node": node}});
        let schema = SchemaBuilder::new("S", "Do.").output_schema("it", "", schema).build();
        let format = schema.json_format();
        assert!(!format.strict);
        assert_eq!(format.schema["$defs"]["Node"]["required"], json!(["name"]), "{:#}", format.schema);
        assert_eq!(format.schema["$defs"]["Node"]["additionalProperties"], json!({}));
    }
}
