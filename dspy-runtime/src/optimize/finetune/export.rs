//! Accepted runs as training data of a provider.

use std::path::Path;

use futures_util::StreamExt;

use super::example::Askers;
use crate::context::{Context, Purpose, Scope};
use crate::data::Rows;
use crate::error::Result;
use crate::evaluate::{AnyMetric, Judged, Metric, judge};
use crate::file;
use crate::module::{self, Module};
use crate::optimize::options::debug;
use crate::signature::Row;

/// Writes what a program did where the metric accepts it, as chat-format JSON lines: what providers take to
/// fine-tune a model.
///
/// Use it when a large model does well and a small one should do the same: run the tuned program with the
/// large model over many rows, and train the small one on the file by the means of its provider;
/// [`Finetune`](crate::optimize::Finetune) does all of that. It costs one run for each row; it is no optimizer and changes no
/// program. After `BootstrapFinetune` of DSPy 3.
///
/// Each call of a predictor in an accepted run is a line `{"messages": [...]}`: the messages as the predictor sends
/// them, and the reply as the adapter would have it. What the model says in a demonstration, or in an earlier turn of
/// a [`History`](crate::History), has the weight 0: it is shown, and not learned a second time.
///
/// The turns of an agent such as [`ReAct`](crate::ReAct) are lines, too. Where the model is given tools in its
/// provider's way, all turns of a run are one line with `tools`, the model's `tool_calls` and the answers of the tools;
/// where tools are called by text, each turn is a line whose prompt tells of the tools.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::optimize::FinetuneExport;
/// use dspy::{Context, Predict, Rows, signature};
///
/// /// Name the capital of a country.
/// #[signature]
/// struct Capital {
///     #[input]
///     country: String,
///     /// Its name alone.
///     #[output]
///     capital: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let rows = Rows::<Capital>::from_csv("country,capital\nFrance,Paris\nItaly,Rome\n", "capitals.csv")?;
/// let cx = Context::new(Scripted::answering(|_| "[[ ## capital ## ]]\nParis".into()));
/// let export = FinetuneExport::new(|row: &Capital, out: &CapitalOutput| row.capital == out.capital);
/// # let path = std::env::temp_dir().join(format!("dspy-finetune-{}.jsonl", std::process::id()));
/// let exported = export.write(&cx, &Predict::<Capital>::new(), &rows, &path).await?;
/// assert_eq!((exported.rows, exported.accepted, exported.lines), (2, 1, 1));
/// # std::fs::remove_file(&path).ok();
/// # Ok(())
/// # }
/// ```
pub struct FinetuneExport<R, O> {
    metric: AnyMetric<R, O>,
    threshold: f64,
    demos: bool,
    concurrency: Option<usize>,
}

/// A written file.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportCounts {
    /// The rows that were run.
    pub rows: usize,
    /// Those whose run failed, or was never made because the budget was spent.
    pub failed: usize,
    /// Those whose run the metric accepts.
    pub accepted: usize,
    /// The lines in the file: the calls of the accepted runs, with those that are turns of one conversation as one.
    pub lines: usize,
}

impl<R: Row, O: Send + Sync + 'static> FinetuneExport<R, O> {
    /// Judges by a metric.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self { metric: AnyMetric::new(metric), threshold: 1.0, demos: true, concurrency: None }
    }

    /// The score from which on a run is written; 1 by default, fully right.
    #[must_use]
    pub fn threshold(mut self, score: f64) -> Self {
        self.threshold = score;
        self
    }

    /// Sets whether the messages hold the demonstrations that the run had; they do by default. A model that
    /// is trained without them is to be called without them.
    #[must_use]
    pub fn demos(mut self, shown: bool) -> Self {
        self.demos = shown;
        self
    }

    /// Sets the number of rows that run at once; by default 16, or as many as the model
    /// [wants](crate::lm::LanguageModel::calls_at_once). The file does not depend on it.
    #[must_use]
    pub fn concurrency(mut self, rows: usize) -> Self {
        self.concurrency = Some(rows.max(1));
        self
    }

    /// Runs the program over the rows and writes the file, whole or not at all.
    ///
    /// # Errors
    ///
    /// When every row fails, when a message shows a sound or a file, which no model is trained on, or when the file
    /// cannot be written.
    pub async fn write<P>(
        &self,
        cx: &Context,
        program: &P,
        rows: &Rows<R>,
        path: impl AsRef<Path>,
    ) -> Result<ExportCounts>
    where
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        module::name(program);
        let cx = &cx.scoped(Scope::detached).with_kept_exchanges(true);
        let judging = &cx.scoped(|scope| scope.for_purpose(Purpose::Judge));
        let runs = (0..rows.len()).map(|row| judge((cx, judging), program, rows, row, &self.metric, None));
        let judged: Vec<Judged> =
            futures_util::stream::iter(runs).buffered(cx.at_once(self.concurrency)).collect().await;
        let mut exported = ExportCounts { rows: rows.len(), failed: 0, accepted: 0, lines: 0 };
        let (mut text, mut first) = (String::new(), None);
        let askers = Askers::of(program, self.demos);
        for judged in judged {
            match &judged.score {
                Ok(score) if score.value >= self.threshold => {
                    exported.accepted += 1;
                    for line in askers.lines(cx, &judged.trace).await? {
                        exported.lines += 1;
                        text.push_str(&line);
                        text.push('\n');
                    }
                }
                Ok(_) => {}
                Err(_) => {
                    exported.failed += 1;
                    first = first.or(judged.score.err());
                }
            }
        }
        match first.filter(|_| exported.failed == exported.rows) {
            Some(error) => Err(error),
            None => file::write(path.as_ref(), &text).map(|()| exported),
        }
    }
}

debug!(FinetuneExport: threshold, demos);
