//! State that Python DSPy has saved, and state that it can load.
//!
//! `program.save("state.json")` in Python writes the instructions, the field descriptions and the demonstrations
//! of each predictor. [`DspyState`] reads such files, of DSPy 2.6 to 3, loads them into a typed program, and
//! writes files that `program.load("state.json")` takes. Pickles are never read: they can run any code.
//!
//! | Python | here |
//! |---|---|
//! | `""`, a bare `Predict` | `self` |
//! | `predict`, a bare `ChainOfThought` | `predict` |
//! | `triage`, `resolve.predict`, `hops[0].predict` | the same |
//! | `experts['math'].predict`, in a dict | no such path; [`rename`](DspyState::rename) says which predictor it is |

mod apply;
mod demo;
mod dropped_item;
mod export;
mod lm;
mod names;
mod predictor;
mod prefix;
mod read;

use std::path::Path;

use serde_json::{Map, Value};

pub use apply::ImportedProgram;
pub use dropped_item::{DropReason, DroppedItem};
pub use predictor::{DspyField, DspyPredictor};

use crate::error::{Error, ErrorKind, Result};
use crate::module::{self, Module, Predictors, Program};

/// The path of a predictor that is the whole program, in Python and here.
const ALONE: &str = "";
const SELF: &str = "self";

/// The state of a program as Python DSPy saves it: for each predictor its instructions, the prefixes and
/// descriptions of its fields, its demonstrations, and which model it was pinned to.
///
/// What could be a secret or tells where calls go is not kept: it is left out when a file is read, and
/// [named](DspyState::dropped).
///
/// # Example
///
/// ```
/// use dspy::dspy_state::DspyState;
/// use dspy::{Module, Predict, signature};
///
/// /// Sort a shop message.
/// #[signature]
/// struct Triage {
///     /// What the customer wrote
///     #[input]
///     message: String,
///     /// delivery, refund, damage or other
///     #[output]
///     queue: String,
/// }
///
/// // As `DspyState::load("triage.json")?` reads it from a file.
/// let state = DspyState::parse(r#"{
///     "traces": [], "train": [], "demos": [{"augmented": true, "message": "Broken lid", "queue": "damage"}],
///     "signature": {
///         "instructions": "Sort a shop message into one queue.",
///         "fields": [{"prefix": "Message:", "description": "${message}"}, {"prefix": "Queue:", "description": "${queue}"}]
///     },
///     "lm": {"model": "openai/gpt-4o-mini", "api_key": "…"},
///     "metadata": {"dependency_versions": {"python": "3.11", "dspy": "3.4.1", "cloudpickle": "3.1"}}
/// }"#)?;
/// let imported = state.apply(Predict::<Triage>::new())?;
/// assert_eq!(imported.program.state().get("self").map(|state| state.demos.len()), Some(1));
/// assert_eq!(imported.models["self"], "openai/gpt-4o-mini");
/// assert_eq!(imported.dropped[0].to_string(), "`self`: `lm.api_key` is left out: it may be a secret");
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DspyState {
    predictors: Vec<DspyPredictor>,
    versions: Map<String, Value>,
    dropped: Vec<DroppedItem>,
}

