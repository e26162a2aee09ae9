//! An artifact inside the program's binary.

use std::fmt;
use std::marker::PhantomData;

use super::Artifact;
use crate::context::Context;
use crate::error::Result;
use crate::module::{self, Build, Predictors, Program};

/// An artifact that [`include_artifact!`](crate::include_artifact!) has put into the program.
///
/// # What is checked when
///
/// | mistake | found when |
/// |---|---|
/// | no file, cut, not JSON, of a newer format, changed after it was written | the program is compiled |
/// | predictors missing, too many or renamed; fields missing, too many or renamed | the program is compiled |
/// | other types of fields, another order of them | it is loaded |
/// | another model or revision | it is loaded |
///
/// What is in a `Vec`, in an `Option` or behind a type parameter the types do not tell; that too is
/// found when it is loaded.
///
/// # Example
///
/// ```standalone_crate
/// use dspy::artifact::IncludedArtifact;
/// use dspy::{Context, Lm, Module, Predict, include_artifact, module, signature};
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
/// #[module(Answer: question -> word)]
/// struct Answerer {
///     #[call(question -> word)]
///     answer: Predict<Answer>,
/// }
///
/// static ANSWERER: IncludedArtifact<Answerer> = include_artifact!(Answerer, "answerer.json");
///
/// # fn main() -> dspy::Result<()> {
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let answerer = ANSWERER.load(&cx)?;
/// let instructions = answerer.state().get("answer").expect("it is the program's").instructions.clone();
/// assert_eq!(instructions, "Answer the question in one word, without a full stop.");
/// # Ok(())
/// # }
/// ```
pub struct IncludedArtifact<P> {
    text: &'static str,
    program: PhantomData<fn() -> P>,
}

impl<P> IncludedArtifact<P> {
    /// Takes the text of an artifact; `include_artifact!` checks it first.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self { text, program: PhantomData }
    }

    /// The artifact itself, with its provenance.
    ///
    /// # Errors
    ///
    /// When the text is no artifact, which `include_artifact!` has checked.
    pub fn artifact(&self) -> Result<Artifact> {
        Artifact::parse(self.text)
    }
}

impl<P: Predictors + Program> IncludedArtifact<P> {
    /// Makes the program with what the artifact holds, without reading a file.
    ///
    /// # Errors
    ///
    /// When types of fields or the model of the context are not what the artifact was made for; the
    /// error lists every difference.
    pub fn load(&self, cx: &Context) -> Result<P>
    where
        P: Build,
    {
        let program = P::build();
        module::name(&program);
        self.apply(program, cx)
    }

    /// Loads the states into a program that was made by hand.
    ///
    /// # Errors
    ///
    /// As [`IncludedArtifact::load`].
    pub fn apply(&self, program: P, cx: &Context) -> Result<P> {
        self.artifact()?.apply(program, cx)
    }
}

impl<P: Program> fmt::Debug for IncludedArtifact<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncludedArtifact").field("program", &P::NAME).finish_non_exhaustive()
    }
}
