//! Types as a program may have them, their JSON schemas, and values of them.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A type, of which `schemars` would give the schema that [`Ty::schema`] gives.
#[derive(Clone, Debug)]
pub enum Ty {
    Bool,
    Int(&'static str, i128, i128),
    Float,
    Text,
    Labels(Vec<String>),
    Opt(Box<Ty>),
    List(Box<Ty>),
    Tuple(Vec<Ty>),
    /// A list in which nothing stands twice.
    Set(Vec<String>),
    Map(Box<Ty>),
    /// A map with integers for keys.
    IntMap(Box<Ty>),
    Struct(Vec<(String, Ty)>),
    /// An enum with variants of both kinds, those without data first.
    Mixed(Vec<String>, Vec<(String, Ty)>),
    /// Enums with data, by how serde tags them.
    External(Vec<(String, Ty)>),
    Internal(Vec<(String, Vec<(String, Ty)>)>),
    Adjacent(Vec<(String, Ty)>),
    Untagged(Vec<(String, Ty)>),
    /// A tree: a label and children of the same type.
    Tree,
    /// An enum whose variants hold it again, and which is the root of its own schema.
    Expr,
}

impl Ty {
    pub fn schema(&self) -> Value {
        let mut schema = self.inner();
        let tree = json!({"type": "object", "required": ["label", "children"], "properties": {
            "label": {"type": "string"},
            "children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
        }});
        if let Value::Object(map) = &mut schema {
            let expr = json!({"oneOf": [
                {"type": "object", "properties": {"num": {"type": "integer"}}, "required": ["num"], "additionalProperties": false},
                {"type": "object", "properties": {"neg": {"$ref": "#/$defs/Expr"}}, "required": ["neg"], "additionalProperties": false},
                {"type": "object", "properties": {"add": {"type": "array", "minItems": 2, "maxItems": 2,
                    "prefixItems": [{"$ref": "#/$defs/Expr"}, {"$ref": "#/$defs/Expr"}]}},
                    "required": ["add"], "additionalProperties": false},
            ]});
            map.insert("$defs".to_owned(), json!({"Tree": tree, "Expr": expr}));
        }
        schema
    }

    fn inner(&self) -> Value {
        let tag = |name: &str| json!({"type": "string", "const": name});
        match self {
            Ty::Bool => json!({"type": "boolean"}),
            Ty::Int(format, ..) => json!({"type": "integer", "format": format}),
            Ty::Float => json!({"type": "number", "format": "double"}),
            Ty::Text => json!({"type": "string"}),
            Ty::Labels(labels) => json!({"type": "string", "enum": labels}),
            Ty::Opt(ty) => json!({"anyOf": [ty.inner(), {"type": "null"}]}),
            Ty::List(ty) => json!({"type": "array", "items": ty.inner()}),
            Ty::Tuple(types) => {
                let items: Vec<_> = types.iter().map(Ty::inner).collect();
                json!({"type": "array", "prefixItems": items, "minItems": items.len(), "maxItems": items.len()})
            }
            Ty::Map(ty) => json!({"type": "object", "additionalProperties": ty.inner()}),
            Ty::Set(labels) => {
                json!({"type": "array", "uniqueItems": true, "items": {"type": "string", "enum": labels}})
            }
            Ty::IntMap(ty) => {
                json!({"type": "object", "patternProperties": {r"^-?\d+$": ty.inner()}, "additionalProperties": false})
            }
            Ty::Struct(fields) => object(fields, None),
            Ty::Mixed(labels, variants) => {
                let mut schema = Ty::External(variants.clone()).inner();
                let options = schema["oneOf"].as_array_mut().expect("options");
                options.insert(0, json!({"type": "string", "enum": labels}));
                schema
            }
            Ty::External(variants) => one_of(
                variants,
                |name, ty| json!({"type": "object", "properties": {name: ty.inner()}, "required": [name], "additionalProperties": false}),
            ),
            Ty::Internal(variants) => one_of(variants, |name, fields| object(fields, Some(tag(name)))),
            Ty::Adjacent(variants) => one_of(
                variants,
                |name, ty| json!({"type": "object", "properties": {"t": tag(name), "c": ty.inner()}, "required": ["t", "c"]}),
            ),
            Ty::Untagged(variants) => {
                let options = variants.iter().map(|(name, ty)| {
                    json!({"type": "object", "properties": {name: ty.inner()}, "required": [name]})
                });
                json!({"anyOf": options.collect::<Vec<_>>()})
            }
            Ty::Tree => json!({"$ref": "#/$defs/Tree"}),
            Ty::Expr => json!({"$ref": "#/$defs/Expr"}),
        }
    }

