//! OpenAI's fine-tuning.
//!
//! Wire: <https://platform.openai.com/docs/api-reference/fine-tuning>, and for files
//! <https://platform.openai.com/docs/api-reference/files>.

mod answer;
mod form;

use futures_util::future::{BoxFuture, FutureExt};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::OpenAi;
use crate::error::Result;
use crate::lm::http::{Call, Post};
use crate::lm::provider::json;
use crate::lm::{
    Limited, Limiter, Lm, ModelId, Request, Retry, TrainingFile, TrainingJob, TrainingOrder, TrainingService,
};
use answer::{EventAnswer, FileAnswer, JobAnswer, Page};

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
/// let model = OpenAi::new(ModelId::new("openai", "any"), "http://127.0.0.1:8000/v1")?
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

/// The number of files or jobs asked for at once.
const PAGE: usize = 100;

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

    async fn get<T: DeserializeOwned>(&self, path: &[&str], query: Option<String>) -> Result<T> {
        self.send(Call { query, ..Call::get(owned(path)) }).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &[&str], body: Option<&Value>) -> Result<T> {
        let body = body.map(serde_json::to_vec).transpose()?.unwrap_or_default();
        self.send(Call::from(Post { path: owned(path), query: None, headers: Vec::new(), body })).await
    }

    async fn send<T: DeserializeOwned>(&self, call: Call) -> Result<T> {
        let core = &self.model.core;
        let (head, answer) = core.send(call).await?;
        let body = core.transport.read(answer).await?;
        let nothing = Request::from(Vec::new());
        match head.status.is_success() {
            true => json(&body).map_err(|unread| core.unread(unread, &head, &nothing)),
            false => Err(core.refused(&head, &body, &nothing)),
        }
    }

    /// The first of a list that is wanted, page by page.
    async fn find<T: DeserializeOwned + answer::Listed>(
        &self,
        path: &[&str],
        filter: &str,
        wanted: impl Fn(&T) -> bool + Send,
    ) -> Result<Option<T>> {
        let mut after = String::new();
        loop {
            let page: Page<T> = self.get(path, Some(format!("{after}limit={PAGE}&{filter}"))).await?;
            let last = page.data.last().map(|listed| listed.id().to_owned());
            if let Some(found) = page.data.into_iter().find(&wanted) {
                return Ok(Some(found));
            }
            let next = last.filter(|_| page.has_more).map(|last| format!("after={}&", form::quoted(&last)));
            match next.filter(|next| *next != after) {
                Some(next) => after = next,
                None => return Ok(None),
            }
        }
    }

    fn job(&self, answer: JobAnswer) -> TrainingJob {
        answer.job(|text| self.model.core.is_secret_in(text))
    }
}

const FILES: [&str; 1] = ["files"];
const JOBS: [&str; 2] = ["fine_tuning", "jobs"];

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|part| (*part).to_owned()).collect()
}

impl TrainingService for OpenAiFinetuning {
    fn name(&self) -> String {
        let core = &self.model.core;
        format!("{} at {}", core.id.provider(), core.transport.shown())
    }

    fn least_examples(&self) -> usize {
        10
    }

    fn upload<'a>(&'a self, file: &'a TrainingFile) -> BoxFuture<'a, Result<String>> {
        async move {
            let (content_type, body) = form::of(file);
            let post = Post { path: owned(&FILES), query: None, headers: Vec::new(), body };
            let call = Call { content_type: Some(content_type), ..Call::from(post) };
            self.send(call).await.map(|answer: FileAnswer| answer.id)
        }
        .boxed()
    }

    fn uploaded<'a>(&'a self, file: &'a TrainingFile) -> BoxFuture<'a, Result<Option<String>>> {
        async move {
            let same = |known: &FileAnswer| known.is(&file.name, file.text.len());
            let found = self.find(&FILES, "order=desc&purpose=fine-tune", same).await?;
            Ok(found.map(|known: FileAnswer| known.id))
        }
        .boxed()
    }

    fn start<'a>(&'a self, order: &'a TrainingOrder) -> BoxFuture<'a, Result<TrainingJob>> {
        async move { self.post(&JOBS, Some(&body(order))).await.map(|answer| self.job(answer)) }.boxed()
    }

    fn started<'a>(&'a self, order: &'a TrainingOrder) -> BoxFuture<'a, Result<Option<TrainingJob>>> {
        async move {
            let filter = format!("metadata%5B{KEY}%5D={}", form::quoted(&order.key));
            // Not every server that has the list has the filter.
            let same = |job: &JobAnswer| job.metadata(KEY) == Some(&order.key);
            Ok(self.find(&JOBS, &filter, same).await?.map(|answer| self.job(answer)))
        }
        .boxed()
    }

    fn status<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<TrainingJob>> {
        async move { self.get(&[JOBS[0], JOBS[1], job], None).await.map(|answer| self.job(answer)) }.boxed()
    }

    fn latest<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<Option<String>>> {
        async move {
            let path = [JOBS[0], JOBS[1], job, "events"];
            let page: Page<EventAnswer> = self.get(&path, Some("limit=1".to_owned())).await?;
            let secret = |text: &String| !self.model.core.is_secret_in(text);
            Ok(page.data.into_iter().next().and_then(EventAnswer::words).filter(secret))
        }
        .boxed()
    }

    fn cancel<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<TrainingJob>> {
        async move {
            let path = [JOBS[0], JOBS[1], job, "cancel"];
            self.post(&path, None).await.map(|answer| self.job(answer))
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
