//! Markers that may be part of a text, where taking them for markers, or for text, would change a value unnoticed.

use std::collections::HashSet;

use super::super::text::introduces;
use super::marker::{Mark, marker};
use super::slot::Slots;
use super::{Found, Sections};
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::Schema;

const CUT: &str = "a marker that is no output stands in it, so that it may be cut short; put an example with markers \
                   in a code fence";
const INSIDE: &str =
    "its marker stands inside a line, where it may be text; each marker takes a line of its own";

/// Refuses the outputs whose text may be cut short by a marker that is part of it, and those that are left out while
/// their marker stands in the text of another.
pub(super) fn check(schema: &Schema, slots: &Slots<'_>, sections: &Sections<'_>, found: &mut Found<'_>) {
    if found.repairs.iter().any(|repair| matches!(repair, Repair::UnknownSection(_))) {
        cut_short(schema, slots, sections, found);
    }
    if !found.texts.iter().any(|text| matches!(text, Ok(Some(_)))) {
        return;
    }
    for (index, text) in found.texts.iter_mut().enumerate().filter(|(_, text)| matches!(text, Ok(None))) {
        let inside = |text: &str| inside(slots, index, text);
        let of_output = sections.all.iter().filter(|section| slots.index(section.name).is_some());
        if let Some(other) = of_output.map(|section| section.text).find(|text| inside(text)) {
            *text = Err(Problem::new("", other, INSIDE));
        }
    }
}

/// Refuses the texts that a marker of no output may cut short: one that they lead up to, that stands in a code fence,
/// or that is one of several.
fn cut_short(schema: &Schema, slots: &Slots<'_>, sections: &Sections<'_>, found: &mut Found<'_>) {
    let left_out: HashSet<&str> = found
        .repairs
        .iter()
        .filter_map(
            |repair| if let Repair::UnknownSection(name) = repair { Some(name.as_str()) } else { None },
        )
        .filter(|name| !schema.inputs().any(|field| field.name() == *name))
        .collect();
    let unknown = |name: &str| slots.index(name).is_none() && !slots.ends(name);
    let mut cut = Vec::new();
    for (at, section) in sections.all.iter().enumerate() {
        let mut after =
            sections.all.iter().skip(at + 1).map(|next| next.name).take_while(|name| unknown(name));
        let Some(index) = slots.index(section.name).filter(|_| !section.text.is_empty()) else { continue };
        let Some(first) = after.next() else { continue };
        let foreign = left_out.contains(first) && after.any(|name| left_out.contains(name));
        let alone = slots.get(index).is_some_and(|slot| slot.stands_alone(section.text));
        if !alone && (foreign || introduces(section.text) || opens_fence(section.text)) {
            cut.push(index);
        }
    }
    for index in cut {
        if let Some(place) = found.texts.get_mut(index) {
            *place = Err(Problem::new("", place.as_ref().ok().copied().flatten().unwrap_or_default(), CUT));
        }
    }
}

/// Tells whether the marker of an output stands in a text, and not only in quotes.
fn inside(slots: &Slots<'_>, index: usize, text: &str) -> bool {
    text.match_indices("[[").any(|(at, _)| {
        let (before, rest) = text.split_at_checked(at).unwrap_or_default();
        !before.ends_with(['`', '"', '\'', '“', '‘'])
            && marker(rest.lines().next().unwrap_or_default(), &|_| false)
                .is_some_and(|marker| slots.index(marker.name) == Some(index))
    })
}

/// The marks without those of no output that stand in a code fence of a text: there they are an example.
pub(super) fn outside_fences<'a>(slots: &Slots<'_>, reply: &str, marks: Vec<Mark<'a>>) -> Vec<Mark<'a>> {
    let known = |mark: &Mark<'_>| slots.index(mark.name).is_some() || slots.ends(mark.name);
    // Most replies have none of the sign, which is found fastest.
    if !reply.as_bytes().contains(&b'`') || !reply.contains(FENCE) || marks.iter().all(known) {
        return marks;
    }
    let fences: Vec<usize> = fences(reply).collect();
    let up_to = |at: usize| fences.partition_point(|fence| *fence < at);
    // Where the text that a mark may be part of ends.
    let mut ends: Vec<usize> = Vec::with_capacity(marks.len());
    let mut end = reply.len();
    for mark in marks.iter().rev() {
        ends.push(end);
        end = if known(mark) { mark.start } else { end };
    }
    let mut kept: Vec<Mark<'a>> = Vec::with_capacity(marks.len());
    for (mark, end) in marks.into_iter().zip(ends.into_iter().rev()) {
        let open = kept.last().is_some_and(|last| (up_to(mark.start) - up_to(last.from)) % 2 == 1);
        let closes = up_to(end) > up_to(mark.from);
        if known(&mark) || !(open && closes) {
            kept.push(mark);
        }
    }
    kept
}

const FENCE: &str = "```";

/// Returns the lines that open and close code fences.
fn fences(text: &str) -> impl Iterator<Item = usize> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        at += line.len();
        line.trim_start().starts_with(FENCE).then(|| at - line.len())
    })
}

/// Tells whether a code fence opens in a text and does not close.
fn opens_fence(text: &str) -> bool {
    fences(text).count() % 2 == 1
}
