//! The values that stand in a text: in fences, between words, or as all of it.

mod scan;

use std::borrow::Cow;

use super::node::Node;
use super::reader::{self, Halt};
use crate::problem::Problem;
use crate::repair::Repair;
pub(super) use scan::scan;

/// A whole value at the top of a text, never one inside another.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub(super) node: Node<'a>,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Tells whether it stands in a code fence.
    pub(super) fenced: bool,
    pub(super) repairs: Vec<Repair>,
}

/// The candidates found in a text.
#[derive(Debug, Default)]
pub(super) struct Candidates<'a> {
    pub(super) all: Vec<Candidate<'a>>,
    /// A value that begins and cannot be read to its end. It may be the one that is meant, so no
    /// other is taken in its place.
    pub(super) broken: Option<(usize, Halt)>,
}

/// Finds the objects and lists of a text, in order and in linear time.
pub(super) fn find(text: &str) -> Candidates<'_> {
    if let Ok(node) = reader::strict(text) {
        let only = Candidate { node, start: 0, end: text.len(), fenced: false, repairs: Vec::new() };
        return Candidates { all: vec![only], broken: None };
    }
    let start = text.len() - text.trim_start_matches(reader::stray).len();
    let opens = text.as_bytes().get(start).copied();
    if (opens == Some(b'(') || (opens != Some(b'`') && reader::quote_at(text, start)))
        && let Ok(read) = reader::tolerant(text, start)
        && text.get(read.end..).is_some_and(|rest| rest.chars().all(reader::stray))
    {
        let repairs = read.repairs;
        let only = Candidate { node: read.node, start, end: text.len(), fenced: false, repairs };
        return Candidates { all: vec![only], broken: None };
    }
    scan(text)
}

/// The value that is meant: the last that fits, if it is clear that the last one is meant.
///
/// What is wrong with the text as a whole is wrapped as an error of one value is.
pub(super) fn choose<'a, T: PartialEq, E>(
    text: &str,
    found: &Candidates<'a>,
    mut fit: impl FnMut(&Node<'a>) -> Result<(T, Vec<Repair>), E>,
    wrap: impl Fn(Problem) -> E,
) -> Result<(T, Vec<Repair>), E> {
    let mut fits: Vec<(&Candidate<'a>, T, Vec<Repair>)> = Vec::new();
    let mut last = None;
    for candidate in &found.all {
        match fit(&candidate.node) {
            Ok((value, repairs)) => fits.push((candidate, value, repairs)),
            Err(problem) => last = Some((candidate, problem)),
        }
    }
    if let Some((at, halt)) = found.broken {
        return Err(wrap(broken(text, at, halt)));
    }
    let Some((chosen, value, repairs)) = fits.pop() else {
        return Err(match last {
            Some((_, problem)) => problem,
            None => {
                let reason = "there is no JSON in it; tried the whole text, code fences and brackets";
                wrap(Problem::new("", text, reason))
            }
        });
    };
    if let Some((candidate, _)) = last
        && candidate.start > chosen.start
        && candidate.repairs.contains(&Repair::Unclosed)
    {
        let reason = "a later value is cut off, and may be the one that is meant";
        return Err(wrap(Problem::new("", text, reason)));
    }
    // One bracket too many at the end is nothing, unless the others may be out of place, too.
    let doubtful = !chosen.repairs.is_empty() || !repairs.is_empty();
    let mut ends = fits.iter().map(|(candidate, ..)| candidate.end).chain([chosen.end]);
    let cut_short = fits
        .iter()
        .map(|(candidate, ..)| candidate.end)
        .chain([chosen.end])
        .min()
        .is_some_and(|end| closes_later(text.get(end..).unwrap_or_default()));
    if cut_short || ends.any(|end| goes_on(text, end)) || (doubtful && closes_more(text, chosen.end)) {
        let reason = "more JSON follows the value, so that the value may be only a part";
        return Err(wrap(Problem::new("", text, reason)));
    }
    let mut all = chosen.repairs.clone();
    let around = |range: Option<&str>| range.is_some_and(|text| !text.chars().all(reader::stray));
    if around(text.get(..chosen.start)) || around(text.get(chosen.end..)) {
        all.push(Repair::Surroundings);
    }
    if in_prose(text, chosen) {
        let reason = "brackets stand in a sentence that does not give them as the value";
        return Err(wrap(Problem::new("", text, reason)));
    }
    let differing = fits.iter().rev().find(|(_, other, _)| *other != value);
    if let Some((other, ..)) = differing {
        let fenced_before = fits.iter().any(|(other, ..)| other.fenced);
        if !is_last_word(text, other, chosen) || (fenced_before && !chosen.fenced) {
            let reason = "two different values fit, and it is not clear which is meant";
            return Err(wrap(Problem::new("", text, reason)));
        }
        all.push(Repair::LastOfSeveral);
    }
    all.extend(repairs);
    Ok((value, all))
}

/// Returns whether more JSON stands right after a value: a comma or colon before it, or a string at once.
fn goes_on(text: &str, end: usize) -> bool {
    let rest = text.get(end..).unwrap_or_default();
    if let Some(quoted) = rest.strip_prefix('"') {
        return quoted.starts_with(char::is_alphanumeric);
    }
    let rest = rest.trim_start_matches(|c: char| reader::stray(c) || matches!(c, '}' | ']'));
    let next = rest.strip_prefix([',', ':', '，', '：']);
    next.map(|next| next.trim_start_matches(reader::stray)).is_some_and(|next| {
        let at = text.len() - next.len();
        next.starts_with(['{', '[']) || reader::quote_at(text, at) || word_and_colon(next)
    })
}

/// Tells whether a text begins with a key of one word, which prose with a colon in it rarely does.
fn word_and_colon(text: &str) -> bool {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).unwrap_or(text.len());
    end > 0 && text.get(end..).is_some_and(|rest| rest.starts_with([':', '=']))
}

