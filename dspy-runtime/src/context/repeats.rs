//! Requests that were made more than once, and whether their replies agree.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::cache::Key;
use crate::lm::{Lm, Request, Response};

/// The count of repeated calls to a model, and of those that it answered otherwise: what it takes to know
/// whether a run can be repeated. Replies of a cache are not among them.
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
    /// The ones whose replies were not all the same.
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
    /// Takes note of a reply that a model gave now.
    pub(super) fn note(&self, lm: &Lm, request: &Request, response: &Response) {
        if response.usage.hits > 0 {
            return;
        }
        // What tells attempts apart is not sent.
        let sent = match request.rollout {
            0 => Key::of(lm.model(), request),
            _ => Key::of(lm.model(), &Request { rollout: 0, ..request.clone() }),
        };
        let said = serde_json::json!([response.text, response.tool_calls]);
        self.add(sent, crate::fingerprint::of(&said));
    }

    fn add(&self, key: Key, reply: String) {
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
