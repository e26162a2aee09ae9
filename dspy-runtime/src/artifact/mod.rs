//! The reviewed file that production loads.

mod file;
mod fit;
mod included;
mod provenance;
pub(crate) mod secrets;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use fit::Difference;
pub use included::IncludedArtifact;
pub use provenance::Provenance;

pub use crate::data::DataRecord;

use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{LanguageModel, ModelId};
use crate::module::{self, Predictors, Program};
use crate::predictor::{PredictorState, ProgramState};
use crate::signature::{Role, Schema};

/// The newest version of the file format that this release reads and writes.
const VERSION: u32 = 1;

/// The states of a program's predictors with all that is needed to trust them: what they fit, which
/// model they were tuned for, and how they came about. Versioned JSON, made to be read in a review.
///
/// # Example
///
/// ```
/// use dspy::{Artifact, Context, Lm, Module, Predict, signature};
///
/// /// Answer the question in one word.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let program = Predict::<Answer>::new();
/// let text = Artifact::new(&program, cx.lm().id()).to_json()?;
///
/// let loaded = Artifact::parse(&text)?.apply(Predict::<Answer>::new(), &cx)?;
/// assert_eq!(loaded.state(), program.state());
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    format: Format,
    version: u32,
    program: String,
    /// Nothing in files that were written before there was one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    program_version: String,
    model: ModelId,
    predictors: BTreeMap<String, Entry>,
    provenance: Provenance,
    /// The hash of all the rest.
    #[serde(default)]
    content: String,
    /// Not part of the file: whether a model of another revision may use it.
    #[serde(skip)]
    any_model: bool,
    /// Nor is this: whether it may be used with another adapter.
    #[serde(skip)]
    any_adapter: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "dspy-artifact")]
    Artifact,
}

/// One predictor: what it was, and its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    signature: String,
    fingerprint: String,
    inputs: Fields,
    outputs: Fields,
    frozen: bool,
    #[serde(flatten)]
    state: PredictorState,
}

/// Names and types in order.
type Fields = serde_json::Map<String, serde_json::Value>;

impl Artifact {
    /// Makes the artifact of a program that no gate has judged, for the model and the adapter of a context: for a first try. The
    /// file says that it is unreleased. [`Compiled::save_unreleased`](crate::Compiled::save_unreleased) writes one with the origin of
    /// the states.
    ///
    /// # Errors
    ///
    /// When a key of the model would be in the artifact.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::{Artifact, Context, Lm, Predict, signature};
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
    /// let cx = Context::new(Lm::new("builtin/lexical")?);
    /// let artifact = Artifact::unreleased(&Predict::<Answer>::new(), &cx)?;
    /// assert!(artifact.to_json()?.contains("unreleased"));
    /// # Ok::<(), dspy::Error>(())
    /// ```
    pub fn unreleased<P: Predictors + Program>(program: &P, cx: &Context) -> Result<Self> {
        let provenance = Provenance { adapter: cx.adapter().name().to_owned(), ..Provenance::default() };
        let artifact = Self::new(program, cx.lm().id()).with_provenance(provenance.unreleased());
        artifact.keeps_secrets_of(cx.lm().model())?;
        Ok(artifact)
    }

    /// The artifact of a program in its present state, for one model.
    pub fn new<P: Predictors + Program>(program: &P, model: &ModelId) -> Self {
        let mut predictors = BTreeMap::new();
        module::each(program, |path, predictor, frozen| {
            let schema = predictor.schema();
            let entry = Entry {
                signature: schema.name().to_owned(),
                fingerprint: schema.fingerprint().to_owned(),
                inputs: fields(schema, Role::Input),
                outputs: fields(schema, Role::Output),
                frozen,
                state: predictor.state().clone(),
            };
            predictors.insert(path.to_owned(), entry);
        });
        Self {
            format: Format::Artifact,
            version: VERSION,
            program: P::NAME.to_owned(),
            program_version: module::version::of(program),
            model: model.clone(),
            predictors,
            provenance: Provenance::default(),
            content: String::new(),
            any_model: false,
            any_adapter: false,
        }
    }

    /// Adds how the states came about.
    #[must_use]
    pub fn with_provenance(mut self, provenance: Provenance) -> Self {
        self.provenance = provenance;
        self
    }

    /// Lets a model of another revision use the artifact, which it was not tuned or tested for.
    #[must_use]
    pub fn for_any_model(mut self) -> Self {
        self.any_model = true;
        self
    }

    /// Lets the artifact be used with another adapter than the one in whose form it was tuned.
    #[must_use]
    pub fn for_any_adapter(mut self) -> Self {
        self.any_adapter = true;
        self
    }

    /// The name of the program's struct.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// The [version](crate::Module::version) of the program, or nothing in a file that was written before
    /// artifacts recorded it.
    ///
    /// An artifact of another version loads as long as its predictors fit; a
    /// [`Store`](crate::release::Store) finds artifacts of the very version alone.
    pub fn program_version(&self) -> &str {
        &self.program_version
    }

    /// The model that the artifact was made for.
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// Returns the origin of the states.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The hash of all that is in it, as it was read; nothing for one that was not written yet.
    pub(crate) fn content(&self) -> &str {
        &self.content
    }

    /// The states of the predictors.
    pub fn state(&self) -> ProgramState {
        self.predictors.iter().map(|(path, entry)| (path.clone(), entry.state.clone())).collect()
    }

    /// Reads an artifact from a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is not whole, was changed after it was written, or is of a newer
    /// format.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        file::read(path.as_ref())
    }

    /// Reads an artifact from JSON.
    ///
    /// # Errors
    ///
    /// As [`Artifact::load`].
    pub fn parse(text: &str) -> Result<Self> {
        file::parse(text)
    }

    /// Writes the artifact to a file, whole or not at all.
    ///
    /// # Errors
    ///
    /// When the file cannot be written, or something that looks like a key would be in it.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        file::write(self, path.as_ref())
    }

    /// The artifact as JSON.
    ///
    /// # Errors
    ///
    /// When something that looks like a key would be in it.
    pub fn to_json(&self) -> Result<String> {
        file::to_json(self)
    }

    /// Refuses an artifact that a key of the model is in.
    pub(crate) fn keeps_secrets_of(&self, model: &dyn LanguageModel) -> Result<()> {
        match model.is_secret_in(&self.to_json()?) {
            true => Err(secrets::refused("the key of the model")),
            false => Ok(()),
        }
    }

    /// Returns every way in which a program or a model is not the one that the artifact was made for.
    pub fn differences<P: Predictors + Program>(&self, program: &P, model: &ModelId) -> Vec<Difference> {
        fit::differences(self, program, model)
    }

    /// Loads the states into a program.
    ///
    /// # Errors
    ///
    /// When the program, or the model or adapter of the context, is not what the artifact was made for; the error
    /// lists every difference.
    pub fn apply<P: Predictors + Program>(&self, program: P, cx: &Context) -> Result<P> {
        let mut differences = self.differences(&program, cx.lm().id());
        differences.extend(fit::adapter(self, &program, cx));
        if differences.is_empty() {
            return module::set_state(program, &self.state());
        }
        let list: Vec<_> = differences.iter().map(|difference| format!("\n  - {difference}")).collect();
        let message =
            format!("the artifact of `{}` does not fit `{}`:{}", self.program, P::NAME, list.concat());
        Err(Error::new(ErrorKind::Artifact, message))
    }
}

fn fields(schema: &Schema, role: Role) -> Fields {
    let side = schema.fields().iter().filter(|field| field.role() == role);
    side.map(|field| (field.name().to_owned(), field.spec().text().into())).collect()
}
