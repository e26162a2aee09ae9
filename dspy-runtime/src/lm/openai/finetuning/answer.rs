//! A server's answers about files and jobs.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::snippet;
use crate::lm::aside::{count, or_default, or_none};
use crate::lm::openai::resources::Listed;
use crate::lm::{TrainingJob, TrainingState};

#[derive(Deserialize)]
pub(super) struct JobAnswer {
    id: String,
    status: String,
    #[serde(default, deserialize_with = "or_none")]
    fine_tuned_model: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    error: Option<Failed>,
    #[serde(default, deserialize_with = "count")]
    trained_tokens: Option<u64>,
    #[serde(default, deserialize_with = "or_default")]
    metadata: BTreeMap<String, String>,
}

/// The reason a job failed; there is one without words as long as it has not.
#[derive(Deserialize)]
struct Failed {
    #[serde(default, deserialize_with = "or_default")]
    code: String,
    #[serde(default, deserialize_with = "or_default")]
    message: String,
    #[serde(default, deserialize_with = "or_default")]
    param: String,
}

#[derive(Deserialize)]
pub(super) struct EventAnswer {
    #[serde(default, deserialize_with = "or_none")]
    message: Option<String>,
}

impl Listed for JobAnswer {
    fn id(&self) -> &str {
        &self.id
    }
}

impl JobAnswer {
    pub(super) fn metadata(&self, key: &str) -> Option<&String> {
        self.metadata.get(key)
    }

    /// The job, with the server's words as far as they may be shown.
    pub(super) fn job(self, is_secret: impl Fn(&str) -> bool) -> TrainingJob {
        let failure = self.error.and_then(Failed::words).map(|words| match is_secret(&words) {
            true => "its words are left out, as they repeat a key".to_owned(),
            false => snippet(&words, 600).into_owned(),
        });
        let state = match &*self.status {
            "validating_files" | "queued" => TrainingState::Waiting,
            "running" => TrainingState::Running,
            "succeeded" => TrainingState::Succeeded,
            "failed" => TrainingState::Failed,
            "cancelled" => TrainingState::Cancelled,
            other => TrainingState::Other(snippet(other, 40).into_owned()),
        };
        let mut job = TrainingJob::new(self.id, state);
        (job.model, job.failure, job.trained_tokens) = (self.fine_tuned_model, failure, self.trained_tokens);
        job
    }
}

impl Failed {
    fn words(self) -> Option<String> {
        let Self { code, message, param } = self;
        let about = if param.is_empty() { String::new() } else { format!(" (about `{param}`)") };
        match (&*code, &*message) {
            ("", "") => None,
            ("", words) | (words, "") => Some(format!("{words}{about}")),
            (code, message) => Some(format!("{code}: {message}{about}")),
        }
    }
}

impl EventAnswer {
    pub(super) fn words(self) -> Option<String> {
        self.message.map(|message| snippet(&message, 200).into_owned())
    }
}
