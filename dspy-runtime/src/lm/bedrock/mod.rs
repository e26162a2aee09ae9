//! Amazon Bedrock's Converse, with a bearer key.
//!
//! Wire: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>.

mod body;
mod media;
mod reply;

pub(super) use reply::read;

use super::env::variable;
use super::http::{Post, Secret};
use super::provider::{Core, KeyForm, Parameter, Protocol, Reader, Unread, no_key, settings};
use super::{JsonSupport, ModelId, Request, Response};
use crate::error::Result;

/// Amazon Bedrock's Converse: `bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0`.
///
/// It takes Bedrock's API keys; there are no signatures of AWS accounts here. A stream gives the whole reply
/// at its end, as Bedrock's own streams are not server-sent events. The protocol has no seed, log probabilities,
/// penalties or several replies. Efforts are those of Claude since Opus 4.5; that of [`None`](super::Effort::None)
/// turns its thinking off.
///
/// A schema is enforced for the models that Bedrock holds to one, except for bounds on numbers and lengths, which are
/// stated in its descriptions: Claude 4.5 and 4.6, DeepSeek V3, Qwen3, Mistral 3 and a few others, as the
/// [`Rules`](super::Rules) of the model say. For others, Claude since Opus 4.7 among them, and for schemas with open
/// objects, the prompt alone asks for it.
///
/// # Example
///
/// ```
/// use dspy::lm::{Bedrock, ModelId, Retry, Secret};
///
/// let model = Bedrock::new(ModelId::new("bedrock", "amazon.nova-lite-v1:0"), "eu-west-1")?.key(Secret::new("…"));
/// let lm = dspy::Lm::from(Retry::new(model));
/// assert_eq!(lm.id().to_string(), "bedrock/amazon.nova-lite-v1:0");
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Debug)]
pub struct Bedrock {
    core: Core,
    json: JsonSupport,
}

const KEY: &str = "AWS_BEARER_TOKEN_BEDROCK";
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
const URL: &str = "BEDROCK_BASE_URL";

settings!(Bedrock);

impl Bedrock {
    /// Uses Bedrock in a region such as `us-east-1`, without a key.
    ///
    /// # Errors
    ///
    /// When the region cannot stand in an address.
    pub fn new(id: ModelId, region: &str) -> Result<Self> {
        Self::at(id, &format!("https://bedrock-runtime.{region}.amazonaws.com"))
    }

    /// Uses the server at an address, to which `/model/…/converse` is added, without a key.
    ///
    /// # Errors
    ///
    /// When the address is not an HTTP one.
    pub fn at(id: ModelId, base_url: &str) -> Result<Self> {
        let core = Core::new(id, base_url, KeyForm::Bearer, KEY)?;
        let json = core.rules.json.unwrap_or(JsonSupport::None);
        Ok(Self { core, json })
    }

    /// Sets the degree to which the model can be held to JSON, where its name does not show it: to a schema
    /// or not at all, as there is no word for some JSON object.
    #[must_use]
    pub fn json(mut self, support: JsonSupport) -> Self {
        self.json = support;
        self
    }

    /// Uses `AWS_BEARER_TOKEN_BEDROCK`, and `AWS_REGION`, `AWS_DEFAULT_REGION` or else `us-east-1`; or the
    /// server at `BEDROCK_BASE_URL`.
    ///
    /// # Errors
    ///
    /// When the key is missing for Bedrock itself, or the address is not an HTTP one.
    pub fn from_env(id: ModelId) -> Result<Self> {
        let (url, key) = (variable(URL), variable(KEY));
        if url.is_none() && key.is_none() {
            return Err(no_key(&id, KEY, ""));
        }
        let region = REGIONS.iter().find_map(|name| variable(name));
        let model = match url {
            Some(url) => Self::at(id, &url).map_err(|error| error.context(URL)),
            None => Self::new(id, region.as_deref().unwrap_or("us-east-1")),
        };
        let mut model = model?;
        model.core.key = key.map(Secret::new);
        model.core.transport.address_name = Some(URL);
        Ok(model)
    }
}

impl Protocol for Bedrock {
    fn core(&self) -> &Core {
        &self.core
    }

    fn takes(&self, parameter: Parameter, request: &Request) -> bool {
        use Parameter::{
            CacheTtl, ChatTemplateKwargs, FrequencyPenalty, Logprobs, N, ParallelToolCalls, PresencePenalty,
            ReasoningEffort, Seed, ToolChoice, Verbosity,
        };
        let has_word = match parameter {
            FrequencyPenalty | Logprobs | N | PresencePenalty | Seed => false,
            ReasoningEffort => request.sampling.reasoning_effort != Some(super::Effort::Minimal),
            ChatTemplateKwargs | ParallelToolCalls | Verbosity => false,
            CacheTtl => request.sampling.cache_ttl.is_none_or(super::CacheTtl::is_of_marks),
            // There is no word for it.
            ToolChoice => request.tool_choice != Some(crate::lm::ToolChoice::None),
            _ => true,
        };
        has_word && self.core.rules.take(parameter, request)
    }

    fn post(&self, request: &Request, _: bool) -> Result<Post> {
        let path = vec!["model".to_owned(), self.core.id.name().to_owned(), "converse".to_owned()];
        let body = self.core.bytes(request, &body::body(request, self.json)?)?;
        Ok(Post { path, query: None, headers: Vec::new(), body })
    }

    fn read(&self, _: &Request, body: &[u8]) -> Result<Response, Unread> {
        read(body)
    }

    fn reader(&self, _: &Request) -> Option<Box<dyn Reader>> {
        None
    }
}
