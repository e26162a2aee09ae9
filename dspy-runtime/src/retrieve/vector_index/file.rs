//! Passages and their vectors as a file.
//!
//! A line of JSON that says what follows, a line of JSON for each passage, and the numbers of all vectors as
//! 32-bit floats, the lowest byte first. Where there are cells, which is version 2, the numbers of their centres
//! follow in the same way, and the cell of each vector as a 32-bit number.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::Passage;
use super::cells::{Cells, Inverted};
use super::index::Index;
use super::vectors::Vectors;
use crate::error::{Error, Result};
use crate::signature::FieldType;

const FORMAT: &str = "dspy-embeddings";
const VERSION: u32 = 1;
/// With cells.
const VERSION_WITH_CELLS: u32 = 2;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    format: String,
    version: u32,
    embedder: String,
    dimensions: usize,
    passages: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cells: Option<Stored>,
    /// Of this line with nothing here, and of all that follows it.
    sha256: String,
}

/// The settings by which the cells were made, and their number.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    count: usize,
    settings: Cells,
}

/// The contents of a file.
pub(super) struct Saved<M> {
    pub(super) passages: Vec<Passage<M>>,
    pub(super) index: Index,
}

pub(super) fn write<'a, M: FieldType>(
    path: &Path,
    embedder: &str,
    passages: impl ExactSizeIterator<Item = &'a Passage<M>>,
    index: &Index,
) -> Result<()> {
    let (vectors, cells) = (index.flat(), index.cells());
    let count = passages.len();
    let mut body = Vec::new();
    for passage in passages {
        serde_json::to_writer(&mut body, passage).map_err(|error| {
            Error::data(format!("passage `{}` has no JSON form", passage.id)).with_source(error)
        })?;
        body.push(b'\n');
    }
    body.extend(vectors.values.iter().flat_map(|value| value.to_le_bytes()));
    if let Some(cells) = cells {
        cells.write(&mut body);
    }
    let mut head = Head {
        format: FORMAT.to_owned(),
        version: if cells.is_some() { VERSION_WITH_CELLS } else { VERSION },
        embedder: embedder.to_owned(),
        dimensions: vectors.dimensions,
        passages: count,
        cells: cells.map(|cells| Stored { count: cells.len(), settings: cells.settings }),
        sha256: String::new(),
    };
    head.sha256 = hash(&head, &body)?;
    let mut content = serde_json::to_vec(&head)?;
    content.push(b'\n');
    content.append(&mut body);
    crate::file::write(path, content)
}

pub(super) fn read<M: FieldType>(path: &Path, embedder: &str) -> Result<Saved<M>> {
    let content = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    parse(&content, embedder).map_err(|error| error.context(path.display()))
}

fn parse<M: FieldType>(content: &[u8], embedder: &str) -> Result<Saved<M>> {
    let (head, mut body) = line(content).ok_or_else(not_ours)?;
    let value: serde_json::Value = serde_json::from_slice(head).map_err(|_| not_ours())?;
    if value.get("format").and_then(|format| format.as_str()) != Some(FORMAT) {
        return Err(not_ours());
    }
    // Before the rest of the line, which another version may write otherwise.
    let version = value.get("version").and_then(serde_json::Value::as_u64);
    if ![VERSION, VERSION_WITH_CELLS].map(|known| Some(u64::from(known))).contains(&version) {
        let version = version.map_or_else(|| "none".to_owned(), |version| version.to_string());
        return Err(Error::data(format!(
            "the file has format version {version} and this library reads versions {VERSION} and \
             {VERSION_WITH_CELLS}; build it anew"
        )));
    }
    let mut head: Head = serde_json::from_value(value).map_err(|error| damaged(&error.to_string()))?;
    if head.embedder != embedder {
        return Err(Error::new(
            crate::ErrorKind::NotConfigured,
            format!(
                "its vectors were made by `{}` and the context's embedder is `{embedder}`, whose vectors are \
                 not comparable; set the first with `Context::with_embedder`, or build it anew",
                head.embedder
            ),
        ));
    }
    let expected = std::mem::take(&mut head.sha256);
    let found = hash(&head, body)?;
    if found != expected {
        return Err(damaged(&format!("its content has hash {found} and should have {expected}")));
    }
    let mut passages = Vec::new();
    for number in 0..head.passages {
        let (passage, rest) = line(body).ok_or_else(|| damaged("passages are missing"))?;
        let passage: Passage<M> = serde_json::from_slice(passage).map_err(|error| {
            Error::data(format!("passage {number} (from 0) is not of the type asked for")).with_source(error)
        })?;
        passages.push(passage);
        body = rest;
    }
    if length(&head) != Some(body.len()) || (head.passages > 0 && head.dimensions == 0) {
        let (length, Head { passages, dimensions, .. }) = (body.len(), head);
        return Err(damaged(&format!(
            "{length} bytes of vectors for {passages} passages of {dimensions} numbers"
        )));
    }
    let (body, cells) = body.split_at(head.passages * head.dimensions * 4);
    let numbers = body.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    let vectors = Vectors { dimensions: head.dimensions, values: numbers.collect() };
    if !vectors.values.iter().all(|value| value.is_finite()) {
        return Err(damaged("a vector has a number that is infinite or none"));
    }
    let index = match head.cells {
        Some(Stored { count, settings }) => {
            let read = Inverted::read(settings, count, cells, &vectors);
            Index::Cells(Arc::new(read.ok_or_else(|| damaged("a vector is in a cell that there is not"))?))
        }
        None => Index::Flat(Arc::new(vectors)),
    };
    Ok(Saved { passages, index })
}

/// Returns the number of bytes that follow the passages; nothing where that is no number.
fn length(head: &Head) -> Option<usize> {
    let numbers = head.passages.checked_mul(head.dimensions)?;
    let cells = match &head.cells {
        Some(cells) if cells.count > head.passages => return None,
        Some(cells) => cells.count.checked_mul(head.dimensions)?.checked_add(head.passages)?,
        None => 0,
    };
    numbers.checked_add(cells)?.checked_mul(4)
}

/// The bytes before and after the first end of a line.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}

fn not_ours() -> Error {
    Error::data("this is no file that `VectorIndex::save` has written")
}

fn damaged(what: &str) -> Error {
    Error::data(format!("the file is damaged: {what}; build it anew"))
}

fn hash(head: &Head, body: &[u8]) -> Result<String> {
    use std::fmt::Write;
    let digest = Sha256::new().chain_update(serde_json::to_vec(head)?).chain_update(body).finalize();
    Ok(digest.iter().fold(String::from("sha256:"), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}
