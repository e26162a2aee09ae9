//! How a reply is drawn.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a reply is drawn. What is `None` is not sent, and so left to the provider.
///
/// Not every model takes everything. What it does not take is an
/// [`Unsupported`](crate::ErrorKind::Unsupported) error before the call, unless its builder says
/// `drop_unsupported`.
///
/// # Example
///
/// ```
/// use dspy::lm::{Effort, Lexical, Sampling};
/// use dspy::Context;
///
/// let mut sampling = Sampling::default();
/// (sampling.temperature, sampling.max_tokens) = (Some(0.7), Some(200));
/// sampling.reasoning_effort = Some(Effort::Low);
/// let cx = Context::new(Lexical::new()).with_sampling(sampling);
/// assert_eq!(cx.sampling().max_tokens, Some(200));
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sampling {
    /// From 0, always the likeliest, upwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// The share of likely tokens to draw from, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// The longest reply, in tokens. Where a model reasons, its thoughts count too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Asks for the same reply to the same request, where the provider can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Texts that end the reply.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// How many replies to draw in one call, each paid for; the first is the reply, the rest are
    /// [`others`](super::Response::others). llama.cpp's server counts the tokens of one of them alone; see
    /// [`Usage::partly_counted`](crate::Usage::partly_counted).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u32>,
    /// Asks for the likelihood of each token of the reply, and of so many others in its place; 0 for its
    /// own alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<u32>,
    /// How long a model that reasons is to think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<Effort>,
    /// From -2 to 2; above 0, tokens are less likely the more often they have come already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// From -2 to 2; above 0, tokens are less likely once they have come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
}

/// The temperature at which a provider draws where none is sent, as it documents it; of many it is the model's own.
///
/// llama.cpp: `tools/server/README.md`, "temperature … Default: 0.8"; Ollama's chat completions set 1 themselves
/// (`openai/openai.go`), while its own interface has the model's; the others: their references of the API.
pub(crate) fn usual_temperature(provider: &str, endpoint: &str) -> Option<f64> {
    // A service is told by its own address, as another server may stand at the one that is set.
    let (own, usual) = match provider {
        "llamacpp" => ("", 0.8),
        "ollama" => ("", 1.0),
        "openai" | "openai-responses" => ("//api.openai.com/", 1.0),
        "azure" => (".azure.com/", 1.0),
        "anthropic" => ("//api.anthropic.com", 1.0),
        "openrouter" => ("//openrouter.ai/", 1.0),
        "groq" => ("//api.groq.com/", 1.0),
        "deepseek" => ("//api.deepseek.com", 1.0),
        _ => return None,
    };
    endpoint.contains(own).then_some(usual)
}

/// How long a model that reasons is to think, as far as it can be told: providers know some of these.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Not at all.
    None,
    /// As little as it can.
    Minimal,
    /// A little.
    Low,
    /// As long as it takes in most cases.
    Medium,
    /// Long.
    High,
    /// Very long.
    XHigh,
    /// As long as it can.
    Max,
}

impl fmt::Display for Effort {
    /// The word that providers use.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::XHigh => "xhigh",
            Self::Max => "max",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_temperature_is_that_of_the_server_that_is_asked() {
        assert_eq!(usual_temperature("openai", "https://api.openai.com/v1"), Some(1.0));
        assert_eq!(usual_temperature("openai", "http://127.0.0.1:8000/v1"), None);
        assert_eq!(usual_temperature("llamacpp", "http://localhost:8080/v1"), Some(0.8));
        assert_eq!(usual_temperature("vllm", "http://localhost:8000/v1"), None, "it is the model's");
    }

    #[test]
    fn a_word_is_the_same_in_json() {
        use Effort::{High, Low, Max, Medium, Minimal, None, XHigh};
        for effort in [None, Minimal, Low, Medium, High, XHigh, Max] {
            assert_eq!(serde_json::to_value(effort).expect("a word"), effort.to_string());
        }
    }
}
