//! The sampling of a reply.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ExtraBody;

/// The sampling of a reply. What is `None` is not sent, and so left to the provider.
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
    /// The temperature, from 0, always the likeliest, upwards.
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
    /// The number of replies to draw in one call, each paid for; the first is the reply, the rest are
    /// [`others`](super::Response::others). llama.cpp's server counts the tokens of one of them alone; see
    /// [`Usage::partly_counted`](crate::lm::Usage::partly_counted).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u32>,
    /// Asks for the likelihood of each token of the reply, and of so many others in its place; 0 for its
    /// own alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<u32>,
    /// The time a model that reasons is to think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<Effort>,
    /// A penalty from -2 to 2; above 0, tokens are less likely the more often they have come already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// A penalty from -2 to 2; above 0, tokens are less likely once they have come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// The length of the text, for models that take such a setting: OpenAI's since GPT-5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbosity: Option<Verbosity>,
    /// The class of service, in the provider's word, such as `flex` or `priority`: of OpenAI, Azure, Groq, Anthropic,
    /// Gemini and Bedrock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// Tells whether the model may ask for several tools in one turn: of OpenAI, Azure, Anthropic,
    /// OpenRouter, Groq, Mistral, xAI, vLLM, SGLang and llama.cpp. It is sent with tools alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// The time the provider's prompt cache keeps its input: of Anthropic and Bedrock what is marked, of
    /// OpenAI, since GPT-5.6, what it keeps by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_ttl: Option<CacheTtl>,
    /// Arguments for the chat template of a self-hosted server, such as `enable_thinking`: of vLLM, SGLang
    /// and llama.cpp.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub chat_template_kwargs: Map<String, Value>,
    /// Anything else that the server takes.
    #[serde(skip_serializing_if = "ExtraBody::is_empty")]
    pub extra_body: ExtraBody,
}

/// The length of a model's text.
///
/// # Example
///
/// ```
/// use dspy::lm::{Sampling, Verbosity};
///
/// let mut sampling = Sampling::default();
/// sampling.verbosity = Some(Verbosity::Low);
/// assert_eq!(serde_json::to_string(&sampling)?, r#"{"verbosity":"low"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verbosity {
    /// Little.
    Low,
    /// As much as by itself.
    Medium,
    /// Much.
    High,
}

/// The time a provider's prompt cache keeps something.
///
/// # Example
///
/// ```
/// use dspy::lm::{CacheTtl, Sampling};
///
/// let mut sampling = Sampling::default();
/// sampling.cache_ttl = Some(CacheTtl::Hour);
/// assert_eq!(serde_json::to_string(&sampling)?, r#"{"cache_ttl":"1h"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CacheTtl {
    /// Five minutes: Anthropic and Bedrock, by themselves.
    #[serde(rename = "5m")]
    FiveMinutes,
    /// Half an hour: OpenAI, by itself.
    #[serde(rename = "30m")]
    HalfHour,
    /// Half a day: OpenAI's responses.
    #[serde(rename = "12h")]
    HalfDay,
    /// An hour: Anthropic and Bedrock, where writing it costs more.
    #[serde(rename = "1h")]
    Hour,
}

impl CacheTtl {
    /// Returns whether Anthropic has it for what is marked, and Bedrock.
    pub(super) fn is_of_marks(self) -> bool {
        matches!(self, Self::FiveMinutes | Self::Hour)
    }
}

impl Sampling {
    /// Fills unset fields from another.
    pub(super) fn or(self, other: &Self) -> Self {
        let Self { stop, chat_template_kwargs, mut extra_body, .. } = self;
        extra_body.or(&other.extra_body);
        let mut kwargs = other.chat_template_kwargs.clone();
        kwargs.extend(chat_template_kwargs);
        Self {
            temperature: self.temperature.or(other.temperature),
            top_p: self.top_p.or(other.top_p),
            max_tokens: self.max_tokens.or(other.max_tokens),
            seed: self.seed.or(other.seed),
            stop: if stop.is_empty() { other.stop.clone() } else { stop },
            n: self.n.or(other.n),
            logprobs: self.logprobs.or(other.logprobs),
            reasoning_effort: self.reasoning_effort.or(other.reasoning_effort),
            frequency_penalty: self.frequency_penalty.or(other.frequency_penalty),
            presence_penalty: self.presence_penalty.or(other.presence_penalty),
            verbosity: self.verbosity.or(other.verbosity),
            service_tier: self.service_tier.or_else(|| other.service_tier.clone()),
            parallel_tool_calls: self.parallel_tool_calls.or(other.parallel_tool_calls),
            cache_ttl: self.cache_ttl.or(other.cache_ttl),
            chat_template_kwargs: kwargs,
            extra_body,
        }
    }
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

/// The time a model that reasons is to think, as far as it can be set: providers know some of these.
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
