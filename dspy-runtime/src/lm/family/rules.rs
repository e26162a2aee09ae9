//! The rules of one model.

use std::fmt;

use super::Efforts;

use crate::lm::provider::Parameter;
use crate::lm::{Effort, JsonSupport, ModelId, Request, ToolChoice};

/// The rules of a model, where models of one provider differ.
///
/// A model made of a name has the rules of its family, from a table of this library. A name that is newer than the
/// table has those of the newest model before it, which [`stands_in`](Self::stands_in) names and a `tracing` warning
/// says at the first call; a name of no known family takes everything. A deployment of Azure has the rules of the
/// model that it is named like. What a model does not take is an error before the call.
///
/// Where the table is wrong, or does not know a model, set the rules with `rules` of its builder, such as
/// [`OpenAi::rules`](crate::lm::OpenAi::rules).
///
/// # Example
///
/// ```
/// use dspy::lm::{Effort, ModelId, OpenAi, Rules, Takes};
///
/// let id: ModelId = "openai/gpt-7-x".parse()?;
/// let mut rules = Rules::of(&id);
/// assert_eq!(rules.stands_in(), Some("gpt-6.1"));
/// assert!(!rules.efforts.contains(Effort::Minimal));
///
/// rules.efforts = rules.efforts.with(Effort::Minimal);
/// rules.sampling = Takes::Always;
/// let model = OpenAi::at(id, "http://127.0.0.1:8000/v1")?.rules(rules);
/// # let _ = model;
/// # Ok::<(), dspy::Error>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The words of [`reasoning_effort`](crate::lm::Sampling::reasoning_effort) that the model takes.
    pub efforts: Efforts,
    /// The time the model thinks where that is not set; `None` where it is unknown. A model of
    /// [`Effort::None`] does not think unless it is asked to.
    pub usual_effort: Option<Effort>,
    /// Tells whether a temperature and `top_p` are taken. Where they are not, a temperature of 1 still is, as
    /// it is what the model draws with by itself; it is not sent.
    pub sampling: Takes,
    /// Tells whether a temperature and `top_p` may be set in one call.
    pub temperature_with_top_p: bool,
    /// Tells whether log probabilities are given.
    pub logprobs: Takes,
    /// Tells whether stop texts are taken.
    pub stop: Takes,
    /// Tells whether penalties are taken.
    pub penalties: Takes,
    /// Tells whether a [tool choice](ToolChoice) may force a call: [`Required`](ToolChoice::Required)
    /// or [`Named`](ToolChoice::Named).
    pub forced_tools: Takes,
    /// Tells whether [`verbosity`](crate::lm::Sampling::verbosity) is taken, where the protocol has it.
    pub verbosity: bool,
    /// Tells whether [`parallel_tool_calls`](crate::lm::Sampling::parallel_tool_calls) is taken, where the
    /// protocol has it.
    pub parallel_tool_calls: bool,
    /// Tells whether [`cache_ttl`](crate::lm::Sampling::cache_ttl) is taken, where the protocol has it.
    pub cache_ttl: bool,
    /// The thinking setting of the model, of [Anthropic](crate::lm::Anthropic) and
    /// [Gemini](crate::lm::Gemini).
    pub thinking: Thinking,
    /// The one of OpenAI's protocols that calls use, of [`OpenAi`](crate::lm::OpenAi).
    pub route: Route,
    /// Tells whether chat completions call the longest reply `max_completion_tokens`; `None` for as the
    /// server has it.
    pub max_completion_tokens: Option<bool>,
    /// Tells whether what a turn thought goes back with it as `reasoning_content`, of chat completions.
    /// DeepSeek's V4 refuses a turn with calls that comes without.
    pub thoughts_back: bool,
    /// The longest reply in tokens, which is asked for where a protocol demands a limit and none is set.
    pub longest_reply: Option<u32>,
    /// The longest limit in tokens of a call that is not streamed. A call of a longer one is streamed, whoever asks,
    /// so that no connection waits minutes without a byte.
    pub longest_unstreamed: Option<u32>,
    /// The degree to which the model can be held to JSON; `None` for as the server can.
    pub json: Option<JsonSupport>,
    pub(super) stands_in: Option<&'static str>,
}

/// The cases in which a model takes a setting.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// In every call.
    Always,
    /// Only where it does not think: where the effort is [`Effort::None`], set or by itself.
    WithoutThinking,
    /// Never.
    Never,
}

/// The thinking setting of a model.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinking {
    /// Not at all, as it does not.
    None,
    /// Thinking by a number of tokens.
    Budget,
    /// Thinking by itself, more or less by the effort.
    Adaptive,
    /// Either way.
    Either,
}

