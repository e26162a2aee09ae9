//! The steps of a run.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::schema::SavedSchema;
use crate::error::{Error, Result};
use crate::lm::{Message, Messages, Request, Usage};
use crate::repair::Repair;
use crate::signature::Schema;
use crate::trace::{Exchange, Note, Step, Told, Trace};
use crate::value::Record;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SavedStep {
    path: String,
    /// Its place among the schemas of the file.
    schema: usize,
    input: Record,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output: Option<Record>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    usage: Usage,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    repairs: Vec<Repair>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Note>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exchanges: Vec<SavedExchange>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedExchange {
    /// The messages' places among those of the file.
    messages: Vec<usize>,
    /// The request without them.
    request: Request,
    #[serde(flatten)]
    told: Told,
}

/// The data that steps of several rows share.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) schemas: Vec<SavedSchema>,
    pub(super) messages: Vec<Message>,
    places: HashMap<String, usize>,
}

impl Shared {
    pub(super) fn save(&mut self, step: &Step) -> SavedStep {
        let (output, error) = match &step.output {
            Ok(record) => (Some(record.clone()), None),
            Err(error) => (None, Some(error.clone())),
        };
        SavedStep {
            path: step.path.to_string(),
            schema: self.schema(&step.schema),
            input: step.input.clone(),
            output,
            error,
            usage: step.usage,
            repairs: step.repairs.clone(),
            notes: step.notes.clone(),
            exchanges: step.exchanges.iter().map(|exchange| self.exchange(exchange)).collect(),
        }
    }

    fn schema(&mut self, schema: &Schema) -> usize {
        let saved = SavedSchema::of(schema);
        self.schemas.iter().position(|known| *known == saved).unwrap_or_else(|| {
            self.schemas.push(saved);
            self.schemas.len() - 1
        })
    }

    fn exchange(&mut self, exchange: &Exchange) -> SavedExchange {
        let mut request = exchange.request().clone();
        let messages = std::mem::replace(&mut request.messages, Messages::from(Vec::new()));
        let messages = messages.iter().map(|message| self.message(message)).collect();
        SavedExchange { messages, request, told: exchange.told() }
    }

    fn message(&mut self, message: &Message) -> usize {
        let key = serde_json::to_string(message).unwrap_or_default();
        *self.places.entry(key).or_insert_with(|| {
            self.messages.push(message.clone());
            self.messages.len() - 1
        })
    }
}

/// The shared data while a file is read.
pub(super) struct Known {
    pub(super) schemas: Vec<Arc<Schema>>,
    pub(super) messages: Vec<Message>,
}

impl Known {
    pub(super) fn trace(&self, steps: Vec<SavedStep>) -> Result<Trace> {
        let steps: Result<Vec<_>> = steps.into_iter().map(|step| self.step(step).map(Arc::new)).collect();
        Ok(Trace::new(steps?))
    }

    fn step(&self, saved: SavedStep) -> Result<Step> {
        let path: Arc<str> = saved.path.into();
        let schema = self.schemas.get(saved.schema).ok_or_else(|| missing("schema", saved.schema))?.clone();
        let exchanges = saved.exchanges.into_iter().map(|exchange| self.exchange(&path, exchange));
        let output = match (saved.output, saved.error) {
            (Some(record), _) => Ok(record),
            (None, error) => Err(error.unwrap_or_default()),
        };
        Ok(Step {
            exchanges: exchanges.collect::<Result<_>>()?,
            path,
            schema,
            input: saved.input,
            output,
            usage: saved.usage,
            repairs: saved.repairs,
            notes: saved.notes,
            form: None,
        })
    }

    fn exchange(&self, path: &Arc<str>, saved: SavedExchange) -> Result<Exchange> {
        let message =
            |place: usize| self.messages.get(place).cloned().ok_or_else(|| missing("message", place));
        let messages: Result<Vec<Message>> = saved.messages.into_iter().map(message).collect();
        let request = Request { messages: Messages::from(messages?), ..saved.request };
        Ok(saved.told.exchange(path, Arc::new(request)))
    }
}

fn missing(what: &str, place: usize) -> Error {
    Error::data(format!(
        "the saved report has no {what} {place}, which a step points to: the file is not whole"
    ))
}
