//! The steps taken before an answer was given, and the answer.

use std::ops::Deref;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::signature::{Field, FieldType, Fields, Reader, Schema, Writer};

/// The names under which an answer has more than the outputs of its signature.
pub(crate) const TRAJECTORY: &str = "trajectory";
pub(crate) const STOP_REASON: &str = "stop_reason";

/// Reports the fault of a signature whose outputs have one of these names, which `all` programs of a kind
/// give too.
pub(crate) fn taken_name(given: &Schema, all: &str) -> Option<String> {
    let name = given.outputs().map(Field::name).find(|name| [TRAJECTORY, STOP_REASON].contains(name))?;
    Some(format!("`{}` has an output `{name}`, and so has {all}; rename it", given.name()))
}

/// Outputs, by `Deref`, with what was done before they were given.
///
/// An agent such as [`ReAct`](super::ReAct) has [turns](Turn) in which it called tools. A program that writes code has
/// [others](crate::code::CodeTurn); its outputs are [`CodeOutput`](crate::code::CodeOutput).
///
/// # Example
///
/// ```
/// use dspy::agent::{AgentOutput, StopReason};
///
/// /// What is known, and on which ground.
/// fn summary(answer: &AgentOutput<String>) -> String {
///     let looked_up: usize = answer.trajectory.iter().map(|turn| turn.calls.len()).sum();
///     match answer.stop_reason {
///         StopReason::Submitted => format!("{} ({looked_up} looked up)", answer.output),
///         _ => format!("perhaps {}", answer.output),
///     }
/// }
/// # let _ = summary;
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct AgentOutput<O, T = Turn, E = StopReason> {
    /// The answer.
    pub output: O,
    /// The turns, the earliest first; of an agent, without the one that gave the answer.
    pub trajectory: Vec<T>,
    /// The reason there were no more.
    pub stop_reason: E,
}

/// One turn of an agent: a thought, and what it asked of tools.
///
/// # Example
///
/// ```
/// use dspy::agent::Turn;
///
/// let json = r#"{"thought": "So.", "calls": [{"tool": "find", "arguments": {"number": 7}, "observation": "Lyon"}]}"#;
/// let turn: Turn = serde_json::from_str(json)?;
/// assert_eq!(turn.calls[0].arguments["number"], 7);
/// # Ok::<(), dspy::Error>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Turn {
    /// The model's thought.
    pub thought: String,
    /// The tools that it called, in its order; they ran at the same time.
    #[serde(default)]
    pub calls: Vec<ToolInvocation>,
}

/// One call of a tool in a [`Turn`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolInvocation {
    /// The tool.
    pub tool: String,
    /// Its arguments.
    #[schemars(with = "Map<String, Value>")]
    pub arguments: Value,
    /// The result, or `{"error": "…"}`.
    pub observation: Value,
}

/// The reason an agent stopped; see [`AgentOutput`].
///
/// All but the first mean that the answer was read out of the trajectory by a last LM call. An agent that has called no
/// tool gives only what it said itself, or an error.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// It gave the answer itself.
    Submitted,
    /// It no longer called a tool, nor after it was asked to.
    Silent,
    /// A reply that could not be read as a turn, nor after another try.
    Unread,
    /// It had all its turns.
    Turns,
    /// It had all its calls of tools.
    Calls,
    /// It had all its tokens.
    Tokens,
    /// Its time was up.
    Time,
}

/// A model's wish for a turn.
#[derive(Deserialize)]
pub(super) struct Wanted {
    pub(super) tool: String,
    #[serde(default)]
    pub(super) arguments: Value,
}

/// The wish as its prompt describes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Wish {
    /// The name of the tool.
    tool: String,
    /// Its arguments.
    #[serde(default)]
    arguments: Map<String, Value>,
}

impl Turn {
    /// Returns the text in the place of turns that are not shown.
    pub(super) fn left_out(turns: usize) -> Self {
        let what =
            if turns == 1 { "1 earlier turn is".to_owned() } else { format!("{turns} earlier turns are") };
        Self::said(&format!("({what} left out here, because the prompt would be too long)"))
    }

    /// A turn without calls.
    pub(super) fn said(thought: &str) -> Self {
        Self { thought: thought.to_owned(), calls: vec![] }
    }
}

impl<O, T, E> AgentOutput<O, T, E> {
    pub(crate) fn new(output: O, trajectory: Vec<T>, stop_reason: E) -> Self {
        Self { output, trajectory, stop_reason }
    }
}

impl<O, T, E> Deref for AgentOutput<O, T, E> {
    type Target = O;

    fn deref(&self) -> &O {
        &self.output
    }
}

impl<O: Fields, T: FieldType, E: FieldType> Fields for AgentOutput<O, T, E> {
    type Answer = O::Answer;

    fn into_answer(self) -> O::Answer {
        self.output.into_answer()
    }

    fn write(&self, to: &mut Writer) {
        to.field(TRAJECTORY, &self.trajectory);
        to.field(STOP_REASON, &self.stop_reason);
        self.output.write(to);
    }

    fn read(from: &mut Reader) -> Option<Self> {
        let (trajectory, stop_reason) = (from.field(TRAJECTORY), from.field(STOP_REASON));
        let output = O::read(from);
        Some(Self { output: output?, trajectory: trajectory?, stop_reason: stop_reason? })
    }
}
