//! Runs that count as attempts at one and the same call.

use std::sync::Arc;

use crate::context::{Context, Scope};
use crate::error::{Error, ErrorKind, Result};
use crate::trace::{Note, Recorder, Step, Trace};

/// Below this temperature a model gives the same again, and so another attempt is drawn at the next one.
const LEAST: f64 = 0.1;
const RAISED: f64 = 0.7;

/// The runs of one call of a strategy.
///
/// Each has a trace of its own. All go to the trace of the call when it is over, in the order in which they
/// began and however it ends, so that the order of steps does not depend on which run was faster.
pub(super) struct Attempts<'a> {
    cx: &'a Context,
    /// Each attempt and each call between attempts, which is none.
    begun: Vec<(Option<usize>, Arc<Recorder>)>,
    chosen: Vec<usize>,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(cx: &'a Context) -> Self {
        Self { cx, begun: Vec::new(), chosen: Vec::new() }
    }

    /// Returns the context of the attempt of this place, from 0, so that its replies may differ from those of
    /// the attempts before: the first runs as the context is, the others as rollouts of their own, at
    /// temperature 1 where none is set and at 0.7 where it is below 0.1. What it shows as it comes may not be
    /// what is chosen, so it is shown to nobody.
    pub(super) fn vary(&mut self, place: usize) -> Context {
        self.record(&varied(self.cx, place))
    }

    /// Returns the context of the next attempt. It is shown to nobody either.
    pub(super) fn begin(&mut self) -> Context {
        self.record(self.cx)
    }

    fn record(&mut self, cx: &Context) -> Context {
        let place = self.begun.iter().filter(|(place, _)| place.is_some()).count();
        let recorder = self.recorder(Some(place));
        cx.scoped(|scope| scope.detached().recorded_in(recorder))
    }

    /// Returns the context of a call after the attempts. What it shows is the answer.
    pub(super) fn aside(&mut self) -> Context {
        let recorder = self.recorder(None);
        self.cx.scoped(|scope| scope.recorded_in(recorder))
    }

    /// Returns the context of a call about the attempt that began last. It is shown to nobody.
    pub(super) fn about(&mut self) -> Context {
        let recorder = self.recorder(None);
        self.cx.scoped(|scope| scope.detached().recorded_in(recorder))
    }

    /// Returns the recorder of the steps of the attempt of this place, or of a call that is none.
    fn recorder(&mut self, place: Option<usize>) -> Arc<Recorder> {
        let recorder = Recorder::new(None);
        self.begun.push((place, recorder.clone()));
        recorder
    }

    /// Returns the steps so far of the attempt that began last.
    pub(super) fn trace(&self) -> Trace {
        let last = self.begun.iter().rev().find(|(place, _)| place.is_some());
        last.map_or_else(Trace::default, |(_, recorder)| recorder.trace())
    }

    /// Notes that outputs of the attempt of this place go on.
    pub(super) fn choose(&mut self, place: usize) {
        self.chosen.push(place);
    }
}

impl Drop for Attempts<'_> {
    fn drop(&mut self) {
        let Some(around) = self.cx.scope().recorder() else { return };
        for (place, recorder) in &self.begun {
            for step in recorder.trace().steps() {
                let mut step = Step::clone(step);
                if let Some(place) = place {
                    let (number, chosen) = (number(*place), self.chosen.contains(place));
                    step.notes.push(Note::Attempt { number, chosen });
                }
                around.adopt(Arc::new(step));
            }
        }
    }
}

/// Attempts are counted from 1.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1)
}

fn varied(cx: &Context, place: usize) -> Context {
    if place == 0 {
        return cx.scoped(Scope::nested);
    }
    // Neither the attempts of another rollout nor those inside of another attempt may come to the same number.
    let key =
        [cx.settings().rollout, cx.scope().nesting().into(), place as u64].map(|number| number.to_string());
    let seed = dspy_numbers::random::seed(&["attempt", &key[0], &key[1], &key[2]]);
    let rollout = seed.iter().take(6).fold(0, |number, byte| number << 8 | u64::from(*byte));
    let cx = cx.scoped(Scope::nested).with_rollout(rollout);
    match cx.sampling().temperature {
        None => cx.with_temperature(1.0),
        Some(temperature) if temperature < LEAST => cx.with_temperature(RAISED),
        Some(_) => cx,
    }
}

/// The failures of one call, in the order of attempts.
#[derive(Default)]
pub(super) struct Failures(Vec<(String, Error)>);

impl Failures {
    /// Takes note of a failure. One after which no other attempt makes sense is returned at once.
    pub(super) fn push(&mut self, what: impl Into<String>, error: Error) -> Result<()> {
        // The plan of a search is wrong; to go on would hide it.
        if error.kind() == ErrorKind::CallBound {
            return Err(error);
        }
        self.0.push((what.into(), error));
        Ok(())
    }

    /// Returns whether no further call can be paid for.
    pub(super) fn is_broke(&self) -> bool {
        self.0.iter().any(|(_, error)| error.is_budget())
    }

    /// The one error that lists all of them. Its kind is that of the first, or that the budget is spent.
    pub(super) fn into_error(self, all: &str) -> Error {
        let kind = match self.0.first() {
            _ if self.is_broke() => ErrorKind::Budget,
            Some((_, first)) => first.kind(),
            None => ErrorKind::Declaration,
        };
        let listed: Vec<String> = self.0.iter().map(|(what, error)| format!("{what}: {error:#}")).collect();
        let error = Error::new(kind, format!("{all} failed: {}", listed.join("; ")));
        match self.0.into_iter().next() {
            Some((_, first)) => error.with_problems(first.problems().to_vec()),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::Scripted;

    #[test]
    fn rollouts_of_attempts_in_attempts_differ() {
        let cx = Context::new(Scripted::replies(["never"]));
        let mut seen = std::collections::BTreeSet::new();
        for sample in 0..4 {
            for outer in 0..8 {
                for inner in 0..8 {
                    let attempt = varied(&varied(&cx.with_rollout(sample), outer), inner);
                    assert!(seen.insert(attempt.settings().rollout), "{sample} {outer} {inner}");
                }
            }
        }
        assert_eq!(varied(&cx.with_rollout(3), 0).settings().rollout, 3, "the first is the call itself");
        assert_eq!(varied(&cx, 1).sampling().temperature, Some(1.0));
        assert_eq!(varied(&cx.with_temperature(0.3), 1).sampling().temperature, Some(0.3));
        assert_eq!(varied(&cx, 0).sampling().temperature, None);
        let cold = cx.with_temperature(0.0);
        assert_eq!(varied(&cold, 0).sampling().temperature, Some(0.0));
        assert_eq!(varied(&cold, 1).sampling().temperature, Some(0.7), "it would give the same again");
    }
}
