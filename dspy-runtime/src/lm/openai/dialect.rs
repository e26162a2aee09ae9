//! The differences of servers that speak OpenAI's chat completions, as data.
//!
//! A server takes what its documentation says, as of late 2026; what a row does not refuse is sent. Models
//! of one server differ as well: see [`Rules`](crate::lm::Rules).

use crate::lm::provider::KeyForm;
use crate::lm::provider::Parameter::{
    self, CacheTtl, ChatTemplateKwargs, FrequencyPenalty, Logprobs, N, ParallelToolCalls, PresencePenalty,
    ReasoningEffort, Seed, ServiceTier, ToolChoice, Verbosity,
};
use crate::lm::{JsonSupport, Request};

/// One way to speak chat completions.
#[derive(Clone, Copy, Debug)]
pub(in crate::lm) struct Dialect {
    /// The provider in `provider/name`.
    pub(in crate::lm) prefix: &'static str,
    /// The environment variable of the key.
    pub(in crate::lm) key: &'static str,
    /// Tells whether calls to the server's own address need one.
    pub(super) needs_key: bool,
    pub(super) key_form: KeyForm,
    /// The environment variable of the address, and the address where it is not set.
    pub(in crate::lm) url: (&'static str, Option<&'static str>),
    /// The path that is added to an address that has none.
    pub(super) path: &'static str,
    pub(super) json: JsonSupport,
    /// The names of the longest reply and of the seed.
    pub(super) max_tokens: &'static str,
    pub(super) seed: &'static str,
    /// Tells whether a stream reports its usage only if that is asked for.
    pub(super) stream_options: bool,
    /// Tells whether the ends of beginnings that are worth keeping may be marked.
    pub(super) marks: bool,
    /// Tells whether it may be said that the choice of tools is the model's.
    pub(super) choice: bool,
    /// Tells whether thinking is turned off by a switch, and not by an effort.
    pub(super) switch: bool,
    /// Tells whether the details of thoughts that OpenRouter reports are taken back.
    pub(super) details: bool,
    /// Tells whether every model there can be given tools.
    pub(super) tools: bool,
    /// Tells whether calls may be made in batches.
    pub(super) batches: bool,
    pub(super) refuses: &'static [Parameter],
    /// The settings that few servers have and it takes.
    pub(super) extras: &'static [Parameter],
}

/// A server that takes everything; the rows say where others differ.
const ANY: Dialect = Dialect {
    prefix: "",
    key: "",
    needs_key: false,
    key_form: KeyForm::Bearer,
    url: ("", None),
    path: "",
    json: JsonSupport::Schema,
    max_tokens: "max_tokens",
    seed: "seed",
    stream_options: true,
    marks: false,
    choice: true,
    switch: false,
    details: false,
    tools: true,
    batches: false,
    refuses: &[],
    extras: &[Verbosity, ServiceTier, ParallelToolCalls, CacheTtl, ChatTemplateKwargs],
};

/// The parameters of OpenAI's own server.
const OPENAI: &[Parameter] = &[Verbosity, ServiceTier, ParallelToolCalls, CacheTtl];
/// The parameters of servers that write prompts by the template of the model.
const TEMPLATES: &[Parameter] = &[ParallelToolCalls, ChatTemplateKwargs];

/// A service, which needs a key.
const fn service(prefix: &'static str, key: &'static str, url: (&'static str, &'static str)) -> Dialect {
    Dialect { prefix, key, needs_key: true, url: (url.0, Some(url.1)), extras: &[], ..ANY }
}

/// A self-hosted server, which may need none.
const fn own(prefix: &'static str, key: &'static str, url: (&'static str, &'static str)) -> Dialect {
    Dialect { prefix, key, url: (url.0, Some(url.1)), tools: false, extras: &[], ..ANY }
}

