//! Unions without unions inside them.

use std::collections::HashSet;

use super::{Shape, ShapeId};

/// Takes unions out of unions, and brings the labels of one union together: which label a text
/// means is a question about all of them.
pub(super) fn flattened(shapes: Vec<Shape>) -> Vec<Shape> {
    let mut flat = shapes.clone();
    for at in 0..shapes.len() {
        let Some(Shape::Union(options)) = shapes.get(at) else { continue };
        let (mut ids, mut labels) = (Vec::new(), Vec::new());
        for id in leaves(&shapes, options) {
            match shapes.get(id.0) {
                Some(Shape::Labels(names)) => {
                    if labels.is_empty() {
                        ids.push(ShapeId(flat.len()));
                    }
                    labels.extend(names.iter().cloned());
                }
                _ => ids.push(id),
            }
        }
        let has_labels = !labels.is_empty();
        let mut shape = Shape::Union(ids);
        match &shape {
            Shape::Union(ids) if ids.is_empty() => shape = Shape::Never,
            Shape::Union(ids) if ids.len() == 1 && has_labels => shape = Shape::Labels(labels),
            Shape::Union(ids) if ids.len() == 1 => {
                let only = ids.first().and_then(|id| shapes.get(id.0));
                shape = only.cloned().unwrap_or(Shape::Never);
            }
            _ if has_labels => flat.push(Shape::Labels(labels)),
            _ => {}
        }
        if let Some(place) = flat.get_mut(at) {
            *place = shape;
        }
    }
    flat
}

/// Returns the leaves of a union, each once and in order.
fn leaves(shapes: &[Shape], options: &[ShapeId]) -> Vec<ShapeId> {
    let mut leaves = Vec::new();
    let mut seen = HashSet::new();
    let mut rest: Vec<ShapeId> = options.iter().rev().copied().collect();
    while let Some(id) = rest.pop() {
        if !seen.insert(id) {
            continue;
        }
        match shapes.get(id.0) {
            Some(Shape::Union(inner)) => rest.extend(inner.iter().rev()),
            Some(Shape::Never) | None => {}
            Some(_) => leaves.push(id),
        }
    }
    leaves
}
