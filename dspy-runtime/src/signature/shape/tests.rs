use serde_json::{Value, json};

use super::{IntegerRange, Shape, Shapes};

fn root(schema: &Value) -> Shape {
    let shapes = Shapes::of(schema);
    shapes.get(shapes.root()).clone()
}

/// A union of as many structs, each of which holds two of the union itself.
fn recursive(structs: usize, holds: &Value) -> Value {
    let option = |index| {
        let tag = format!("k{index}");
        json!({
            "type": "object",
            "properties": {"kind": {"const": tag}, "left": holds, "right": holds},
            "required": ["kind", "left"],
        })
    };
    json!({"anyOf": [{"type": "null"}, {"oneOf": (0..structs).map(option).collect::<Vec<_>>()}]})
}

#[test]
fn a_recursive_union_is_a_cycle_however_it_is_referred_to() {
    let references = [
        json!({"$ref": "#/$defs/Tree"}),
        json!({"$ref": "#/$defs/Tree", "description": "more"}),
        json!({"allOf": [{"$ref": "#/$defs/Tree"}], "default": null}),
        json!({"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]}),
        json!({"$ref": "#/$defs/Tree", "type": ["object", "null"]}),
    ];
    for reference in &references {
        for inner in &references {
            let mut schema = reference.clone();
            schema["$defs"] = json!({"Tree": recursive(4, inner)});
            let shapes = Shapes::of(&schema);
            assert!(shapes.len() < 80, "{} shapes of {schema}", shapes.len());
            let objects =
                shapes.options(shapes.root()).filter(|(_, shape)| matches!(shape, Shape::Object(_)));
            assert_eq!(objects.count(), 4, "{schema}");
            assert!(shapes.takes_null(shapes.root()), "{schema}");
        }
    }
}

#[test]
fn types_that_hold_each_other_are_as_many_shapes_as_types() {
    let structs = 24;
    let all: Vec<_> = (0..structs).map(|index| json!({"$ref": format!("#/$defs/T{index}")})).collect();
    let defs = (0..structs).map(|index| (format!("T{index}"), recursive(1, &json!({"anyOf": all}))));
    let defs: serde_json::Map<_, _> = defs.collect();
    let shapes = Shapes::of(&json!({"$ref": "#/$defs/T0", "$defs": defs}));
    assert!(shapes.len() < 20 * structs, "{} shapes", shapes.len());
}

#[test]
fn a_union_that_is_its_own_option_gains_nothing_by_it() {
    let schema =
        json!({"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}}});
    assert_eq!(root(&schema), Shape::Null);
    assert_eq!(root(&json!({"$ref": "#"})), Shape::Any);
}

#[test]
fn what_no_value_fits_is_nothing() {
    for schema in [
        json!({"allOf": [{"type": "string"}, {"type": "integer"}]}),
        json!({"$ref": "#/$defs/A", "type": "integer", "$defs": {"A": {"type": "string"}}}),
        json!({"allOf": [{"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "object"}]}),
        json!({"const": "a", "type": "integer"}),
        json!({"allOf": [{"enum": ["a", "b"]}, {"enum": ["c"]}]}),
        json!({"type": "integer", "minimum": 5, "maximum": 4}),
        json!({"allOf": [{"type": "number", "minimum": 5}, {"maximum": 4}]}),
        json!({"type": "string", "minLength": 2, "maxLength": 1}),
        json!({"type": []}),
    ] {
        assert_eq!(root(&schema), Shape::Never, "{schema}");
    }
}

#[test]
fn what_fits_both_of_two_types_is_left() {
    let byte = Shape::Integer(IntegerRange { least: 0, most: 255 });
    for schema in [
        json!({"allOf": [{"type": "number"}, {"type": "integer", "format": "uint8"}]}),
        json!({"allOf": [{"type": ["integer", "string"], "format": "uint8"}, {"type": ["number", "null"]}]}),
    ] {
        assert_eq!(root(&schema), byte, "{schema}");
    }
    assert_eq!(root(&json!({"enum": ["a", 1, null], "type": ["string"]})), Shape::Labels(vec!["a".into()]));
    assert_eq!(root(&json!({"enum": ["a", null], "type": ["null", "integer"]})), Shape::Null);
}
