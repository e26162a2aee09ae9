//! What a search has paid for and decided, line by line, so that it can go on after it was stopped.
//!
//! A journal is a file of JSON lines: first what is searched, then a line for each settled LM call and
//! for each decision. A search that finds its journal takes every recorded reply from there instead of
//! paying for it again; as all that it decides follows from replies, it comes to the same result as one
//! that was never stopped. Each line ends with a hash of itself and of all lines before it. A line that
//! was cut off while it was written is dropped; a line that was changed is an error.

use std::collections::{HashMap, VecDeque};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cache::Key;
use crate::context::{Call, Record, Settled};
use crate::error::{Error, ErrorKind, Result};
use crate::fingerprint;

/// The version of the format.
const FORMAT: u32 = 1;

/// The journal of one search.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    replies: HashMap<Key, Settled>,
    pen: Mutex<Pen>,
}

/// Where the next line goes.
#[derive(Debug)]
struct Pen {
    file: File,
    line: u64,
    sum: String,
    /// Decisions of the process before this one, which this one must come to as well.
    expected: VecDeque<Value>,
    /// Why nothing can be written any more.
    broken: Option<String>,
}

/// What is in a line, besides its number and its sum.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    Begin(Value),
    Call(Box<CallLine>),
    Decision(Value),
}

#[derive(Serialize, Deserialize)]
struct CallLine {
    key: String,
    path: String,
    purpose: crate::context::Purpose,
    model: String,
    #[serde(flatten)]
    settled: Settled,
}

#[derive(Serialize, Deserialize)]
struct Line {
    line: u64,
    #[serde(flatten)]
    entry: Entry,
}

impl Journal {
    /// Opens the journal of a search, or begins one.
    ///
    /// # Errors
    ///
    /// When the file is the journal of another search, was changed, is in use by another process, or
    /// cannot be read or written.
    pub(super) fn open(path: &Path, search: &Value, budget: &Value) -> Result<Arc<Self>> {
        let failed = |action: &'static str| move |error| Error::io(action, path, error);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| Error::io("make", folder, error))?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(failed("open the journal"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!("the journal `{}` is in use by another search", path.display());
                return Err(Error::new(ErrorKind::Io, message));
            }
            Err(TryLockError::Error(error)) => return Err(Error::io("lock the journal", path, error)),
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed("read the journal"))?;
        let (past, whole) = Past::read(path, &text)?;
        if whole < text.len() {
            file.set_len(whole as u64).map_err(failed("mend the journal"))?;
            file.seek(SeekFrom::End(0)).map_err(failed("mend the journal"))?;
        }
        let begin = json!({"format": FORMAT, "search": search, "budget": budget});
        let goes_on = past.goes_on(path, &begin)?;
        let pen = Pen {
            file,
            line: past.lines,
            sum: past.sum,
            expected: if goes_on { past.decisions } else { VecDeque::new() },
            broken: None,
        };
        let journal = Self { path: path.to_owned(), replies: past.replies, pen: Mutex::new(pen) };
        if !goes_on {
            journal.pen().write(Entry::Begin(begin));
        }
        journal.is_whole()?;
        Ok(Arc::new(journal))
    }

    /// Writes a decision, or finds that the process before came to it, too.
    ///
    /// # Errors
    ///
    /// When it had come to another, or when a line could not be written.
    pub(super) fn decide(&self, decision: Value) -> Result<()> {
        let mut pen = self.pen();
        match pen.expected.pop_front() {
            None => pen.write(Entry::Decision(decision)),
            Some(expected) if expected == decision => {}
            Some(expected) => {
                let message = format!(
                    "the journal `{}` has {expected} where this search comes to {decision}; \
                     the program, its tools or the metric have changed since. Begin a new journal",
                    self.path.display()
                );
                return Err(Error::new(ErrorKind::Data, message));
            }
        }
        drop(pen);
        self.is_whole()
    }

    fn is_whole(&self) -> Result<()> {
        match &self.pen().broken {
            None => Ok(()),
            Some(reason) => Err(Error::new(
                ErrorKind::Io,
                format!("cannot write the journal `{}`: {reason}", self.path.display()),
            )),
        }
    }

    fn pen(&self) -> MutexGuard<'_, Pen> {
        self.pen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record for Journal {
    fn recorded(&self, key: &Key) -> Option<Settled> {
        self.replies.get(key).cloned()
    }

    fn record(&self, call: &Call<'_>, settled: &Settled) {
        self.pen().write(Entry::Call(Box::new(CallLine {
            key: call.key.to_string(),
            path: call.path.to_owned(),
            purpose: call.purpose,
            model: call.model.clone(),
            settled: settled.clone(),
        })));
    }
}

