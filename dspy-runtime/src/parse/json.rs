//! A reply as one JSON object with a key for each output.

use super::candidates::{self, Candidates};
use super::coerce::{Coercer, keyed};
use super::node::{Entry, Node};
use super::text::{enveloped, is_aside, trimmed};
use super::{Parsed, absent, take};
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{Field, Schema, Shape};

/// Objects and lists around the object, and strings around its JSON, that are taken off.
const WRAPS: usize = 3;

/// Reads the object that is meant; what is wrong with its values comes beside it.
pub(super) fn read(schema: &Schema, reply: &str) -> Result<(Parsed, Vec<Problem>), Vec<Problem>> {
    within(schema, reply, 0).map(|parsed| (parsed, Vec::new()))
}

fn within(schema: &Schema, reply: &str, wraps: usize) -> Result<Parsed, Vec<Problem>> {
    let whole = trimmed(reply);
    let unescaped = whole
        .strip_prefix('{')
        .filter(|inner| trimmed(inner.trim_start_matches("\\n")).starts_with("\\\""))
        .and_then(|_| candidates::unescaped(whole));
    if let Some(text) = unescaped.filter(|_| wraps < WRAPS) {
        return within(schema, &text, wraps + 1).map(|parsed| mended(parsed, Repair::DoubleEncoded));
    }
    let found: Candidates<'_> = candidates::find(whole);
    let fit = |node: &Node<'_>| {
        // Beside another value, an empty object is hardly the one that leaves all outputs out.
        if matches!(node, Node::Object(entries) if entries.is_empty()) && found.all.len() > 1 {
            return Err(vec![Problem::new("", "{}", "it is empty")]);
        }
        let parsed = outputs(schema, node, whole.len(), wraps)?;
        Ok((parsed.record, parsed.repairs))
    };
    let (record, repairs) = candidates::choose(whole, &found, fit, |problem| vec![problem])?;
    Ok(Parsed { record, repairs })
}

fn outputs(schema: &Schema, node: &Node<'_>, length: usize, wraps: usize) -> Result<Parsed, Vec<Problem>> {
    let none = || vec![Problem::new("", &node.snippet(), "it is no object that holds the outputs")];
    let wrapped = |inner: &Node<'_>| {
        outputs(schema, inner, length, wraps + 1).map(|parsed| mended(parsed, Repair::Unwrapped))
    };
    match node {
        Node::List(items) => match items.as_slice() {
            [only] if wraps < WRAPS => {
                wrapped(only).or_else(|problems| bare_list(schema, node, length).unwrap_or(Err(problems)))
            }
            _ => bare_list(schema, node, length).unwrap_or_else(|| Err(none())),
        },
        Node::Text(text) if wraps < WRAPS => {
            within(schema, text, wraps + 1).map(|parsed| mended(parsed, Repair::DoubleEncoded))
        }
        Node::Object(entries) => {
            let names: Vec<&str> = schema.outputs().map(|field| field.name()).collect();
            let keyed = keyed(entries, &names, true).map_err(|problem| vec![problem])?;
            if keyed.found.iter().any(Option::is_some) {
                // The name of a call may be taken for an output of that name, while the outputs are its arguments.
                if let Some((inner, _)) = Some(entries)
                    .filter(|_| !keyed.unknown.is_empty() && wraps < WRAPS)
                    .and_then(|entries| enveloped(entries))
                    && keyed.unknown.iter().any(|(_, node)| std::ptr::eq(node, inner))
                    && wrapped(inner).is_ok()
                {
                    let reason = "it may be the outputs, or a call that holds them";
                    return Err(vec![Problem::new("", &node.snippet(), reason)]);
                }
                return entries_of(schema, keyed, length);
            }
            match entries.as_slice() {
                [] => empty(schema, node, length).unwrap_or_else(|| Err(none())),
                [(key, only @ (Node::Object(_) | Node::List(_) | Node::Text(_)))]
                    if wraps < WRAPS && !is_aside(key) =>
                {
                    wrapped(only).or_else(|problems| implied(schema, node, length).unwrap_or(Err(problems)))
                }
                several => {
                    let implied = implied(schema, node, length);
                    match enveloped(several).filter(|_| wraps < WRAPS) {
                        Some((inner, others)) if !matches!(implied, Some(Ok(_))) => {
                            wrapped(inner).map(|parsed| {
                                let left_out =
                                    others.into_iter().map(|key| Repair::UnknownKey(key.to_owned()));
                                left_out.fold(parsed, mended)
                            })
                        }
                        _ => implied.unwrap_or_else(|| Err(none())),
                    }
                }
            }
        }
        _ => Err(none()),
    }
}

