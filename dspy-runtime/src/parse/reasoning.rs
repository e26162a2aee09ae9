//! Reasoning that some models write before their answer.

use super::reader::{Halt, stray};

const NAMES: [&str; 3] = ["think", "thinking", "thought"];
const UNCLOSED: &str = "a reasoning block is opened and never closed, so that the answer may be part of it";

/// Returns whether a tag of this name is reasoning.
pub(super) fn is_name(name: &str) -> bool {
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The text after the reasoning in front of it, and whether there was any.
///
/// Only what stands in front is reasoning: a value may speak of the tags.
pub(super) fn before(text: &str) -> Result<(&str, bool), &'static str> {
    let mut rest = text.trim_start_matches(stray);
    let mut removed = false;
    while let Some(block) = block(rest) {
        let width = block.map_err(|halt| halt.reason)?;
        rest = rest.get(width..).unwrap_or_default().trim_start_matches(stray);
        removed = true;
    }
    Ok(if removed { (rest, true) } else { (text, false) })
}

/// Reads a whole reply, whose reasoning may lack its opening tag: some prompts end with it.
pub(super) fn before_reply(text: &str) -> Result<(&str, bool), &'static str> {
    let (rest, removed) = before(text)?;
    match unopened(rest) {
        Some(after) if !removed => Ok((after, true)),
        _ => Ok((rest, removed)),
    }
}

/// The width of the reasoning block that a text begins with, blocks inside it included.
pub(super) fn block(text: &str) -> Option<Result<usize, Halt>> {
    let (name, opening) = tag(text, false)?;
    let mut depth = 1;
    let mut at = opening;
    while let Some(next) = text.get(at..).and_then(|rest| rest.find(['<', '['])) {
        at += next;
        let rest = text.get(at..).unwrap_or_default();
        if let Some((_, width)) = tag(rest, true).filter(|(closed, _)| *closed == name) {
            depth -= 1;
            at += width;
            if depth == 0 {
                return Some(Ok(at));
            }
        } else if let Some((_, width)) = tag(rest, false).filter(|(opened, _)| *opened == name) {
            depth += 1;
            at += width;
        } else {
            at += 1;
        }
    }
    Some(Err(Halt { at: text.len(), reason: UNCLOSED, begun: true }))
}

/// Returns the text after a closing tag alone on its line, where no tag opens before it.
fn unopened(text: &str) -> Option<&str> {
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| rest.find("</")) {
        at += next;
        let rest = text.get(at..)?;
        if let Some((_, width)) = tag(rest, true) {
            let after = rest.get(width..)?;
            let ends_line = after.lines().next().is_none_or(|line| line.trim().is_empty());
            let starts_line = text.get(..at)?.trim_end_matches([' ', '\t']).ends_with('\n');
            return (ends_line || starts_line).then(|| after.trim_start_matches(stray));
        }
        at += 2;
    }
    None
}

/// Tells whether a closing tag stands in a text, so that what stands before it is reasoning.
pub(super) fn closes(text: &str) -> bool {
    text.match_indices("</").any(|(at, _)| text.get(at..).is_some_and(|rest| tag(rest, true).is_some()))
}

/// The name and width of the reasoning tag that a text begins with.
fn tag(text: &str, closing: bool) -> Option<(&'static str, usize)> {
    let (rest, end) = match text.strip_prefix('<') {
        Some(rest) => (rest, b'>'),
        None => (text.strip_prefix('[')?, b']'),
    };
    let rest = if closing { rest.strip_prefix('/')? } else { rest };
    // No name is longer; looking further at each bracket would make the time grow with the square.
    let width = rest.bytes().take(9).position(|byte| byte == end)?;
    let name = rest.get(..width)?;
    let known = NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name))?;
    (end == b'>' || known == "think").then_some((known, known.len() + 2 + usize::from(closing)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_front_is_left_out() {
        for text in [
            "<think>a</think>b",
            " <THINK>a</Think>\n\nb",
            "<thinking>a <thinking>x</thinking></thinking><think></think>b",
            "[THINK]a[/THINK]b",
            "a\n</think>\nb",
        ] {
            assert_eq!(before_reply(text), Ok(("b", true)), "{text}");
        }
    }

    #[test]
    fn what_stands_elsewhere_is_text() {
        for text in ["b", "Use <think> and </think> here.", "<thin>a</thin>b", "", "<"] {
            assert_eq!(before_reply(text), Ok((text, false)), "{text}");
        }
    }

    #[test]
    fn what_is_never_closed_is_an_error() {
        assert!(before_reply("<think>a\nb").is_err());
        assert!(before_reply("<think>a<think>b</think>c").is_err());
    }
}
