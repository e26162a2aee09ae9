//! OpenRouter's record of thoughts, which goes back as it came: texts, summaries and sealed thoughts, in
//! their order.
//!
//! Wire: <https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks>.

use serde_json::Value;

use crate::lm::Reasoning;

/// The name under which what goes back is kept.
pub(super) const PROVIDER: &str = "openrouter";

/// The keys whose values come in parts in a stream.
const PARTS: [&str; 3] = ["text", "summary", "data"];

/// The details so far.
#[derive(Default)]
pub(super) struct Details(Vec<Value>);

impl Details {
    /// The details of a whole reply.
    pub(super) fn whole(details: Vec<Value>) -> Self {
        Self(details)
    }

    /// Takes a detail, or a part of the one before: it has the kind and the number of that.
    pub(super) fn add(&mut self, detail: Value) {
        let about = |detail: &Value| Some((detail.get("type")?.clone(), detail.get("index")?.clone()));
        let last =
            self.0.last_mut().filter(|last| about(last).is_some_and(|last| about(&detail) == Some(last)));
        let (Some(Value::Object(last)), Value::Object(part)) = (last, &detail) else {
            self.0.push(detail);
            return;
        };
        for (name, value) in part {
            match (last.get_mut(name), value) {
                (_, Value::Null) => {}
                (Some(Value::String(before)), Value::String(more)) if PARTS.contains(&name.as_str()) => {
                    before.push_str(more);
                }
                _ => {
                    last.insert(name.clone(), value.clone());
                }
            }
        }
    }

    /// Thoughts with their details.
    pub(super) fn reasoning(self, text: String) -> Option<Reasoning> {
        let state = (!self.0.is_empty()).then(|| Value::from_iter([(PROVIDER, Value::Array(self.0))]));
        (!text.is_empty() || state.is_some()).then(|| Reasoning { state, ..Reasoning::new(text) })
    }
}
