//! Texts as HTML shows them.

use std::borrow::Cow;

/// A text without anything that HTML reads as its own, in an element or in a quoted attribute.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_of_html_is_left() {
        assert_eq!(escaped("<script>a('b') & \"c\""), "&lt;script&gt;a(&#39;b&#39;) &amp; &quot;c&quot;");
        assert!(matches!(escaped("plain é"), std::borrow::Cow::Borrowed(_)));
    }
}