    pub fn value(&self) -> BoxedStrategy<Value> {
        match self {
            Ty::Bool => any::<bool>().prop_map(Value::from).boxed(),
            Ty::Int(_, least, most) => (*least..=*most)
                .prop_map(|value| match i64::try_from(value) {
                    Ok(value) => Value::from(value),
                    Err(_) => u64::try_from(value).map(Value::from).expect("at most 64 bits"),
                })
                .boxed(),
            Ty::Float => {
                let finite = any::<f64>().prop_filter("finite", |value| value.is_finite());
                prop_oneof![finite, (-1000_i32..1000).prop_map(|n| f64::from(n) / 8.0)]
                    .prop_map(Value::from)
                    .boxed()
            }
            Ty::Text => words().prop_map(Value::from).boxed(),
            Ty::Labels(labels) => proptest::sample::select(labels.clone()).prop_map(Value::from).boxed(),
            Ty::Opt(ty) => prop_oneof![1 => Just(Value::Null), 3 => ty.value()].boxed(),
            Ty::List(ty) => proptest::collection::vec(ty.value(), 0..4).prop_map(Value::Array).boxed(),
            Ty::Tuple(types) => {
                types.iter().map(Ty::value).collect::<Vec<_>>().prop_map(Value::Array).boxed()
            }
            Ty::Map(ty) => proptest::collection::btree_map(words(), ty.value(), 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect()))
                .boxed(),
            Ty::Set(labels) => {
                proptest::sample::subsequence(labels.clone(), 0..=labels.len()).prop_map(Value::from).boxed()
            }
            Ty::IntMap(ty) => proptest::collection::btree_map(
                any::<i32>().prop_map(|key| key.to_string()),
                ty.value(),
                0..4,
            )
            .prop_map(|map| Value::Object(map.into_iter().collect()))
            .boxed(),
            Ty::Struct(fields) => of_fields(fields),
            Ty::Mixed(labels, variants) => {
                prop_oneof![Ty::Labels(labels.clone()).value(), Ty::External(variants.clone()).value()]
                    .boxed()
            }
            Ty::External(variants) | Ty::Untagged(variants) => variant(variants, |(name, ty)| {
                ty.value().prop_map(move |value| json!({&name: value})).boxed()
            }),
            Ty::Internal(variants) => variant(variants, |(name, fields)| {
                let tagged = move |mut value: Value| {
                    value
                        .as_object_mut()
                        .expect("an object")
                        .insert("t".to_owned(), Value::from(name.clone()));
                    value
                };
                of_fields(&fields).prop_map(tagged).boxed()
            }),
            Ty::Adjacent(variants) => variant(variants, |(name, ty)| {
                ty.value().prop_map(move |value| json!({"t": name, "c": value})).boxed()
            }),
            Ty::Expr => {
                let leaf = any::<i32>().prop_map(|num| json!({"num": num}));
                leaf.prop_recursive(5, 16, 2, |inner| {
                    prop_oneof![
                        inner.clone().prop_map(|expr| json!({"neg": expr})),
                        (inner.clone(), inner).prop_map(|(left, right)| json!({"add": [left, right]})),
                    ]
                })
                .boxed()
            }
            Ty::Tree => {
                let leaf = words().prop_map(|label| json!({"label": label, "children": []}));
                leaf.prop_recursive(4, 16, 3, |inner| {
                    (words(), proptest::collection::vec(inner, 0..3))
                        .prop_map(|(label, children)| json!({"label": label, "children": children}))
                })
                .boxed()
            }
        }
    }
}

fn object(fields: &[(String, Ty)], tag: Option<Value>) -> Value {
    let mut properties: Map<String, Value> =
        fields.iter().map(|(name, ty)| (name.clone(), ty.inner())).collect();
    let optional = |ty: &Ty| matches!(ty, Ty::Opt(_));
    let mut required: Vec<_> =
        fields.iter().filter(|(_, ty)| !optional(ty)).map(|(name, _)| name.clone()).collect();
    if let Some(tag) = tag {
        properties.insert("t".to_owned(), tag);
        required.push("t".to_owned());
    }
    json!({"type": "object", "properties": properties, "required": required})
}

