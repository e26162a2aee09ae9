//! The outputs of a signature as one JSON schema, for models that can be held to one.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::closed::close;
use super::schema::Field;

/// The JSON schema that a reply is held to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JsonFormat {
    /// The name of the object.
    pub name: String,
    /// The schema: closed objects, every property required.
    pub schema: Value,
    /// Tells whether the schema keeps to what providers enforce to the letter; it has no maps, tuples,
    /// or values of any type.
    pub strict: bool,
}

/// The JSON schema of an object that has the fields, closed and in order.
///
/// Every property is required and no other is allowed, at every depth, which is what providers ask
/// of a schema that they enforce to the letter; an `Option` stays nullable, and a map open.
pub(super) fn object<'a>(fields: impl Iterator<Item = &'a Field>) -> Value {
    let (mut root, definitions) = told(fields);
    close(&mut root, &definitions);
    let mut closed = definitions.clone();
    closed.iter_mut().for_each(|(_, definition)| close(definition, &definitions));
    with_definitions(root, closed)
}

/// The JSON schema of an object that has the fields, each required and no others, whose values are as serde reads and
/// writes them: what others may rely on, who get or give such an object.
pub(super) fn published<'a>(fields: impl Iterator<Item = &'a Field>) -> Value {
    let (mut root, definitions) = told(fields);
    if let Some(map) = root.as_object_mut() {
        let names = map.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
        let names: Value = names.cloned().collect();
        map.insert("required".into(), names);
        map.insert("additionalProperties".into(), false.into());
    }
    with_definitions(root, definitions)
}

fn with_definitions(mut root: Value, definitions: Vec<(String, Value)>) -> Value {
    if let (Some(root), false) = (root.as_object_mut(), definitions.is_empty()) {
        root.insert("$defs".into(), Value::Object(definitions.into_iter().collect()));
    }
    root
}

/// An object that has the fields, and the named types in them.
fn told<'a>(fields: impl Iterator<Item = &'a Field>) -> (Value, Vec<(String, Value)>) {
    let mut definitions = Definitions::default();
    let mut properties = Map::new();
    for field in fields {
        let mut schema = definitions.take(field.spec().schema().clone());
        if let Some(schema) = schema.as_object_mut() {
            let keywords =
                field.constraints().iter().flat_map(|constraint| constraint.keywords(field.spec().is_list()));
            schema.extend(keywords.map(|(keyword, value)| (keyword.to_owned(), value)));
        }
        if let (Some(schema), false) = (schema.as_object_mut(), field.description().is_empty()) {
            schema.insert("description".into(), field.description().into());
        }
        properties.insert(field.name().to_owned(), schema);
    }
    (json!({"type": "object", "properties": properties}), definitions.all)
}

/// Returns whether a schema keeps to what providers enforce: no maps, tuples, or values of any type.
pub(super) fn is_enforceable(schema: &Value) -> bool {
    let Some(map) = schema.as_object() else { return *schema == Value::Bool(false) };
    let open = map.get("additionalProperties").is_some_and(|values| *values != Value::Bool(false));
    let odd = ["prefixItems", "patternProperties", "allOf", "not"].iter().any(|key| map.contains_key(*key));
    let says_nothing = !["type", "$ref", "enum", "const", "anyOf"].iter().any(|key| map.contains_key(*key));
    !open && !odd && !says_nothing && parts(map).all(is_enforceable)
}

/// The schemas directly inside a schema. What `enum` and `const` hold are values, not schemas.
fn parts(map: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    map.iter().flat_map(|(key, value)| -> Vec<&Value> {
        match (key.as_str(), value) {
            ("properties" | "patternProperties" | "$defs", Value::Object(named)) => named.values().collect(),
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(options)) => options.iter().collect(),
            ("items" | "additionalProperties", schema @ Value::Object(_)) => vec![schema],
            ("items", any @ Value::Bool(_)) => vec![any],
            _ => Vec::new(),
        }
    })
}

/// The schema without the value `true` where a schema may stand, if it has one: servers refuse it there and take the
/// empty schema, which says the same.
pub(crate) fn without_true(schema: &Value) -> Option<Value> {
    fn change(schema: &mut Value) {
        if *schema == Value::Bool(true) {
            *schema = json!({});
        }
        schema.as_object_mut().into_iter().flat_map(parts_mut).for_each(change);
    }
    fn has_true(schema: &Value) -> bool {
        let inner = |map| parts(map).any(|part| *part == Value::Bool(true) || has_true(part));
        schema.as_object().is_some_and(inner)
    }
    has_true(schema).then(|| {
        let mut plain = schema.clone();
        change(&mut plain);
        plain
    })
}

/// Returns them as [`parts`] does, to change them.
pub(super) fn parts_mut(map: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    map.iter_mut().flat_map(|(key, value)| -> Vec<&mut Value> {
        match (key.as_str(), value) {
            ("properties" | "patternProperties" | "$defs", Value::Object(named)) => {
                named.values_mut().collect()
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(options)) => {
                options.iter_mut().collect()
            }
            ("items" | "additionalProperties", schema @ (Value::Object(_) | Value::Bool(true))) => {
                vec![schema]
            }
            _ => Vec::new(),
        }
    })
}

/// The named types of all fields, moved out of their schemas under names of their own.
#[derive(Default)]
struct Definitions {
    all: Vec<(String, Value)>,
}

