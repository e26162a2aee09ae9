//! Images, sounds and files inside the values of a field.

use serde_json::Value;

use super::types::resolve;
use crate::media::{Media, MediaKind};

/// Looks no deeper than any value is read.
const DEEPEST: usize = 128;

/// Returns the kind of medium that a schema gives a text, if it stands for one.
pub(super) fn kind(schema: &Value) -> Option<MediaKind> {
    match schema.get("x-media")?.as_str()? {
        "image" => Some(MediaKind::Image),
        "audio" => Some(MediaKind::Audio),
        "file" => Some(MediaKind::File),
        _ => None,
    }
}

/// Returns whether a schema speaks of something that is shown, anywhere in it.
pub(super) fn is_in(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => kind(schema).is_some() || map.values().any(is_in),
        Value::Array(items) => items.iter().any(is_in),
        _ => false,
    }
}

/// Takes what is shown out of a value and leaves a name in its place: `(image 1)`.
///
/// Only where the type says so: a text in a value of any type is never taken for a path.
pub(super) fn take(root: &Value, value: &mut Value) -> Vec<Media> {
    let mut found = Vec::new();
    walk(root, root, value, &mut found, 0);
    found
}

fn walk(root: &Value, schema: &Value, value: &mut Value, found: &mut Vec<Media>, depth: usize) {
    let schema = resolve(root, schema);
    if depth == DEEPEST {
        return;
    }
    if let (Some(kind), Value::String(text)) = (kind(schema), &mut *value) {
        found.push(Media::parse(kind, text));
        *text = format!("({kind} {})", found.len());
        return;
    }
    for option in ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| schema.get(*key)?.as_array()).flatten()
    {
        // What is taken is a name in parentheses from then on, which is no second image.
        let before = found.len();
        walk(root, option, value, found, depth + 1);
        if found.len() > before {
            break;
        }
    }
    match value {
        Value::Object(entries) => {
            let named = schema.get("properties").and_then(Value::as_object);
            for (name, value) in entries {
                let own =
                    named.and_then(|named| named.get(name)).or_else(|| schema.get("additionalProperties"));
                if let Some(own) = own {
                    walk(root, own, value, found, depth + 1);
                }
            }
        }
        Value::Array(items) => {
            let first = schema.get("prefixItems").and_then(Value::as_array);
            for (index, item) in items.iter_mut().enumerate() {
                let own = first.and_then(|first| first.get(index)).or_else(|| schema.get("items"));
                if let Some(own) = own {
                    walk(root, own, item, found, depth + 1);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{File, Image};
    use crate::signature::TypeSpec;
    use serde_json::json;

    #[derive(schemars::JsonSchema)]
    #[allow(dead_code)]
    struct Page {
        scan: Option<Image>,
        parts: Vec<Page>,
        other: Value,
        #[schemars(with = "std::collections::BTreeMap<String, File>")]
        files: (),
    }

    #[test]
    fn only_what_the_type_shows_is_taken() {
        let spec = TypeSpec::of::<Page>();
        let mut value = json!({
            "scan": "a.png",
            "parts": [{"scan": null, "parts": [{"scan": "b.png"}], "other": "c.png"}],
            "other": {"scan": "/etc/passwd"},
            "files": {"x": "d.pdf"},
        });
        let found = take(spec.schema(), &mut value);
        let shown: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["image a.png", "image b.png", "file d.pdf"]);
        assert_eq!(
            value,
            json!({
                "scan": "(image 1)",
                "parts": [{"scan": null, "parts": [{"scan": "(image 2)"}], "other": "c.png"}],
                "other": {"scan": "/etc/passwd"},
                "files": {"x": "(file 3)"},
            })
        );
        assert!(spec.holds_media() && !TypeSpec::of::<Vec<String>>().holds_media());
        assert_eq!(TypeSpec::of::<Option<Vec<Image>>>().text(), "list of image or null");
    }
}
