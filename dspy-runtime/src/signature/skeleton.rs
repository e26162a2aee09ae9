//! Types as models write them in code: an object with a comment on each property.

use std::fmt::Write;

use super::TypeSpec;
use super::describe::{Describe, Style};

impl TypeSpec {
    /// The type over several lines, with the docs of its properties, for the form that a reply is to have.
    ///
    /// Lists are `T[]` and alternatives stand between bars, as in TypeScript: on the orders of `benches/real`, SmolLM2
    /// closed 16 of 20 lists that were shown so, and 9 or fewer that were shown as `list of T` or `[T, ...]`.
    pub(crate) fn skeleton(&self, depth: usize) -> String {
        Describe::new(self.shown(), Style::Code).text(self.shown(), depth)
    }

    /// Returns whether the type has properties of its own to describe, which one line cannot.
    pub(crate) fn is_composite(&self) -> bool {
        let spelled = self.skeleton(0);
        spelled.contains('\n')
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
        /// The label that hangs on it.
        label: Option<String>,
        /// As it looks.
        mood: Mood,
        notes: Vec<Mood>,
        sizes: Vec<u8>,
        children: Vec<Tree>,
        /// The place.
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
  "label": string | null, // The label that hangs on it.
  "mood": "good" | "bad", // As it looks. "good": All is well. "bad": Little is.
  "notes": ("good" | "bad")[],
  "sizes": (integer (0 to 255))[],
  "children": Tree[],
  // The place.
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
