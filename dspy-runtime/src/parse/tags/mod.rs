//! Finds the fields of a reply in tags of their names: `<queue>refund</queue>`.
//!
//! This is not XML. What stands between two tags is taken as it stands: `&` and `<` need no escape, an
//! `&amp;` stays `&amp;`, and of all tags only those with the name of an output count.

mod tag;

use std::borrow::Cow;

use super::named;
use super::reader::stray;
use super::sections;
use super::text::{disowns, fold, trimmed, unfenced};
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{Field, Schema, Shape, ShapeId, Shapes};
use tag::tag;

const CDATA: &str = "<![CDATA[";
const CDATA_END: &str = "]]>";

/// The texts of the outputs, in their order.
pub(super) struct Found<'a> {
    pub(super) texts: Vec<Result<Option<Cow<'a, str>>, Problem>>,
    pub(super) repairs: Vec<Repair>,
}

/// Finds the text of each output.
pub(super) fn find<'a>(schema: &Schema, reply: &'a str) -> Result<Found<'a>, Vec<Problem>> {
    let names = Names::of(schema);
    let mut found = Found { texts: names.0.iter().map(|_| Ok(None)).collect(), repairs: Vec::new() };
    let mut inside = vec![false; names.0.len()];
    let (mut at, mut outside, mut any) = (0, 0, false);
    while let Some(next) = reply.get(at..).and_then(|rest| rest.find('<')) {
        at += next;
        let known =
            tag(reply.get(at..).unwrap_or_default()).and_then(|tag| Some((names.index(tag.name)?, tag)));
        let Some((index, tag)) = known else {
            at += 1;
            continue;
        };
        let before = reply.get(outside..at).unwrap_or_default();
        around(&names, before, &mut found)?;
        if disowns(before.rsplit('\n').next().unwrap_or_default()) {
            return Err(vec![Problem::new("", before, "its tags are only spoken of")]);
        }
        any = true;
        let from = at + tag.width;
        let place = &mut found.texts[index];
        if tag.closing {
            *place = Err(Problem::new("", reply, "its tag is closed more often than opened"));
            (at, outside) = (from, from);
            continue;
        }
        if !tag.plain || !names.is_exact(index, tag.name) {
            found.repairs.push(Repair::MarkerSpelling);
        }
        let (text, end) = if tag.empty {
            (Ok(Cow::Borrowed("")), from)
        } else {
            element(&names, index, reply, from, &mut found.repairs, &mut inside)
        };
        let first = std::mem::replace(place, Ok(None));
        *place = match (first, text) {
            (Ok(None), Ok(text)) => Ok(Some(text)),
            (Ok(Some(first)), Ok(text)) if trimmed(&first) == trimmed(&text) => {
                found.repairs.push(Repair::RepeatedSection(names.0[index].0.to_owned()));
                Ok(Some(first))
            }
            (Ok(Some(_)), Ok(text)) => {
                Err(Problem::new("", &text, "its tag stands twice with different texts"))
            }
            (Err(problem), _) | (_, Err(problem)) => Err(problem),
        };
        (at, outside) = (end, end);
    }
    if !any {
        // A reply without any is no reply whose outputs are all null.
        return Err(schema
            .outputs()
            .map(|field| named(field, Problem::new("", "", "it is missing")))
            .collect());
    }
    around(&names, reply.get(outside..).unwrap_or_default(), &mut found)?;
    for ((field, text), inside) in schema.outputs().zip(&mut found.texts).zip(inside) {
        if inside && matches!(text, Ok(None)) {
            *text = Err(Problem::new("", "", "its tag stands inside another field"));
        }
        if let Ok(Some(inner)) = text
            && let Some(problem) = tags_for_json(field, inner)
        {
            *text = Err(problem);
        }
    }
    Ok(found)
}

/// The name of the tag that a text is, whether it closes, and whether it closes itself.
pub(super) fn whole(text: &str) -> Option<(&str, bool, bool)> {
    let tag = tag(text).filter(|tag| tag.width == text.len())?;
    Some((tag.name, tag.closing, tag.empty))
}

/// The elements that begin a line of what is outside of others, whatever their names.
pub(super) fn split(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = if rest.starts_with('<') { Some(0) } else { rest.find("\n<").map(|at| at + 1) } {
        rest = rest.get(at..).unwrap_or_default();
        let tag = tag(rest).filter(|tag| !tag.closing && tag.plain);
        let element = tag.and_then(|tag| {
            let (inner, after) = rest.get(tag.width..)?.split_once(&format!("</{}>", tag.name))?;
            Some((tag.name, trimmed(inner), after))
        });
        let Some((name, inner, after)) = element else {
            rest = rest.get(1..).unwrap_or_default();
            continue;
        };
        found.push((name, inner));
        rest = after;
    }
    found
}