impl Definitions {
    /// The schema of a field with its definitions moved here and its references following them.
    fn take(&mut self, mut schema: Value) -> Value {
        let Some(map) = schema.as_object_mut() else { return schema };
        map.remove("$schema");
        let title = map.get("title").and_then(Value::as_str).unwrap_or("Value").to_owned();
        let own = match map.remove("$defs") {
            Some(Value::Object(own)) => own,
            _ => Map::new(),
        };
        let mut renamed: Vec<(String, String)> = Vec::new();
        for (name, definition) in &own {
            renamed
                .push((format!("#/$defs/{name}"), format!("#/$defs/{}", self.free_name(name, definition))));
        }
        // A type that holds itself refers to the whole schema, which is whole no more.
        let recursive = refers(&schema, "#") || own.values().any(|definition| refers(definition, "#"));
        if recursive {
            renamed.push(("#".to_owned(), format!("#/$defs/{}", self.free_name(&title, &schema))));
        }
        for (from, to) in renamed.iter().filter(|(from, _)| from != "#") {
            let name = from.trim_start_matches("#/$defs/");
            self.add(to, own.get(name).cloned().unwrap_or_default(), &renamed);
        }
        if !recursive {
            refer(&mut schema, &renamed);
            return schema;
        }
        let to = renamed.last().map(|(_, to)| to.clone()).unwrap_or_default();
        self.add(&to, schema, &renamed);
        json!({"$ref": to})
    }

    fn add(&mut self, reference: &str, mut definition: Value, renamed: &[(String, String)]) {
        refer(&mut definition, renamed);
        let name = reference.trim_start_matches("#/$defs/").to_owned();
        if self.all.iter().all(|(known, _)| *known != name) {
            self.all.push((name, definition));
        }
    }

    /// The name itself, or with a number where another type has it.
    fn free_name(&self, name: &str, definition: &Value) -> String {
        let taken = |name: &str| self.all.iter().any(|(known, other)| known == name && other != definition);
        let numbered = (2..).map(|number| format!("{name}{number}"));
        std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
    }
}

fn refers(schema: &Value, target: &str) -> bool {
    let Some(map) = schema.as_object() else { return false };
    map.get("$ref").is_some_and(|reference| reference == target)
        || parts(map).any(|part| refers(part, target))
}

fn refer(schema: &mut Value, renamed: &[(String, String)]) {
    let Some(map) = schema.as_object_mut() else { return };
    if let Some(Value::String(reference)) = map.get_mut("$ref")
        && let Some((_, to)) = renamed.iter().find(|(from, _)| from == reference)
    {
        reference.clone_from(to);
    }
    parts_mut(map).for_each(|part| refer(part, renamed));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SchemaBuilder;
    use schemars::JsonSchema;

    #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, JsonSchema)]
    struct Tree {
        default: Option<String>,
        #[serde(default)]
        children: Vec<Tree>,
    }

    mod other {
        #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub(super) struct Inner {
            pub(super) size: u8,
        }
    }

    #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, JsonSchema)]
    struct Inner {
        name: String,
    }

    #[test]
    fn objects_are_closed_at_every_depth_and_names_are_not_keywords() {
        let schema = SchemaBuilder::new("S", "Do.").output::<Tree>("tree", "A tree.").build();
        let object = object(schema.outputs());
        assert_eq!(object["required"], json!(["tree"]));
        assert_eq!(object["properties"]["tree"], json!({"$ref": "#/$defs/Tree", "description": "A tree."}));
        let tree = &object["$defs"]["Tree"];
        assert_eq!(tree["required"], json!(["default", "children"]));
        assert_eq!(tree["additionalProperties"], json!(false));
        assert_eq!(tree["properties"]["children"]["items"], json!({"$ref": "#/$defs/Tree"}));
        assert!(tree["properties"]["children"].get("default").is_none());
        assert!(is_enforceable(&object), "{object:#}");
    }

    #[test]
    fn two_types_of_one_name_keep_apart() {
        let schema = SchemaBuilder::new("S", "Do.")
            .output::<Vec<Inner>>("first", "")
            .output::<Vec<other::Inner>>("second", "")
            .output::<Vec<Inner>>("third", "")
            .build();
        let object = object(schema.outputs());
        let reference =
            |field: &str| object["properties"][field]["items"]["$ref"].as_str().map(str::to_owned);
        assert_eq!(reference("first"), reference("third"));
        assert_ne!(reference("first"), reference("second"));
        let name = reference("second")
            .and_then(|name| Some(name.strip_prefix("#/$defs/")?.to_owned()))
            .expect("named");
        assert!(object["$defs"][&name]["properties"].get("size").is_some(), "{object:#}");
    }

    #[test]
    fn the_value_true_is_told_as_the_empty_schema() {
        let list = json!({"type": "array", "items": true});
        let plain = without_true(&json!({"properties": {"any": true, "many": list}})).expect("it is changed");
        assert_eq!(plain["properties"], json!({"any": {}, "many": {"type": "array", "items": {}}}));
        assert_eq!(
            without_true(&json!({"type": "object", "additionalProperties": true, "const": true})),
            None
        );
    }

    #[test]
    fn maps_tuples_and_any_value_cannot_be_enforced() {
        let of = |schema: std::sync::Arc<crate::signature::Schema>| is_enforceable(&object(schema.outputs()));
        let build = || SchemaBuilder::new("S", "Do.");
        assert!(of(build().output::<Option<Vec<u8>>>("a", "").build()));
        assert!(!of(build().output::<std::collections::BTreeMap<String, u8>>("a", "").build()));
        assert!(!of(build().output::<(u8, bool)>("a", "").build()));
        assert!(!of(build().output::<Vec<serde_json::Value>>("a", "").build()));
    }
}
