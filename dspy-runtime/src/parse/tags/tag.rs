//! One tag.

/// A tag at the start of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    pub(super) closing: bool,
    /// Tells whether it closes itself: `<name/>`.
    pub(super) empty: bool,
    /// Tells whether it is nothing but its name.
    pub(super) plain: bool,
    pub(super) width: usize,
}

/// The longest tag. A longer one is text; looking further at each `<` would make the time grow with
/// the square.
const LONGEST: usize = 256;

/// Reads the tag that a text begins with.
pub(super) fn tag(text: &str) -> Option<Tag<'_>> {
    let rest = text.strip_prefix('<')?;
    let (rest, closing) = rest.strip_prefix('/').map_or((rest, false), |rest| (rest, true));
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let end = rest.char_indices().take(LONGEST).find(|(_, c)| !is_name(*c)).map(|(at, _)| at)?;
    let (name, rest) = rest.split_at_checked(end)?;
    let close = rest.char_indices().take(LONGEST).find(|(_, c)| matches!(c, '<' | '>')).map(|(at, _)| at)?;
    let attributes = rest.get(..close)?;
    let begins = name.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_');
    let apart = attributes.is_empty() || attributes == "/" || attributes.starts_with(char::is_whitespace);
    if !begins || !apart || rest.as_bytes().get(close) != Some(&b'>') {
        return None;
    }
    let empty = !closing && attributes.ends_with('/');
    let plain = attributes.is_empty();
    Some(Tag { name, closing, empty, plain, width: text.len() - rest.len() + close + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told_from_text() {
        let read = |text| tag(text).map(|tag| (tag.name, tag.closing, tag.empty, tag.plain, tag.width));
        assert_eq!(read("<a>x"), Some(("a", false, false, true, 3)));
        assert_eq!(read("</a >x"), Some(("a", true, false, false, 5)));
        assert_eq!(read("<é_1-b id=\"1\">"), Some(("é_1-b", false, false, false, 15)));
        assert_eq!(read("<a/>"), Some(("a", false, true, false, 4)));
        for text in ["< a>", "<a<b>", "a", "<", "<>", "</>", "<a", "<a+b>", "<!a>", "<-a>"] {
            assert_eq!(tag(text), None, "{text}");
        }
        assert_eq!(tag(&format!("<a {}>", "x".repeat(LONGEST))), None);
    }
}
