//! The description of a Rust type for a model.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};

use super::closed;
use super::describe::{Describe, Style};
use super::history;
use super::media;
use super::nested;
use super::reasoning;
use super::shape::Shapes;
use crate::media::{Media, MediaKind};
use crate::problem::Problem;

/// A field's type: its JSON schema, a short text for prompts, and its labels if it has a few fixed ones.
///
/// # Example
///
/// ```
/// use dspy::signature::TypeSpec;
///
/// assert_eq!(TypeSpec::of::<Option<Vec<u8>>>().text(), "list of integer (0 to 255) or null");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TypeSpec {
    schema: Value,
    /// The schema with its objects written out whole, where they are not.
    whole: Option<Value>,
    text: String,
    labels: Vec<Label>,
    fixed: Vec<Label>,
    shapes: Shapes,
    holds_media: bool,
    /// Tells whether it states more of values inside it than reading by type looks at.
    has_conditions: bool,
    /// Tells whether values are the reasoning before an answer.
    is_reasoning: bool,
}

/// One of the fixed values that a type has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The value as it stands in a reply.
    pub name: String,
    /// The doc comment of the enum's variant, or nothing.
    pub description: String,
}

impl TypeSpec {
    /// Describes a type.
    pub fn of<T: JsonSchema>() -> Self {
        Self::from_schema(SchemaGenerator::default().into_root_schema_for::<T>().to_value())
    }

    /// Describes a JSON schema.
    pub fn from_schema(mut schema: Value) -> Self {
        let is_reasoning = reasoning::unmarked(&mut schema);
        let whole = closed::whole(&schema);
        let root = whole.as_ref().unwrap_or(&schema);
        let text = Describe::new(root, Style::Words).text(root, 0);
        let labels = labels(&schema).unwrap_or_default();
        let fixed = fixed(&schema).unwrap_or_default();
        let shapes = Shapes::of(&schema);
        let holds_media = media::is_in(&schema);
        let has_conditions = nested::has_conditions(&schema);
        Self { schema, whole, text, labels, fixed, shapes, holds_media, has_conditions, is_reasoning }
    }

    /// The JSON schema, as `schemars` gives it.
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// The schema to show, in which every object is written out whole.
    pub(super) fn shown(&self) -> &Value {
        self.whole.as_ref().unwrap_or(&self.schema)
    }

    /// The type in a few words, for prompts and messages: about a third of the tokens of its JSON schema,
    /// by the table in `benches/README.md`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The labels of an enum without data; empty for every other type.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// The fixed values that the type has, if it has no others, named as they stand in JSON: labels in quotes, numbers.
    pub(crate) fn fixed(&self) -> &[Label] {
        &self.fixed
    }

    /// Returns whether a value is text as it stands, without quotes: a string or a label.
    pub fn is_text(&self) -> bool {
        !self.labels.is_empty() || types(&self.schema) == ["string"]
    }

    /// Returns whether a value is a list.
    pub(crate) fn is_list(&self) -> bool {
        types(resolve(&self.schema, &self.schema)).contains(&"array")
    }

    /// Returns whether values are the turns of a conversation.
    pub(crate) fn is_history(&self) -> bool {
        history::is(&self.schema)
    }

    /// Returns whether values are the reasoning before an answer.
    pub(crate) fn is_reasoning(&self) -> bool {
        self.is_reasoning
    }

    /// Returns whether values hold images, sounds or files.
    pub(crate) fn holds_media(&self) -> bool {
        self.holds_media
    }

    /// Returns the kind of the value itself, if it is one that is shown.
    pub(crate) fn media_kind(&self) -> Option<MediaKind> {
        media::kind(&self.schema)
    }

    /// The conditions that the type states and a value of it does not meet.
    pub(crate) fn unmet(&self, value: &Value) -> Vec<Problem> {
        if self.has_conditions { nested::unmet(&self.schema, value) } else { Vec::new() }
    }

    /// Takes what is shown out of a value and leaves a name in its place: `(image 1)`.
    pub(crate) fn take_media(&self, value: &mut Value) -> Vec<Media> {
        media::take(&self.schema, value)
    }

    /// The schema as the parser asks of it.
    pub(crate) fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// The schema without titles and descriptions: what makes two types the same.
    pub(crate) fn shape(&self) -> Value {
        strip(&self.schema, false)
    }
}

