//! Texts in pieces.

use text_splitter::{ChunkConfig, ChunkSizer, MarkdownSplitter, TextSplitter};

use super::headings::Headings;
use super::walk::Text;
use super::{Kind, Source};
use crate::error::{Error, Result};
use crate::retrieve::Passage;

/// The size of pieces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunks {
    unit: Unit,
    size: usize,
    overlap: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Unit {
    Characters,
    Tokens,
}

/// A token is about this many bytes.
const BYTES: usize = 4;

impl ChunkSizer for Unit {
    fn size(&self, text: &str) -> usize {
        match self {
            Self::Characters => text.chars().count(),
            Self::Tokens => text.len().div_ceil(BYTES),
        }
    }
}

impl Default for Chunks {
    fn default() -> Self {
        Self { unit: Unit::Characters, size: 1_000, overlap: None }
    }
}

impl Chunks {
    pub(super) fn set_characters(&mut self, size: usize) {
        (self.unit, self.size) = (Unit::Characters, size);
    }

    pub(super) fn set_tokens(&mut self, size: usize) {
        (self.unit, self.size) = (Unit::Tokens, size);
    }

    pub(super) fn set_overlap(&mut self, overlap: usize) {
        self.overlap = Some(overlap);
    }

    fn overlap(&self) -> usize {
        self.overlap.unwrap_or(self.size / 10)
    }

    /// Checks the settings and returns the splitter's configuration.
    fn config(&self) -> Result<ChunkConfig<Unit>> {
        let unusable = || {
            let (size, overlap) = (self.size, self.overlap());
            Error::data(format!(
                "passages of {size} with an overlap of {overlap} cannot be cut; the size is 1 or more, and the \
                 overlap is smaller"
            ))
        };
        let config = ChunkConfig::new(self.size).with_sizer(self.unit);
        match self.size {
            0 => Err(unusable()),
            _ => config.with_overlap(self.overlap()).map_err(|_| unusable()),
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        self.config().map(drop)
    }

    /// The pieces of a text with their places in bytes.
    pub(super) fn of<'a>(&self, kind: Kind, text: &'a str) -> Vec<(usize, &'a str)> {
        // It was checked before.
        let Ok(config) = self.config() else { return Vec::new() };
        match kind {
            Kind::Text => TextSplitter::new(config).chunk_indices(text).collect(),
            Kind::Markdown => MarkdownSplitter::new(config).chunk_indices(text).collect(),
        }
    }

    /// The pieces with bare headings joined to what follows them: alone, one is the best hit for its words and says
    /// nothing. What would be too long with its heading is cut once more.
    fn under_headings<'a>(
        &self,
        headings: &Headings,
        text: &'a str,
        pieces: Vec<(usize, &'a str)>,
    ) -> Vec<(usize, &'a str)> {
        let mut joined = Vec::new();
        let mut bare: Option<(usize, &str)> = None;
        for (start, piece) in pieces {
            if headings.are_all_of(start, piece) {
                let with_last =
                    bare.and_then(|(begun, _)| Some((begun, text.get(begun..start + piece.len())?)));
                match with_last.filter(|(_, all)| self.unit.size(all) <= self.size) {
                    Some(all) => bare = Some(all),
                    None => joined.extend(bare.replace((start, piece))),
                }
                continue;
            }
            let whole = |(begun, _): (usize, &str)| Some((begun, text.get(begun..start + piece.len())?));
            // A piece that begins before it, where passages overlap, has the heading in it.
            match bare.take().filter(|(begun, _)| *begun < start) {
                None => joined.push((start, piece)),
                Some(heading) => match whole(heading) {
                    Some((begun, whole)) if self.unit.size(whole) <= self.size => joined.push((begun, whole)),
                    _ => joined.extend(self.cut_under(headings, heading, text, (start, piece))),
                },
            }
        }
        joined.extend(bare);
        // Where passages overlap, what was cut once more can end behind the beginning of the next.
        joined.sort_by_key(|(start, _)| *start);
        joined
    }

    /// A heading with as much of what follows as a passage takes, then the rest.
    fn cut_under<'a>(
        &self,
        headings: &Headings,
        (begun, heading): (usize, &'a str),
        text: &'a str,
        (start, piece): (usize, &'a str),
    ) -> Vec<(usize, &'a str)> {
        let left = self.size.saturating_sub(self.unit.size(text.get(begun..start).unwrap_or(heading)));
        // A heading that fills half a passage is a passage.
        let config = ChunkConfig::new(left.max(1)).with_sizer(self.unit);
        let mut cut: Vec<_> = match left * 2 < self.size {
            true => Vec::new(),
            false => MarkdownSplitter::new(config).chunk_indices(piece).collect(),
        };
        let Some((0, first)) = cut.first().copied() else { return vec![(begun, heading), (start, piece)] };
        if let (true, Some((at, _))) = (headings.are_all_of(start, first), cut.get(1)) {
            let both = text.get(begun..start + first.len()).unwrap_or(heading);
            let rest = piece.get(*at..).unwrap_or_default();
            return self.cut_under(headings, (begun, both), text, (start + at, rest));
        }
        let rest = cut.split_off(1).into_iter().map(|(at, piece)| (start + at, piece));
        let under = text.get(begun..start + first.len()).map(|under| (begun, under));
        under.into_iter().chain(rest).collect()
    }
}

/// The passages of one file.
pub(super) fn passages(chunks: &Chunks, kind: Kind, name: &str, text: &Text) -> Vec<Passage<Source>> {
    let headings = match kind {
        Kind::Markdown => Headings::of(&text.text),
        Kind::Text => Headings::default(),
    };
    let mut lines = Lines { text: &text.text, at: 0, line: 1 };
    let pieces = chunks.under_headings(&headings, &text.text, chunks.of(kind, &text.text));
    let pieces = pieces.into_iter().enumerate();
    let passage = |(number, (start, piece)): (usize, (usize, &str))| {
        let first_line = lines.of(start);
        let source = Source {
            path: name.to_owned(),
            headings: headings.above(start),
            first_line,
            last_line: first_line + piece.bytes().filter(|byte| *byte == b'\n').count(),
            start: text.skipped + start,
            end: text.skipped + start + piece.len(),
        };
        Passage::new(format!("{name}#{}", number + 1), piece).with_meta(source)
    };
    pieces.map(passage).collect()
}

/// Counts lines up to places that mostly come one after the other.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, place: usize) -> usize {
        // Where passages overlap, the next begins before the end of the last, but never before its beginning.
        let between = self.text.as_bytes().get(self.at..place).unwrap_or_default();
        self.line += between.iter().filter(|byte| **byte == b'\n').count();
        self.at = self.at.max(place);
        self.line
    }
}
