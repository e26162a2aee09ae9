//! The call of a typed predictor, the same for all of them.

use futures_util::FutureExt;
use serde_json::Value;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::predictor::{Prediction, Predictor, Reading};
use crate::problem::Problem;
use crate::signature::Fields;
use crate::trace::{Note, Trace, Traced};
use crate::value::Record;

/// A typed predictor: the core, and how its outputs are read.
pub trait Typed: Traced + Sync {
    /// The predictor without its types.
    fn core(&self) -> &Predictor;

    /// Reads a record as the outputs and checks them.
    ///
    /// # Errors
    ///
    /// Every field that does not fit, or else every check that does not hold.
    fn read(record: Record) -> Result<Self::Output, Vec<Problem>>;

    /// The checks that one output does not meet, while the others are still to come.
    fn check_field(name: &str, value: &Value) -> Vec<Problem> {
        let _ = (name, value);
        Vec::new()
    }

    /// Adds one more condition on the outputs, for this call: a reply that does not meet it is asked
    /// for again, like one that cannot be read.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::lm::Scripted;
    /// use dspy::{Context, Predict, signature};
    ///
    /// /// Plan the meeting.
    /// #[signature]
    /// struct Meeting {
    ///     #[input]
    ///     wish: String,
    ///     /// The hour it begins, 0 to 23.
    ///     #[output]
    ///     from_hour: u8,
    ///     /// The hour it ends, 0 to 23.
    ///     #[output]
    ///     to_hour: u8,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// let reply = |from, to| format!("[[ ## from_hour ## ]]\n{from}\n[[ ## to_hour ## ]]\n{to}");
    /// let cx = Context::new(Scripted::replies([reply(9, 8), reply(9, 10)]));
    /// let plan = Predict::<Meeting>::new();
    /// let in_order = plan.ensure(|plan| plan.from_hour < plan.to_hour, "from_hour is before to_hour");
    /// let meeting = in_order.call(&cx, MeetingInput { wish: "an hour from nine".into() }).await?;
    /// assert_eq!((meeting.from_hour, meeting.to_hour, meeting.usage().calls), (9, 10, 2));
    /// # Ok(())
    /// # }
    /// ```
    fn ensure<'a>(
        &'a self,
        check: impl Fn(&Self::Output) -> bool + Send + Sync + 'a,
        text: impl Into<String>,
    ) -> Ensured<'a, Self>
    where
        Self: Sized,
    {
        Ensured { predictor: self, checks: Vec::new() }.ensure(check, text)
    }
}

/// Gives a typed predictor `ensure` for those who have not imported the trait.
macro_rules! ensured {
    ($predictor:ident) => {
        impl<S: Signature> $predictor<S> {
            /// Adds one more condition on the outputs, for this call; see [`Typed::ensure`](crate::predict::Typed::ensure).
            pub fn ensure<'a>(
                &'a self,
                check: impl Fn(&<Self as crate::Module>::Output) -> bool + Send + Sync + 'a,
                text: impl Into<String>,
            ) -> $crate::predict::Ensured<'a, Self> {
                $crate::predict::Typed::ensure(self, check, text)
            }
        }
    };
}

pub(crate) use ensured;

/// A predictor with conditions on its outputs; see [`Typed::ensure`].
#[must_use = "the conditions hold for calls that are made through this value"]
pub struct Ensured<'a, P: Typed> {
    predictor: &'a P,
    checks: Vec<Check<'a, P::Output>>,
}

/// A condition and its text.
struct Check<'a, O> {
    holds: Box<dyn Fn(&O) -> bool + Send + Sync + 'a>,
    text: String,
}

impl<'a, P: Typed> Ensured<'a, P> {
    /// Adds a condition.
    pub fn ensure(
        mut self,
        check: impl Fn(&P::Output) -> bool + Send + Sync + 'a,
        text: impl Into<String>,
    ) -> Self {
        self.checks.push(Check { holds: Box::new(check), text: text.into() });
        self
    }

    /// Makes the call.
    ///
    /// # Errors
    ///
    /// As the predictor's own call, and when no reply meets the conditions.
    pub async fn call(&self, cx: &Context, input: impl Into<P::Input>) -> Result<Prediction<P::Output>> {
        run(self.predictor, cx, input.into(), |output| {
            let broken = self.checks.iter().filter(|check| !(check.holds)(output));
            broken.map(|check| Problem::violated("", "", &check.text)).collect()
        })
        .await
    }
}

impl<P: Typed> std::fmt::Debug for Ensured<'_, P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let texts: Vec<_> = self.checks.iter().map(|check| &check.text).collect();
        f.debug_struct("Ensured").field("predictor", self.predictor.core()).field("checks", &texts).finish()
    }
}

/// Makes a call; `check` says what else is wrong with outputs that could be read.
pub(super) async fn run<P: Typed>(
    predictor: &P,
    cx: &Context,
    input: P::Input,
    check: impl Fn(&P::Output) -> Vec<Problem> + Send + Sync,
) -> Result<Prediction<P::Output>> {
    run_record(predictor, cx, input.into_record()?, Vec::new(), check).await
}

/// Runs as [`run`] does, with inputs that are a record already.
pub(super) async fn run_record<P: Typed>(
    predictor: &P,
    cx: &Context,
    input: Record,
    notes: Vec<Note>,
    check: impl Fn(&P::Output) -> Vec<Problem> + Send + Sync,
) -> Result<Prediction<P::Output>> {
    let mut taken = None;
    let mut decode = |record| {
        let output = P::read(record)?;
        let problems = check(&output);
        if !problems.is_empty() {
            return Err(problems);
        }
        taken = Some(output);
        Ok(())
    };
    let mut reading = Reading::new(&mut decode, P::check_field);
    reading.notes = notes;
    // On the heap, so that what a program's future is made of ends here: programs of programs would otherwise come to types
    // deeper than rustc looks into.
    let step = predictor.core().run(cx, input, reading).boxed().await?;
    let output = taken.ok_or_else(|| Error::internal("no outputs were read"))?;
    Ok(Prediction::new(output, Trace::new(vec![step])))
}
