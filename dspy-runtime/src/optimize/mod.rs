//! Searching for better instructions and demonstrations.
//!
//! | optimizer | tunes | when |
//! |---|---|---|
//! | [`LabeledFewShot`] | demonstrations, from labels | labels cover every field of a predictor |
//! | [`BootstrapFewShot`] | demonstrations, from runs that the metric accepts | few rows, several predictors |
//! | [`RandomSearch`] | demonstrations, the best of many such sets | enough validation rows to tell sets apart |
//! | [`KnnFewShot`] | demonstrations, chosen anew for each call | many rows of many kinds |
//! | [`InferRules`] | demonstrations, and rules read out of rows | what is right follows from rules that nobody wrote down |
//! | [`Copro`] | instructions, from how earlier ones scored | a metric that gives no feedback |
//! | [`Gepa`] | instructions, from what went wrong | a metric that gives feedback, and a model that can reflect |
//! | [`Mipro`] | instructions and demonstrations together | a model that can propose, and enough validation rows |
//! | [`Simba`] | both, from rows on which runs differ | the same input comes out right at one time and wrong at another |
//! | [`Ace`] | instructions, by notes that are added one by one | much has to be known that rows can teach |
//! | [`Finetune`] | the weights of a model, by a provider that trains it on runs that the metric accepts | a large model does well what a small one should do |
//! | [`Auto`] | all of it, as far as a budget goes | you have a budget and no opinion on the others |
//! | [`BetterTogether`] | what its steps tune, one after the other | two searches that find different things |
//!
//! [`Compiled::ensemble`] makes one program of the best few that a search found; [`FinetuneExport`] writes accepted runs as
//! training data, for whoever trains a model by other means than [`Finetune`].
//!
//! All are driven the same way: `plan` tells the most LM calls before any is made, a [`Budget`] is a
//! hard stop that still gives the best program so far, the program as it came is always a candidate,
//! and the same seed gives the same result at any concurrency. `observe` shows a search while it goes on,
//! [`Compiled::report`] what it did.
//!
//! The same result is that of all that a search chooses, and of replies that are recorded in its journal, a
//! [`Cache`](crate::cache::Cache) or a [`Cassette`](crate::lm::Cassette). How a server draws its replies is its own: where no
//! temperature is set its usual one holds, which is seldom 0, and even at 0 with a
//! [seed](crate::lm::Sampling::seed) not every server repeats itself. A plan and a [`Report`](crate::Report) say so,
//! and [`Report::repeats`](crate::Report::repeats) counts.
//!
//! [`Budget`]: crate::Budget

mod ace;
mod any_optimizer;
mod auto;
mod better_together;
mod bootstrap;
mod bootstrap_few_shot;
mod compiled;
mod copro;
mod demos;
mod driver;
mod effects;
mod event;
mod finetune;
mod gepa;
mod infer_rules;
mod journal;
mod knn_few_shot;
mod labeled_few_shot;
mod minibatch;
mod mipro;
mod options;
mod pick;
mod plan;
mod probe;
mod propose;
mod racing;
mod random_search;
mod report;
mod simba;

use std::future::Future;

pub use ace::Ace;
#[cfg(feature = "app")]
pub(crate) use any_optimizer::AnyOptimizer;
pub use auto::Auto;
pub use better_together::BetterTogether;
pub use bootstrap_few_shot::BootstrapFewShot;
pub use compiled::{CandidateScore, Compiled, ExpectedGain, Termination};
pub use copro::Copro;
pub use event::{SearchEvent, SearchEventKind};
pub use finetune::{ExportCounts, Finetune, FinetuneExport};
pub use gepa::{Accept, Components, Frontier, Gepa, InstructionProposer, Parents, ReflectedRun, Reflection};
pub use infer_rules::InferRules;
pub use knn_few_shot::KnnFewShot;
pub use labeled_few_shot::LabeledFewShot;
pub use mipro::{Mipro, MiproCounts, MiproSearch};
pub use options::{Configure, SearchSettings};
pub use pick::Pick;
pub use plan::{BatchEstimate, Calls, Plan, TokenEstimate, Tokens, TrainingEstimate};
pub use probe::{Headroom, Probe};
pub use racing::Racing;
pub use random_search::RandomSearch;
pub use report::SearchReport;
pub use simba::Simba;

use crate::context::Context;
use crate::data::TuningRows;
use crate::error::Result;
use crate::module::Module;
use crate::signature::Row;

/// Tunes a program: proposes states for its predictors and keeps the one that scores best on the
/// validation rows.
///
/// # Example
///
/// ```
/// use dspy::optimize::LabeledFewShot;
/// use dspy::{Context, Lm, Predict, Rows, Splits, signature};
///
/// /// Say which fruit it is.
/// #[signature]
/// struct Fruit {
///     #[input]
///     looks: String,
///     /// What it is.
///     #[output]
///     fruit: String,
/// }
///
/// let rows = |text| Rows::<Fruit>::from_csv(text, "fruit.csv");
/// let splits = Splits::new(
///     rows("looks,fruit\nlong and yellow,banana\n")?,
///     rows("looks,fruit\nlong, yellow and bent,banana\n".replace("long, ", "long ").as_str())?,
///     rows("looks,fruit\nround and red,apple\n")?,
/// )?;
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let optimizer = LabeledFewShot::new(|row: &Fruit, out: &FruitOutput| row.fruit == out.fruit);
/// let plan = optimizer.plan(&cx, &Predict::<Fruit>::new(), &splits);
/// assert_eq!(plan.max_calls(), 4, "two candidates on one row, each asked again at most once");
/// # Ok::<(), dspy::Error>(())
/// ```
pub trait Optimizer<R: Row, P: Module>
where
    R::Input: Into<P::Input>,
{
    /// The most LM calls that [`compile`](Optimizer::compile) can make, without making any.
    fn plan(&self, cx: &Context, program: &P, splits: TuningRows<'_, R>) -> Plan;

    /// Tunes the program.
    ///
    /// # Errors
    ///
    /// When the program cannot run on any validation row, or the budget cannot pay for the baseline.
    fn compile(
        &self,
        cx: &Context,
        program: P,
        rows: TuningRows<'_, R>,
    ) -> impl Future<Output = Result<Compiled<P>>> + Send;
}
