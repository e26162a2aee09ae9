//! Models that a provider trains on examples.

use std::fmt;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt, ready};
use serde::{Deserialize, Serialize};

use super::Lm;
use crate::error::Result;
use crate::fingerprint;

/// A provider that trains models on examples, as [`Finetune`](crate::optimize::Finetune) has it do.
///
/// [`OpenAiFinetuning`](super::OpenAiFinetuning) is one; implement it for another. It is object-safe. One method is one
/// request or a few that only read, and is made again by the caller where that helps. Whoever was stopped in the middle
/// of [`upload`](Self::upload) or [`start`](Self::start) looks with [`uploaded`](Self::uploaded) and
/// [`started`](Self::started) for what came of it, so that nothing is sent or paid for twice.
///
/// # Example
///
/// A service that knows its model at once, for tests:
///
/// ```
/// use dspy::Lm;
/// use dspy::lm::{Scripted, TrainingFile, TrainingJob, TrainingOrder, TrainingService, TrainingState};
/// use futures_util::future::{BoxFuture, FutureExt};
///
/// #[derive(Debug)]
/// struct AtOnce;
///
/// fn job() -> TrainingJob {
///     TrainingJob::new("job-1", TrainingState::Succeeded).with_model("tuned")
/// }
///
/// impl TrainingService for AtOnce {
///     fn name(&self) -> String {
///         "at-once".to_owned()
///     }
///     fn upload<'a>(&'a self, _: &'a TrainingFile) -> BoxFuture<'a, dspy::Result<String>> {
///         async { Ok("file-1".to_owned()) }.boxed()
///     }
///     fn uploaded<'a>(&'a self, _: &'a TrainingFile) -> BoxFuture<'a, dspy::Result<Option<String>>> {
///         async { Ok(None) }.boxed()
///     }
///     fn start<'a>(&'a self, _: &'a TrainingOrder) -> BoxFuture<'a, dspy::Result<TrainingJob>> {
///         async { Ok(job()) }.boxed()
///     }
///     fn started<'a>(&'a self, _: &'a TrainingOrder) -> BoxFuture<'a, dspy::Result<Option<TrainingJob>>> {
///         async { Ok(None) }.boxed()
///     }
///     fn status<'a>(&'a self, _: &'a str) -> BoxFuture<'a, dspy::Result<TrainingJob>> {
///         async { Ok(job()) }.boxed()
///     }
///     fn cancel<'a>(&'a self, _: &'a str) -> BoxFuture<'a, dspy::Result<TrainingJob>> {
///         async { Ok(TrainingJob::new("job-1", TrainingState::Cancelled)) }.boxed()
///     }
///     fn lm(&self, _: &str) -> dspy::Result<Lm> {
///         Ok(Lm::from(Scripted::replies(["[[ ## word ## ]]\nParis"])))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// assert_eq!(AtOnce.status("job-1").await?.model.as_deref(), Some("tuned"));
/// # Ok(())
/// # }
/// ```
pub trait TrainingService: Send + Sync + fmt::Debug {
    /// Returns the name of the service in messages and journals, with nothing secret: `openai at
    /// https://api.openai.com/v1`.
    fn name(&self) -> String;

    /// The fewest examples that it trains on; 1 by default.
    fn least_examples(&self) -> usize {
        1
    }

    /// Sends a file of examples, and gives the service's name for it.
    ///
    /// # Errors
    ///
    /// As a call of a model.
    fn upload<'a>(&'a self, file: &'a TrainingFile) -> BoxFuture<'a, Result<String>>;

    /// Finds a file of this name that was sent before.
    ///
    /// # Errors
    ///
    /// As a call of a model.
    fn uploaded<'a>(&'a self, file: &'a TrainingFile) -> BoxFuture<'a, Result<Option<String>>>;

    /// Starts a job.
    ///
    /// # Errors
    ///
    /// As a call of a model.
    fn start<'a>(&'a self, order: &'a TrainingOrder) -> BoxFuture<'a, Result<TrainingJob>>;

    /// Finds a job that was started with this [key](TrainingOrder::key).
    ///
    /// # Errors
    ///
    /// As a call of a model.
    fn started<'a>(&'a self, order: &'a TrainingOrder) -> BoxFuture<'a, Result<Option<TrainingJob>>>;

    /// Returns the progress of a job.
    ///
    /// # Errors
    ///
    /// As a call of a model.
    fn status<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<TrainingJob>>;

    /// The latest that the service says about a job that runs, in words; nothing by default.
    ///
    /// # Errors
    ///
    /// As a call of a model.
    fn latest<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<Option<String>>> {
        let _ = job;
        ready(Ok(None)).boxed()
    }

