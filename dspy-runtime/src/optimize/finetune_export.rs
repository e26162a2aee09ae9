//! Accepted runs as training data of a provider.

use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::options::debug;
use crate::context::{Context, Purpose, Scope};
use crate::data::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::{AnyMetric, Judged, Metric, judge};
use crate::file;
use crate::lm::Message;
use crate::module::{self, Module};
use crate::predict::Predictor;
use crate::signature::Row;

/// Writes what a program did where the metric accepts it, as chat-format JSON lines: what providers take to
/// fine-tune a model.
///
/// Use it when a large model does well and a small one should do the same: run the tuned program with the
/// large model over many rows, and train the small one on the file. Each call of a predictor in an accepted
/// run is a line `{"messages": [...]}`: the messages exactly as the predictor sends them, and the reply as
/// the adapter would have it. It costs one run for each row; it is no optimizer and changes no program. After
/// `BootstrapFinetune` of DSPy 3; starting the provider's job is left to the provider's own tools.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::{Context, FinetuneExport, Predict, Rows, signature};
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
    concurrency: usize,
}

/// What was written.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The rows that were run.
    pub rows: usize,
    /// Those whose run failed, or was never made because the budget was spent.
    pub failed: usize,
    /// Those whose run the metric accepts.
    pub accepted: usize,
    /// The lines in the file: the calls of the accepted runs.
    pub lines: usize,
}

impl<R: Row, O: Send + Sync + 'static> FinetuneExport<R, O> {
    /// Judges by a metric.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self { metric: AnyMetric::new(metric), threshold: 1.0, demos: true, concurrency: 16 }
    }

    /// The score from which on a run is written; 1 by default, fully right.
    #[must_use]
    pub fn threshold(mut self, score: f64) -> Self {
        self.threshold = score;
        self
    }

    /// Whether the messages hold the demonstrations that the run had; they do by default. A model that is
    /// trained without them is to be called without them.
    #[must_use]
    pub fn demos(mut self, shown: bool) -> Self {
        self.demos = shown;
        self
    }

    /// How many rows run at once; 16 by default. The file does not depend on it.
    #[must_use]
    pub fn concurrency(mut self, rows: usize) -> Self {
        self.concurrency = rows.max(1);
        self
    }

    /// Runs the program over the rows and writes the file, whole or not at all.
    ///
    /// # Errors
    ///
    /// When every row fails, when a message shows more than text, or when the file cannot be written.
    pub async fn write<P>(
        &self,
        cx: &Context,
        program: &P,
        rows: &Rows<R>,
        path: impl AsRef<Path>,
    ) -> Result<Exported>
    where
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        module::name(program);
        let cx = &cx.scoped(Scope::detached);
        let judging = &cx.scoped(|scope| scope.for_purpose(Purpose::Judge));
        let runs = (0..rows.len()).map(|row| judge((cx, judging), program, rows, row, &self.metric, None));
        let judged: Vec<Judged> = futures_util::stream::iter(runs).buffered(self.concurrency).collect().await;
        let mut exported = Exported { rows: rows.len(), failed: 0, accepted: 0, lines: 0 };
        let (mut text, mut first) = (String::new(), None);
        let predictors = self.predictors(program);
        for judged in judged {
            match &judged.score {
                Ok(score) if score.value >= self.threshold => {
                    exported.accepted += 1;
                    for line in lines(cx, &predictors, &judged).await? {
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

    /// The predictors by path, as the messages are to show them.
    fn predictors<P: Module>(&self, program: &P) -> Vec<(String, Predictor)> {
        let mut program = program.clone();
        let mut found = Vec::new();
        module::each_mut(&mut program, |path, predictor, _| {
            if !self.demos && !predictor.state().demos.is_empty() {
                let mut state = predictor.state().clone();
                state.demos.clear();
                predictor.set_state(state);
            }
            if !predictor.schema().is_of_tool() {
                found.push((path.to_owned(), predictor.clone()));
            }
        });
        found
    }
}

/// The calls of a run that have an answer, a line each.
async fn lines(cx: &Context, predictors: &[(String, Predictor)], judged: &Judged) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for step in judged.trace.chosen() {
        let Some((_, predictor)) = predictors.iter().find(|(path, _)| **path == *step.path) else { continue };
        let Ok(output) = &step.output else { continue };
        let asked = predictor.messages(predictor.adapter(cx), cx, &step.input).await.1?;
        let answer = Arc::clone(predictor.adapter(cx)).output(&step.schema, output);
        let messages: Result<Vec<Value>> = asked.iter().chain([&answer]).map(message).collect();
        lines.push(json!({"messages": messages?}).to_string());
    }
    Ok(lines)
}

fn message(message: &Message) -> Result<Value> {
    if message.media().len() > 0 {
        let text = "only messages of text alone can be written for fine-tuning";
        return Err(Error::new(ErrorKind::Unsupported, text));
    }
    Ok(json!({"role": message.author(), "content": message.text()}))
}

debug!(FinetuneExport: threshold, demos);
