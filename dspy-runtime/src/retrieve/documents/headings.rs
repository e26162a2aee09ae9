//! The headings of a Markdown text.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// Headings in their order.
#[derive(Debug, Default)]
pub(super) struct Headings(Vec<Heading>);

#[derive(Debug)]
struct Heading {
    start: usize,
    end: usize,
    level: HeadingLevel,
    text: String,
}

impl Headings {
    pub(super) fn of(text: &str) -> Self {
        let (mut headings, mut open) = (Vec::new(), None);
        for (event, range) in Parser::new_ext(text, Options::all()).into_offset_iter() {
            match (event, &mut open) {
                (Event::Start(Tag::Heading { level, .. }), _) => {
                    let Range { start, end } = range;
                    open = Some(Heading { start, end, level, text: String::new() });
                }
                (Event::End(TagEnd::Heading(_)), _) => headings.extend(open.take()),
                (Event::Text(text) | Event::Code(text), Some(heading)) => heading.text.push_str(&text),
                (Event::SoftBreak | Event::HardBreak, Some(heading)) => heading.text.push(' '),
                _ => {}
            }
        }
        Self(headings)
    }

    /// Returns whether a piece of the text, which begins at a place, is nothing but headings.
    pub(super) fn are_all_of(&self, start: usize, piece: &str) -> bool {
        let is_blank = |from: usize, to: usize| {
            let between = piece.get(from.saturating_sub(start)..to.saturating_sub(start));
            between.is_none_or(|between| between.trim().is_empty())
        };
        let (mut at, end) = (start, start + piece.len());
        let mut any = false;
        for heading in self.0.iter().filter(|heading| heading.start >= start && heading.start < end) {
            if !is_blank(at, heading.start) {
                return false;
            }
            (at, any) = (heading.end.min(end), true);
        }
        any && is_blank(at, end)
    }

    /// The headings that a place stands under, from the outermost; one that begins there is the last.
    pub(super) fn above(&self, place: usize) -> Vec<String> {
        let mut above: Vec<&Heading> = Vec::new();
        for heading in self.0.iter().take_while(|heading| heading.start <= place) {
            above.retain(|outer| outer.level < heading.level);
            above.push(heading);
        }
        above.into_iter().map(|heading| heading.text.trim().to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_of_headings_alone_is_known() {
        let text = "# A\n\n## B\n\ntext\n\nC\n=\n";
        let headings = Headings::of(text);
        let bare = |piece: &str| headings.are_all_of(text.find(piece).expect("there"), piece);
        assert!(bare("# A") && bare("# A\n\n## B\n") && bare("C\n="));
        assert!(!bare("## B\n\ntext") && !bare("text") && !bare("text\n\nC\n=\n"));
    }

    #[test]
    fn a_place_stands_under_the_headings_that_are_open() {
        let text = "# A\n\n## B `c`\n\ntext\n\n```\n# no heading\n```\n\n### D\n\n## E\n\nmore\n\nF\n=\n";
        let headings = Headings::of(text);
        let above = |what: &str| headings.above(text.find(what).expect("there"));
        assert_eq!(above("# A"), ["A"]);
        assert_eq!(above("text"), ["A", "B c"]);
        assert_eq!(above("# no heading"), ["A", "B c"]);
        assert_eq!(above("### D"), ["A", "B c", "D"]);
        assert_eq!(above("more"), ["A", "E"]);
        assert_eq!(above("F\n="), ["F"]);
    }
}
