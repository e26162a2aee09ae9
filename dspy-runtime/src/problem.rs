//! A problem of a field.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::figure::count;

/// The size of each part that an error shows, in characters, and the number of problems.
const PATH: usize = 120;
const REASON: usize = 300;
const EXPECTED: usize = 240;
const FOUND: usize = 120;
const LISTED: usize = 8;

/// One thing wrong with one field of a reply or a row.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field, with the path inside it: `items[2].price`. Empty where no field was found at all.
    pub path: String,
    /// The type that was expected, in the words of the prompt; empty where it does not matter.
    pub expected: String,
    /// The text that was found, shortened; empty where there was none.
    pub found: String,
    /// The problem.
    pub reason: String,
}

impl Problem {
    pub(crate) fn missing(name: &str) -> Self {
        Self::new(name, "", "it is missing")
    }

    pub(crate) fn unfit(path: String, found: String, reason: String) -> Self {
        Self { path, expected: String::new(), found, reason }
    }

    pub(crate) fn violated(name: &str, found: &str, text: &str) -> Self {
        Self::new(name, found, &format!("it must hold: {text}"))
    }

    /// A problem of a field or a place inside one, for custom adapters; the text is shortened.
    pub fn new(path: &str, found: &str, reason: &str) -> Self {
        Self {
            path: path.to_owned(),
            expected: String::new(),
            found: snippet(found, 80).into_owned(),
            reason: reason.to_owned(),
        }
    }

    /// The problem as one of what holds the value under this key: of the field that the value is of.
    #[must_use]
    pub fn within(mut self, key: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{key}{dot}{}", self.path);
        self
    }

    /// The problem as one of the list that holds the value.
    pub(crate) fn within_index(mut self, index: usize) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("[{index}]{dot}{}", self.path);
        self
    }

    /// Completes the problem with the field it is of.
    pub(crate) fn of(mut self, name: &str, expected: &str) -> Self {
        if self.path.is_empty() {
            self.path = name.to_owned();
        }
        if self.expected.is_empty() {
            self.expected = expected.to_owned();
        }
        self
    }

    /// Completes a problem with the type it is of. At the top, the words of the type are better than
    /// those of its shape.
    pub(crate) fn expecting(mut self, expected: &str) -> Self {
        if self.path.is_empty() || self.expected.is_empty() {
            self.expected = expected.to_owned();
        }
        self
    }

    /// All problems in one line, as many as a reader takes in.
    pub(crate) fn list(problems: &[Problem]) -> String {
        let mut texts: Vec<_> = problems.iter().take(LISTED).map(ToString::to_string).collect();
        if let Some(more) = problems.len().checked_sub(LISTED).filter(|more| *more > 0) {
            texts.push(format!("and {} more", count(more)));
        }
        texts.join("; ")
    }

    /// All problems whole, for the model that is to repair them.
    pub(crate) fn list_whole(problems: &[Problem]) -> String {
        problems.iter().map(|problem| format!("{problem:#}")).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Display for Problem {
    /// Writes one line that can be read: a type, a path or a reason that is very long is cut. All of it is in
    /// the fields, and `{:#}` writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = f.alternate();
        let cut = |text, most| if whole { Cow::Borrowed(text) } else { cut(text, most) };
        if !self.path.is_empty() {
            write!(f, "field `{}`: ", cut(&self.path, PATH))?;
        }
        f.write_str(&cut(&self.reason, REASON))?;
        if !self.expected.is_empty() {
            write!(f, "; expected {}", cut(&self.expected, EXPECTED))?;
        }
        if !self.found.is_empty() {
            write!(f, "; found `{}`", cut(&self.found, FOUND))?;
        }
        Ok(())
    }
}

/// A snippet of text for an error message: one line, at most `max` characters.
pub(crate) fn snippet(text: &str, max: usize) -> Cow<'_, str> {
    let text = text.trim();
    let short = text.chars().nth(max).is_none();
    if short && !text.contains(['\n', '\r']) {
        return Cow::Borrowed(text);
    }
    let mut line: String = text.chars().take(max).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if !short {
        line.push('…');
    }
    Cow::Owned(line)
}

/// The beginning of what is too long, to so many characters.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or(text).trim_end())),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_cut_for_people_and_whole_for_models() {
        let long = "one of ".repeat(1_000);
        let problem = Problem { path: long.clone(), ..Problem::new("", &long, &long).expecting(&long) };
        let shown = problem.to_string();
        assert!(shown.chars().count() < 900 && shown.matches('…').count() == 4, "{shown}");
        assert_eq!(
            format!("{problem:#}").matches('…').count(),
            1,
            "the text that was found is never kept whole"
        );
        assert!(format!("{problem:#}").len() > 3 * long.len());
        let short = Problem::new("a", "b", "it is wrong").expecting("integer");
        assert_eq!(short.to_string(), "field `a`: it is wrong; expected integer; found `b`");
    }

    #[test]
    fn a_list_ends_where_nobody_reads_on() {
        let problems = vec![Problem::missing("field"); 1_234];
        assert!(Problem::list(&problems).ends_with("; and 1,226 more"));
        assert_eq!(Problem::list_whole(&problems).matches("it is missing").count(), 1_234);
        assert!(!Problem::list(&problems[..LISTED]).contains("more"));
    }
}