fn one_of<V>(variants: &[(String, V)], schema: impl Fn(&str, &V) -> Value) -> Value {
    json!({"oneOf": variants.iter().map(|(name, inner)| schema(name, inner)).collect::<Vec<_>>()})
}

fn of_fields(fields: &[(String, Ty)]) -> BoxedStrategy<Value> {
    let names: Vec<_> = fields.iter().map(|(name, _)| name.clone()).collect();
    let values: Vec<_> = fields.iter().map(|(_, ty)| ty.value()).collect();
    values.prop_map(move |values| Value::Object(names.iter().cloned().zip(values).collect())).boxed()
}

fn variant<V: Clone + std::fmt::Debug + 'static>(
    variants: &[V],
    value: impl Fn(V) -> BoxedStrategy<Value> + 'static,
) -> BoxedStrategy<Value> {
    proptest::sample::select(variants.to_vec()).prop_flat_map(value).boxed()
}

/// Text with everything in it that JSON and sections are made of.
pub fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{1,8}( [a-z]{1,8}){0,3}",
        2 => r#"[a-zA-Z0-9 ,.:;!?'"`\[\]{}()<>#/*\\=_+$%&|~^@\n\t-]{0,24}"#,
        1 => "\\PC{0,12}",
        1 => any::<String>(),
    ]
}

fn name() -> impl Strategy<Value = String> {
    "[a-z]{1,6}(_[a-z]{1,4})?".prop_filter("not the tag", |name| name != "t" && name != "c")
}

/// Names that are different in any spelling.
fn named<V: std::fmt::Debug>(
    inner: impl Strategy<Value = V>,
    size: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<(String, V)>> {
    proptest::collection::vec((name(), inner), size).prop_map(|mut all| {
        let mut seen = std::collections::HashSet::new();
        all.retain(|(name, _)| seen.insert(name.replace('_', "")));
        all
    })
}

fn scalar() -> impl Strategy<Value = Ty> {
    let int = |format, least: i128, most: i128| Just(Ty::Int(format, least, most));
    prop_oneof![
        Just(Ty::Bool),
        int("int8", i8::MIN.into(), i8::MAX.into()),
        int("uint8", 0, u8::MAX.into()),
        int("int32", i32::MIN.into(), i32::MAX.into()),
        int("int64", i64::MIN.into(), i64::MAX.into()),
        int("uint64", 0, u64::MAX.into()),
        Just(Ty::Float),
        Just(Ty::Text),
        labels().prop_map(Ty::Labels),
        labels().prop_map(Ty::Set),
    ]
}

fn labels() -> impl Strategy<Value = Vec<String>> {
    let label = "[A-Z][a-z]{2,6}([A-Z][a-z]{2,6})?";
    proptest::collection::btree_set(label, 1..5).prop_map(|labels| labels.into_iter().collect())
}

/// Any type.
pub fn ty() -> impl Strategy<Value = Ty> {
    prop_oneof![6 => scalar(), 1 => Just(Ty::Tree), 1 => Just(Ty::Expr)].prop_recursive(3, 12, 3, |inner| {
        let fields = || named(inner.clone(), 1..4);
        prop_oneof![
            inner.clone().prop_map(|ty| match ty {
                Ty::Opt(_) => ty,
                ty => Ty::Opt(Box::new(ty)),
            }),
            inner.clone().prop_map(|ty| Ty::List(Box::new(ty))),
            proptest::collection::vec(inner.clone(), 1..3).prop_map(Ty::Tuple),
            inner.clone().prop_map(|ty| Ty::Map(Box::new(ty))),
            inner.clone().prop_map(|ty| Ty::IntMap(Box::new(ty))),
            (labels(), fields()).prop_map(|(labels, variants)| Ty::Mixed(labels, variants)),
            fields().prop_map(Ty::Struct),
            fields().prop_map(Ty::External),
            named(fields(), 1..3).prop_map(Ty::Internal),
            fields().prop_map(Ty::Adjacent),
            fields().prop_map(Ty::Untagged),
        ]
    })
}

/// A type and a value of it.
pub fn typed() -> impl Strategy<Value = (Ty, Value)> {
    ty().prop_flat_map(|ty| {
        let value = ty.value();
        (Just(ty), value)
    })
}
