//! From a JSON schema to shapes.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Shape, ShapeId, Shapes, object, scalar};

/// How deep schemas are followed into each other, and how many shapes one type may have. What lies
/// beyond is taken as any value and left to serde.
const DEEPEST: usize = 48;
const MOST: usize = 20_000;

pub(super) fn compile(schema: &Value) -> Shapes {
    let mut compiler = Compiler { root: schema, shapes: Vec::new(), named: HashMap::new(), depth: 0 };
    compiler.named.insert("#", ShapeId(0));
    compiler.slot(&[Part::new(schema)]);
    Shapes(flattened(compiler.shapes))
}

/// A schema that holds together with others. The `oneOf` or `anyOf` of a spread one is done with.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    schema: &'a Value,
    spread: bool,
}

pub(super) struct Compiler<'a> {
    root: &'a Value,
    shapes: Vec<Shape>,
    named: HashMap<&'a str, ShapeId>,
    depth: usize,
}

impl<'a> Compiler<'a> {
    /// The shape of one schema.
    pub(super) fn one(&mut self, schema: &'a Value) -> ShapeId {
        self.all(&[Part::new(schema)])
    }

    /// The shape of what fits all parts.
    pub(super) fn all(&mut self, parts: &[Part<'a>]) -> ShapeId {
        let parts: Vec<_> = parts.iter().copied().filter(Part::constrains).collect();
        if let [Part { schema, spread: false }] = parts.as_slice()
            && let Some(name) = only_reference(schema)
        {
            if let Some(id) = self.named.get(name) {
                return *id;
            }
            if let Some(target) = self.target(name) {
                self.named.insert(name, ShapeId(self.shapes.len()));
                return self.slot(&[Part::new(target)]);
            }
        }
        self.slot(&parts)
    }

    pub(super) fn add(&mut self, shape: Shape) -> ShapeId {
        self.shapes.push(shape);
        ShapeId(self.shapes.len() - 1)
    }

    /// Takes the next place first, so that a type that holds itself finds it.
    fn slot(&mut self, parts: &[Part<'a>]) -> ShapeId {
        let id = self.add(Shape::Any);
        if self.depth < DEEPEST && self.shapes.len() < MOST {
            self.depth += 1;
            let shape = self.shape(parts);
            self.depth -= 1;
            if let Some(place) = self.shapes.get_mut(id.0) {
                *place = shape;
            }
        }
        id
    }

    fn shape(&mut self, parts: &[Part<'a>]) -> Shape {
        let mut flat = Vec::new();
        if !self.gather(parts, &mut flat, 0) {
            return Shape::Never;
        }
        let spread = flat.iter().position(|part| part.options().is_some());
        if let Some((at, options)) = spread.and_then(|at| Some((at, flat.get(at)?.options()?))) {
            let mut rest = flat.clone();
            if let Some(part) = rest.get_mut(at) {
                part.spread = true;
            }
            let option = |option: &'a Value| {
                let mut parts = vec![Part::new(option)];
                parts.extend(rest.iter().copied());
                self.all(&parts)
            };
            return Shape::Union(options.iter().map(option).collect());
        }
        let maps: Vec<_> = flat.iter().filter_map(|part| part.schema.as_object()).collect();
        if let Some(fixed) = scalar::fixed(self, &maps) {
            return fixed;
        }
        let mut shapes = Vec::new();
        for name in types(&maps) {
            let shape = match name {
                "null" => Shape::Null,
                "boolean" => Shape::Bool,
                "integer" => scalar::integer(&maps),
                "number" => scalar::number(&maps),
                "string" => scalar::text(&maps),
                "array" => object::array(self, &maps),
                "object" => object::object(self, &maps),
                _ => Shape::Any,
            };
            shapes.push(shape);
        }
        match shapes.len() {
            0 => Shape::Any,
            1 => shapes.remove(0),
            _ => Shape::Union(shapes.into_iter().map(|shape| self.add(shape)).collect()),
        }
    }

    /// Follows references and `allOf`; gives `false` where nothing can fit.
    fn gather(&self, parts: &[Part<'a>], flat: &mut Vec<Part<'a>>, depth: usize) -> bool {
        for part in parts {
            let map = match part.schema {
                Value::Bool(false) => return false,
                Value::Object(map) => map,
                _ => continue,
            };
            if map.get("not").is_some_and(|not| *not == Value::Bool(true) || empty(not)) {
                return false;
            }
            if flat.iter().any(|known| std::ptr::eq(known.schema, part.schema)) || depth > DEEPEST {
                continue;
            }
            flat.push(*part);
            let target = map.get("$ref").and_then(Value::as_str).and_then(|name| self.target(name));
            let all = map.get("allOf").and_then(Value::as_array).into_iter().flatten();
            let inner: Vec<_> = target.into_iter().chain(all).map(Part::new).collect();
            if !self.gather(&inner, flat, depth + 1) {
                return false;
            }
        }
        true
    }

    fn target(&self, name: &str) -> Option<&'a Value> {
        self.root.pointer(name.strip_prefix('#')?)
    }
}

impl<'a> Part<'a> {
    pub(super) fn new(schema: &'a Value) -> Self {
        Self { schema, spread: false }
    }

    fn options(&self) -> Option<&'a Vec<Value>> {
        let options = self.schema.get("oneOf").or_else(|| self.schema.get("anyOf"));
        options.and_then(Value::as_array).filter(|_| !self.spread)
    }

    pub(super) fn has_default(&self) -> bool {
        self.schema.get("default").is_some()
    }

    /// Whether the part says anything about the value.
    fn constrains(&self) -> bool {
        const SAID: [&str; 25] = [
            "$ref",
            "type",
            "const",
            "enum",
            "allOf",
            "oneOf",
            "anyOf",
            "not",
            "properties",
            "required",
            "additionalProperties",
            "patternProperties",
            "items",
            "prefixItems",
            "minItems",
            "maxItems",
            "uniqueItems",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "minLength",
            "maxLength",
            "format",
            "pattern",
        ];
        match self.schema {
            Value::Object(map) => map.keys().any(|key| {
                SAID.contains(&key.as_str()) && !(self.spread && (key == "oneOf" || key == "anyOf"))
            }),
            Value::Bool(takes) => !takes,
            _ => false,
        }
    }
}

fn empty(schema: &Value) -> bool {
    schema.as_object().is_some_and(Map::is_empty)
}

/// The target of a schema that is nothing but a reference, words aside.
fn only_reference(schema: &Value) -> Option<&str> {
    let map = schema.as_object()?;
    let words = ["title", "description", "default", "examples", "$schema", "$defs", "deprecated"];
    let only = map.keys().all(|key| key == "$ref" || words.contains(&key.as_str()));
    map.get("$ref").and_then(Value::as_str).filter(|_| only)
}

/// The types that all maps allow; where none names any, those that their keywords are about.
fn types<'a>(maps: &[&'a Map<String, Value>]) -> Vec<&'a str> {
    let mut named: Option<Vec<&str>> = None;
    for map in maps {
        let own: Vec<&str> = match map.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => continue,
        };
        named = Some(match named {
            Some(named) => named.into_iter().filter(|name| own.contains(name)).collect(),
            None => own,
        });
    }
    let about = |keys: &[&str]| maps.iter().any(|map| keys.iter().any(|key| map.contains_key(*key)));
    named.unwrap_or_else(|| {
        if about(&["properties", "required", "additionalProperties", "patternProperties"]) {
            vec!["object"]
        } else if about(&["items", "prefixItems"]) {
            vec!["array"]
        } else {
            Vec::new()
        }
    })
}

/// Takes unions out of unions, and brings the labels of one union together: which label a text
/// means is a question about all of them.
fn flattened(shapes: Vec<Shape>) -> Vec<Shape> {
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

/// What a union takes that is no union, each once and in order.
fn leaves(shapes: &[Shape], options: &[ShapeId]) -> Vec<ShapeId> {
    let mut leaves = Vec::new();
    let mut opened = Vec::new();
    let mut rest: Vec<ShapeId> = options.iter().rev().copied().collect();
    while let Some(id) = rest.pop() {
        match shapes.get(id.0) {
            Some(Shape::Union(inner)) if !opened.contains(&id) => {
                opened.push(id);
                rest.extend(inner.iter().rev());
            }
            Some(Shape::Union(_) | Shape::Never) | None => {}
            Some(_) if leaves.contains(&id) => {}
            Some(_) => leaves.push(id),
        }
    }
    leaves
}