pub(in crate::lm) const DIALECTS: [Dialect; 14] = [
    Dialect {
        marks: true,
        batches: true,
        extras: OPENAI,
        ..service("openai", "OPENAI_API_KEY", ("OPENAI_BASE_URL", "https://api.openai.com/v1"))
    },
    // The name is that of a deployment.
    Dialect {
        prefix: "azure",
        key: "AZURE_OPENAI_API_KEY",
        needs_key: true,
        key_form: KeyForm::Header("api-key"),
        url: ("AZURE_OPENAI_ENDPOINT", None),
        path: "openai/v1",
        marks: true,
        extras: OPENAI,
        ..ANY
    },
    Dialect {
        extras: TEMPLATES,
        ..own("vllm", "VLLM_API_KEY", ("VLLM_BASE_URL", "http://localhost:8000/v1"))
    },
    Dialect {
        extras: TEMPLATES,
        ..own("sglang", "SGLANG_API_KEY", ("SGLANG_BASE_URL", "http://localhost:30000/v1"))
    },
    Dialect {
        refuses: &[N, ToolChoice],
        ..own("ollama", "OLLAMA_API_KEY", ("OLLAMA_BASE_URL", "http://localhost:11434/v1"))
    },
    // Its templates tell any model of tools, and an agent understands one that calls them as text.
    Dialect {
        tools: true,
        refuses: &[ReasoningEffort],
        extras: TEMPLATES,
        ..own("llamacpp", "LLAMACPP_API_KEY", ("LLAMACPP_BASE_URL", "http://localhost:8080/v1"))
    },
    Dialect {
        refuses: &[N, Logprobs],
        ..own("lmstudio", "LMSTUDIO_API_KEY", ("LMSTUDIO_BASE_URL", "http://localhost:1234/v1"))
    },
    Dialect {
        details: true,
        refuses: &[N],
        extras: &[Verbosity, ParallelToolCalls],
        ..service("openrouter", "OPENROUTER_API_KEY", ("OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1"))
    },
    // Some of its models take a schema, all take the rest.
    Dialect {
        json: JsonSupport::Object,
        max_tokens: "max_completion_tokens",
        refuses: &[N, Logprobs, FrequencyPenalty, PresencePenalty],
        extras: &[ServiceTier, ParallelToolCalls],
        ..service("groq", "GROQ_API_KEY", ("GROQ_BASE_URL", "https://api.groq.com/openai/v1"))
    },
    // Its log probabilities have a form of their own.
    Dialect {
        refuses: &[Logprobs],
        ..service("together", "TOGETHER_API_KEY", ("TOGETHER_BASE_URL", "https://api.together.xyz/v1"))
    },
    Dialect {
        json: JsonSupport::Object,
        choice: false,
        switch: true,
        refuses: &[N, Seed],
        ..service("deepseek", "DEEPSEEK_API_KEY", ("DEEPSEEK_BASE_URL", "https://api.deepseek.com/v1"))
    },
    // It answers 422 to what it does not know.
    Dialect {
        seed: "random_seed",
        stream_options: false,
        extras: &[ParallelToolCalls],
        ..service("mistral", "MISTRAL_API_KEY", ("MISTRAL_BASE_URL", "https://api.mistral.ai/v1"))
    },
    Dialect {
        extras: &[ParallelToolCalls],
        ..service("xai", "XAI_API_KEY", ("XAI_BASE_URL", "https://api.x.ai/v1"))
    },
    // It may be a gateway to OpenRouter, and only what such a one told goes back.
    Dialect { details: true, ..ANY },
];

impl Dialect {
    /// Returns whether the server takes a parameter as it is set.
    pub(super) fn takes(&self, parameter: Parameter, request: &Request) -> bool {
        match parameter {
            // The one that OpenAI has.
            CacheTtl if request.sampling.cache_ttl != Some(crate::lm::CacheTtl::HalfHour) => false,
            CacheTtl | ChatTemplateKwargs | ParallelToolCalls | ServiceTier | Verbosity => {
                self.extras.contains(&parameter)
            }
            _ => !self.refuses.contains(&parameter),
        }
    }

    /// The one of a provider; a server that takes everything where it is not known.
    pub(in crate::lm) fn of(prefix: &str) -> Self {
        DIALECTS.into_iter().find(|dialect| dialect.prefix == prefix).unwrap_or(ANY)
    }

    /// Returns whether a provider has a row of its own.
    pub(in crate::lm) fn is_known(prefix: &str) -> bool {
        !prefix.is_empty() && DIALECTS.iter().any(|dialect| dialect.prefix == prefix)
    }
}