/// The names in a schema's `type`.
pub(crate) fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Returns whether a value is of the type that a schema names.
pub(super) fn is_of(value: &Value, name: &str) -> bool {
    match value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::Number(number) => name == "number" || (name == "integer" && !number.is_f64()),
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
    }
}

/// Returns whether null is a value of the type.
pub(crate) fn takes_null(schema: &Value) -> bool {
    let options = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array);
    types(schema).contains(&"null") || options.is_some_and(|options| options.iter().any(takes_null))
}

/// The schema that a `$ref` stands for, or the schema itself.
pub(crate) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let Some(Value::String(target)) = schema.get("$ref") else { return schema };
    match target.strip_prefix('#') {
        Some(pointer) => root.pointer(pointer).unwrap_or(schema),
        None => schema,
    }
}

/// The labels of a schema that allows nothing but fixed strings.
pub(super) fn labels(schema: &Value) -> Option<Vec<Label>> {
    let label = |name: &Value, description: Option<&Value>| {
        Some(Label {
            name: name.as_str()?.to_owned(),
            description: description.and_then(Value::as_str).unwrap_or_default().to_owned(),
        })
    };
    if let Some(Value::Array(names)) = schema.get("enum") {
        return names.iter().map(|name| label(name, None)).collect();
    }
    if let Some(name) = schema.get("const") {
        return Some(vec![label(name, schema.get("description"))?]);
    }
    let options = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
    let nested: Option<Vec<_>> = options.iter().map(labels).collect();
    nested.map(|labels| labels.into_iter().flatten().collect()).filter(|labels: &Vec<_>| !labels.is_empty())
}

/// The fixed values that a schema allows and nothing else, as they stand in JSON.
pub(super) fn fixed(schema: &Value) -> Option<Vec<Label>> {
    let label = |value: &Value, description: Option<&Value>| Label {
        name: value.to_string(),
        description: description.and_then(Value::as_str).unwrap_or_default().to_owned(),
    };
    if let Some(Value::Array(values)) = schema.get("enum") {
        return Some(values.iter().map(|value| label(value, None)).collect());
    }
    if let Some(value) = schema.get("const") {
        return Some(vec![label(value, schema.get("description"))]);
    }
    let options = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
    let nested: Option<Vec<_>> = options.iter().map(fixed).collect();
    nested.map(|values| values.into_iter().flatten().collect()).filter(|values: &Vec<_>| !values.is_empty())
}

