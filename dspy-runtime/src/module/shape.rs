//! The predictors of a program, as far as its types alone show; for checks at compile time.

pub use crate::signature::FieldNames;

/// The predictors in a type.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// The type does not say: nothing is expected, and anything may be. Also `Vec` and `Option`, which
    /// may hold the very program that they are in.
    Unknown,
    /// One predictor.
    Predictor(Option<FieldNames>),
    /// Fields by name.
    Fields(&'static [(&'static str, Shape)]),
    /// As many of one shape.
    Items(&'static Shape, usize),
}

/// A predictor in an artifact.
#[derive(Clone, Copy, Debug)]
pub struct ArtifactEntry {
    /// Its path.
    pub path: &'static str,
    /// The names of its inputs.
    pub inputs: &'static [&'static str],
    /// The names of its outputs.
    pub outputs: &'static [&'static str],
}

/// Text that is put together at compile time.
#[derive(Clone, Copy, Debug)]
pub struct Differences {
    bytes: [u8; 4096],
    length: usize,
}

impl Differences {
    const EMPTY: Self = Self { bytes: [0; 4096], length: 0 };

    /// Returns whether the artifact fits.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Every difference, a line each.
    pub const fn text(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "the artifact does not fit the program",
        }
    }

    const fn push(&mut self, text: &str) {
        let bytes = text.as_bytes();
        // A text that does not fit is left out whole.
        if self.length + bytes.len() > self.bytes.len() {
            return;
        }
        let mut at = 0;
        while at < bytes.len() {
            self.bytes[self.length] = bytes[at];
            self.length += 1;
            at += 1;
        }
    }

    const fn line(&mut self, parts: &[&str]) {
        self.push(if self.length == 0 { "the artifact does not fit the program:\n  - " } else { "\n  - " });
        let mut at = 0;
        while at < parts.len() {
            self.push(parts[at]);
            at += 1;
        }
    }
}

/// Compares an artifact with a program: paths and the names of fields. Types are compared when it is
/// loaded.
pub const fn differences(shape: &Shape, entries: &[ArtifactEntry]) -> Differences {
    let mut found = Differences::EMPTY;
    missing(shape, Differences::EMPTY, entries, &mut found);
    let mut at = 0;
    while at < entries.len() {
        let entry = &entries[at];
        match find(shape, entry.path.as_bytes(), 0) {
            Found::Nothing => found.line(&["its predictor `", entry.path, "` is not in the program"]),
            Found::Predictor(Some(names)) => compare(entry, &names, &mut found),
            Found::Predictor(None) => {}
        }
        at += 1;
    }
    found
}

const fn missing(shape: &Shape, path: Differences, entries: &[ArtifactEntry], found: &mut Differences) {
    match shape {
        Shape::Predictor(_) => {
            let path = if path.is_empty() { "self" } else { path.text() };
            let mut at = 0;
            while at < entries.len() {
                if same(entries[at].path, path) {
                    return;
                }
                at += 1;
            }
            found.line(&["it has no predictor `", path, "`"]);
        }
        Shape::Fields(fields) => {
            let mut at = 0;
            while at < fields.len() {
                let mut inner = path;
                inner.push(if path.is_empty() { "" } else { "." });
                inner.push(fields[at].0);
                missing(&fields[at].1, inner, entries, found);
                at += 1;
            }
        }
        Shape::Items(item, count) => {
            let mut at = 0;
            while at < *count {
                let mut inner = path;
                inner.push("[");
                push_number(&mut inner, at);
                inner.push("]");
                missing(item, inner, entries, found);
                at += 1;
            }
        }
        Shape::Unknown => {}
    }
}

const fn push_number(to: &mut Differences, number: usize) {
    if number >= 10 {
        push_number(to, number / 10);
    }
    let digits = "0123456789";
    to.push(digits.split_at(number % 10).1.split_at(1).0);
}

enum Found {
    Nothing,
    /// The predictor of the path; without names where the type does not say what is there.
    Predictor(Option<FieldNames>),
}

const fn find(shape: &Shape, path: &[u8], at: usize) -> Found {
    match shape {
        Shape::Unknown => Found::Predictor(None),
        Shape::Predictor(names) => {
            let whole = at == path.len() || (at == 0 && starts_with(path, 0, b"self") && path.len() == 4);
            if whole { Found::Predictor(*names) } else { Found::Nothing }
        }
        Shape::Fields(fields) => {
            let start = if at == 0 { 0 } else { at + 1 };
            if at > 0 && !starts_with(path, at, b".") {
                return Found::Nothing;
            }
            let mut index = 0;
            while index < fields.len() {
                let name = fields[index].0.as_bytes();
                let end = start + name.len();
                if starts_with(path, start, name)
                    && (end == path.len() || path[end] == b'.' || path[end] == b'[')
                {
                    return find(&fields[index].1, path, end);
                }
                index += 1;
            }
            Found::Nothing
        }
        Shape::Items(item, count) => {
            if !starts_with(path, at, b"[") {
                return Found::Nothing;
            }
            let (mut end, mut number) = (at + 1, 0_usize);
            while end < path.len() && path[end].is_ascii_digit() {
                number = number.saturating_mul(10).saturating_add((path[end] - b'0') as usize);
                end += 1;
            }
            if number < *count && starts_with(path, end, b"]") {
                find(item, path, end + 1)
            } else {
                Found::Nothing
            }
        }
    }
}

const fn compare(entry: &ArtifactEntry, names: &FieldNames, found: &mut Differences) {
    let first = match names.first {
        Some(first) => &[first] as &[&str],
        None => &[],
    };
    gone(entry, entry.inputs, names.inputs, &[], found);
    new(entry, names.inputs, entry.inputs, found);
    gone(entry, entry.outputs, names.outputs, first, found);
    new(entry, first, entry.outputs, found);
    new(entry, names.outputs, entry.outputs, found);
}

const fn gone(entry: &ArtifactEntry, was: &[&str], now: &[&str], first: &[&str], found: &mut Differences) {
    let mut at = 0;
    while at < was.len() {
        if !contains(now, was[at]) && !contains(first, was[at]) {
            found.line(&["predictor `", entry.path, "`: field `", was[at], "` is gone"]);
        }
        at += 1;
    }
}

const fn new(entry: &ArtifactEntry, now: &[&str], was: &[&str], found: &mut Differences) {
    let mut at = 0;
    while at < now.len() {
        if !contains(was, now[at]) {
            found.line(&["predictor `", entry.path, "`: field `", now[at], "` is new"]);
        }
        at += 1;
    }
}

const fn contains(names: &[&str], name: &str) -> bool {
    let mut at = 0;
    while at < names.len() {
        if same(names[at], name) {
            return true;
        }
        at += 1;
    }
    false
}

/// Returns whether a signature is known to have a field of this name.
pub(crate) const fn has_field(names: Option<FieldNames>, name: &str) -> bool {
    match names {
        Some(FieldNames { inputs, outputs, .. }) => contains(inputs, name) || contains(outputs, name),
        None => false,
    }
}

const fn same(left: &str, right: &str) -> bool {
    left.len() == right.len() && starts_with(left.as_bytes(), 0, right.as_bytes())
}

const fn starts_with(text: &[u8], from: usize, start: &[u8]) -> bool {
    if from + start.len() > text.len() {
        return false;
    }
    let mut at = 0;
    while at < start.len() {
        if text[from + at] != start[at] {
            return false;
        }
        at += 1;
    }
    true
}