impl Pen {
    // In one piece, so that another process sees a line whole or, if this one ends, cut off at the end.
    fn write(&mut self, entry: Entry) {
        if self.broken.is_some() {
            return;
        }
        let body = match serde_json::to_string(&Line { line: self.line, entry }) {
            Ok(body) => body,
            Err(error) => return self.broken = Some(error.to_string()),
        };
        let sum = sum(&self.sum, &body);
        let open = body.strip_suffix('}').unwrap_or(&body);
        let line = format!("{open},\"sum\":\"{sum}\"}}\n");
        match self.file.write_all(line.as_bytes()) {
            Ok(()) => {
                self.line += 1;
                self.sum = sum;
            }
            Err(error) => self.broken = Some(error.to_string()),
        }
    }
}

impl Drop for Pen {
    fn drop(&mut self) {
        // Closing is not enough: a process that is being started may hold the file for a moment.
        let _ = self.file.unlock();
    }
}

/// What an earlier process has left.
#[derive(Default)]
struct Past {
    lines: u64,
    sum: String,
    /// How the last part of the journal began.
    begin: Option<Value>,
    replies: HashMap<Key, Settled>,
    decisions: VecDeque<Value>,
}

impl Past {
    /// Reads all whole lines, and says where they end.
    fn read(path: &Path, text: &[u8]) -> Result<(Self, usize)> {
        let mut past = Self::default();
        let mut whole = 0;
        while let Some(length) = text[whole..].iter().position(|byte| *byte == b'\n') {
            let end = whole + length;
            if past.take(&text[whole..end]).is_none() {
                // The last line may have been lost with the machine's power.
                if end + 1 == text.len() {
                    break;
                }
                let message = format!(
                    "line {} of the journal `{}` is not as it was written; begin a new journal",
                    past.lines + 1,
                    path.display()
                );
                return Err(Error::data(message));
            }
            whole = end + 1;
        }
        Ok((past, whole))
    }

    fn take(&mut self, line: &[u8]) -> Option<()> {
        let line = std::str::from_utf8(line).ok()?;
        let (open, written) = line.strip_suffix("\"}")?.rsplit_once(",\"sum\":\"")?;
        let body = format!("{open}}}");
        if sum(&self.sum, &body) != written {
            return None;
        }
        let Line { line, entry } = serde_json::from_str(&body).ok()?;
        if line != self.lines {
            return None;
        }
        match entry {
            Entry::Begin(begin) => {
                self.begin = Some(begin);
                self.decisions.clear();
            }
            Entry::Call(call) => {
                self.replies.insert(Key::from_hex(&call.key)?, call.settled);
            }
            Entry::Decision(decision) => self.decisions.push_back(decision),
        }
        self.lines += 1;
        written.clone_into(&mut self.sum);
        Some(())
    }

    /// Whether the search goes on where it was; with another budget it keeps the replies and decides anew.
    fn goes_on(&self, path: &Path, begin: &Value) -> Result<bool> {
        let Some(past) = &self.begin else { return Ok(false) };
        let (empty, now) = (serde_json::Map::new(), &begin["search"]);
        let (now, past_search) =
            (now.as_object().unwrap_or(&empty), past["search"].as_object().unwrap_or(&empty));
        let names: std::collections::BTreeSet<_> = now.keys().chain(past_search.keys()).collect();
        let differ: Vec<_> =
            names.into_iter().filter(|name| now.get(*name) != past_search.get(*name)).cloned().collect();
        if past["format"] != begin["format"] || !differ.is_empty() {
            let message = format!(
                "`{}` is the journal of another search; these differ: {}",
                path.display(),
                if differ.is_empty() { "format".to_owned() } else { differ.join(", ") }
            );
            return Err(Error::data(message));
        }
        Ok(past["budget"] == begin["budget"])
    }
}

/// The first 16 digits of the hash of what was before and of this.
fn sum(before: &str, body: &str) -> String {
    let hash = fingerprint::of_text(&format!("{before}{body}"));
    hash.trim_start_matches("sha256:").chars().take(16).collect()
}
