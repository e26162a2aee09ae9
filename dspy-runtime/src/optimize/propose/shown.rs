//! Runs as a model reads them.

use std::fmt::Write;

use crate::evaluate::Judged;
use crate::value::Record;

/// A run: its score, what was said of it, and what each step was given and answered.
pub(in crate::optimize) fn shown(judged: &Judged) -> String {
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
