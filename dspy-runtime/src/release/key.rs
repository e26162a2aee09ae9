//! The key that a version belongs to.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::artifact::Artifact;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::ModelId;
use crate::module::{Module, Program};

/// A program, its version, and the exact revision of a model: what an artifact is tuned and tested for.
///
/// # Example
///
/// ```
/// use dspy::release::Key;
/// use dspy::{Predict, signature};
///
/// /// Answer the question.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// let model = "openai/gpt-4o-mini@2024-07-18".parse()?;
/// let key = Key::of_program(&Predict::<Answer>::new(), &model);
/// assert_eq!(key.program(), "Predict");
/// assert!(key.to_string().ends_with("for openai/gpt-4o-mini@2024-07-18"));
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    program: String,
    program_version: String,
    model: ModelId,
}

impl Key {
    /// Makes a key from its parts: the name of a program, its [version](Module::version), a model.
    pub fn new(program: impl Into<String>, program_version: impl Into<String>, model: ModelId) -> Self {
        Self { program: program.into(), program_version: program_version.into(), model }
    }

    /// The key under which artifacts of a program for a model are.
    pub fn of_program<M: Module>(program: &M, model: &ModelId) -> Self {
        Self::new(<M as Program>::NAME, program.version(), model.clone())
    }

    /// The key of an artifact.
    ///
    /// # Errors
    ///
    /// When the artifact was written before artifacts recorded their program's version.
    pub fn of(artifact: &Artifact) -> Result<Self> {
        if artifact.program_version().is_empty() {
            let message = format!(
                "the artifact of `{}` does not say of which version of the program it is: it was written by an \
                 earlier release of this library; load it with `Artifact::apply` and make it anew with \
                 `Artifact::new`",
                artifact.program()
            );
            return Err(Error::new(ErrorKind::Artifact, message));
        }
        Ok(Self::new(artifact.program(), artifact.program_version(), artifact.model().clone()))
    }

    /// The name of the program's struct.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// The [version](Module::version) of the program.
    pub fn program_version(&self) -> &str {
        &self.program_version
    }

    /// The model.
    pub fn model(&self) -> &ModelId {
        &self.model
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {} for {}", self.program, short(&self.program_version), self.model)
    }
}

/// A hash that is short enough for people: `sha256:` and 12 digits.
pub(crate) fn short(hash: &str) -> &str {
    match hash.strip_prefix("sha256:").and_then(|digits| digits.get(..12)) {
        Some(_) => hash.get(..19).unwrap_or(hash),
        None => hash,
    }
}