/// The one of OpenAI's protocols that calls use.
///
/// # Example
///
/// ```
/// use dspy::lm::{OpenAi, Route, Rules};
///
/// // A gateway that has chat completions alone, and takes tools there.
/// let id = "openai/gpt-6-sol".parse()?;
/// let mut rules = Rules::of(&id);
/// assert_eq!(rules.route, Route::ToolsByResponses);
/// rules.route = Route::Chat;
/// let model = OpenAi::at(id, "http://127.0.0.1:8000/v1")?.rules(rules);
/// # let _ = model;
/// # Ok::<(), dspy::Error>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Chat completions.
    Chat,
    /// Chat completions, but by responses where tools come with an effort that is not [`Effort::None`], which
    /// chat completions refuse, or the effort is [`Effort::Max`].
    ToolsWithEffortByResponses,
    /// Chat completions, but by responses where tools come with any effort but [`Effort::None`], set or not,
    /// which chat completions refuse, or the effort is [`Effort::Max`].
    ToolsByResponses,
    /// Responses.
    Responses,
}

impl Rules {
    /// The rules of a model that takes everything.
    pub(in crate::lm) const ANY: Self = Self {
        efforts: Efforts::ALL,
        usual_effort: None,
        sampling: Takes::Always,
        temperature_with_top_p: true,
        logprobs: Takes::Always,
        stop: Takes::Always,
        penalties: Takes::Always,
        forced_tools: Takes::Always,
        verbosity: true,
        parallel_tool_calls: true,
        cache_ttl: true,
        thinking: Thinking::Either,
        route: Route::Chat,
        max_completion_tokens: None,
        thoughts_back: false,
        longest_reply: None,
        longest_unstreamed: None,
        json: None,
        stands_in: None,
    };

    /// The rules of a model, by its name.
    pub fn of(id: &ModelId) -> Self {
        super::of(id)
    }

    /// The model of the table whose rules these are, where the table does not have the one that was named.
    pub fn stands_in(&self) -> Option<&'static str> {
        self.stands_in
    }

    /// Returns whether the model takes a parameter as it is set.
    pub(in crate::lm) fn take(&self, parameter: Parameter, request: &Request) -> bool {
        use Parameter::{
            CacheTtl, FrequencyPenalty, Logprobs, ParallelToolCalls, PresencePenalty, ReasoningEffort, Stop,
            Temperature, ToolChoice as Choice, TopP, Verbosity,
        };
        let sampling = &request.sampling;
        match parameter {
            ReasoningEffort => sampling.reasoning_effort.is_none_or(|effort| self.efforts.contains(effort)),
            Temperature => self.is_usual(parameter, request) || self.holds(self.sampling, request),
            TopP => {
                let alone = self.temperature_with_top_p || sampling.temperature.is_none();
                alone && (self.is_usual(parameter, request) || self.holds(self.sampling, request))
            }
            Logprobs => self.holds(self.logprobs, request),
            Stop => self.holds(self.stop, request),
            FrequencyPenalty | PresencePenalty => self.holds(self.penalties, request),
            Choice => !forces(request) || self.holds(self.forced_tools, request),
            Verbosity => self.verbosity,
            ParallelToolCalls => self.parallel_tool_calls,
            CacheTtl => self.cache_ttl,
            _ => true,
        }
    }

    /// Returns whether a parameter is set to what a model that does not take it does by itself.
    pub(in crate::lm) fn is_usual(&self, parameter: Parameter, request: &Request) -> bool {
        let value = match parameter {
            Parameter::Temperature => request.sampling.temperature,
            Parameter::TopP => request.sampling.top_p,
            _ => None,
        };
        value == Some(1.0) && !self.holds(self.sampling, request)
    }

    fn holds(&self, takes: Takes, request: &Request) -> bool {
        match takes {
            Takes::Always => true,
            Takes::WithoutThinking => {
                request.sampling.reasoning_effort.or(self.usual_effort) == Some(Effort::None)
            }
            Takes::Never => false,
        }
    }

    /// Returns whether a call goes by responses, of OpenAI.
    pub(in crate::lm) fn by_responses(&self, request: &Request) -> bool {
        let effort = request.sampling.reasoning_effort;
        let thinks = match self.route {
            Route::Chat => return false,
            Route::Responses => return true,
            Route::ToolsWithEffortByResponses => effort.is_some_and(|effort| effort != Effort::None),
            Route::ToolsByResponses => effort != Some(Effort::None),
        };
        (thinks && !request.tools.is_empty()) || effort == Some(Effort::Max)
    }
}

fn forces(request: &Request) -> bool {
    matches!(request.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_)))
}

impl Default for Rules {
    /// The rules of a model that takes everything.
    fn default() -> Self {
        Self::ANY
    }
}

impl fmt::Display for Rules {
    /// Writes in words what the model does not take.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(of) = &self.stands_in {
            write!(f, "as {of}: ")?;
        }
        match self.efforts.is_empty() {
            true => f.write_str("no effort")?,
            false => write!(f, "effort {}", self.efforts)?,
        }
        let limits = [
            ("sampling", self.sampling),
            ("log probabilities", self.logprobs),
            ("stop texts", self.stop),
            ("penalties", self.penalties),
            ("forced calls of tools", self.forced_tools),
        ];
        for (name, takes) in limits {
            match takes {
                Takes::Always => {}
                Takes::WithoutThinking => write!(f, "; {name} without thinking alone")?,
                Takes::Never => write!(f, "; no {name}")?,
            }
        }
        Ok(())
    }
}
