//! What a search can cost, before it costs anything.

use std::fmt;

use serde::Serialize;

use crate::context::{Budget, Context};
use crate::module::{self, Predictors};

/// The most LM calls that a search can make, part by part.
///
/// # Example
///
/// ```
/// use dspy::Plan;
///
/// fn affordable(plan: &Plan) -> bool {
///     println!("{plan}");
///     plan.max_calls() <= 5_000
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    parts: Vec<Part>,
    calls_per_run: u64,
    budget: Budget,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Part {
    what: String,
    runs: u64,
}

impl Plan {
    pub(super) fn new(calls_per_run: u64, budget: Budget) -> Self {
        Self { parts: Vec::new(), calls_per_run, budget }
    }

    pub(super) fn with(mut self, what: impl Into<String>, runs: usize) -> Self {
        self.parts.push(Part { what: what.into(), runs: runs as u64 });
        self
    }

    /// The most LM calls, within the budget.
    pub fn max_calls(&self) -> u64 {
        let needed = self.needed_calls();
        self.budget.max_calls().map_or(needed, |budget| budget.min(needed))
    }

    /// The most LM calls, were there no budget.
    pub fn needed_calls(&self) -> u64 {
        self.parts.iter().map(|part| part.runs * self.calls_per_run).sum()
    }

    /// The most LM calls of one run of the program: one for each predictor, and one for each time
    /// that a reply may be asked for again; two each where an adapter has its answers read by a second call.
    pub fn calls_per_run(&self) -> u64 {
        self.calls_per_run
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "at most {} LM calls, {} for one run of the program:",
            self.max_calls(),
            self.calls_per_run
        )?;
        for part in &self.parts {
            writeln!(f, "  {:>7}  {} ({} runs)", part.runs * self.calls_per_run, part.what, part.runs)?;
        }
        match self.budget.max_calls().filter(|budget| *budget < self.needed_calls()) {
            Some(budget) => writeln!(f, "  the budget stops it at {budget}, with the best program so far"),
            None => Ok(()),
        }
    }
}

/// What the program is, whatever its states: the signatures of its predictors by path.
pub(super) fn fingerprint<P: Predictors + ?Sized>(program: &P) -> String {
    let mut parts = serde_json::Map::new();
    module::each(program, |path, predictor, frozen| {
        let state = serde_json::to_value(predictor.state()).unwrap_or_default();
        parts.insert(path.to_owned(), serde_json::json!([predictor.schema().fingerprint(), frozen, state]));
    });
    crate::fingerprint::of(&parts.into())
}

/// The most LM calls of one run, if each predictor is called at most once in it.
pub(super) fn calls_per_run<P: Predictors + ?Sized>(cx: &Context, program: &P) -> u64 {
    let mut calls = 0;
    module::each(program, |_, predictor, _| calls += predictor.max_calls(cx));
    calls
}