    /// Ends a job before its time.
    ///
    /// # Errors
    ///
    /// As a call of a model, and where the job has ended already.
    fn cancel<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<TrainingJob>>;

    /// The model of a name, trained or not, as programs call it.
    ///
    /// # Errors
    ///
    /// Where the model cannot be called with the settings of the service.
    fn lm(&self, model: &str) -> Result<Lm>;
}

fn _is_object_safe(_: Box<dyn TrainingService>) {}

/// Examples to train on, one a line.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingFile {
    /// The name of the file: a hash of what is in it, so that the same examples are the same file.
    pub name: String,
    /// The lines, each a JSON object such as `{"messages": [...]}`.
    pub text: Arc<str>,
}

/// An order for a training job. What is `None` is left to the service.
///
/// # Example
///
/// ```
/// use dspy::lm::TrainingOrder;
///
/// let mut order = TrainingOrder::new("a1b2", "file-1", "gpt-4.1-mini-2025-04-14");
/// order.epochs = Some(3);
/// assert_eq!((order.base.as_str(), order.suffix), ("gpt-4.1-mini-2025-04-14", None));
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingOrder {
    /// The key by which the job is found again, of letters and digits.
    pub key: String,
    /// The service's name for the file.
    pub file: String,
    /// The model that is trained.
    pub base: String,
    /// A word that becomes a part of the trained model's name.
    pub suffix: Option<String>,
    /// The seed of what is random in training.
    pub seed: Option<u64>,
    /// The number of passes over each example.
    pub epochs: Option<u32>,
    /// The number of examples that one step learns from.
    pub batch_size: Option<u32>,
    /// The factor of the usual learning rate.
    pub learning_rate_multiplier: Option<f64>,
}

/// A job as the service reports it.
///
/// # Example
///
/// ```
/// use dspy::lm::{TrainingJob, TrainingState};
///
/// let job = TrainingJob::new("job-1", TrainingState::Failed).with_failure("line 3 has no reply");
/// assert_eq!(format!("{} {}: {}", job.id, job.state, job.failure.unwrap_or_default()), "job-1 failed: line 3 has no reply");
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingJob {
    /// The service's name for it.
    pub id: String,
    /// The progress of the job.
    pub state: TrainingState,
    /// The trained model, once there is one.
    pub model: Option<String>,
    /// The reason it failed, in the service's words.
    pub failure: Option<String>,
    /// The number of tokens it is billed for, once that is known.
    pub trained_tokens: Option<u64>,
}

/// The progress of a job; a part of [`TrainingJob`], which has an example.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingState {
    /// Its file is looked at, or it waits for its turn.
    Waiting,
    /// It runs.
    Running,
    /// There is a model.
    Succeeded,
    /// There is none, and there will be none.
    Failed,
    /// It was ended before its time.
    Cancelled,
    /// Under way, in the service's own word.
    Other(String),
}

impl TrainingFile {
    /// A file of these lines.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::lm::TrainingFile;
    ///
    /// let file = TrainingFile::new("{\"messages\":[]}\n");
    /// assert_eq!(file, TrainingFile::new("{\"messages\":[]}\n"));
    /// assert!(file.name.ends_with(".jsonl"));
    /// ```
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let hash = fingerprint::of_text(&text);
        let hash: String = hash.trim_start_matches("sha256:").chars().take(32).collect();
        Self { name: format!("dspy-{hash}.jsonl"), text }
    }

    /// Returns the number of examples.
    pub fn examples(&self) -> usize {
        self.text.lines().count()
    }
}

impl TrainingOrder {
    /// An order under a key, with all else left to the service.
    pub fn new(key: impl Into<String>, file: impl Into<String>, base: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            file: file.into(),
            base: base.into(),
            suffix: None,
            seed: None,
            epochs: None,
            batch_size: None,
            learning_rate_multiplier: None,
        }
    }
}

impl TrainingJob {
    /// A job of which nothing else is known.
    pub fn new(id: impl Into<String>, state: TrainingState) -> Self {
        Self { id: id.into(), state, model: None, failure: None, trained_tokens: None }
    }

    /// Adds the trained model.
    #[must_use]
    pub fn with_model(self, model: impl Into<String>) -> Self {
        Self { model: Some(model.into()), ..self }
    }

    /// Adds the reason for the failure.
    #[must_use]
    pub fn with_failure(self, failure: impl Into<String>) -> Self {
        Self { failure: Some(failure.into()), ..self }
    }
}

impl fmt::Display for TrainingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Other(word) => word,
        })
    }
}
