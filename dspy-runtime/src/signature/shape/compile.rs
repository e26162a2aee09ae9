//! The compilation of a JSON schema into shapes.

use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::{Map, Value};

use super::{Shape, ShapeId, Shapes, flatten, object, scalar};

/// The number of shapes that one type may have. What lies beyond is taken as any value and left to serde.
const MOST: usize = 20_000;

pub(super) fn compile(schema: &Value) -> Shapes {
    let mut compiler =
        Compiler { root: schema, shapes: Vec::new(), known: HashMap::new(), open: VecDeque::new() };
    compiler.one(schema);
    while let Some((id, parts)) = compiler.open.pop_front() {
        let shape = compiler.shape(&parts);
        if let Some(place) = compiler.shapes.get_mut(id.0) {
            *place = shape;
        }
    }
    Shapes(flatten::flattened(compiler.shapes))
}

/// A schema that holds together with others.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    schema: &'a Value,
    /// Tells whether its references and its `allOf` are among the others already.
    followed: bool,
    /// Tells whether the others hold one of its `oneOf` or `anyOf`.
    spread: bool,
}

pub(super) struct Compiler<'a> {
    root: &'a Value,
    shapes: Vec<Shape>,
    /// The shapes by their parts, so that a type that holds itself, under whatever name, is a cycle.
    known: HashMap<Vec<(*const Value, bool)>, ShapeId>,
    /// The shapes that have a place and are still to be written.
    open: VecDeque<(ShapeId, Vec<Part<'a>>)>,
}

impl<'a> Compiler<'a> {
    /// The shape of one schema.
    pub(super) fn one(&mut self, schema: &'a Value) -> ShapeId {
        self.all(&[Part::new(schema)])
    }

    /// The shape of what fits all parts.
    pub(super) fn all(&mut self, parts: &[Part<'a>]) -> ShapeId {
        let Some(flat) = self.gather(parts) else { return self.add(Shape::Never) };
        let mut key: Vec<_> =
            flat.iter().map(|part| (std::ptr::from_ref(part.schema), part.spread)).collect();
        key.sort_unstable();
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let id = self.add(Shape::Any);
        self.known.insert(key, id);
        if self.shapes.len() < MOST {
            self.open.push_back((id, flat));
        }
        id
    }

    pub(super) fn add(&mut self, shape: Shape) -> ShapeId {
        self.shapes.push(shape);
        ShapeId(self.shapes.len() - 1)
    }

    fn shape(&mut self, parts: &[Part<'a>]) -> Shape {
        let union = parts.iter().enumerate().find_map(|(at, part)| Some((at, part.options()?)));
        if let Some((at, options)) = union {
            return self.union(parts, at, options);
        }
        let maps: Vec<_> = parts.iter().filter_map(|part| part.schema.as_object()).collect();
        let types = types(&maps);
        if let Some(fixed) = scalar::fixed(self, &maps, types.as_deref()) {
            return fixed;
        }
        let Some(types) = types else { return Shape::Any };
        let mut shapes = Vec::new();
        for name in types {
            shapes.push(match name {
                "null" => Shape::Null,
                "boolean" => Shape::Bool,
                "integer" => scalar::integer(&maps),
                "number" => scalar::number(&maps),
                "string" => scalar::text(&maps),
                "array" => object::array(self, &maps),
                "object" => object::object(self, &maps),
                _ => Shape::Any,
            });
        }
        match shapes.len() {
            0 => Shape::Never,
            1 => shapes.remove(0),
            _ => Shape::Union(shapes.into_iter().map(|shape| self.add(shape)).collect()),
        }
    }

    /// One of the options of a part, together with all other parts.
    fn union(&mut self, parts: &[Part<'a>], at: usize, options: &'a [Value]) -> Shape {
        let mut rest = parts.to_vec();
        let Some(part) = rest.get_mut(at) else { return Shape::Never };
        part.spread = true;
        let schema = part.schema;
        let mut ids = Vec::new();
        for option in options {
            // A union that is its own option has no more values for it.
            let own = self.gather(&[Part::new(option)]);
            if own.is_some_and(|own| own.iter().any(|part| std::ptr::eq(part.schema, schema))) {
                continue;
            }
            let mut parts = rest.clone();
            parts.push(Part::new(option));
            ids.push(self.all(&parts));
        }
        Shape::Union(ids)
    }

    /// The parts that say something, with those that they refer to; nothing where no value fits them.
    fn gather(&self, parts: &[Part<'a>]) -> Option<Vec<Part<'a>>> {
        let mut flat: Vec<Part<'a>> = Vec::new();
        let mut seen: HashSet<*const Value> = HashSet::new();
        let mut rest: Vec<Part<'a>> = parts.iter().rev().copied().collect();
        while let Some(part) = rest.pop() {
            let map = match part.schema {
                Value::Bool(false) => return None,
                Value::Object(map) => map,
                _ => continue,
            };
            if map.get("not").is_some_and(|not| *not == Value::Bool(true) || empty(not)) {
                return None;
            }
            if !seen.insert(std::ptr::from_ref(part.schema)) {
                continue;
            }
            flat.push(Part { followed: true, ..part });
            if !part.followed {
                let target = map.get("$ref").and_then(Value::as_str).and_then(|name| self.target(name));
                let all = map.get("allOf").and_then(Value::as_array).into_iter().flatten();
                let inner: Vec<_> = target.into_iter().chain(all).map(Part::new).collect();
                rest.extend(inner.into_iter().rev());
            }
        }
        flat.retain(Part::constrains);
        Some(flat)
    }

    fn target(&self, name: &str) -> Option<&'a Value> {
        self.root.pointer(name.strip_prefix('#')?)
    }
}

impl<'a> Part<'a> {
    pub(super) fn new(schema: &'a Value) -> Self {
        Self { schema, followed: false, spread: false }
    }

    fn options(&self) -> Option<&'a Vec<Value>> {
        let options = self.schema.get("oneOf").or_else(|| self.schema.get("anyOf"));
        options.and_then(Value::as_array).filter(|_| !self.spread)
    }

    pub(super) fn has_default(&self) -> bool {
        self.schema.get("default").is_some()
    }

    /// Returns whether a part that is followed says anything about the value itself.
    fn constrains(&self) -> bool {
        const SAID: [&str; 22] = [
            "type",
            "const",
            "enum",
            "oneOf",
            "anyOf",
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

/// The types that all maps allow; where none names any, those that their keywords are about.
fn types<'a>(maps: &[&'a Map<String, Value>]) -> Option<Vec<&'a str>> {
    let mut named: Option<Vec<&str>> = None;
    for map in maps {
        let own: Vec<&str> = match map.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => continue,
        };
        named = Some(match named {
            Some(named) => common(&named, &own),
            None => own,
        });
    }
    let about = |keys: &[&str]| maps.iter().any(|map| keys.iter().any(|key| map.contains_key(*key)));
    named.or_else(|| {
        if about(&["properties", "required", "additionalProperties", "patternProperties"]) {
            Some(vec!["object"])
        } else if about(&["items", "prefixItems"]) {
            Some(vec!["array"])
        } else {
            None
        }
    })
}

/// The types in both lists; every integer is a number.
fn common<'a>(one: &[&'a str], other: &[&'a str]) -> Vec<&'a str> {
    let within =
        |name: &&str, all: &[&str]| all.contains(name) || (*name == "integer" && all.contains(&"number"));
    let mut both: Vec<_> = one.iter().filter(|name| within(name, other)).copied().collect();
    both.extend(other.iter().filter(|name| within(name, one) && !one.contains(name)));
    both
}
