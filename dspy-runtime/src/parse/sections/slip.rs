//! Replies without the markers that were asked for, where they can be meant in one way only.

use super::super::text::{label_beside, mentions_other_label, spelled_label, trimmed};
use super::marker::{bare, marker};
use super::slot::Slots;
use super::{Found, Sections};
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{ObjectShape, Role, Schema, ShapeId};

/// Takes a marker that names a label, as in `[[ ## delivery ## ]]`, for the one output that has no section and takes
/// nothing but labels. Whatever else was written must name no other of them.
pub(super) fn label_as_marker<'a>(
    schema: &Schema,
    slots: &Slots<'_>,
    sections: &Sections<'a>,
    found: &mut Found<'a>,
) {
    let mut missing = (0..).zip(&found.texts).filter(|(_, text)| matches!(text, Ok(None)));
    let (Some((index, _)), None) = (missing.next(), missing.next()) else { return };
    let Some(labels) = slots.get(index).and_then(|slot| slot.labels()) else { return };
    let is_input = |name: &str| schema.inputs().any(|field| field.name() == name);
    let unknown = sections.all.iter().filter(|section| {
        slots.index(section.name).is_none() && !slots.ends(section.name) && !is_input(section.name)
    });
    let mut named = None;
    for section in unknown {
        match (spelled_label(labels, section.name), named) {
            (Some(label), None) => named = Some((label, section)),
            (None, _) if !mentions_other_label(labels, "", section.text) => {}
            _ => return,
        }
    }
    let Some((label, section)) = named else { return };
    let ends = sections.all.iter().filter(|section| slots.ends(section.name)).map(|section| section.text);
    let contradicts =
        ends.chain([sections.before, section.text]).any(|text| mentions_other_label(labels, label, text));
    if contradicts || !label_beside(labels, label, section.text) {
        return;
    }
    if let Some(place) = found.texts.get_mut(index) {
        *place = Ok(Some(section.name));
    }
    let left_out = Repair::UnknownSection(section.name.to_owned());
    found.repairs.retain(|repair| *repair != left_out);
    found.repairs.push(Repair::LabelAsMarker);
    if !section.text.is_empty() {
        found.repairs.push(Repair::Surroundings);
    }
}

/// The sections of a reply that writes `[[ name ]]`, if it has each output so, once.
pub(super) fn bare_markers<'a>(slots: &Slots<'_>, reply: &'a str) -> Option<Found<'a>> {
    let known = |name: &str| slots.index(name).is_some() || slots.ends(name);
    let sections = Sections::of(slots, reply, |line| bare(line, &known));
    let found = sections.found(slots);
    let repeated = |repair: &Repair| matches!(repair, Repair::RepeatedSection(_));
    let all = found.texts.iter().all(|text| matches!(text, Ok(Some(_))));
    (all && !found.repairs.iter().any(repeated)).then_some(found)
}

/// The texts of the keys of the one output, an object, if the sections of a reply are those of its keys.
pub(in crate::parse) struct Keys<'s, 'a> {
    pub(in crate::parse) id: ShapeId,
    pub(in crate::parse) object: &'s ObjectShape,
    pub(in crate::parse) texts: Vec<Result<Option<&'a str>, Problem>>,
    pub(in crate::parse) repairs: Vec<Repair>,
}

/// Finds them. A section that is no key, unless it repeats an input, leaves open what is meant.
pub(in crate::parse) fn keys<'s, 'a>(schema: &'s Schema, reply: &'a str) -> Option<Keys<'s, 'a>> {
    let outputs = Slots::of(schema);
    let slot = outputs.only()?;
    let (id, object) = slot.object()?;
    let slots = Slots::of_keys(slot.shapes, object);
    let known = |name: &str| slots.index(name).is_some();
    let sections = Sections::of(&slots, reply, |line| marker(line, &known));
    let around =
        |name: &str| schema.fields().iter().any(|field| field.name() == name && field.role() != Role::Meta);
    let foreign = sections.all.iter().any(|section| {
        let own = known(section.name) || slots.ends(section.name);
        !own && !(around(section.name) && (outputs.index(section.name).is_none() || section.text.is_empty()))
    });
    let Found { texts, mut repairs } = sections.found(&slots);
    if foreign || texts.iter().all(|text| matches!(text, Ok(None))) {
        return None;
    }
    let left_out = Repair::UnknownSection(slot.name.to_owned());
    repairs.retain(|repair| *repair != left_out);
    repairs.push(Repair::KeysAsSections);
    Some(Keys { id, object, texts, repairs })
}

/// The value that a reply without markers is, alone or after the name of its output, as in `queue: delivery`; if there
/// is one output, whose type takes no free text.
///
/// For free text there is no telling a value from a question or a refusal.
pub(in crate::parse) fn value_alone<'a>(schema: &Schema, reply: &'a str) -> Option<&'a str> {
    let slots = Slots::of(schema);
    let slot = slots.only()?;
    let sections = Sections::of(&slots, reply, |line| marker(line, &|_| false));
    let is_end = sections.all.iter().all(|section| slots.ends(section.name) && section.text.is_empty());
    let whole = trimmed(sections.before);
    // What a tag means is for those to say who read tags.
    if !is_end || whole.contains("[[") || whole.contains("</") {
        return None;
    }
    if slot.stands_alone(whole) {
        return Some(whole);
    }
    let (key, value) = whole.split_once([':', '=', '：'])?;
    let (key, value) = (trimmed(key), trimmed(value));
    for sign in ["", "**", "__", "*", "_", "`", "\""] {
        // Emphasis closes after the name, or after the colon.
        let Some(name) = key.strip_prefix(sign) else { continue };
        let (name, value) = match name.strip_suffix(sign).filter(|_| !sign.is_empty()) {
            Some(name) => (name, value),
            None => (name, value.strip_prefix(sign).unwrap_or_default()),
        };
        if slots.index(name.trim()).is_some() && slot.stands_alone(value) {
            return Some(trimmed(value));
        }
    }
    None
}
