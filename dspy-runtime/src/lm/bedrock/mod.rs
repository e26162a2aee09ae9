//! Amazon Bedrock's Converse.
//!
//! Wire: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>, and as a stream
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html>.

mod body;
mod media;
mod region;
mod reply;
#[cfg(feature = "aws")]
mod signed;
#[cfg(feature = "aws")]
mod stream;

pub(super) use reply::read;

use super::env::variable;
use super::http::{Post, Secret};
use super::provider::{Core, KeyForm, Parameter, Protocol, Reader, Unread, no_key, settings};
use super::{JsonSupport, ModelId, Request, Response};
use crate::error::{Error, Result};

/// Amazon Bedrock's Converse: `bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0`.
///
/// It takes Bedrock's API keys, and with the feature `aws` the `credentials` of an AWS account, with
/// which each request is signed. Replies are streamed with that feature; without it a stream gives the whole reply at its
/// end, as Bedrock's own streams are not server-sent events. The protocol has no seed, log probabilities, penalties or
/// several replies. Efforts are those of Claude since Opus 4.5; that of [`None`](super::Effort::None) turns its thinking
/// off.
///
/// A reply is streamed only where that is asked for, as an account may be allowed the one and not the other: the
/// permissions are `bedrock:InvokeModel` and `bedrock:InvokeModelWithResponseStream`.
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
    /// Where requests are signed for, if it is known.
    #[cfg(feature = "aws")]
    region: Option<String>,
    #[cfg(feature = "aws")]
    signed: Option<super::access::Signed>,
    strict_tools: bool,
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
    /// When there is no such region, or it cannot be one.
    pub fn new(id: ModelId, region: &str) -> Result<Self> {
        Self::at(id, &region::address(region)?)
    }

    /// Uses the server at an address, to which `/model/…/converse` is added, without a key.
    ///
    /// # Errors
    ///
    /// When the address is not an HTTP one.
    pub fn at(id: ModelId, base_url: &str) -> Result<Self> {
        let mut core = Core::new(id, base_url, KeyForm::Bearer, KEY)?;
        core.transport.quotes_colons = true;
        // Whether a stream is allowed is a matter of the account.
        core.rules.longest_unstreamed = None;
        let json = core.rules.json.unwrap_or(JsonSupport::None);
        Ok(Self {
            core,
            json,
            #[cfg(feature = "aws")]
            region: region::of(base_url),
            #[cfg(feature = "aws")]
            signed: None,
            strict_tools: false,
        })
    }

    /// Sets the degree to which the model can be held to JSON, where its name does not show it: to a schema
    /// or not at all, as there is no word for some JSON object.
    #[must_use]
    pub fn json(mut self, support: JsonSupport) -> Self {
        self.json = support;
        self
    }

    /// Has the model held to the schemas of tools, too, where their objects name all their keys; bounds on numbers and
    /// lengths are then stated in descriptions. For the models that can be held to a schema; Bedrock refuses it for
    /// others.
    #[must_use]
    pub fn strict_tools(mut self) -> Self {
        self.strict_tools = true;
        self
    }

    /// Uses `AWS_BEARER_TOKEN_BEDROCK`, or with the feature `aws` the credentials `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; and `AWS_REGION`, `AWS_DEFAULT_REGION` or else `us-east-1`, or
    /// the server at `BEDROCK_BASE_URL`.
    ///
    /// # Errors
    ///
    /// When there is no key and there are no credentials for Bedrock itself, they are not whole, there is no such region,
    /// or the address is not an HTTP one.
    pub fn from_env(id: ModelId) -> Result<Self> {
        let (url, key) = (variable(URL), variable(KEY));
        let region = REGIONS.iter().find_map(|name| Some((*name, variable(name)?)));
        let (named, region) =
            region.as_ref().map_or((REGIONS[0], "us-east-1"), |(name, found)| (*name, found));
        let model = match &url {
            Some(url) => Self::at(id, url).map_err(|error| error.context(URL)),
            None => Self::new(id, region).map_err(|error| error.context(named)),
        };
        let mut model = model?;
        model.core.transport.address_name = Some(URL);
        model.core.key = key.map(Secret::new);
        match model.core.key {
            Some(_) => Ok(model),
            None => model.with_found(url.is_some(), region),
        }
    }

    /// Takes the credentials of the environment; a server of another's need have none.
    #[cfg(feature = "aws")]
    fn with_found(mut self, is_elsewhere: bool, region: &str) -> Result<Self> {
        match super::access::aws_variables() {
            Some(found) => {
                self.region.get_or_insert_with(|| region.to_owned());
                Ok(self.credentials(found?))
            }
            None if is_elsewhere => Ok(self),
            None => Err(no_key(&self.core.id, KEY, ", or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")),
        }
    }

    #[cfg(not(feature = "aws"))]
    fn with_found(self, is_elsewhere: bool, _: &str) -> Result<Self> {
        match is_elsewhere {
            true => Ok(self),
            false if variable("AWS_ACCESS_KEY_ID").is_some() => Err(no_key(
                &self.core.id,
                KEY,
                ", or build this library with the feature `aws`, which signs requests with AWS_ACCESS_KEY_ID",
            )),
            false => Err(no_key(&self.core.id, KEY, "")),
        }
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

    fn own(&self) -> serde_json::Value {
        if self.strict_tools { "strict tools".into() } else { serde_json::Value::Null }
    }

    fn advice(&self, _: &Request, error: &Error) -> Option<&'static str> {
        let code = error.code().unwrap_or_default();
        match error.status()? {
            _ if code.starts_with("ExpiredToken") => Some(
                "the credentials of the AWS account have run out; get others, with their AWS_SESSION_TOKEN",
            ),
            _ if code.starts_with("UnrecognizedClient") || code.starts_with("InvalidSignature") => Some(
                "AWS does not know the credentials, the secret is not that of the key, or the clock of this machine is \
                     wrong",
            ),
            401 | 403 => Some(
                "the account needs access to the model in this region, and the permission `bedrock:InvokeModel` or, for \
                 streams, `bedrock:InvokeModelWithResponseStream`",
            ),
            _ => None,
        }
    }

    fn post(&self, request: &Request, streamed: bool) -> Result<Post> {
        let action = if streamed { "converse-stream" } else { "converse" };
        let path = ["model", self.core.id.name(), action].map(str::to_owned).to_vec();
        let body = self.core.bytes(request, &body::body(request, self.json, self.strict_tools)?)?;
        Ok(Post { path, query: None, headers: Vec::new(), body })
    }

    fn read(&self, _: &Request, body: &[u8]) -> Result<Response, Unread> {
        read(body)
    }

    #[cfg(feature = "aws")]
    fn reader(&self, _: &Request) -> Option<Box<dyn Reader>> {
        Some(reader())
    }

    #[cfg(not(feature = "aws"))]
    fn reader(&self, _: &Request) -> Option<Box<dyn Reader>> {
        None
    }
}

/// Reads a stream.
#[cfg(feature = "aws")]
pub(super) fn reader() -> Box<dyn Reader> {
    Box::new(stream::Stream::default())
}
