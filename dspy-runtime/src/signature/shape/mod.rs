//! A JSON schema in the form that reading replies needs.
//!
//! A schema says one thing in many ways: a reference, a reference with more beside it, an `allOf`,
//! a list of types, a flattened enum. The parser asks the same few questions of a type for every
//! value it meets, so the many ways are brought to a few [`Shape`]s once, when the type is
//! described. References become indices; a type that holds itself is a cycle of indices.

mod compile;
mod flatten;
mod object;
mod scalar;
mod words;

use serde_json::Value;

/// The shapes of one type; the first is the type itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shapes(Vec<Shape>);

/// The place of a shape in its [`Shapes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ShapeId(usize);

/// The values that a type takes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// Any JSON value; what it means is left to serde.
    Any,
    /// Nothing, as an enum without variants.
    Never,
    Null,
    Bool,
    Integer(IntegerRange),
    Number(NumberRange),
    Text {
        /// In characters.
        least: usize,
        most: usize,
    },
    /// Fixed strings: an enum without data, or the tag of one with data.
    Labels(Vec<String>),
    /// A fixed value that is no string.
    Fixed(Value),
    List {
        item: ShapeId,
        least: usize,
        most: usize,
        unique: bool,
    },
    Tuple {
        items: Vec<ShapeId>,
        /// The type of further items, if any may follow.
        rest: Option<ShapeId>,
        least: usize,
    },
    Object(ObjectShape),
    /// One of several, in the order in which serde tries them. Never holds a union.
    Union(Vec<ShapeId>),
}

/// The integers that fit, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IntegerRange {
    pub(crate) least: i128,
    pub(crate) most: i128,
}

/// The numbers that fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NumberRange {
    pub(crate) least: f64,
    pub(crate) most: f64,
    /// Tells whether `least` itself does not fit.
    pub(crate) above: bool,
    /// Tells whether `most` itself does not fit.
    pub(crate) below: bool,
}

/// The keys of an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ObjectShape {
    pub(crate) properties: Vec<Property>,
    pub(crate) others: Others,
}

/// One key that the type names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) shape: ShapeId,
    pub(crate) required: bool,
    /// Tells whether serde fills the key in when it is left out.
    pub(crate) default: bool,
}

/// The treatment of keys that the type does not name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Others {
    /// They are no part of the value.
    Ignored,
    /// They are an error.
    Refused,
    /// They are entries of a map.
    Entries { keys: Keys, value: ShapeId },
}

/// The keys of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    Any,
    Integers,
    NonNegativeIntegers,
}

impl ObjectShape {
    /// The one key of an object that holds a list and nothing else.
    pub(crate) fn only_list(&self, shapes: &Shapes) -> Option<&Property> {
        let [only] = self.properties.as_slice() else { return None };
        let list = |(_, shape): (ShapeId, &Shape)| matches!(shape, Shape::List { .. } | Shape::Tuple { .. });
        (!matches!(self.others, Others::Entries { .. }) && shapes.only(only.shape).is_some_and(list))
            .then_some(only)
    }
}

impl Shape {
    fn is_null(&self) -> bool {
        matches!(self, Self::Null | Self::Fixed(Value::Null))
    }
}

impl Shapes {
    /// Brings a schema to shapes.
    pub(crate) fn of(schema: &Value) -> Self {
        compile::compile(schema)
    }

    pub(crate) fn root(&self) -> ShapeId {
        ShapeId(0)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, id: ShapeId) -> &Shape {
        self.0.get(id.0).unwrap_or(&Shape::Never)
    }

    /// The shapes that a value may have: those of a union, or the one.
    pub(crate) fn options(&self, id: ShapeId) -> impl Iterator<Item = (ShapeId, &Shape)> {
        let (several, one) = match self.get(id) {
            Shape::Union(options) => (options.as_slice(), None),
            shape => (&[][..], Some((id, shape))),
        };
        several.iter().map(|id| (*id, self.get(*id))).chain(one)
    }

    pub(crate) fn takes_null(&self, id: ShapeId) -> bool {
        self.options(id).any(|(_, shape)| shape.is_null())
    }

    /// The one shape that a value may have beside null.
    pub(crate) fn only(&self, id: ShapeId) -> Option<(ShapeId, &Shape)> {
        let mut options = self.options(id).filter(|(_, shape)| !shape.is_null());
        options.next().filter(|_| options.next().is_none())
    }
}

#[cfg(test)]
mod tests;
