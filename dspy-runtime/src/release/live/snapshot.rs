//! A program as it was at one moment.

use std::fmt;

use crate::artifact::{Artifact, Provenance};
use crate::module::{Module, Program};
use crate::release::history::Release;

/// A program with the release that it comes from. It never changes: what is promoted later is another one.
///
/// # Example
///
/// ```
/// use dspy::release::Live;
/// use dspy::{Module, Predict, signature};
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
/// let live = Live::fixed(Predict::<Answer>::new());
/// let snapshot = live.get();
/// assert_eq!(snapshot.program().state().paths().len(), 1);
/// assert!(snapshot.release().is_none(), "it comes from no store");
/// ```
pub struct Snapshot<M> {
    program: M,
    released: Option<(Release, Artifact)>,
}

impl<M> Snapshot<M> {
    pub(super) fn fixed(program: M) -> Self {
        Self { program, released: None }
    }

    pub(super) fn released(program: M, release: Release, artifact: Artifact) -> Self {
        Self { program, released: Some((release, artifact)) }
    }

    /// The program.
    pub fn program(&self) -> &M {
        &self.program
    }

    /// The release that the program comes from; nothing for a fixed program.
    pub fn release(&self) -> Option<&Release> {
        self.released.as_ref().map(|(release, _)| release)
    }

    /// The artifact that the program was loaded from.
    pub fn artifact(&self) -> Option<&Artifact> {
        self.released.as_ref().map(|(_, artifact)| artifact)
    }

    /// Returns the origin of its states, with their scores and the verdict.
    pub fn provenance(&self) -> Option<&Provenance> {
        self.artifact().map(Artifact::provenance)
    }
}

impl<M: Module> fmt::Debug for Snapshot<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let release = self.release().map(ToString::to_string);
        f.debug_struct("Snapshot").field("program", &<M as Program>::NAME).field("release", &release).finish()
    }
}
