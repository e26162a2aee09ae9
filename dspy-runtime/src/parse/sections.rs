//! Splits a reply at its `[[ ## field ## ]]` markers.

/// The text under one marker.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Section<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

/// The sections in order. A marker counts only at the start of a line, spaces and bold aside, so
/// that a value may speak of markers.
pub(super) fn split(reply: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut open: Option<(&str, usize)> = None;
    let mut start = 0;
    for line in reply.split_inclusive('\n') {
        let end = start + line.len();
        if let Some((name, rest)) = marker(line) {
            close(reply, open, start, &mut sections);
            open = Some((name, end - rest.len()));
        }
        start = end;
    }
    close(reply, open, reply.len(), &mut sections);
    sections
}

fn close<'a>(reply: &'a str, open: Option<(&'a str, usize)>, end: usize, sections: &mut Vec<Section<'a>>) {
    if let Some((name, start)) = open {
        sections.push(Section { name, text: reply[start..end].trim() });
    }
}

/// The name in a marker at the start of a line, and what follows the marker.
pub(super) fn marker(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let bold = line.starts_with("**");
    let inner = line.trim_start_matches('*').strip_prefix("[[")?.trim_start().strip_prefix("##")?;
    let (name, rest) = inner.split_once("##")?;
    let rest = rest.trim_start_matches(' ').strip_prefix("]]")?;
    let rest = if bold { rest.strip_prefix("**").unwrap_or(rest) } else { rest };
    let name = name.trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(reply: &str) -> Vec<(&str, &str)> {
        split(reply).into_iter().map(|section| (section.name, section.text)).collect()
    }

    #[test]
    fn markers_may_be_tight_bold_indented_or_share_a_line_with_the_value() {
        for reply in [
            "[[ ## a ## ]]\n1\n[[ ## b ## ]]\n2",
            "[[##a##]]\r\n1\r\n[[##b##]]\r\n2\r\n",
            "**[[ ## a ## ]]**\n1\n  **[[ ## b ## ]]**\n2",
            "Sure:\n[[ ## a ## ]] 1\n[[ ## b ## ]] 2\n",
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
        assert!(pairs("[[ ## ## ]]\n[[ # a # ]]\n[[ ## a b ## ]]").is_empty());
    }
}
