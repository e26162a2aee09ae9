//! Follows one JSON value through the text.

/// The position in the reading of a JSON value, and the items of a list that are whole.
#[derive(Debug, Default)]
pub(super) struct Value {
    /// Tells whether the value is a list; unknown before its first character.
    list: Option<bool>,
    depth: usize,
    quoted: bool,
    escaped: bool,
    /// The text of the item of the outermost list that is being read.
    item: Option<String>,
    items: usize,
}

impl Value {
    /// Takes the next character; returns an item that it completes, with its place.
    pub(super) fn push(&mut self, c: char) -> Option<(usize, String)> {
        if self.list.is_none() && !c.is_whitespace() {
            self.list = Some(c == '[');
        }
        if self.list != Some(true) {
            self.follow(c);
            return None;
        }
        let ends = !self.quoted && matches!((c, self.depth), (',' | ']', 1));
        let done = if ends { self.item.take() } else { None };
        if ends && c == ',' {
            self.item = done.is_some().then(String::new);
        }
        self.follow(c);
        if let (Some(item), false) = (&mut self.item, ends) {
            item.push(c);
        }
        if c == '[' && self.depth == 1 && !self.quoted && self.items == 0 && self.item.is_none() {
            self.item = Some(String::new());
        }
        let text = done.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())?;
        self.items += 1;
        Some((self.items - 1, text))
    }

    /// Returns whether the value is a list, an object or a string that is not closed yet.
    pub(super) fn is_open(&self) -> bool {
        self.depth > 0 || self.quoted
    }

    /// Returns whether the next character would be inside a string.
    pub(super) fn is_quoted(&self) -> bool {
        self.quoted
    }

    fn follow(&mut self, c: char) {
        if self.quoted {
            match c {
                _ if self.escaped => self.escaped = false,
                '\\' => self.escaped = true,
                '"' => self.quoted = false,
                _ => {}
            }
            return;
        }
        match c {
            '"' => self.quoted = true,
            '[' | '{' => self.depth += 1,
            ']' | '}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_when_they_are_whole() {
        let mut value = Value::default();
        let text = r#" ["a, ]", {"b": [1, 2]}, 3, [] ]"#;
        let items: Vec<_> = text.chars().filter_map(|c| value.push(c)).collect();
        let texts: Vec<_> = items.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, [r#""a, ]""#, r#"{"b": [1, 2]}"#, "3", "[]"]);
        assert_eq!(items[3].0, 3);
        assert!(!value.is_open());
    }

    #[test]
    fn an_empty_list_and_what_is_no_list_have_no_items() {
        for text in ["[]", "[ ]", "{\"a\": [1, 2]}", "plain, text", "\"[1, 2]\""] {
            let mut value = Value::default();
            assert_eq!(text.chars().filter_map(|c| value.push(c)).count(), 0, "{text}");
        }
    }
}
