//! The parts of a request beyond those that this library has words for.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};

/// JSON that is merged into the body of a request: settings of a server that this library has no words for.
///
/// Objects are merged with what stands under their names, at any depth; anything else takes its place. It is part of
/// what is asked, and so of the key of a [cache](crate::cache::Cache) and of journals. It is no place for a secret: names such
/// as `api_key` are refused, and so is a call whose JSON holds a key or a header of the model. `Debug` shows the names
/// alone.
///
/// # Example
///
/// ```
/// use dspy::lm::{ExtraBody, Sampling};
/// use serde_json::json;
///
/// let mut sampling = Sampling::default();
/// sampling.extra_body = ExtraBody::new(json!({"safety_identifier": "team-7"}))?;
/// assert_eq!(format!("{:?}", sampling.extra_body), r#"ExtraBody["safety_identifier"]"#);
/// assert!(ExtraBody::new(json!({"api_key": "…"})).is_err());
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct ExtraBody(Map<String, Value>);

/// The keys that the library sets itself, and by which it reads the answer.
const OURS: [&str; 8] = ["model", "messages", "input", "contents", "stream", "n", "tools", "modelId"];

/// Ends of names of secrets, in lower case and without `_` and `-`.
const SECRETS: [&str; 8] =
    ["apikey", "authorization", "password", "secret", "secretkey", "accesstoken", "authtoken", "credentials"];

impl ExtraBody {
    /// Takes an object.
    ///
    /// # Errors
    ///
    /// When it is none, a name in it is that of a secret, or it sets what the library sets itself: the model, the
    /// messages, the tools, the number of replies, and whether they are streamed.
    pub fn new(extra: Value) -> Result<Self> {
        let Value::Object(extra) = extra else {
            let message =
                "`extra_body` is not a JSON object, and so cannot be merged into one; write `{\"name\": …}`";
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        };
        if let Some(name) = extra.keys().find(|name| OURS.contains(&name.as_str())) {
            let message = format!(
                "`extra_body` sets `{name}`, which this library sets itself; leave it out, and set it in the request"
            );
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        if let Some(name) = secret(&extra) {
            let name = crate::error::snippet(name, 40);
            let message = format!(
                "`extra_body` sets `{name}`, and would be kept in caches and journals; give secrets to `key` or `header`"
            );
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        Ok(Self(extra))
    }

    /// Returns whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts what is not here from another.
    pub(super) fn or(&mut self, other: &Self) {
        let own = std::mem::replace(&mut self.0, other.0.clone());
        merge(&mut self.0, &own);
    }

    /// Merges it into a body.
    pub(super) fn put(&self, body: &mut Value) {
        if let Value::Object(body) = body {
            merge(body, &self.0);
        }
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }
}

fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (name, value) in from {
        match (into.get_mut(name), value) {
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
            _ => {
                into.insert(name.clone(), value.clone());
            }
        }
    }
}

/// The first name of a secret, at any depth.
fn secret(object: &Map<String, Value>) -> Option<&str> {
    object.iter().find_map(|(name, value)| {
        let plain = name.to_lowercase().replace(['_', '-'], "");
        match SECRETS.iter().any(|secret| plain.ends_with(secret)) {
            true => Some(name.as_str()),
            false => secret_in(value),
        }
    })
}

fn secret_in(value: &Value) -> Option<&str> {
    match value {
        Value::Object(inner) => secret(inner),
        Value::Array(values) => values.iter().find_map(secret_in),
        _ => None,
    }
}

impl TryFrom<Value> for ExtraBody {
    type Error = Error;

    fn try_from(extra: Value) -> Result<Self> {
        Self::new(extra)
    }
}

impl From<ExtraBody> for Value {
    fn from(extra: ExtraBody) -> Self {
        Self::Object(extra.0)
    }
}

impl fmt::Debug for ExtraBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExtraBody")?;
        f.debug_list().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_merged_and_the_rest_is_replaced() {
        let extra = ExtraBody::new(json!({"text": {"verbosity": "low"}, "stop": ["x"], "top_k": 40}))
            .expect("an object");
        let mut body = json!({"model": "m", "text": {"format": {"type": "text"}}, "stop": ["y", "z"]});
        extra.put(&mut body);
        assert_eq!(
            body,
            json!({
                "model": "m", "text": {"format": {"type": "text"}, "verbosity": "low"}, "stop": ["x"], "top_k": 40,
            })
        );
        let mut own = ExtraBody::new(json!({"a": {"b": 1}})).expect("an object");
        own.or(&ExtraBody::new(json!({"a": {"b": 2, "c": 3}, "d": 4})).expect("an object"));
        assert_eq!(Value::from(own), json!({"a": {"b": 1, "c": 3}, "d": 4}));
    }

    #[test]
    fn secrets_and_what_is_ours_are_refused_by_name() {
        for extra in [
            json!([1]),
            json!({"stream": true}),
            json!({"model": "other"}),
            json!({"api_key": "k"}),
            json!({"a": [{"OPENAI-API-KEY": "k"}]}),
            json!({"auth": {"client_secret": "k"}}),
        ] {
            let error = ExtraBody::new(extra.clone()).expect_err("it is refused");
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{extra}");
            assert!(!error.to_string().contains('k') || error.to_string().contains("extra_body"), "{error}");
        }
        assert!(ExtraBody::new(json!({"prompt_cache_key": "a", "max_tokens_details": 1})).is_ok());
    }

    #[test]
    fn values_are_not_shown() {
        let extra = ExtraBody::new(json!({"user": "Ada Lovelace"})).expect("an object");
        assert_eq!(format!("{extra:?}"), r#"ExtraBody["user"]"#);
        let read: ExtraBody =
            serde_json::from_str(&serde_json::to_string(&extra).expect("JSON")).expect("it");
        assert_eq!(read, extra);
        assert!(serde_json::from_str::<ExtraBody>(r#"{"password": "x"}"#).is_err());
    }
}
