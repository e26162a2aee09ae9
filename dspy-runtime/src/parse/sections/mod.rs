//! Splits a reply at its `[[ ## field ## ]]` markers.

mod doubt;
mod marker;
mod slip;
mod slot;

pub(super) use marker::marker;
use marker::{Mark, Marker, marks};
pub(super) use slip::{keys, value_alone};
use slot::Slots;

use super::text::{takes_back, trimmed};
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::Schema;

/// The text under one marker.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Section<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    /// Tells whether the marker stands alone on its line, as it was asked for.
    plain: bool,
}

/// The texts of the outputs, in their order.
pub(super) struct Found<'a> {
    pub(super) texts: Vec<Result<Option<&'a str>, Problem>>,
    pub(super) repairs: Vec<Repair>,
}

/// The marker that ends a reply, unless an output has its name.
const END: &str = "completed";

/// The mark in a prompt in the place of a value; a model that copies it has given none.
const LEFT_OUT: &str = "…";

/// Finds the section of each output; nothing where there is none at all.
pub(super) fn find<'a>(schema: &Schema, reply: &'a str) -> Option<Found<'a>> {
    let slots = Slots::of(schema);
    let sections = Sections::of(&slots, reply, |line| marker(line, &|name| slots.index(name).is_some()));
    let mut found = sections.found(&slots);
    slip::label_as_marker(schema, &slots, &sections, &mut found);
    doubt::check(schema, &slots, &sections, &mut found);
    if found.texts.iter().all(|text| matches!(text, Ok(None))) {
        return slip::bare_markers(&slots, reply);
    }
    Some(found)
}

/// A reply up to the last marker that ends it, which stands alone on a line that is whole. Whatever is cut off later
/// is no part of the outputs.
pub(super) fn ended<'a>(schema: &Schema, reply: &'a str) -> Option<&'a str> {
    let slots = Slots::of(schema);
    let marks = marks(reply, |line| marker(line, &|_| false), |_| false);
    let last = marks.iter().rfind(|mark| mark.plain && slots.ends(mark.name))?;
    reply.get(last.from..).filter(|rest| rest.contains('\n')).and_then(|_| reply.get(..last.from))
}

/// The sections of a reply, and what was repaired to tell them apart.
struct Sections<'a> {
    /// The text before the first marker.
    before: &'a str,
    all: Vec<Section<'a>>,
    repairs: Vec<Repair>,
}

