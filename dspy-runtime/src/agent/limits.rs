//! How far an agent goes.

use std::time::Duration;

use serde_json::{Value, json};

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
