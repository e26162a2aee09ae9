//! One call, as a provider gets it.

use serde::{Deserialize, Serialize};

use crate::prompt::{Messages, ResponseFormat};

/// What is asked of a model. What is `None` is not sent.
///
/// # Example
///
/// ```
/// use dspy::lm::{Message, Request};
///
/// let mut request = Request::from(vec![Message::user("Say hello.")]);
/// request.sampling.max_tokens = Some(20);
/// assert_eq!(request.messages.iter().count(), 1);
/// ```
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Request {
    /// The messages.
    pub messages: Messages,
    /// How the reply is drawn.
    pub sampling: Sampling,
    /// The form that the reply is held to.
    pub format: ResponseFormat,
    /// Calls that differ in nothing but this number are wanted to vary. It is not sent.
    pub rollout: u64,
}

/// How a reply is drawn. What is `None` is left to the provider.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// From 0, always the likeliest, upwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// The share of likely tokens to draw from, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// The longest reply, in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Asks for the same reply to the same request, where the provider can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Texts that end the reply.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
}

impl From<Messages> for Request {
    fn from(messages: Messages) -> Self {
        Self { messages, sampling: Sampling::default(), format: ResponseFormat::Text, rollout: 0 }
    }
}

impl From<Vec<super::Message>> for Request {
    fn from(messages: Vec<super::Message>) -> Self {
        Self::from(Messages::from(messages))
    }
}
