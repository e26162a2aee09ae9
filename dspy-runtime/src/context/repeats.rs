//! Requests that were made more than once, and whether their replies agree.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::Context;
use crate::cache::Key;
use crate::lm::{Request, Response};

/// How often a model was asked the same again, and how often it answered otherwise: what it takes to know whether a
/// run can be repeated. Replies of a cache are not among them.
///
/// Attempts of a strategy that are sent alike count as the same request.
///
/// # Example
///
/// ```
/// use dspy::Report;
///
/// fn is_steady(report: &Report) -> bool {
///     let repeats = report.repeats();
///     println!("{} of {} requests had another reply when they were made again", repeats.differing, repeats.requests);
///     repeats.differing == 0
/// }
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeats {
    /// Requests that were made more than once.
    pub requests: u64,
    /// Those of them whose replies were not all the same.
    pub differing: u64,
}

/// Replies by what was sent.
#[derive(Debug, Default)]
pub(crate) struct Asked(Mutex<HashMap<Key, Replied>>);

#[derive(Debug)]
struct Replied {
    first: String,
    is_repeated: bool,
    differs: bool,
}

impl Asked {
    fn note(&self, key: Key, reply: String) {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match asked.get_mut(&key) {
            None => drop(asked.insert(key, Replied { first: reply, is_repeated: false, differs: false })),
            Some(replied) => {
                replied.is_repeated = true;
                replied.differs |= replied.first != reply;
            }
        }
    }

    pub(crate) fn repeats(&self) -> Repeats {
        let asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |is: fn(&Replied) -> bool| asked.values().filter(|replied| is(replied)).count() as u64;
        Repeats {
            requests: count(|replied| replied.is_repeated),
            differing: count(|replied| replied.differs),
        }
    }
}

impl Context {
    /// The same, taking note of what is asked and replied.
    pub(crate) fn noting(&self, asked: Arc<Asked>) -> Self {
        Self { asked: Some(asked), ..self.clone() }
    }

    /// Takes note of a reply that a model gave now.
    pub(super) fn note_reply(&self, request: &Request, response: &Response) {
        let Some(asked) = self.asked.as_ref().filter(|_| response.usage.hits == 0) else { return };
        // What tells attempts apart and is not sent.
        let sent = match request.rollout {
            0 => Key::of(self.lm().model(), request),
            _ => Key::of(self.lm().model(), &Request { rollout: 0, ..request.clone() }),
        };
        let said = serde_json::json!([response.text, response.tool_calls]);
        asked.note(sent, crate::fingerprint::of(&said));
    }

    /// What is to be known of a context that leaves the temperature to a server: that, and what is known of it.
    pub(crate) fn unset_temperature(&self) -> Option<String> {
        let lm = self.lm();
        // A model of the process has none.
        let endpoint = lm.model().endpoint().filter(|_| self.sampling().temperature.is_none())?;
        let usual = match crate::lm::usual_temperature(lm.id().provider(), &endpoint) {
            Some(usual) => format!(", {usual} where nobody has set it otherwise"),
            None => String::new(),
        };
        Some(format!(
            "no temperature is set, so that of the server holds{usual}: replies may differ from run to run. \
             `Context::with_temperature` sets one, or `--temperature`"
        ))
    }
}
