//! Runs as a model reads them.

use std::fmt::Write;

use crate::evaluate::Judged;
use crate::module::outline;

/// A run: its score, what was said of it, and what each step was given and answered.
pub(in crate::optimize) fn shown(judged: &Judged) -> String {
    let mut text = match &judged.score {
        Ok(score) => format!("score {}: {}\n", score.value, score.feedback.as_deref().unwrap_or("-")),
        Err(error) => format!("score 0: {error:#}\n"),
    };
    text.push_str(&outline::steps(&judged.trace));
    if let Some(output) = &judged.output {
        let _ = writeln!(text, "outcome: {output}");
    }
    text
}
