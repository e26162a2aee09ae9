//! Files as passages.

mod chunk;
mod headings;
mod rows;
mod source;
mod walk;

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::Passage;
use crate::error::{Error, Result};
use chunk::Chunks;

pub use source::Source;

/// Files of text, Markdown or JSON lines, cut into passages of a size that an embedder and a prompt can take; with
/// the feature `documents`.
///
/// What is read is a file, or a folder with all that is in it: `.md` and `.markdown` as Markdown, `.txt` and
/// `.text` and the [endings](Self::endings) that were added as plain text. Other files, and those whose name or
/// folder begins with a dot, are passed over in a folder; links are followed, but never in a circle. Passages come
/// in the order of their paths and places, and the same files give the same passages with the same ids, such as
/// `guide/returns.md#3`: the path inside the folder, and the number of the passage in the file.
///
/// Texts are cut where they come apart best: between sections, paragraphs, sentences, words, in this order, as
/// the crate [text-splitter](https://docs.rs/text-splitter) finds them. Nothing but white space is left out. All
/// of it is read at once, without a model, so it costs nothing.
///
/// # Example
///
/// ```
/// use dspy::retrieve::{Bm25, Documents};
///
/// # let folder = std::env::temp_dir().join(format!("dspy-doc-documents-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// std::fs::write(folder.join("returns.md"), "# Returns\n\n## Late parcels\n\nThey are traced after 5 days.\n")?;
///
/// let passages = Documents::open(&folder).size(60).overlap(0).passages()?;
/// # std::fs::remove_dir_all(&folder)?;
/// let found = Bm25::new(passages)?.find("parcels traced", 1);
/// assert_eq!(found[0].id, "returns.md#1");
/// assert_eq!(found[0].meta.to_string(), "returns.md:1-5 (Returns)");
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Documents {
    path: PathBuf,
    chunks: Chunks,
    endings: Vec<String>,
}

/// The way a file is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Markdown,
}

impl Documents {
    /// Opens a file or a folder. Nothing is read yet.
    #[must_use]
    pub fn open(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), chunks: Chunks::default(), endings: Vec::new() }
    }

    /// The most characters of a passage; 1,000 by default.
    #[must_use]
    pub fn size(mut self, characters: usize) -> Self {
        self.chunks.set_characters(characters);
        self
    }

    /// The most tokens of a passage, in place of characters: estimated at four bytes each, which is about right for
    /// English, and too few for most other scripts.
    #[must_use]
    pub fn tokens(mut self, tokens: usize) -> Self {
        self.chunks.set_tokens(tokens);
        self
    }

    /// Sets the most of a passage that the next one of the same text begins with, in the same unit; a tenth
    /// of the size by default. It is less where no whole sentence or word fits.
    #[must_use]
    pub fn overlap(mut self, overlap: usize) -> Self {
        self.chunks.set_overlap(overlap);
        self
    }

    /// Also reads files with these endings, such as `rst`, as plain text.
    #[must_use]
    pub fn endings<E: Into<String>>(mut self, endings: impl IntoIterator<Item = E>) -> Self {
        self.endings
            .extend(endings.into_iter().map(|ending| ending.into().trim_start_matches('.').to_lowercase()));
        self
    }

    /// Reads text and Markdown, as passages that know where they stand.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or is not UTF-8 (with the place of the byte), there is no text in any, or the
    /// overlap is not smaller than the size.
    pub fn passages(&self) -> Result<Vec<Passage<Source>>> {
        self.chunks.check()?;
        let mut passages = Vec::new();
        for file in walk::files(&self.path, |ending| self.kind(ending).is_some())? {
            let kind = self.kind(&file.ending).ok_or_else(|| self.unknown(&file.ending))?;
            let text = walk::text(&file.path)?;
            passages.extend(chunk::passages(&self.chunks, kind, &file.name, &text));
        }
        match passages.is_empty() {
            false => Ok(passages),
            true => Err(self.nothing("text, in files that end in `.md` or `.txt`")),
        }
    }

    /// Reads JSON lines (`.jsonl`, `.ndjson`): of each object one field is the text, and all others together are
    /// the metadata, of a type of yours. A text that is larger than the size becomes several passages with the same
    /// metadata. Ids are made of the line, `faq.jsonl#12`, and where there are several `faq.jsonl#12.2`.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, there is no row, the overlap is not smaller than the size, or a row is wrong: no
    /// object, without the text, or with metadata of another type; the error names file, line and field.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::retrieve::Documents;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Page {
    ///     number: u32,
    /// }
    ///
    /// # let file = std::env::temp_dir().join(format!("dspy-doc-rows-{}.jsonl", std::process::id()));
    /// std::fs::write(&file, r#"{"answer": "Late parcels are traced.", "number": 7}"#)?;
    /// let passages = Documents::open(&file).rows::<Page>("answer")?;
    /// # std::fs::remove_file(&file)?;
    /// assert_eq!((passages[0].text.as_str(), passages[0].meta.number), ("Late parcels are traced.", 7));
    /// # Ok::<(), dspy::Error>(())
    /// ```
    pub fn rows<M: DeserializeOwned>(&self, text: &str) -> Result<Vec<Passage<M>>> {
        self.chunks.check()?;
        let mut passages = Vec::new();
        for file in walk::files(&self.path, |ending| matches!(ending, "jsonl" | "ndjson"))? {
            if !matches!(file.ending.as_str(), "jsonl" | "ndjson") {
                let name = file.path.display();
                return Err(Error::data(format!(
                    "`{name}` is not a known kind of rows; use .jsonl or .ndjson"
                )));
            }
            passages.extend(rows::passages(&self.chunks, &file, text)?);
        }
        match passages.is_empty() {
            false => Ok(passages),
            true => Err(self.nothing("rows, in files that end in `.jsonl`")),
        }
    }

    fn kind(&self, ending: &str) -> Option<Kind> {
        match ending {
            "md" | "markdown" => Some(Kind::Markdown),
            "txt" | "text" => Some(Kind::Text),
            other => self.endings.iter().any(|ending| ending == other).then_some(Kind::Text),
        }
    }

    fn unknown(&self, ending: &str) -> Error {
        let (path, rows) = (self.path.display(), matches!(ending, "jsonl" | "ndjson"));
        let hint = match rows {
            true => "`Documents::rows` reads JSON lines".to_owned(),
            false => format!("`.endings([\"{ending}\"])` reads it as plain text"),
        };
        Error::data(format!("`{path}` is not a known kind of text, which is .md or .txt; {hint}"))
    }

    fn nothing(&self, what: &str) -> Error {
        Error::data(format!("`{}` has no {what}", self.path.display()))
    }
}
