//! Demonstrations from rows and from traces.

use std::sync::Arc;

use crate::module::{self, Predictors};
use crate::predict::ProgramState;
use crate::signature::{Field, Row, Schema};
use crate::trace::{Step, Trace};
use crate::value::Record;
use dspy_numbers::random::Keyed;

/// The predictors whose demonstrations may be changed, with their schemas.
pub(super) fn tunable<P: Predictors + ?Sized>(program: &P) -> Vec<(String, Arc<Schema>)> {
    let mut found = Vec::new();
    module::each(program, |path, predictor, frozen| {
        if !frozen {
            found.push((path.to_owned(), predictor.schema().clone()));
        }
    });
    found
}

/// Returns the demonstration that a row gives a predictor, if it has all of the predictor's fields, with the
/// same types.
pub(super) fn labelled<R: Row>(row: &R, schema: &Schema) -> Option<Record> {
    if schema.is_of_tool() {
        return None;
    }
    let fields = || schema.inputs().chain(schema.outputs());
    let same = |field: &Field| {
        R::schema().field(field.name()).is_some_and(|own| own.spec().shape() == field.spec().shape())
    };
    if !fields().all(same) {
        return None;
    }
    Some(row.to_record().ok()?.only(fields().map(|field| field.name())))
}

/// Adds labelled rows to each tunable predictor, in the order of `rows`: as many as `count` makes of the
/// number of demonstrations that it has.
pub(super) fn add_labelled<'a, R: Row>(
    state: &mut ProgramState,
    tunable: &[(String, Arc<Schema>)],
    rows: impl Iterator<Item = &'a R> + Clone,
    count: impl Fn(usize) -> usize,
) {
    for (path, schema) in tunable {
        if let Some(state) = state.get_mut(path) {
            let more = count(state.demos.len());
            state.demos.extend(rows.clone().filter_map(|row| labelled(row, schema)).take(more));
        }
    }
}

/// One demonstration for each predictor that a trace has steps of. Of several steps of one predictor
/// it is the last, or as likely one of the others.
pub(super) fn from_trace(trace: &Trace, path: &str, random: &mut Keyed) -> Option<Record> {
    let mut steps: Vec<Record> =
        trace.chosen().filter(|step| *step.path == *path).filter_map(whole).collect();
    let last = steps.pop()?;
    if steps.is_empty() || random.coin() {
        return Some(last);
    }
    let earlier = random.below(steps.len());
    Some(steps.swap_remove(earlier))
}

/// Returns the last inputs and outputs of a predictor in a run, if it has an answer there.
pub(super) fn last(trace: &Trace, path: &str) -> Option<Record> {
    trace.chosen().filter(|step| *step.path == *path).filter_map(whole).last()
}

/// The inputs and outputs of a step that has an answer of a model's.
fn whole(step: &Step) -> Option<Record> {
    if step.schema.is_of_tool() {
        return None;
    }
    let output = step.output.as_ref().ok()?;
    Some(
        step.input
            .iter()
            .chain(output.iter())
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect(),
    )
}

/// The state without the demonstrations that show this row.
pub(super) fn without_row<R: Row>(state: &ProgramState, row: &R) -> ProgramState {
    let Ok(row) = row.to_record() else { return state.clone() };
    let shows = |demo: &Record| demo.iter().all(|(name, value)| row.get(name) == Some(value));
    let mut state = state.clone();
    let paths: Vec<String> = state.paths().map(str::to_owned).collect();
    for path in paths {
        if let Some(state) = state.get_mut(&path) {
            state.demos.retain(|demo| !shows(demo));
        }
    }
    state
}