/// Drops what only describes. The keys of `properties` and `$defs` are names, whatever they are.
fn strip(schema: &Value, names: bool) -> Value {
    match schema {
        Value::Object(map) => {
            let kept = |(key, value): (&String, &Value)| {
                if !names
                    && ["title", "description", "$schema", "examples", "default"].contains(&key.as_str())
                {
                    return None;
                }
                let inner_names = !names && ["properties", "$defs"].contains(&key.as_str());
                Some((key.clone(), strip(value, inner_names)))
            };
            Value::Object(map.iter().filter_map(kept).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(|item| strip(item, false)).collect(),
        other => other.clone(),
    }
}

/// The keys and the values of a map, if an object is one whose values have a type. `schemars` describes integer keys by
/// a pattern.
pub(super) fn map_of(schema: &Value) -> Option<(&'static str, &Value)> {
    let patterns = schema.get("patternProperties").and_then(Value::as_object);
    let integers =
        patterns.and_then(|patterns| patterns.iter().next()).filter(|(key, _)| key.ends_with(r"\d+$"));
    let strings = || schema.get("additionalProperties").filter(|values| values.is_object());
    let integers = integers.map(|(_, values)| ("integer", values));
    integers.or_else(|| strings().map(|values| ("string", values)))
}

/// A text with what the type states of it.
pub(super) fn string(schema: &Value) -> String {
    let said = |key: &str| schema.get(key).and_then(Value::as_str);
    let pattern = said("pattern").map(|pattern| format!("matching {pattern}"));
    let told: Vec<_> = said("format").map(str::to_owned).into_iter().chain(pattern).collect();
    if told.is_empty() { "string".to_owned() } else { format!("string ({})", told.join(", ")) }
}

pub(super) fn number(name: &str, schema: &Value) -> String {
    let bound = |key: &str| schema.get(key).filter(|bound| bound.is_number());
    match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => format!("{name} ({least} to {most})"),
        (Some(least), None) => format!("{name} (at least {least})"),
        (None, Some(most)) => format!("{name} (at most {most})"),
        (None, None) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<T: JsonSchema>() -> String {
        TypeSpec::of::<T>().text().to_owned()
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
    struct Tree {
        label: Option<String>,
        mood: Mood,
        children: Vec<Tree>,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    enum Shape {
        Dot,
        Circle { radius: f64 },
        Pair(u8, bool),
    }

    #[test]
    fn plain_types_read_as_words() {
        assert_eq!(text::<String>(), "string");
        assert_eq!(text::<bool>(), "boolean");
        assert_eq!(text::<u32>(), "integer (at least 0)");
        assert_eq!(text::<i64>(), "integer");
        assert_eq!(text::<Option<f64>>(), "number or null");
        assert_eq!(text::<(String, bool)>(), "[string, boolean]");
        assert_eq!(text::<std::collections::BTreeMap<String, i64>>(), "map of string to integer");
        assert_eq!(text::<Vec<Option<String>>>(), "list of (string or null)");
        assert_eq!(text::<std::collections::BTreeMap<u32, String>>(), "map of integer to string");
    }

    #[test]
    fn enums_show_their_labels_and_keep_their_docs() {
        let spec = TypeSpec::of::<Mood>();
        assert_eq!(spec.text(), r#"one of "good", "bad""#);
        assert_eq!(spec.labels()[0].description, "All is well.");
        assert!(spec.is_text());
        assert_eq!(text::<Option<Mood>>(), r#"one of "good", "bad" or null"#);
    }

    #[test]
    fn fixed_numbers_are_shown_as_labels_are() {
        let text = |schema| TypeSpec::from_schema(schema).text().to_owned();
        let json = serde_json::json!({"type": "integer", "enum": [10, 20, 40]});
        assert_eq!(text(json), "one of 10, 20, 40");
        let steps = serde_json::json!({"oneOf": [
            {"const": 1, "description": "Low."}, {"const": 2.5}, {"const": true}, {"enum": ["a", null]},
        ]});
        let spec = TypeSpec::from_schema(steps);
        assert_eq!(spec.text(), r#"one of 1, 2.5, true, "a", null"#);
        assert_eq!(spec.fixed()[0], Label { name: "1".into(), description: "Low.".into() });
        assert!(spec.labels().is_empty() && !spec.is_text());
        assert_eq!(text(serde_json::json!({"type": "array", "items": {"const": 7}})), "list of 7");
    }

    #[test]
    fn structs_nest_and_a_type_that_holds_itself_ends_at_its_name() {
        let tree = text::<Tree>();
        assert!(
            tree.starts_with(
                r#"{ "label"?: string or null, "mood": one of "good", "bad", "children": list of Tree }"#
            ),
            "{tree}"
        );
        assert_eq!(
            text::<Shape>(),
            r#""Dot" or { "Circle": { "radius": number } } or { "Pair": [integer (0 to 255), boolean] }"#
        );
    }

    #[test]
    fn types_that_hold_each_other_have_a_text_of_bounded_length() {
        let all: Vec<_> = (0..16).map(|n| serde_json::json!({"$ref": format!("#/$defs/T{n}")})).collect();
        let one = serde_json::json!({"type": "object", "properties": {"any": {"anyOf": all}}});
        let defs: Map<_, _> = (0..16).map(|n| (format!("T{n}"), one.clone())).collect();
        let spec = TypeSpec::from_schema(serde_json::json!({"$ref": "#/$defs/T0", "$defs": defs}));
        assert!(spec.text().len() < 50_000, "{}", spec.text().len());
    }

    #[test]
    fn a_changed_doc_is_the_same_shape_and_a_changed_label_is_not() {
        let with_doc = TypeSpec::from_schema(serde_json::json!({"type": "string", "description": "a"}));
        let without = TypeSpec::from_schema(serde_json::json!({"type": "string"}));
        assert_eq!(with_doc.shape(), without.shape());
        let property =
            TypeSpec::from_schema(serde_json::json!({"properties": {"title": {"type": "string"}}}));
        assert!(property.shape()["properties"].get("title").is_some(), "a property named title is a name");
    }
}
