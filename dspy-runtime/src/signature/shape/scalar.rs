//! The shapes of what holds nothing else.

use serde_json::{Map, Value};

use super::super::types::is_of;
use super::compile::Compiler;
use super::{IntegerRange, NumberRange, Shape};

type Maps<'a> = [&'a Map<String, Value>];

/// The shape of a `const` or an `enum`, of which only the values of these types count.
pub(super) fn fixed(compiler: &mut Compiler<'_>, maps: &Maps<'_>, types: Option<&[&str]>) -> Option<Shape> {
    let mut values: Option<Vec<&Value>> = None;
    for map in maps {
        let own: Vec<&Value> = match (map.get("const"), map.get("enum")) {
            (Some(value), _) => vec![value],
            (None, Some(Value::Array(own))) => own.iter().collect(),
            _ => continue,
        };
        values = Some(match values {
            Some(values) => values.into_iter().filter(|value| own.contains(value)).collect(),
            None => own,
        });
    }
    let typed = |value: &&Value| types.is_none_or(|types| types.iter().any(|name| is_of(value, name)));
    let values: Vec<_> = values?.into_iter().filter(typed).collect();
    let labels: Vec<_> = values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
    let mut shapes: Vec<_> = (!labels.is_empty()).then_some(Shape::Labels(labels)).into_iter().collect();
    for value in values.into_iter().filter(|value| !value.is_string()) {
        shapes.push(if value.is_null() { Shape::Null } else { Shape::Fixed(value.clone()) });
    }
    match shapes.len() {
        0 => Some(Shape::Never),
        1 => shapes.pop(),
        _ => Some(Shape::Union(shapes.into_iter().map(|shape| compiler.add(shape)).collect())),
    }
}

/// Integers of the width that the format names, within the bounds. Without a width they are what a
/// JSON value here can hold: 64 bits, with or without a sign.
pub(super) fn integer(maps: &Maps<'_>) -> Shape {
    let mut range = IntegerRange { least: i128::from(i64::MIN), most: i128::from(u64::MAX) };
    for map in maps {
        let (least, most) = match map.get("format").and_then(Value::as_str) {
            Some("int8") => (i8::MIN.into(), i8::MAX.into()),
            Some("int16") => (i16::MIN.into(), i16::MAX.into()),
            Some("int32") => (i32::MIN.into(), i32::MAX.into()),
            Some("int64" | "int") => (i64::MIN.into(), i64::MAX.into()),
            Some("uint8") => (0, u8::MAX.into()),
            Some("uint16") => (0, u16::MAX.into()),
            Some("uint32") => (0, u32::MAX.into()),
            Some("uint64" | "uint" | "uint128") => (0, u64::MAX.into()),
            _ => (range.least, range.most),
        };
        let whole = |key: &str| map.get(key).filter(|bound| bound.is_number());
        let at_least = whole("minimum").map(up);
        let at_most = whole("maximum").map(down);
        let above = whole("exclusiveMinimum").map(|bound| down(bound).saturating_add(1));
        let below = whole("exclusiveMaximum").map(|bound| up(bound).saturating_sub(1));
        for least in [Some(least), at_least, above].into_iter().flatten() {
            range.least = range.least.max(least);
        }
        for most in [Some(most), at_most, below].into_iter().flatten() {
            range.most = range.most.min(most);
        }
    }
    if range.least > range.most { Shape::Never } else { Shape::Integer(range) }
}

/// Numbers within the bounds; those of `f32` end where `f32` ends.
pub(super) fn number(maps: &Maps<'_>) -> Shape {
    let mut range = NumberRange { least: f64::MIN, most: f64::MAX, above: false, below: false };
    for map in maps {
        if map.get("format").and_then(Value::as_str) == Some("float") {
            range.least = range.least.max(f32::MIN.into());
            range.most = range.most.min(f32::MAX.into());
        }
        for (key, open) in [("minimum", false), ("exclusiveMinimum", true)] {
            if let Some(bound) = map.get(key).and_then(Value::as_f64).filter(|bound| *bound >= range.least) {
                range.above = open || (range.above && bound <= range.least);
                range.least = bound;
            }
        }
        for (key, open) in [("maximum", false), ("exclusiveMaximum", true)] {
            if let Some(bound) = map.get(key).and_then(Value::as_f64).filter(|bound| *bound <= range.most) {
                range.below = open || (range.below && bound >= range.most);
                range.most = bound;
            }
        }
    }
    if range.least > range.most { Shape::Never } else { Shape::Number(range) }
}

/// Text; its formats and patterns are left to serde.
pub(super) fn text(maps: &Maps<'_>) -> Shape {
    let (least, most) = span(maps, "minLength", "maxLength");
    if least > most { Shape::Never } else { Shape::Text { least, most } }
}

/// The tightest of the bounds on a length.
pub(super) fn span(maps: &Maps<'_>, least: &str, most: &str) -> (usize, usize) {
    let bounds = |key: &str| -> Vec<usize> {
        let bound = |map: &&Map<String, Value>| usize::try_from(map.get(key)?.as_u64()?).ok();
        maps.iter().filter_map(bound).collect()
    };
    (bounds(least).into_iter().max().unwrap_or(0), bounds(most).into_iter().min().unwrap_or(usize::MAX))
}

fn up(bound: &Value) -> i128 {
    whole(bound).unwrap_or_else(|| float(bound).ceil() as i128)
}

fn down(bound: &Value) -> i128 {
    whole(bound).unwrap_or_else(|| float(bound).floor() as i128)
}

fn whole(bound: &Value) -> Option<i128> {
    bound.as_i64().map(i128::from).or_else(|| bound.as_u64().map(i128::from))
}

fn float(bound: &Value) -> f64 {
    bound.as_f64().unwrap_or(0.0)
}
