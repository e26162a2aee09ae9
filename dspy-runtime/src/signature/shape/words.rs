//! A shape in a few words, for what was expected at a path inside a value.

use super::{IntegerRange, Keys, Others, Shape, ShapeId, Shapes};

impl Shapes {
    pub(crate) fn words(&self, id: ShapeId) -> String {
        self.words_within(id, 2)
    }

    fn words_within(&self, id: ShapeId, depth: usize) -> String {
        match self.get(id) {
            Shape::Any => "any JSON value".to_owned(),
            Shape::Never => "nothing".to_owned(),
            Shape::Null => "null".to_owned(),
            Shape::Bool => "boolean".to_owned(),
            Shape::Integer(range) if range.least == i64::MIN.into() => "integer".to_owned(),
            Shape::Integer(IntegerRange { least, most }) => format!("integer ({least} to {most})"),
            Shape::Number(range) if range.least > f64::MIN && range.most < f64::MAX => {
                format!("number ({} to {})", range.least, range.most)
            }
            Shape::Number(_) => "number".to_owned(),
            Shape::Text { most: 1, .. } => "one character".to_owned(),
            Shape::Text { .. } => "string".to_owned(),
            Shape::Labels(names) => {
                let names: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
                if names.len() == 1 { names.concat() } else { format!("one of {}", names.join(", ")) }
            }
            Shape::Fixed(value) => value.to_string(),
            _ if depth == 0 => "a nested value".to_owned(),
            Shape::List { item, .. } => format!("list of {}", self.words_within(*item, depth - 1)),
            Shape::Tuple { items, .. } => {
                let items: Vec<_> = items.iter().map(|item| self.words_within(*item, depth - 1)).collect();
                format!("[{}]", items.join(", "))
            }
            Shape::Object(object) => match object.others {
                Others::Entries { value, keys } if object.properties.is_empty() => {
                    let keys = if keys == Keys::Any { "string" } else { "integer" };
                    format!("map of {keys} to {}", self.words_within(value, depth - 1))
                }
                _ => {
                    let names: Vec<_> =
                        object.properties.iter().map(|property| format!("{:?}", property.name)).collect();
                    format!("object with {}", names.join(", "))
                }
            },
            Shape::Union(options) => {
                let options: Vec<_> = options.iter().map(|id| self.words_within(*id, depth - 1)).collect();
                options.join(" or ")
            }
        }
    }
}