/// Tells whether a bracket closes after a value that nothing there opened, with more around it than such brackets: then
/// the value may have ended too early.
fn closes_later(rest: &str) -> bool {
    let rest = rest.trim_end_matches(|c: char| reader::stray(c) || c == '`');
    let closers = |c: char| reader::stray(c) || matches!(c, '}' | ']' | ')');
    !rest.chars().all(closers) && reader::closes_unopened(rest)
}

/// Returns whether a bracket that nothing opened closes after a value.
fn closes_more(text: &str, end: usize) -> bool {
    let rest = text.get(end..).unwrap_or_default();
    rest.trim_start_matches(reader::stray).starts_with(['}', ']'])
}

/// Returns whether a value is only spoken of: words in its line say that it is not meant, or its
/// brackets may be a citation, a link or a box to tick.
fn in_prose(text: &str, chosen: &Candidate<'_>) -> bool {
    let before = text.get(..chosen.start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    if chosen.fenced || before.chars().all(reader::stray) && text.get(chosen.end..).is_none_or(str::is_empty)
    {
        return false;
    }
    if super::text::disowns(line) {
        return true;
    }
    let slight = match &chosen.node {
        Node::List(items) => match items.as_slice() {
            [] | [Node::Number(_)] => true,
            items => items.iter().any(|item| matches!(item, Node::Word(_))),
        },
        _ => false,
    };
    let after =
        text.get(chosen.end..).unwrap_or_default().trim_start_matches(['.', ' ', '\t', '\r', '*', '`']);
    let ends_line = after.is_empty() || after.starts_with('\n');
    slight && !(ends_line && super::text::gives(line))
}

/// Returns the part that cannot be read, from its beginning.
fn broken(text: &str, at: usize, halt: Halt) -> Problem {
    let from = text.get(at..).unwrap_or_default();
    let near: String = text.get(halt.at..).unwrap_or_default().chars().take(24).collect();
    let place =
        if near.trim().is_empty() { "at the end".to_owned() } else { format!("at {:?}", near.trim()) };
    let reason = format!("{} ({place}); tried JSON and JSON with the usual slips", halt.reason);
    Problem::new("", from, &reason)
}

/// Returns whether a value is clearly put in the place of the one before: it begins a line, follows
/// a colon or stands in a fence, and no word says that both or the other may be meant.
fn is_last_word(text: &str, before: &Candidate<'_>, last: &Candidate<'_>) -> bool {
    let between = text.get(before.end..last.start).unwrap_or_default();
    let after = text.get(last.end..).unwrap_or_default();
    let line = between.rsplit('\n').next().unwrap_or_default();
    let own = between.contains('\n') && line.chars().all(reader::stray);
    let placed = last.fenced || own || between.trim_end_matches(reader::stray).ends_with([':', '：']);
    // A list may go on where another ended; words between them tell.
    let lists = matches!((&before.node, &last.node), (Node::List(_), Node::List(_)));
    let words = |line: &str| !line.trim_start().starts_with("```") && line.contains(char::is_alphabetic);
    let goes_on = lists && !between.lines().any(words);
    // Words between them must put the last in the place of the other, and not beside it.
    let replaces = super::text::replaces(between) || super::reasoning::closes(between);
    let unclear = between.lines().any(words) && !replaces;
    placed && !goes_on && !unclear && !super::text::leaves_open(between) && !super::text::leaves_open(after)
}

/// Text inside JSON that is JSON again.
pub(super) fn unescaped(text: &str) -> Option<Cow<'_, str>> {
    let quoted = format!("\"{text}\"");
    match reader::strict(&quoted) {
        Ok(Node::Text(text)) => Some(Cow::Owned(text.into_owned())),
        _ => None,
    }
}