impl DspyState {
    /// Reads a file that `program.save("state.json")` wrote.
    ///
    /// # Errors
    ///
    /// When the file is a pickle or a folder with one, cannot be read, or is no state of DSPy 2.6 to 3.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        read::file(path.as_ref())
    }

    /// Parses the text of such a file.
    ///
    /// # Errors
    ///
    /// As [`DspyState::load`].
    pub fn parse(text: &str) -> Result<Self> {
        read::text(text)
    }

    /// The state of a program, for Python. Its demonstrations have the names of the fields here; where the signature
    /// in Python has others, [`rename_fields`](DspyState::rename_fields) gives them those.
    pub fn of<P: Predictors + ?Sized>(program: &P) -> Self {
        let mut predictors = Vec::new();
        module::each(program, |path, predictor, _| predictors.push(export::predictor(path, predictor)));
        Self { predictors, versions: export::versions(), dropped: Vec::new() }
    }

    /// Writes a file that `program.load("state.json")` takes, whole or not at all.
    ///
    /// # Errors
    ///
    /// When the name does not end in `.json`, as Python wants it, the file cannot be written, or something that
    /// looks like a key would be in it.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        export::write(self, path.as_ref())
    }

    /// Returns it as text.
    ///
    /// # Errors
    ///
    /// When something that looks like a key would be in it, or there are other predictors beside a bare one.
    pub fn to_json(&self) -> Result<String> {
        export::text(self)
    }

    /// The predictors in the order of the file.
    pub fn predictors(&self) -> &[DspyPredictor] {
        &self.predictors
    }

    /// A predictor by its path in Python; a bare `Predict` has `""`.
    pub fn get(&self, path: &str) -> Option<&DspyPredictor> {
        self.predictors.iter().find(|predictor| predictor.path == path)
    }

    /// Returns the parts that were left out when the file was read.
    pub fn dropped(&self) -> &[DroppedItem] {
        &self.dropped
    }

    /// Gives a predictor another path, where the program here is put together differently.
    ///
    /// # Errors
    ///
    /// When there is no such path, or there is a predictor of the new one.
    pub fn rename(mut self, from: &str, to: &str) -> Result<Self> {
        if self.get(to).is_some() && from != to {
            return Err(Error::new(ErrorKind::Artifact, format!("there is a predictor `{to}` already")));
        }
        to.clone_into(&mut self.find(from)?.path);
        self.dropped
            .iter_mut()
            .filter(|dropped| dropped.path == from)
            .for_each(|dropped| to.clone_into(&mut dropped.path));
        Ok(self)
    }

    /// Names a predictor's fields in the demonstrations, inputs then outputs. Files do not say it,
    /// and [`apply`](DspyState::apply) asks for it where it cannot be known for sure.
    ///
    /// # Errors
    ///
    /// When there is no such path, or the predictor has another number of fields.
    pub fn with_names<N: Into<String>>(
        mut self,
        path: &str,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self> {
        let names = names.into_iter().map(Into::into).collect();
        names::say(self.find(path)?, names)?;
        Ok(self)
    }

    /// Gives a predictor's fields other names, inputs then outputs, in its demonstrations too: for a signature that
    /// has other names in Python than here.
    ///
    /// # Errors
    ///
    /// When there is no such path, the predictor has another number of fields, a demonstration has a label of the
    /// new name, or the old names are not known, as they are after [`of`](DspyState::of) and
    /// [`with_names`](DspyState::with_names).
    pub fn rename_fields<N: Into<String>>(
        mut self,
        path: &str,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self> {
        let names = names.into_iter().map(Into::into).collect();
        names::change(self.find(path)?, names)?;
        Ok(self)
    }

    fn find(&mut self, path: &str) -> Result<&mut DspyPredictor> {
        let paths: Vec<_> = self.predictors.iter().map(|predictor| format!("`{}`", predictor.path)).collect();
        let found = self.predictors.iter_mut().find(|predictor| predictor.path == path);
        found.ok_or_else(|| {
            let message = format!("there is no predictor `{path}`; there are: {}", paths.join(", "));
            Error::new(ErrorKind::Artifact, message)
        })
    }

    /// Loads the state into a program.
    ///
    /// Fields are matched by their place, inputs then outputs: their names here may be others than in Python.
    /// The names in demonstrations are those of Python, which the file does not say; they follow
    ///
    /// 1. from [`with_names`](DspyState::with_names),
    /// 2. or from a description that Python made, `${name}`,
    /// 3. or from a prefix that Python made: `Ticket Text:` is of the one key in the demonstrations that is written
    ///    so, `ticket_text`,
    /// 4. or, where the prefix is one of its author's own, from a key that is the field's name here.
    ///
    /// Where none of them holds and there are keys left that might be the field, it is an error. Keys that are no
    /// field, such as the other labels of a row, stay as they are; `augmented` among them. A demonstration with
    /// too few fields is kept, and [left out of prompts](crate::Context::with_partial_demos). One with a value
    /// that is not of its field's type is dropped and named.
    ///
    /// Descriptions of fields and settings of models are not applied: those of the program and of the context are.
    /// Predictors that are frozen here need not be in the file.
    ///
    /// # Errors
    ///
    /// When the paths or the numbers of fields differ, with both lists; when names of fields cannot be known;
    /// when something that looks like a key is in instructions.
    pub fn apply<P: Module>(&self, program: P) -> Result<ImportedProgram<P>> {
        apply::to(self, program, <P as Program>::NAME)
    }
}
