//! Programs and what they did, as a model reads them.

use std::fmt::Write;

use super::{Predictors, visit};
use crate::predictor::Predictor;
use crate::signature::Schema;
use crate::trace::Trace;
use crate::value::Record;

/// A program: its predictors in order, by their paths in it, with what each takes and gives.
pub(crate) fn outline<P: Predictors + ?Sized>(program: &P) -> String {
    let mut text = String::new();
    visit::each(program, |path, predictor, _| describe(&mut text, path, predictor));
    text
}

/// A part of a program, by the paths in the whole.
pub(crate) fn outline_in_place<P: Predictors + ?Sized>(part: &P) -> String {
    let mut text = String::new();
    visit::each(part, |_, predictor, _| describe(&mut text, &predictor.path(), predictor));
    text
}

fn describe(text: &mut String, path: &str, predictor: &Predictor) {
    let _ = writeln!(text, "{path}: {}", signature(predictor.schema()));
    let _ = writeln!(text, "  {}", predictor.state().instructions.trim().replace('\n', "\n  "));
}

/// A signature in one line, with its types.
pub(crate) fn signature(schema: &Schema) -> String {
    let is_of_tool = schema.is_of_tool();
    let what = if is_of_tool { "(a tool; models choose and call it by its instructions alone) " } else { "" };
    let field = |field: &crate::signature::Field| format!("{}: {}", field.name(), field.spec().text());
    let side = |fields: Vec<String>| fields.join(", ");
    format!(
        "{what}{} -> {}",
        side(schema.inputs().map(field).collect()),
        side(schema.outputs().map(field).collect())
    )
}

/// Writes the inputs and outputs of each step of a run.
pub(crate) fn steps(trace: &Trace) -> String {
    let mut text = String::new();
    for step in trace.steps() {
        let output =
            step.output.as_ref().map_or_else(|reason| format!("no answer: {reason}"), Record::to_string);
        let _ = writeln!(text, "{} was given {} and answered {output}", step.path, step.input);
    }
    text
}
