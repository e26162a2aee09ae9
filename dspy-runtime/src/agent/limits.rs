//! The limits of an agent, and the record of its way there.

use std::time::Duration;

use serde_json::{Value, json};

use crate::error::{Error, ErrorKind, Result};
use crate::trace::Note;

/// See the methods of [`ReAct`](super::ReAct).
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) turns: usize,
    pub(super) tool_calls: Option<usize>,
    pub(super) tokens: Option<u64>,
    pub(super) time: Option<Duration>,
    pub(super) tool_time: Duration,
    pub(super) observation: usize,
    pub(super) window: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            turns: 10,
            tool_calls: None,
            tokens: None,
            time: None,
            tool_time: Duration::from_secs(60),
            observation: 20_000,
            window: None,
        }
    }
}

/// An observation of at most so many characters, which says what is missing.
pub(super) fn clipped(observation: Value, most: usize) -> Value {
    let text = observation.as_str().map_or_else(|| observation.to_string(), str::to_owned);
    let length = text.chars().count();
    if length <= most {
        return observation;
    }
    let beginning: String = text.chars().take(most).collect();
    json!({"beginning": beginning, "cut": format!("{} of {length} characters are not shown", length - most)})
}

/// The number of the earliest turns that are no longer shown.
#[derive(Clone, Copy, Default)]
pub(crate) struct LeftOut(pub(crate) usize);

impl LeftOut {
    /// Leaves out half of the turns that are shown, if they are why a prompt was too long.
    pub(crate) fn shorten(&mut self, turns: usize, error: Error) -> Result<()> {
        let shown = turns - self.0;
        if error.kind() != ErrorKind::ContextWindow || shown == 0 {
            return Err(error);
        }
        self.0 += shown.div_ceil(2);
        Ok(())
    }

    /// Returns the notes on a call that does not show them.
    pub(crate) fn notes(self) -> Vec<Note> {
        (self.0 > 0).then_some(Note::TurnsLeftOut { turns: self.0 }).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_is_said() {
        assert_eq!(clipped(json!("äöü"), 3), json!("äöü"));
        let cut = json!({"beginning": "äö", "cut": "1 of 3 characters are not shown"});
        assert_eq!(clipped(json!("äöü"), 2), cut);
        assert_eq!(clipped(json!([1, 2]), 5), json!([1, 2]));
        assert_eq!(clipped(json!([1, 2]), 4)["beginning"], "[1,2");
    }
}
