//! The state of a predictor: all that is learnable, as data, and its place in the program.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use serde::{Deserialize, Serialize};

use crate::fingerprint;
use crate::value::Record;

/// The parts of one predictor that an optimizer may change.
///
/// # Example
///
/// ```
/// use dspy::data::Record;
/// use dspy::predict::PredictorState;
///
/// let mut state = PredictorState::new("Sort the ticket into a queue.");
/// state.demos.push(Record::from_iter([("ticket_text", "It came in pieces."), ("queue", "damage")]));
/// assert_eq!(state.demos.len(), 1);
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PredictorState {
    /// The instructions, in place of those that the signature declares.
    pub instructions: String,
    /// The demonstrations: records of inputs and outputs, shown in this order. One that lacks a
    /// field is left out, unless [asked for](crate::Context::with_partial_demos).
    pub demos: Vec<Record>,
}

impl PredictorState {
    /// A state without demonstrations.
    pub fn new(instructions: impl Into<String>) -> Self {
        Self { instructions: instructions.into(), demos: Vec::new() }
    }
}

/// The states of all predictors of a program, by path: a candidate of an optimizer, and the heart
/// of an artifact.
///
/// # Example
///
/// ```
/// use dspy::{Module, Predict, signature};
///
/// /// Answer the question in one word.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// let program = Predict::<Answer>::new();
/// let mut state = program.state();
/// state.get_mut("self").expect("the one predictor").instructions = "Answer in one French word.".into();
/// let tuned = program.with_state(&state)?;
/// assert_eq!(tuned.state(), state);
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProgramState(BTreeMap<String, PredictorState>);

impl ProgramState {
    /// The state of a predictor.
    pub fn get(&self, path: &str) -> Option<&PredictorState> {
        self.0.get(path)
    }

    /// The state of a predictor, to change it.
    pub fn get_mut(&mut self, path: &str) -> Option<&mut PredictorState> {
        self.0.get_mut(path)
    }

    /// Sets the state of a predictor.
    pub fn insert(&mut self, path: impl Into<String>, state: PredictorState) {
        self.0.insert(path.into(), state);
    }

    /// Returns all states by path.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &PredictorState)> {
        self.0.iter().map(|(path, state)| (path.as_str(), state))
    }

    /// The paths of the predictors.
    pub fn paths(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The hash of all instructions and demonstrations.
    pub fn fingerprint(&self) -> String {
        serde_json::to_value(self).map(|value| fingerprint::of(&value)).unwrap_or_default()
    }
}

impl<P: Into<String>> FromIterator<(P, PredictorState)> for ProgramState {
    fn from_iter<I: IntoIterator<Item = (P, PredictorState)>>(states: I) -> Self {
        Self(states.into_iter().map(|(path, state)| (path.into(), state)).collect())
    }
}

/// The path of a predictor, which the program that holds it sets.
///
/// A program names its predictors when it is run, behind a shared reference, and may be run by many
/// tasks at once; so the path is swapped, never locked.
pub(crate) struct Place {
    path: ArcSwapOption<Arc<str>>,
    /// The path as long as no program has set one.
    alone: &'static str,
}

impl Place {
    pub(crate) fn new(alone: &'static str) -> Self {
        Self { path: ArcSwapOption::empty(), alone }
    }

    /// The path that a program has set.
    pub(crate) fn set_path(&self) -> Option<Arc<str>> {
        self.path.load().as_deref().cloned()
    }

    pub(crate) fn path(&self) -> Arc<str> {
        self.set_path().unwrap_or_else(|| Arc::from(self.alone))
    }

    pub(crate) fn set(&self, path: &str) {
        if self.path.load().as_deref().is_none_or(|old| **old != *path) {
            self.path.store(Some(Arc::new(Arc::from(path))));
        }
    }
}

impl Clone for Place {
    fn clone(&self) -> Self {
        Self { path: ArcSwapOption::new(self.path.load_full()), alone: self.alone }
    }
}
