//! The result of a program that writes code: the outputs, and the code that led to them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Execution;
use crate::agent::{AgentOutput, taken_name};
use crate::signature::Schema;

/// Outputs, by `Deref`, with the code that was run before they were given; see
/// [`ProgramOfThought`](super::ProgramOfThought), [`CodeAct`](super::CodeAct) and [`Rlm`](super::Rlm).
pub type CodeOutput<O> = AgentOutput<O, CodeTurn, CodeStopReason>;

/// A piece of code that a model wrote, and what came of it; see [`CodeOutput`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CodeTurn {
    /// The model's thought.
    pub thought: String,
    /// The code.
    pub code: String,
    /// The output of the run, and its end.
    pub ran: Execution,
}

/// The reason no more code was written; see [`CodeOutput`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeStopReason {
    /// The code submitted the answer.
    Submitted,
    /// The output of the code was enough, and the answer was read out of it.
    Done,
    /// All turns were used, and the answer was read out of what there was.
    Turns,
}

/// Reports the fault of a signature whose outputs take names that are already used.
pub(super) fn wrong(given: &Schema) -> Option<String> {
    taken_name(given, "every program that writes code")
}