/// The text of the field that is open, and where it ends.
fn element<'a>(
    names: &Names<'_>,
    index: usize,
    reply: &'a str,
    from: usize,
    repairs: &mut Vec<Repair>,
    inside: &mut [bool],
) -> (Result<Cow<'a, str>, Problem>, usize) {
    let rest = reply.get(from..).unwrap_or_default();
    if let Some(taken) = cdata(names, index, rest) {
        let end = taken.as_ref().map_or(reply.len(), |(_, width)| from + width);
        return (taken.map(|(text, _)| text), end);
    }
    let (mut depth, mut closed, mut others, mut at) = (1, 0, false, from);
    while let Some(next) = reply.get(at..).and_then(|rest| rest.find('<')) {
        at += next;
        let known =
            tag(reply.get(at..).unwrap_or_default()).and_then(|tag| Some((names.index(tag.name)?, tag)));
        let Some((other, tag)) = known else {
            at += 1;
            continue;
        };
        if other != index {
            others = true;
            if let (Some(inside), false) = (inside.get_mut(other), tag.closing) {
                *inside = true;
            }
        } else if !tag.closing {
            depth += usize::from(!tag.empty);
        } else {
            depth -= 1;
            closed += 1;
        }
        let end = at + tag.width;
        if depth == 0 {
            let text = trimmed(reply.get(from..at).unwrap_or_default());
            return (once(names, index, text).map(Cow::Borrowed), end);
        }
        at = end;
    }
    let unclear = |reason: &str| (Err(Problem::new("", rest, reason)), reply.len());
    match () {
        () if closed > 0 => unclear("its tag is opened more often than closed"),
        () if others || rest.contains("</") || rest.contains("```") => {
            unclear("its tag is never closed, and it is not clear where the text ends")
        }
        () => {
            repairs.push(Repair::Unclosed);
            (Ok(Cow::Borrowed(trimmed(rest))), reply.len())
        }
    }
}

/// The text of CDATA sections that are all of an element, and the width up to the end of the closing
/// tag. Of any other such sections it is not clear what is meant.
fn cdata<'a>(
    names: &Names<'_>,
    index: usize,
    rest: &'a str,
) -> Option<Result<(Cow<'a, str>, usize), Problem>> {
    let mut inner = rest.trim_start_matches(stray).strip_prefix(CDATA)?;
    let mut whole = || {
        let mut all = Cow::Borrowed("");
        let after = loop {
            let (text, after) = inner.split_once(CDATA_END)?;
            all += text;
            match after.strip_prefix(CDATA) {
                Some(next) => inner = next,
                None => break after.trim_start_matches(stray),
            }
        };
        let tag = tag(after).filter(|tag| tag.closing && names.index(tag.name) == Some(index))?;
        Some((all, rest.len() - after.len() + tag.width))
    };
    Some(whole().ok_or_else(|| Problem::new("", rest, "a CDATA section is not all of its text")))
}

/// A text that is nothing but its own tag once more may be meant with it or without.
fn once<'a>(names: &Names<'_>, index: usize, text: &'a str) -> Result<&'a str, Problem> {
    let twice = tag(text).is_some_and(|tag| !tag.closing && names.index(tag.name) == Some(index));
    match twice && text.ends_with('>') {
        true => Err(Problem::new("", text, "its tag stands directly inside itself")),
        false => Ok(text),
    }
}

/// Looks at what stands outside of the fields: words and a fence may, another format may not.
fn around(names: &Names<'_>, text: &str, found: &mut Found<'_>) -> Result<(), Vec<Problem>> {
    if trimmed(text).is_empty() {
        return Ok(());
    }
    let mixed = sections::split(text, |name| names.index(name).is_some())
        .iter()
        .any(|(name, _)| names.index(name).is_some())
        || unfenced(text).trim_start_matches("```json").trim_start().starts_with('{');
    if mixed {
        let reason = "it mixes tags with another format, and it is not clear which is meant";
        return Err(vec![Problem::new("", text, reason)]);
    }
    found.repairs.push(Repair::Surroundings);
    Ok(())
}

/// Lists and objects are asked for as JSON; as tags they would be taken for text.
fn tags_for_json(field: &Field, text: &str) -> Option<Problem> {
    let shapes = field.spec().shapes();
    let tagged = text.ends_with('>') && tag(text).is_some();
    (tagged && is_structured(shapes, shapes.root()))
        .then(|| Problem::new("", text, "it is written as tags inside the tag; it must be JSON"))
}

fn is_structured(shapes: &Shapes, id: ShapeId) -> bool {
    let structured =
        |id: ShapeId| matches!(shapes.get(id), Shape::List { .. } | Shape::Tuple { .. } | Shape::Object(_));
    let text = |id: ShapeId| matches!(shapes.get(id), Shape::Text { .. } | Shape::Any);
    match shapes.get(id) {
        Shape::Union(options) => {
            options.iter().any(|id| structured(*id)) && !options.iter().any(|id| text(*id))
        }
        _ => structured(id),
    }
}

/// The outputs' names, each also in a form that other spellings share.
struct Names<'s>(Vec<(&'s str, String)>);

impl<'s> Names<'s> {
    fn of(schema: &'s Schema) -> Self {
        Self(schema.outputs().map(|field| (field.name(), fold::squashed(field.name()))).collect())
    }

    fn is_exact(&self, index: usize, name: &str) -> bool {
        self.0.get(index).is_some_and(|(known, _)| *known == name)
    }

    fn index(&self, name: &str) -> Option<usize> {
        let exact = self.0.iter().position(|(known, _)| *known == name);
        let spelled = || {
            let squashed = fold::squashed(name);
            let mut same = self.0.iter().enumerate().filter(|(_, (_, known))| *known == squashed);
            same.next().filter(|_| same.next().is_none()).map(|(index, _)| index)
        };
        exact.or_else(spelled)
    }
}

#[cfg(test)]
mod tests;
