//! Rules from two runs of one row.

use std::fmt::Write;

use crate::evaluate::Judged;
use crate::value::Record;

/// Two runs of the same program on the same input came out differently. Find out which step made the
/// difference, and give each step that could have done better a piece of advice that would have led it from
/// the worse run to the better one. Advice is a rule that holds beyond this input: when something like this
/// comes, do that. It is added to what the step is told already, so say only what is new, and nothing on the
/// form of replies. A step that did well needs none.
#[dspy_macros::signature]
pub(super) struct AdviseSteps {
    /// The steps of the program: name, inputs and outputs with their types, present instructions.
    #[input]
    pub(super) program: String,
    /// The input with its labels.
    #[input]
    pub(super) row: String,
    /// The better run, with its score and what was said of it.
    #[input]
    pub(super) better: String,
    /// The worse run.
    #[input]
    pub(super) worse: String,
    /// For each step that needs it, by its name, the advice.
    #[output]
    pub(super) advice: std::collections::BTreeMap<String, String>,
}

/// A run as a model reads it.
pub(super) fn shown(judged: &Judged) -> String {
    let mut text = match &judged.score {
        Ok(score) => format!("score {}: {}\n", score.value, score.feedback.as_deref().unwrap_or("-")),
        Err(error) => format!("score 0: {error}\n"),
    };
    for step in judged.trace.steps() {
        let output =
            step.output.as_ref().map_or_else(|reason| format!("no answer: {reason}"), Record::to_string);
        let _ = writeln!(text, "{} was given {} and answered {output}", step.path, step.input);
    }
    if let Some(output) = &judged.output {
        let _ = writeln!(text, "outcome: {output}");
    }
    text
}

/// A run that says nothing, because it was no worse.
pub(super) const NOTHING: &str = "(no other run)";
