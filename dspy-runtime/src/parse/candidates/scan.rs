//! Looks for the objects and lists that stand among words and in code fences.

use super::{Candidate, Candidates};
use crate::parse::reader::{self, Halt};
use crate::parse::{reasoning, text as words};

/// Finds them in order; what stands inside another is none.
pub(in crate::parse) fn scan(text: &str) -> Candidates<'_> {
    let mut found = Candidates::default();
    let mut fenced = false;
    let mut at = 0;
    // How many values stand before a bracket that may be part of a sentence.
    let mut held = None;
    while let Some(width) = text.get(at..).and_then(|rest| rest.find(['{', '[', '`', '<'])) {
        at += width;
        let rest = text.get(at..).unwrap_or_default();
        match rest.as_bytes().first() {
            Some(b'`') => {
                let ticks = rest.bytes().take_while(|byte| *byte == b'`').count();
                fenced ^= ticks >= 3;
                at += ticks;
                if let Some(tuple) = (ticks >= 3 && fenced).then(|| fenced_tuple(text, at)).flatten() {
                    at = tuple.end;
                    found.all.push(tuple);
                }
                continue;
            }
            Some(b'<') => match reasoning::block(rest) {
                Some(Ok(width)) => at += width,
                Some(Err(halt)) => {
                    return found.stopped(held, at, Halt { at, ..halt });
                }
                None => at += 1,
            },
            _ => match reader::tolerant(text, at) {
                Ok(read) => {
                    let (start, end) = (at, read.end);
                    found.all.push(Candidate { node: read.node, start, end, fenced, repairs: read.repairs });
                    at = end;
                }
                Err(halt) if halt.begun || serious(text, at) => {
                    // Brackets in a sentence end nothing where whole JSON stands below it.
                    let below = text.get(at..).and_then(|rest| rest.find('\n')).map(|width| at + width + 1);
                    let from = found.all.last().map_or(0, |last| last.end);
                    match below.filter(|_| held.is_none() && !fenced && in_sentence(text, from, at)) {
                        Some(below) => {
                            held = Some(found.all.len());
                            found.broken = Some((at, halt));
                            at = below;
                        }
                        None => return found.stopped(held, at, halt),
                    }
                }
                Err(halt) => at = halt.at.max(at + 1),
            },
        }
    }
    match held {
        Some(before) if whole_below(text, found.all.get(before..).unwrap_or_default()) => found.broken = None,
        Some(before) => found.all.truncate(before),
        None => {}
    }
    found
}

impl Candidates<'_> {
    /// Everything found where a bracket cannot be read: the values before it, or before the one that was held back.
    fn stopped(mut self, held: Option<usize>, at: usize, halt: Halt) -> Self {
        match held {
            Some(before) => self.all.truncate(before),
            None => self.broken = Some((at, halt)),
        }
        self
    }
}

/// Tells whether words of the same line stand before a bracket, after the value before it, and none of them gives what
/// it opens.
fn in_sentence(text: &str, from: usize, at: usize) -> bool {
    let line = text.get(from..at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
    let words = line.split_whitespace().filter(|word| word.contains(char::is_alphabetic)).count();
    words > 1 && !words::hands_over(line)
}

/// Tells whether one whole value is all that follows: in a fence, or from the start of a line to the end.
fn whole_below(text: &str, below: &[Candidate<'_>]) -> bool {
    let [only] = below else { return false };
    let line = text.get(..only.start).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
    let ends = text.get(only.end..).is_some_and(|rest| rest.chars().all(reader::stray));
    only.repairs.is_empty() && (only.fenced || (ends && line.chars().all(reader::stray)))
}

/// The tuple that is all of the code fence that opens before a byte.
fn fenced_tuple(text: &str, at: usize) -> Option<Candidate<'_>> {
    let (info, body) = text.get(at..)?.split_once('\n')?;
    let inner = body.trim_start_matches(reader::stray);
    if !inner.starts_with('(') || !words::is_info(info) {
        return None;
    }
    let start = text.len() - inner.len();
    let read = reader::tolerant(text, start).ok()?;
    let closes = text.get(read.end..)?.trim_start_matches(reader::stray).starts_with("```");
    closes.then_some(Candidate { node: read.node, start, end: read.end, fenced: true, repairs: read.repairs })
}

/// Tells whether a bracket opens a value and not an aside such as `[sic]` or `{name}`.
fn serious(text: &str, at: usize) -> bool {
    let rest = text.get(at + 1..).unwrap_or_default();
    let inner = rest.trim_start_matches(reader::stray);
    let start = text.len() - inner.len();
    if rest.starts_with("[ ##") || rest.starts_with("[##") {
        return false;
    }
    let quoted = reader::quote_at(text, start) || inner.starts_with("\\\"");
    match text.as_bytes().get(at) {
        Some(b'{') => quoted || inner.is_empty() || reader::key_at(text, start),
        _ => quoted || inner.is_empty() || inner.starts_with(['{', '[']),
    }
}