impl<'a> Sections<'a> {
    fn of(slots: &Slots<'_>, reply: &'a str, read: impl Fn(&'a str) -> Option<Marker<'a>>) -> Self {
        let (reply, fenced) = without_fence(reply);
        let (reply, ended) = without_end(reply);
        let counts_inside = |name: &str| slots.index(name).is_some() || slots.ends(name);
        let mut marks = marks(reply, read, counts_inside);
        // What was written after the end has no say in which markers inside lines count.
        let first_end = over(slots, reply, &marks, false);
        marks.retain(|mark| mark.start < first_end);
        let mut end = first_end;
        if marks.iter().any(|mark| mark.inside) {
            marks = counting(slots, reply.get(..first_end).unwrap_or(reply), marks);
            end = end.min(over(slots, reply, &marks, true));
            marks.retain(|mark| mark.start < end);
        }
        let marks = doubt::outside_fences(slots, reply.get(..end).unwrap_or(reply), marks);

        let before = marks.first().map_or(reply, |mark| reply.get(..mark.start).unwrap_or_default());
        let mut repairs = Vec::new();
        if ended {
            repairs.push(Repair::MarkerSpelling);
        }
        if fenced || (!marks.is_empty() && !trimmed(before).is_empty()) {
            repairs.push(Repair::Surroundings);
        }
        if reply.get(end..).is_some_and(|rest| !trimmed(rest).is_empty()) {
            repairs.push(Repair::RunOn);
        }
        let ends = marks.iter().skip(1).map(|mark| mark.start).chain([end]);
        let section = |(mark, end): (&Mark<'a>, usize)| Section {
            name: mark.name,
            text: reply.get(mark.from..end).unwrap_or_default().trim(),
            plain: mark.plain,
        };
        let all = marks.iter().zip(ends).map(section).collect();
        Self { before, all, repairs }
    }

    /// The text of each slot.
    fn found(&self, slots: &Slots<'_>) -> Found<'a> {
        let mut found =
            Found { texts: slots.0.iter().map(|_| Ok(None)).collect(), repairs: self.repairs.clone() };
        for (at, section) in self.all.iter().enumerate() {
            let is_end = section.name == END && (at + 1 == self.all.len() || slots.ends(END));
            let Some(index) = slots.index(section.name) else {
                if !is_end {
                    found.repairs.push(Repair::UnknownSection(section.name.to_owned()));
                } else if !section.text.is_empty() {
                    found.repairs.push(Repair::Surroundings);
                }
                continue;
            };
            let Some(place) = found.texts.get_mut(index) else { continue };
            if is_end && section.text.is_empty() && !matches!(place, Ok(None)) {
                continue;
            }
            if !section.plain || slots.get(index).is_none_or(|slot| slot.name != section.name) {
                found.repairs.push(Repair::MarkerSpelling);
            }
            match place {
                Ok(None) if section.text == LEFT_OUT => {
                    *place = Err(Problem::new("", section.text, "the value is left out"));
                }
                Ok(None) => *place = Ok(Some(section.text)),
                Ok(Some(text)) if *text == section.text => {
                    found.repairs.push(Repair::RepeatedSection(section.name.to_owned()));
                }
                _ => {
                    let reason = "the section stands twice with different texts";
                    *place = Err(Problem::new("", section.text, reason));
                }
            }
        }
        found
    }
}

/// Returns the place where a reply is over: at a marker that ends it, if words or the section of something
/// that is no output follow. Outputs that follow at once are still its own, and so is what takes something
/// back.
fn over(slots: &Slots<'_>, reply: &str, marks: &[Mark<'_>], inside: bool) -> usize {
    let mut marks = marks.iter().filter(|mark| inside || !mark.inside).peekable();
    let mut ended = false;
    while let Some(mark) = marks.next() {
        let next = marks.peek().map_or(reply.len(), |mark| mark.start);
        let text = trimmed(reply.get(mark.from..next).unwrap_or_default());
        if slots.ends(mark.name) {
            if !text.is_empty() && !takes_back(text) {
                return mark.from;
            }
            ended = true;
        } else if ended {
            let slot = slots.index(mark.name).and_then(|index| slots.get(index));
            if slot.is_none_or(|slot| slot.is_placeholder(text)) {
                return mark.start;
            }
        }
    }
    reply.len()
}

/// The markers that count. One inside a line is text, so that a value may speak of markers, unless nothing else gives
/// its output and what follows is a value of a type that takes no free text, or the whole reply is one line with all
/// outputs in their order.
fn counting<'a>(slots: &Slots<'_>, reply: &str, marks: Vec<Mark<'a>>) -> Vec<Mark<'a>> {
    let mut times = vec![0_usize; slots.0.len()];
    let indices: Vec<_> = marks.iter().map(|mark| slots.index(mark.name)).collect();
    for index in indices.iter().flatten() {
        times.get_mut(*index).map(|times| *times += 1).unwrap_or_default();
    }
    let in_order = indices.iter().filter(|index| index.is_some()).copied().eq((0..slots.0.len()).map(Some));
    let is_end = |(mark, index): &(&Mark<'_>, &Option<usize>)| mark.name == END && index.is_none();
    let before_end = || {
        let end = marks.iter().zip(&indices).find(is_end).and_then(|(mark, _)| reply.get(..mark.start));
        trimmed(end.unwrap_or(reply))
    };
    let one_line = in_order && marks.first().is_some_and(|mark| !mark.inside) && !before_end().contains('\n');
    let starts: Vec<_> = marks.iter().skip(1).map(|mark| mark.start).chain([reply.len()]).collect();
    let stands_alone = |index: usize, from: usize, to: usize| {
        let text = reply.get(from..to).unwrap_or_default();
        slots.get(index).is_some_and(|slot| slot.stands_alone(text))
    };
    let mut counting = Vec::with_capacity(marks.len());
    let mut before = None;
    for ((mark, index), next) in marks.into_iter().zip(indices).zip(starts) {
        let counts = !mark.inside
            || one_line
            || match index {
                Some(index) => times.get(index) == Some(&1) && stands_alone(index, mark.from, next),
                None => before.is_some_and(|(index, from)| stands_alone(index, from, mark.start)),
            };
        before = index.filter(|_| counts).map(|index| (index, mark.from));
        if counts {
            counting.push(mark);
        }
    }
    counting
}

/// The names and texts of the sections of a message in order. A marker counts only at the start of a line, spaces and
/// emphasis aside.
pub(super) fn split(message: &str, known: impl Fn(&str) -> bool) -> Vec<(&str, &str)> {
    let marks = marks(message, |line| marker(line, &known), |_| false);
    let ends = marks.iter().skip(1).map(|mark| mark.start).chain([message.len()]);
    let text = |mark: &Mark<'_>, end| message.get(mark.from..end).unwrap_or_default().trim();
    marks.iter().zip(ends).map(|(mark, end)| (mark.name, text(mark, end))).collect()
}

/// Returns the text before the first marker.
fn preamble(reply: &str) -> Option<&str> {
    let mut end = 0;
    for line in reply.split_inclusive('\n') {
        if marker(line, &|_| false).is_some() {
            return reply.get(..end);
        }
        end += line.len();
    }
    None
}

/// The reply without an end marker in the line of its last value. A marker inside a line is text, but
/// with the last of a reply there is no text that it would be part of.
fn without_end(reply: &str) -> (&str, bool) {
    let inner = || {
        let rest = trimmed(reply).strip_suffix("]]")?.trim_end().strip_suffix("##")?.trim_end();
        let rest = rest.strip_suffix(END)?.trim_end().strip_suffix("##")?.trim_end().strip_suffix("[[")?;
        rest.lines().last().filter(|line| !trimmed(line).is_empty() && !rest.ends_with('\n')).map(|_| rest)
    };
    inner().map_or((reply, false), |inner| (inner, true))
}

/// The reply inside a code fence that opens right before the first marker.
fn without_fence(reply: &str) -> (&str, bool) {
    let opens = preamble(reply).and_then(|before| before.trim_end().lines().last());
    let fenced = opens.is_some_and(|line| line.trim_start().starts_with("```"));
    let inner = trimmed(reply).strip_suffix("```").filter(|_| fenced);
    inner.map_or((reply, false), |inner| (inner, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::signature::SchemaBuilder;

    fn pairs(reply: &str) -> Vec<(&str, &str)> {
        let schema = SchemaBuilder::new("Reply", "Reply.")
            .output::<String>("a", "")
            .output::<String>("b", "")
            .output::<String>("a b", "")
            .build();
        let slots = Slots::of(&schema);
        let sections = Sections::of(&slots, reply, |line| marker(line, &|name| slots.index(name).is_some()));
        sections.all.iter().map(|section| (section.name, section.text)).collect()
    }

    #[test]
    fn markers_may_be_tight_bold_indented_or_share_a_line_with_the_value() {
        for reply in [
            "[[ ## a ## ]]\n1\n[[ ## b ## ]]\n2",
            "[[##a##]]\r\n1\r\n[[##b##]]\r\n2\r\n",
            "**[[ ## a ## ]]**\n1\n  **[[ ## b ## ]]**\n2",
            "Sure:\n[[ ## a ## ]] 1\n[[ ## b ## ]]: 2\n",
            "### [[ ## a ## ]]\n1\n\u{feff}\0`[[  ##  b  ##  ]]`\n2",
        ] {
            assert_eq!(pairs(reply), [("a", "1"), ("b", "2")], "{reply:?}");
        }
    }

    #[test]
    fn a_marker_inside_a_line_is_text() {
        assert_eq!(pairs("[[ ## a ## ]]\nwrite [[ ## b ## ]] here"), [("a", "write [[ ## b ## ]] here")]);
    }

    #[test]
    fn text_without_markers_has_no_sections() {
        assert!(pairs("").is_empty());
        assert!(pairs("[[ ## ## ]]\n[[ # a # ]]\n[[ ## b a ## ]]").is_empty());
        assert_eq!(pairs("[[ ## a b ## ]] 1"), [("a b", "1")]);
    }
}
