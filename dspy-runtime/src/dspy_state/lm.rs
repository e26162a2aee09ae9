//! The model that a predictor was pinned to: its name and harmless settings, and nothing else.

use serde_json::{Map, Value};

use super::dropped_item::{DropReason, DroppedItem};
use crate::artifact::secrets;

/// The settings that are kept.
const KEPT: [&str; 20] = [
    "model_type",
    "cache",
    "num_retries",
    "finetuning_model",
    "launch_kwargs",
    "train_kwargs",
    "temperature",
    "max_tokens",
    "max_completion_tokens",
    "top_p",
    "top_k",
    "n",
    "stop",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "reasoning_effort",
    "logprobs",
    "top_logprobs",
    "use_developer_role",
];

/// The Python class of the model; the usual one is no news.
const CLASS: (&str, &str) = ("_dspy_lm_class", "dspy.clients.lm.LM");

const SECRETS: [&str; 8] = ["key", "token", "secret", "password", "auth", "credential", "header", "cookie"];
const ADDRESSES: [&str; 7] = ["base", "url", "endpoint", "host", "proxy", "model_list", "address"];

/// The name of the model, its settings, and what is left out of them.
pub(super) fn read(
    path: &str,
    lm: &Value,
    dropped: &mut Vec<DroppedItem>,
) -> (Option<String>, Map<String, Value>) {
    let mut settings = Map::new();
    let entries = match lm {
        Value::Null => return (None, settings),
        Value::Object(entries) => entries,
        Value::String(model) if !is_secret(lm) => return (Some(model.clone()), settings),
        _ => {
            dropped.push(DroppedItem::new(path, "lm", DropReason::Unknown));
            return (None, settings);
        }
    };
    let mut model = None;
    for (name, value) in entries {
        match (name.as_str(), value) {
            ("model", Value::String(text)) if !is_secret(value) => model = Some(text.clone()),
            ("model", Value::Null) => {}
            (class, Value::String(of)) if class == CLASS.0 && of == CLASS.1 => {
                settings.insert(name.clone(), value.clone());
            }
            (kept, value) if KEPT.contains(&kept) && is_plain(value) && !is_secret(value) => {
                settings.insert(name.clone(), value.clone());
            }
            (name, value) => dropped.push(DroppedItem::new(path, format!("lm.{name}"), reason(name, value))),
        }
    }
    if model.is_none() {
        // Without a model the settings are of none.
        dropped.extend(
            settings.keys().map(|name| DroppedItem::new(path, format!("lm.{name}"), DropReason::Unknown)),
        );
        settings = Map::new();
    }
    (model, settings)
}

/// Returns the class from which Python makes the model again.
pub(super) fn written(model: Option<&String>, settings: &Map<String, Value>) -> Value {
    let Some(model) = model else { return Value::Null };
    let mut lm = Map::new();
    lm.extend(settings.get_key_value(CLASS.0).map(|(name, value)| (name.clone(), value.clone())));
    lm.insert("model".into(), model.as_str().into());
    lm.extend(
        settings
            .iter()
            .filter(|(name, _)| *name != CLASS.0)
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    lm.into()
}

/// The names of settings that a context has instead.
pub(super) fn names(settings: &Map<String, Value>) -> impl Iterator<Item = &String> {
    settings.iter().filter(|(name, value)| *name != CLASS.0 && !is_nothing(value)).map(|(name, _)| name)
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(Map::is_empty)
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(|item| !item.is_array() && !item.is_object()),
        Value::Object(entries) => entries.is_empty(),
        _ => true,
    }
}

fn reason(name: &str, value: &Value) -> DropReason {
    let name = name.to_lowercase();
    if SECRETS.iter().any(|word| name.contains(word)) || is_secret(value) {
        DropReason::Secret
    } else if ADDRESSES.iter().any(|word| name.contains(word)) {
        DropReason::Address
    } else {
        DropReason::Unknown
    }
}

fn is_secret(value: &Value) -> bool {
    secrets::find(&value.to_string()).is_some()
}
