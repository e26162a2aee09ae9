//! What a program that writes code gives: the outputs, and the code that led to them.

use std::ops::Deref;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Ran;
use crate::agent::{ENDED, TRAJECTORY, taken_name};
use crate::signature::{Fields, Reader, Schema, Writer};

/// Outputs, by `Deref`, with the code that was run before they were given; see
/// [`ProgramOfThought`](super::ProgramOfThought), [`CodeAct`](super::CodeAct) and [`Rlm`](super::Rlm).
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct Coded<O> {
    /// What was answered.
    pub output: O,
    /// Each piece of code and what came of it, the earliest first.
    pub trajectory: Vec<CodeTurn>,
    /// Why there is no more of it.
    pub ended: CodeEnded,
}

/// A piece of code that a model wrote, and what came of it; see [`Coded`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CodeTurn {
    /// What the model thought.
    pub thought: String,
    /// The code.
    pub code: String,
    /// What it printed, and how it ended.
    pub ran: Ran,
}

/// Why no more code was written; see [`Coded`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeEnded {
    /// The code submitted the answer.
    Submitted,
    /// What the code gave was enough, and the answer was read out of it.
    Done,
    /// All turns were used, and the answer was read out of what there was.
    Turns,
}

impl<O> Deref for Coded<O> {
    type Target = O;

    fn deref(&self) -> &O {
        &self.output
    }
}

impl<O: Fields> Fields for Coded<O> {
    fn write(&self, to: &mut Writer) {
        to.field(TRAJECTORY, &self.trajectory);
        to.field(ENDED, &self.ended);
        self.output.write(to);
    }

    fn read(from: &mut Reader) -> Option<Self> {
        let (trajectory, ended) = (from.field(TRAJECTORY), from.field(ENDED));
        let output = O::read(from);
        Some(Self { output: output?, trajectory: trajectory?, ended: ended? })
    }
}

/// What is wrong with a signature whose outputs have the names of what is beside them.
pub(super) fn wrong(given: &Schema) -> Option<String> {
    taken_name(given, "every program that writes code")
}
