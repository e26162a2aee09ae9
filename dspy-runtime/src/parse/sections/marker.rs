//! Markers: where a section begins.

use super::super::reader::stray;

/// A marker at the start of a text.
pub(in crate::parse) struct Marker<'a> {
    pub(in crate::parse) name: &'a str,
    /// The rest of the line.
    pub(in crate::parse) rest: &'a str,
    /// Tells whether it is written as it was asked for.
    pub(super) plain: bool,
}

/// A marker and its place in a reply.
pub(super) struct Mark<'a> {
    pub(super) name: &'a str,
    /// The beginning, with its line if it stands first there.
    pub(super) start: usize,
    /// The beginning of its text.
    pub(super) from: usize,
    /// Tells whether text stands before it in its line.
    pub(super) inside: bool,
    /// Tells whether it stands alone on its line, as it was asked for.
    pub(super) plain: bool,
}

/// Reads `[[ ## name ## ]]` at the start of a line, spaces and emphasis aside. A name of several words counts only
/// where it is known.
pub(in crate::parse) fn marker<'a>(line: &'a str, known: &impl Fn(&str) -> bool) -> Option<Marker<'a>> {
    let (before, from) = led(line);
    let inner = from.strip_prefix("[[")?.trim_start().strip_prefix("##")?;
    let (name, rest) = inner.split_once("##")?;
    let rest = rest.trim_start_matches([' ', '\t']).strip_prefix("]]")?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let is_words =
        || name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ')) && known(name);
    if !(is_name || is_words()) {
        return None;
    }
    let plain = before.is_empty() && from.starts_with("[[ ## ");
    Some(Marker { name, rest: undressed(before, rest), plain })
}

/// Reads `[[ name ]]` at the start of a line; the name must be known.
pub(super) fn bare<'a>(line: &'a str, known: &impl Fn(&str) -> bool) -> Option<Marker<'a>> {
    let (before, from) = led(line);
    let inner = from.strip_prefix("[[")?;
    // Looking no further than the next bracket keeps the time linear.
    let (name, rest) = inner.split_at_checked(inner.find(['[', ']'])?)?;
    let (name, rest) = (name.trim(), rest.strip_prefix("]]")?);
    known(name).then(|| Marker { name, rest: undressed(before, rest), plain: false })
}

/// Returns the text up to a marker, and the rest.
fn led(line: &str) -> (&str, &str) {
    let lead = |c: char| stray(c) || matches!(c, '*' | '_' | '#' | '>' | '`');
    let from = line.trim_start_matches(lead);
    (line.strip_suffix(from).unwrap_or_default(), from)
}

/// Returns the text after a marker. Emphasis that opened before it closes after it, and a colon may stand
/// between it and its value.
fn undressed<'a>(before: &str, mut rest: &'a str) -> &'a str {
    for sign in ["**", "__", "`", "*", "_"] {
        if before.contains(sign) && rest.starts_with(sign) {
            rest = rest.strip_prefix(sign).unwrap_or(rest);
            break;
        }
    }
    let after = rest.strip_prefix(':').filter(|after| after.is_empty() || after.starts_with(stray));
    after.unwrap_or(rest)
}

/// All markers of a reply in order: those that stand first in a line, and inside lines those of a name that counts
/// there.
pub(super) fn marks<'a>(
    reply: &'a str,
    read: impl Fn(&'a str) -> Option<Marker<'a>>,
    counts_inside: impl Fn(&str) -> bool,
) -> Vec<Mark<'a>> {
    let mut marks = Vec::new();
    let mut start = 0;
    for line in reply.split_inclusive('\n') {
        let mut at = 0;
        let mut push = |marker: &Marker<'a>, from: usize, inside: bool| {
            let after = line.len() - marker.rest.len();
            let plain = marker.plain && marker.rest.chars().all(stray);
            marks.push(Mark { name: marker.name, start: start + from, from: start + after, inside, plain });
            after
        };
        if let Some(marker) = read(line) {
            at = push(&marker, 0, false);
        }
        while let Some(width) = line.get(at..).and_then(|rest| rest.find("[[")) {
            at += width;
            let spaced = line.get(..at).is_some_and(|before| before.ends_with(stray));
            let marker = line.get(at..).filter(|_| spaced).and_then(&read);
            at = match marker.filter(|marker| counts_inside(marker.name)) {
                Some(marker) => push(&marker, at, true),
                None => at + 2,
            };
        }
        start += line.len();
    }
    marks
}
