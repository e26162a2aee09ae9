//! OpenAI's fine-tuning.
//!
//! Wire: <https://platform.openai.com/docs/api-reference/fine-tuning>, and for files
//! <https://platform.openai.com/docs/api-reference/files>.

mod answer;

use futures_util::future::{BoxFuture, FutureExt};
use serde_json::{Map, Value, json};

use super::resources::Page;
use super::{OpenAi, form};
use crate::error::Result;
use crate::lm::{
    Limited, Limiter, Lm, ModelId, Retry, TrainingFile, TrainingJob, TrainingOrder, TrainingService,
};
use answer::{EventAnswer, JobAnswer};

/// OpenAI's training of models on examples, and that of servers that have the same API.
///
/// A file is sent for the purpose `fine-tune`; a job trains by the method `supervised`, with its key in the metadata
/// `dspy`, by which it is found again. The trained models (`ft:…`) are called on the same server, with the same key and
/// settings. OpenAI trains on 10 examples at least, and keeps files until someone deletes them.
///
/// # Example
///
/// ```
/// use dspy::lm::{ModelId, OpenAi, OpenAiFinetuning, Secret, TrainingService};
///
/// // `OpenAiFinetuning::from_env()?` takes `OPENAI_API_KEY`; this takes all settings of a model.
/// let model = OpenAi::at(ModelId::new("openai", "any"), "http://127.0.0.1:8000/v1")?
///     .key(Secret::new("of my own server"));
/// let service = OpenAiFinetuning::new(model);
/// assert_eq!(service.lm("ft:gpt-4.1-mini:me::1")?.id().to_string(), "openai/ft:gpt-4.1-mini:me::1");
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Debug)]
pub struct OpenAiFinetuning {
    /// Whose address, key and settings count; its name does not.
    model: OpenAi,
}

/// The name of a job's key in its metadata.
const KEY: &str = "dspy";

impl OpenAiFinetuning {
    /// Trains on the server of a model, with its key and its settings, whatever its name.
    #[must_use]
    pub fn new(model: OpenAi) -> Self {
        Self { model }
    }

    /// Trains at OpenAI, with the key and the address that the environment has (`OPENAI_API_KEY`, `OPENAI_BASE_URL`).
    ///
    /// # Errors
    ///
    /// As [`OpenAi::from_env`].
    pub fn from_env() -> Result<Self> {
        OpenAi::from_env(ModelId::new("openai", "fine-tuning")).map(Self::new)
    }

    fn job(&self, answer: JobAnswer) -> TrainingJob {
        answer.job(|text| self.model.core.is_secret_in(text))
    }
}

const JOBS: [&str; 2] = ["fine_tuning", "jobs"];

/// The purpose of files.
const PURPOSE: &str = "fine-tune";

impl TrainingService for OpenAiFinetuning {
    fn name(&self) -> String {
        let core = &self.model.core;
        format!("{} at {}", core.id.provider(), core.transport.shown())
    }

    fn least_examples(&self) -> usize {
        10
    }

    fn upload<'a>(&'a self, file: &'a TrainingFile) -> BoxFuture<'a, Result<String>> {
        self.model.core.send_file(PURPOSE, &file.name, &file.text).boxed()
    }

    fn uploaded<'a>(&'a self, file: &'a TrainingFile) -> BoxFuture<'a, Result<Option<String>>> {
        self.model.core.find_file(PURPOSE, &file.name, file.text.len()).boxed()
    }

    fn start<'a>(&'a self, order: &'a TrainingOrder) -> BoxFuture<'a, Result<TrainingJob>> {
        async move { self.model.core.post_to(&JOBS, Some(&body(order))).await.map(|answer| self.job(answer)) }
            .boxed()
    }

    fn started<'a>(&'a self, order: &'a TrainingOrder) -> BoxFuture<'a, Result<Option<TrainingJob>>> {
        async move {
            let filter = format!("&metadata%5B{KEY}%5D={}", form::quoted(&order.key));
            // Not every server that has the list has the filter.
            let same = |job: &JobAnswer| job.metadata(KEY) == Some(&order.key);
            Ok(self.model.core.find(&JOBS, &filter, same).await?.map(|answer| self.job(answer)))
        }
        .boxed()
    }

    fn status<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<TrainingJob>> {
        async move { self.model.core.get(&[JOBS[0], JOBS[1], job], None).await.map(|answer| self.job(answer)) }.boxed()
    }

    fn latest<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<Option<String>>> {
        async move {
            let path = [JOBS[0], JOBS[1], job, "events"];
            let page: Page<EventAnswer> = self.model.core.get(&path, Some("limit=1".to_owned())).await?;
            let secret = |text: &String| !self.model.core.is_secret_in(text);
            Ok(page.data.into_iter().next().and_then(EventAnswer::words).filter(secret))
        }
        .boxed()
    }

    fn cancel<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<TrainingJob>> {
        async move {
            let path = [JOBS[0], JOBS[1], job, "cancel"];
            self.model.core.post_to(&path, None).await.map(|answer| self.job(answer))
        }
        .boxed()
    }

    fn lm(&self, model: &str) -> Result<Lm> {
        let model = self.model.named(model);
        Ok(Lm::from(Retry::new(Limited::new(Lm::from(model), &Limiter::new()))))
    }
}

/// The order as a request.
fn body(order: &TrainingOrder) -> Value {
    let mut body = json!({
        "model": order.base,
        "training_file": order.file,
        "metadata": {KEY: order.key},
    });
    let learning = [
        ("n_epochs", order.epochs.map(Value::from)),
        ("batch_size", order.batch_size.map(Value::from)),
        ("learning_rate_multiplier", order.learning_rate_multiplier.map(Value::from)),
    ];
    let learning: Map<String, Value> =
        learning.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let method = json!({"type": "supervised", "supervised": {"hyperparameters": learning}});
    let settings = [
        ("method", (!learning.is_empty()).then_some(method)),
        ("seed", order.seed.map(Value::from)),
        ("suffix", order.suffix.as_ref().map(|suffix| json!(suffix))),
    ];
    if let Some(body) = body.as_object_mut() {
        body.extend(settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    body
}
