//! A model that judges by a rubric.

mod agreement;
mod prefer;

use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt};

pub use agreement::Agreement;
pub use prefer::Preference;

use super::asking::Asking;
use crate::context::{Context, Purpose};
use crate::error::{Error, Result};
use crate::evaluate::{Case, Metric, Score};
use crate::fingerprint;
use crate::lm::Lm;
use crate::signature::{Fields, Row};

/// Judge by the rubric how good the result of a task is. Only what the rubric asks for counts: not length,
/// not style, not confidence. First give the reason: what meets the rubric and what does not, with the
/// passages it rests on. Then the score that follows from it.
#[dspy_macros::signature]
struct ByRubric {
    /// The description of a good result.
    #[input]
    rubric: String,
    /// The task's inputs, as JSON.
    #[input]
    task: String,
    /// A right result to compare with, as JSON, if there is one. Others can be right, too.
    #[input]
    reference: String,
    /// The result that is judged, as JSON.
    #[input]
    result: String,
    /// The parts that meet the rubric and the parts that do not, in one to three sentences.
    #[output]
    reason: String,
    /// From 0, meets nothing of it, to 1, meets all of it.
    #[output(min = 0.0, max = 1.0)]
    score: f64,
}

/// Asks a model how well the outputs meet a rubric: a score from 0 to 1, with the reason as feedback.
///
/// It is shown the row's inputs, its labels as a reference, and the outputs. It makes one LM call for a
/// row, and one more for each time that a reply cannot be read, for [`Purpose::Judge`]; in a search, equal
/// questions are asked once. A judge is a model and errs: [`calibrate`](Judge::calibrate) it on rows that
/// people have judged, and look at the agreement before it decides anything. Models also prefer what they
/// read first; [`prefer`](Judge::prefer) asks in both orders. Both after Zheng et al., "Judging
/// LLM-as-a-Judge with MT-Bench and Chatbot Arena" (2023).
///
/// As the reward of a strategy ([`BestOfN::with_metric`](crate::strategy::BestOfN::with_metric)) it is shown the inputs
/// and the outputs; there are no labels.
///
/// The name has a hash of the rubric, so that an artifact tells by which one it was chosen.
///
/// # Example
///
/// ```
/// use dspy::evaluate::metrics::Judge;
/// use dspy::lm::Scripted;
/// use dspy::{Context, signature};
///
/// /// Answer the customer.
/// #[signature]
/// struct Reply {
///     #[input]
///     message: String,
///     /// Two sentences.
///     #[output]
///     reply: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let judge = Judge::new("It is polite, and it does not promise anything.");
/// // What people say of replies; here only to whether they are good.
/// let row = |message: &str| Reply { message: message.into(), reply: String::new() };
/// let out = |reply: &str| ReplyOutput { reply: reply.into() };
/// let labelled = [
///     (row("Where is it?"), out("No idea."), false),
///     (row("Where is it?"), out("Sorry for the wait! We look into it."), true),
/// ];
/// let cx = Context::new(Scripted::answering(|prompt| {
///     let score = if prompt.contains("Sorry") { 0.9 } else { 0.1 };
///     format!("[[ ## reason ## ]]\nThe tone.\n[[ ## score ## ]]\n{score}")
/// }));
/// let agreement = judge.calibrate(&cx, &labelled).await?;
/// println!("{agreement}");
/// assert_eq!((agreement.accuracy, agreement.kappa), (1.0, Some(1.0)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Judge {
    rubric: String,
    asking: Asking,
    reference: bool,
}

impl Judge {
    /// Judges by a rubric: what a good result is, in plain words.
    pub fn new(rubric: impl Into<String>) -> Self {
        Self { rubric: rubric.into(), asking: Asking::new("judge"), reference: true }
    }

    /// Asks this model; by default that of the evaluation or search. Best is one that is not being tuned.
    #[must_use]
    pub fn lm(mut self, lm: impl Into<Lm>) -> Self {
        self.asking.lm = Some(lm.into());
        self
    }

    /// Sets whether the row's labels are shown as a reference; they are by default.
    #[must_use]
    pub fn reference(mut self, shown: bool) -> Self {
        self.reference = shown;
        self
    }

    /// Judges outputs that people have judged, and says how far both agree; a score of 0.5 or more counts
    /// as right. Costs the LM calls of one row for each, charged to the context.
    ///
    /// # Errors
    ///
    /// When there are no rows, or the judge cannot be asked or read.
    pub async fn calibrate<R: Row, O: Fields>(
        &self,
        cx: &Context,
        labelled: &[(R, O, bool)],
    ) -> Result<Agreement> {
        if labelled.is_empty() {
            return Err(Error::data("there are no labelled rows to calibrate on"));
        }
        let cx = &cx.scoped(|scope| scope.detached().for_purpose(Purpose::Judge));
        let asked = labelled.iter().map(|(row, output, _)| self.judged(cx, row, output).boxed());
        let judged: Vec<Result<Score>> =
            futures_util::stream::iter(asked).buffered(cx.at_once(None)).collect().await;
        let mut pairs = Vec::new();
        for ((_, _, right), score) in labelled.iter().zip(judged) {
            pairs.push((*right, score?));
        }
        Ok(Agreement::of(pairs))
    }

    async fn judged<R: Fields, O: Fields>(&self, cx: &Context, row: &R, output: &O) -> Result<Score> {
        let (task, reference) = self.shown(row)?;
        let input = ByRubricInput {
            rubric: self.rubric.clone(),
            task,
            reference,
            result: output.to_record()?.to_string(),
        };
        let said = self.asking.ask::<ByRubric>(cx, input).await?;
        Ok(Score::from(said.score).because(said.reason))
    }

    /// The inputs and the labels of a row; inputs alone have no labels.
    fn shown<R: Fields>(&self, row: &R) -> Result<(String, String)> {
        let record = row.to_record()?;
        let (task, labels) = match R::task() {
            Some(schema) => (
                record.only(schema.inputs().map(|field| field.name())),
                Some(record.only(schema.outputs().map(|field| field.name()))),
            ),
            None => (record, None),
        };
        let reference = labels.filter(|_| self.reference);
        let reference = reference.map_or_else(|| "none".to_owned(), |labels| labels.to_string());
        Ok((task.to_string(), reference))
    }
}

impl<R: Fields, O: Fields> Metric<R, O> for Judge {
    fn judge<'a>(&'a self, case: Case<'a, R, O>) -> BoxFuture<'a, Result<Score>> {
        self.judged(case.cx, case.row, case.output).boxed()
    }

    fn calls(&self, cx: &Context) -> u64 {
        self.asking.calls(cx)
    }

    fn name(&self) -> String {
        let hash = fingerprint::of_text(&format!("{}\n{}", self.reference, self.rubric));
        let short = hash.strip_prefix("sha256:").and_then(|hex| hex.get(..8)).unwrap_or_default();
        self.asking.name(Some(short))
    }
}
