//! Runs of code as steps of a program.

use std::fmt;
use std::sync::Arc;

use super::{Execution, Host, Interpreter, Limits, Session};
use crate::context::Context;
use crate::error::Result;
use crate::module::shape::Shape;
use crate::module::{Predictors, Visit, VisitMut};
use crate::predictor::Place;
use crate::signature::{Schema, Signature};
use crate::trace::{Step, Traced};
use crate::value::Record;

/// Run code.
#[dspy_macros::signature]
#[derive(Clone, Debug)]
pub struct RunCode {
    /// The code.
    #[input]
    pub code: String,
    /// The output of the run, and its end.
    #[output]
    pub ran: Execution,
}

/// The part of a program that runs code: each run is a step of the trace, with the code as its input and what came of
/// it, a [`Execution`], as its output. What the code calls are steps after it, where they make any.
///
/// It holds no predictor. See [`CodeAct`](super::CodeAct) for an example.
pub struct Runs {
    interpreter: Arc<dyn Interpreter>,
    pub(super) limits: Limits,
    place: Place,
}

impl Runs {
    pub(super) fn new(interpreter: Arc<dyn Interpreter>) -> Self {
        Self { interpreter, limits: Limits::default(), place: Place::new("run") }
    }

    /// Returns the interpreter that runs the code.
    pub fn interpreter(&self) -> &dyn Interpreter {
        &*self.interpreter
    }

    pub(super) fn open(&self) -> Result<Box<dyn Session>> {
        self.interpreter.open(&self.limits).map_err(|error| error.context(self.place.path()))
    }

    /// Runs code and records the step.
    pub(super) async fn run(
        &self,
        cx: &Context,
        session: &mut dyn Session,
        (code, inputs): (&str, Record),
        host: &dyn Host,
    ) -> Result<Execution> {
        let place = cx.scope().recorder().map(|recorder| (recorder, recorder.begin()));
        let outcome = session.run(code, inputs, host).await;
        if let Some((recorder, place)) = place {
            let output = match &outcome {
                Ok(ran) => Ok(Record::from_iter([("ran", serde_json::to_value(ran)?)])),
                Err(error) => Err(format!("{error:#}")),
            };
            recorder.end(&place, &Arc::new(self.step(code, output)));
        }
        outcome.map_err(|error| error.context(self.place.path()))
    }

    fn step(&self, code: &str, output: Result<Record, String>) -> Step {
        let input = Record::from_iter([("code", code)]);
        Step::of_part(self.place.path(), self.schema().clone(), input, output)
    }
}

impl Traced for Runs {
    type Input = RunCodeInput;
    type Output = RunCodeOutput;

    fn path(&self) -> Option<Arc<str>> {
        self.place.set_path()
    }

    fn schema(&self) -> &Arc<Schema> {
        RunCode::schema()
    }
}

impl Predictors for Runs {
    const SHAPE: Shape = Shape::Fields(&[]);

    fn visit(&self, visit: &mut Visit<'_>) {
        visit.place(&self.place);
        visit.part("Runs", "", format!("{} within {:?}", self.interpreter.language(), self.limits));
    }

    fn visit_mut(&mut self, _: &mut VisitMut<'_>) {}
}

impl Clone for Runs {
    fn clone(&self) -> Self {
        let Self { interpreter, limits, place } = self;
        Self { interpreter: interpreter.clone(), limits: limits.clone(), place: place.clone() }
    }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runs")
            .field("path", &self.place.path())
            .field("interpreter", &self.interpreter)
            .field("limits", &self.limits)
            .finish()
    }
}