/// The outputs from the entries of their names.
fn entries_of(
    schema: &Schema,
    keyed: super::coerce::Keyed<'_, '_>,
    length: usize,
) -> Result<Parsed, Vec<Problem>> {
    let mut parsed = Parsed { repairs: keyed.repairs, ..Parsed::default() };
    let mut problems = Vec::new();
    for (field, node) in schema.outputs().zip(keyed.found) {
        match node {
            Some(node) => {
                let mut coercer = Coercer::new(field.spec(), length);
                let value = coercer.node(field.spec().shapes().root(), node);
                take(&mut parsed, &mut problems, field, value.map(|value| (value, coercer.repairs)));
            }
            None => absent(&mut parsed, &mut problems, field),
        }
    }
    let unknown = keyed.unknown.into_iter().map(|(key, _): &Entry<'_>| Repair::UnknownKey(key.to_string()));
    parsed.repairs.extend(unknown);
    if problems.is_empty() { Ok(parsed) } else { Err(problems) }
}

/// An object that is the one output itself, without its name around it.
fn implied(schema: &Schema, node: &Node<'_>, length: usize) -> Option<Result<Parsed, Vec<Problem>>> {
    let mut fields = schema.outputs();
    let field = fields.next().filter(|_| fields.next().is_none())?;
    let shapes = field.spec().shapes();
    // A map takes any object, so that nothing would tell its entries from a name around it.
    let Shape::Object(shape) = shapes.get(shapes.root()) else { return None };
    if shape.properties.is_empty() {
        return None;
    }
    let mut coercer = Coercer::new(field.spec(), length);
    let value = coercer.node(shapes.root(), node);
    let mut parsed = Parsed { repairs: vec![Repair::Unwrapped], ..Parsed::default() };
    let mut problems = Vec::new();
    take(&mut parsed, &mut problems, field, value.map(|value| (value, coercer.repairs)));
    Some(if problems.is_empty() { Ok(parsed) } else { Err(problems) })
}

/// A list that is the one output itself, without its name around it.
fn bare_list(schema: &Schema, node: &Node<'_>, length: usize) -> Option<Result<Parsed, Vec<Problem>>> {
    let mut fields = schema.outputs();
    let field = fields.next().filter(|_| fields.next().is_none())?;
    let shapes = field.spec().shapes();
    let (id, shape) = shapes.only(shapes.root())?;
    let list = matches!(shape, Shape::List { .. } | Shape::Tuple { .. });
    if !list && !matches!(shape, Shape::Object(object) if object.only_list(shapes).is_some()) {
        return None;
    }
    let mut coercer = Coercer::new(field.spec(), length);
    let value = coercer.node(id, node);
    let mut parsed = Parsed { repairs: vec![Repair::KeyLeftOut], ..Parsed::default() };
    let mut problems = Vec::new();
    take(&mut parsed, &mut problems, field, value.map(|value| (value, coercer.repairs)));
    Some(if problems.is_empty() { Ok(parsed) } else { Err(problems) })
}

/// An object without keys: all outputs left out, where each may be. One that may be an empty object itself may be
/// meant either way.
fn empty(schema: &Schema, node: &Node<'_>, length: usize) -> Option<Result<Parsed, Vec<Problem>>> {
    let optional = |field: &Field| {
        let shapes = field.spec().shapes();
        shapes.takes_null(shapes.root())
    };
    if !schema.outputs().all(optional) {
        return implied(schema, node, length);
    }
    let mut fields = schema.outputs();
    if let (Some(field), None) = (fields.next(), fields.next())
        && let Some((_, Shape::Object(_))) = field.spec().shapes().only(field.spec().shapes().root())
    {
        let reason = "it may be the output itself, or leave it out";
        return Some(Err(vec![Problem::new("", "{}", reason)]));
    }
    let (mut parsed, mut problems) = (Parsed::default(), Vec::new());
    schema.outputs().for_each(|field| absent(&mut parsed, &mut problems, field));
    Some(Ok(parsed))
}

fn mended(mut parsed: Parsed, repair: Repair) -> Parsed {
    parsed.repairs.push(repair);
    parsed
}
