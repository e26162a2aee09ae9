//! The contents of sections: the outputs of a schema, or the keys of one that is an object.

use super::super::text::{fold, stands_alone};
use super::{END, LEFT_OUT};
use crate::signature::{ObjectShape, Schema, Shape, ShapeId, Shapes, TypeSpec};

/// One value that has a section.
pub(super) struct Slot<'s> {
    pub(super) name: &'s str,
    pub(super) shapes: &'s Shapes,
    pub(super) id: ShapeId,
    /// The type of an output.
    spec: Option<&'s TypeSpec>,
}

/// All of them, in their order.
pub(super) struct Slots<'s>(pub(super) Vec<Slot<'s>>);

impl<'s> Slots<'s> {
    pub(super) fn of(schema: &'s Schema) -> Self {
        let slot = |name: &'s str, spec: &'s TypeSpec| Slot {
            name,
            shapes: spec.shapes(),
            id: spec.shapes().root(),
            spec: Some(spec),
        };
        Self(schema.outputs().map(|field| slot(field.name(), field.spec())).collect())
    }

    pub(super) fn of_keys(shapes: &'s Shapes, object: &'s ObjectShape) -> Self {
        let slot = |name: &'s str, id| Slot { name, shapes, id, spec: None };
        let keys = object.properties.iter();
        Self(keys.map(|property| slot(&property.name, property.shape)).collect())
    }

    /// The place of the one that a name means, spelling aside.
    pub(super) fn index(&self, name: &str) -> Option<usize> {
        let exact = self.0.iter().position(|slot| slot.name == name);
        let spelled = || {
            let mut same = self.0.iter().enumerate().filter(|(_, slot)| fold::same(slot.name, name));
            same.next().filter(|_| same.next().is_none()).map(|(index, _)| index)
        };
        exact.or_else(spelled)
    }

    pub(super) fn get(&self, index: usize) -> Option<&Slot<'s>> {
        self.0.get(index)
    }

    /// Returns whether a name ends a reply, and is none of these.
    pub(super) fn ends(&self, name: &str) -> bool {
        name == END && self.index(END).is_none()
    }

    /// The one, if there is no other.
    pub(super) fn only(&self) -> Option<&Slot<'s>> {
        self.0.first().filter(|_| self.0.len() == 1)
    }
}

impl<'s> Slot<'s> {
    /// Returns whether a text is a value of a type that takes no free text, and no word more.
    pub(super) fn stands_alone(&self, text: &str) -> bool {
        stands_alone(self.shapes, self.id, text)
    }

    /// Returns whether a text is what the prompt has in the place of the value.
    pub(super) fn is_placeholder(&self, text: &str) -> bool {
        let words = text.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
        let form = |spec: &TypeSpec| words == Some(spec.text()) || text == spec.skeleton(0);
        text == LEFT_OUT || self.spec.is_some_and(form)
    }

    /// The labels, if it takes nothing but labels and null.
    pub(super) fn labels(&self) -> Option<&'s [String]> {
        match self.shape()?.1 {
            Shape::Labels(names) => Some(names),
            _ => None,
        }
    }

    /// The object, if it takes nothing but objects of one type and null.
    pub(super) fn object(&self) -> Option<(ShapeId, &'s ObjectShape)> {
        match self.shape()? {
            (id, Shape::Object(object)) if !object.properties.is_empty() => Some((id, object)),
            _ => None,
        }
    }

    /// The one shape beside null.
    fn shape(&self) -> Option<(ShapeId, &'s Shape)> {
        self.shapes.only(self.id)
    }
}
