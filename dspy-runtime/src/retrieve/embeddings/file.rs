//! Passages and their vectors as a file.
//!
//! A line of JSON that says what follows, a line of JSON for each passage, and the numbers of all vectors as
//! 32-bit floats, the lowest byte first.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::Passage;
use super::vectors::Vectors;
use crate::error::{Error, Result};
use crate::signature::FieldType;

const FORMAT: &str = "dspy-embeddings";
const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    format: String,
    version: u32,
    embedder: String,
    dimensions: usize,
    passages: usize,
    /// Of this line with nothing here, and of all that follows it.
    sha256: String,
}

/// What a file holds.
pub(super) struct Saved<M> {
    pub(super) passages: Vec<Passage<M>>,
    pub(super) vectors: Vectors,
}

pub(super) fn write<'a, M: FieldType>(
    path: &Path,
    embedder: &str,
    passages: impl ExactSizeIterator<Item = &'a Passage<M>>,
    vectors: &Vectors,
) -> Result<()> {
    let count = passages.len();
    let mut body = Vec::new();
    for passage in passages {
        serde_json::to_writer(&mut body, passage).map_err(|error| {
            Error::data(format!("passage `{}` has no JSON form: {error}", passage.id)).with_source(error)
        })?;
        body.push(b'\n');
    }
    body.extend(vectors.values.iter().flat_map(|value| value.to_le_bytes()));
    let mut head = Head {
        format: FORMAT.to_owned(),
        version: VERSION,
        embedder: embedder.to_owned(),
        dimensions: vectors.dimensions,
        passages: count,
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
    if version != Some(u64::from(VERSION)) {
        let version = version.map_or_else(|| "none".to_owned(), |version| version.to_string());
        return Err(Error::data(format!(
            "the file has format version {version} and this library reads version {VERSION}; build it anew"
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
            Error::data(format!("passage {number} (from 0) is not of the type asked for: {error}"))
                .with_source(error)
        })?;
        passages.push(passage);
        body = rest;
    }
    let expected = head.passages.checked_mul(head.dimensions).and_then(|numbers| numbers.checked_mul(4));
    if expected != Some(body.len()) || (head.passages > 0 && head.dimensions == 0) {
        let (length, Head { passages, dimensions, .. }) = (body.len(), head);
        return Err(damaged(&format!(
            "{length} bytes of vectors for {passages} passages of {dimensions} numbers"
        )));
    }
    let numbers = body.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    let vectors = Vectors { dimensions: head.dimensions, values: numbers.collect() };
    if !vectors.values.iter().all(|value| value.is_finite()) {
        return Err(damaged("a vector has a number that is infinite or none"));
    }
    Ok(Saved { passages, vectors })
}

/// The bytes before and after the first end of a line.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}

fn not_ours() -> Error {
    Error::data("this is no file that `Embeddings::save` has written")
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
