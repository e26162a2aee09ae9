//! The name of a model to its exact revision.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};

/// `provider/name[@revision]`.
///
/// # Example
///
/// ```
/// use dspy::lm::ModelId;
///
/// let id: ModelId = "openai/gpt-4o-mini@2024-07-18".parse()?;
/// assert_eq!((id.provider(), id.name(), id.revision()), ("openai", "gpt-4o-mini", Some("2024-07-18")));
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelId {
    provider: String,
    name: String,
    revision: Option<String>,
}

impl ModelId {
    /// Names a model without a revision.
    pub fn new(provider: impl Into<String>, name: impl Into<String>) -> Self {
        Self { provider: provider.into(), name: name.into(), revision: None }
    }

    /// Sets the revision.
    #[must_use]
    pub fn with_revision(mut self, revision: impl Into<String>) -> Self {
        self.revision = Some(revision.into());
        self
    }

    /// The provider that serves the model.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Returns the provider's name for it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its revision.
    pub fn revision(&self) -> Option<&str> {
        self.revision.as_deref()
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.name)?;
        self.revision.iter().try_for_each(|revision| write!(f, "@{revision}"))
    }
}

impl FromStr for ModelId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (provider, rest) = text.split_once('/').unwrap_or((text, ""));
        let (name, revision) = match rest.rsplit_once('@') {
            Some((name, revision)) => (name, Some(revision)),
            None => (rest, None),
        };
        if provider.is_empty() || name.is_empty() || revision == Some("") {
            let message =
                format!("`{text}` does not name a model; write `provider/name` or `provider/name@revision`");
            return Err(Error::new(ErrorKind::NotConfigured, message));
        }
        Ok(Self { provider: provider.into(), name: name.into(), revision: revision.map(Into::into) })
    }
}

impl TryFrom<String> for ModelId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<ModelId> for String {
    fn from(id: ModelId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_halves_are_refused() {
        for name in ["openai/gpt-4o", "openai/org/model@r1", "builtin/lexical@1"] {
            assert_eq!(name.parse::<ModelId>().expect(name).to_string(), name);
        }
        for name in ["", "openai", "openai/", "/gpt", "openai/gpt@"] {
            assert!(name.parse::<ModelId>().is_err(), "{name}");
        }
    }
}
