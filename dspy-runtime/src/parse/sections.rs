//! Splits a reply at its `[[ ## field ## ]]` markers.

use super::named;
use super::reader::stray;
use super::text::{fold, trimmed};
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::Schema;

/// The text under one marker.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Section<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    /// Whether the marker stands alone on its line, as it was asked for.
    plain: bool,
}

/// The texts of the outputs, in their order.
pub(super) struct Found<'a> {
    pub(super) texts: Vec<Result<Option<&'a str>, Problem>>,
    pub(super) repairs: Vec<Repair>,
}

/// The marker that ends a reply, unless an output has its name.
const END: &str = "completed";

/// Finds the section of each output.
pub(super) fn find<'a>(schema: &Schema, reply: &'a str) -> Result<Found<'a>, Vec<Problem>> {
    let names: Vec<(&str, String)> =
        schema.outputs().map(|field| (field.name(), fold::squashed(field.name()))).collect();
    let output = |name: &str| {
        let exact = names.iter().position(|(known, _)| *known == name);
        let spelled = || {
            let squashed = fold::squashed(name);
            let mut same = names.iter().enumerate().filter(|(_, (_, known))| *known == squashed);
            same.next().filter(|_| same.next().is_none()).map(|(index, _)| index)
        };
        exact.or_else(spelled)
    };
    let (reply, fenced) = without_fence(reply);
    let (reply, ended) = without_end(reply);
    let sections = split(reply, |name| output(name).is_some());
    let mut found = Found { texts: names.iter().map(|_| Ok(None)).collect(), repairs: Vec::new() };
    if ended {
        found.repairs.push(Repair::MarkerSpelling);
    }
    if fenced || preamble(reply).is_some_and(|before| !trimmed(before).is_empty()) {
        found.repairs.push(Repair::Surroundings);
    }
    let last = sections.len();
    let mut any = false;
    for (at, section) in sections.iter().enumerate() {
        let is_end = section.name == END && (at + 1 == last || output(END).is_none());
        let Some(index) = output(section.name) else {
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
        any = true;
        if !section.plain || names.get(index).is_none_or(|(name, _)| *name != section.name) {
            found.repairs.push(Repair::MarkerSpelling);
        }
        match place {
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
    if any {
        return Ok(found);
    }
    // A reply without any is no reply whose outputs are all null.
    Err(schema.outputs().map(|field| named(field, Problem::new("", "", "it is missing"))).collect())
}

/// The sections in order. A marker counts only at the start of a line, spaces and emphasis aside, so
/// that a value may speak of markers. A name of several words counts only where it is known.
pub(super) fn split(reply: &str, known: impl Fn(&str) -> bool) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut open: Option<(Marker<'_>, usize)> = None;
    let mut start = 0;
    for line in reply.split_inclusive('\n') {
        let end = start + line.len();
        if let Some(marker) = marker(line, &known) {
            close(reply, open.take(), start, &mut sections);
            let from = end - marker.rest.len();
            open = Some((marker, from));
        }
        start = end;
    }
    close(reply, open, reply.len(), &mut sections);
    sections
}

fn close<'a>(reply: &'a str, open: Option<(Marker<'a>, usize)>, end: usize, sections: &mut Vec<Section<'a>>) {
    if let Some((marker, start)) = open {
        let plain = marker.plain && trimmed(marker.rest).is_empty();
        let text = reply.get(start..end).unwrap_or_default().trim();
        sections.push(Section { name: marker.name, text, plain });
    }
}

/// A marker at the start of a line.
pub(super) struct Marker<'a> {
    pub(super) name: &'a str,
    /// What follows it in the line.
    pub(super) rest: &'a str,
    plain: bool,
}

pub(super) fn marker<'a>(line: &'a str, known: &impl Fn(&str) -> bool) -> Option<Marker<'a>> {
    let lead = |c: char| stray(c) || matches!(c, '*' | '_' | '#' | '>' | '`');
    let from = line.trim_start_matches(lead);
    let before = line.strip_suffix(from).unwrap_or_default();
    let inner = from.strip_prefix("[[")?.trim_start().strip_prefix("##")?;
    let (name, rest) = inner.split_once("##")?;
    let mut rest = rest.trim_start_matches([' ', '\t']).strip_prefix("]]")?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let is_words =
        || name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ')) && known(name);
    if !(is_name || is_words()) {
        return None;
    }
    let plain = before.is_empty() && from.starts_with("[[ ## ");
    // Emphasis that opened before the marker closes after it, and a colon may stand between it and
    // its value.
    for sign in ["**", "__", "`", "*", "_"] {
        if before.contains(sign) && rest.starts_with(sign) {
            rest = rest.strip_prefix(sign).unwrap_or(rest);
            break;
        }
    }
    if let Some(after) = rest.strip_prefix(':').filter(|after| after.is_empty() || after.starts_with(stray)) {
        rest = after;
    }
    Some(Marker { name, rest, plain })
}

/// What stands before the first marker.
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

    fn pairs(reply: &str) -> Vec<(&str, &str)> {
        split(reply, |name| name == "a b").into_iter().map(|section| (section.name, section.text)).collect()
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
