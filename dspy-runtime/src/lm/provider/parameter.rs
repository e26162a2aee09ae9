//! The parameters of a call, and those that a model takes.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind, Result};
use crate::lm::{ModelId, Request, Rules, Sampling, ToolChoice as Choice};

/// Something that a request may set and that not all models take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lm) enum Parameter {
    Temperature,
    TopP,
    Seed,
    Stop,
    N,
    Logprobs,
    ReasoningEffort,
    FrequencyPenalty,
    PresencePenalty,
    Tools,
    ToolChoice,
    Verbosity,
    ServiceTier,
    ParallelToolCalls,
    CacheTtl,
    ChatTemplateKwargs,
    ExtraBody,
}

use Parameter::{
    CacheTtl, ChatTemplateKwargs, ExtraBody, FrequencyPenalty, Logprobs, N, ParallelToolCalls,
    PresencePenalty, ReasoningEffort, Seed, ServiceTier, Stop, Temperature, ToolChoice, Tools, TopP,
    Verbosity,
};

/// In the order in which they are looked at: what others depend on comes first.
const ALL: [Parameter; 17] = [
    ReasoningEffort,
    Temperature,
    TopP,
    Seed,
    Stop,
    N,
    Logprobs,
    FrequencyPenalty,
    PresencePenalty,
    Tools,
    ToolChoice,
    Verbosity,
    ServiceTier,
    ParallelToolCalls,
    CacheTtl,
    ChatTemplateKwargs,
    ExtraBody,
];

impl Parameter {
    fn name(self) -> &'static str {
        match self {
            Temperature => "temperature",
            TopP => "top_p",
            Seed => "seed",
            Stop => "stop",
            N => "n",
            Logprobs => "logprobs",
            ReasoningEffort => "reasoning_effort",
            FrequencyPenalty => "frequency_penalty",
            PresencePenalty => "presence_penalty",
            Tools => "tools",
            ToolChoice => "tool_choice",
            Verbosity => "verbosity",
            ServiceTier => "service_tier",
            ParallelToolCalls => "parallel_tool_calls",
            CacheTtl => "cache_ttl",
            ChatTemplateKwargs => "chat_template_kwargs",
            ExtraBody => "extra_body",
        }
    }

    fn is_set(self, request: &Request) -> bool {
        let sampling = &request.sampling;
        match self {
            Temperature => sampling.temperature.is_some(),
            TopP => sampling.top_p.is_some(),
            Seed => sampling.seed.is_some(),
            Stop => !sampling.stop.is_empty(),
            // One reply is what every model gives.
            N => sampling.n.is_some_and(|n| n > 1),
            Logprobs => sampling.logprobs.is_some(),
            ReasoningEffort => sampling.reasoning_effort.is_some(),
            FrequencyPenalty => sampling.frequency_penalty.is_some(),
            PresencePenalty => sampling.presence_penalty.is_some(),
            Tools => !request.tools.is_empty(),
            ToolChoice => request.tool_choice.is_some(),
            Verbosity => sampling.verbosity.is_some(),
            ServiceTier => sampling.service_tier.is_some(),
            ParallelToolCalls => sampling.parallel_tool_calls.is_some(),
            CacheTtl => sampling.cache_ttl.is_some(),
            ChatTemplateKwargs => !sampling.chat_template_kwargs.is_empty(),
            ExtraBody => !sampling.extra_body.is_empty(),
        }
    }

    fn unset(self, request: &mut Request) {
        let sampling = &mut request.sampling;
        match self {
            Temperature => sampling.temperature = None,
            TopP => sampling.top_p = None,
            Seed => sampling.seed = None,
            Stop => sampling.stop.clear(),
            N => sampling.n = None,
            Logprobs => sampling.logprobs = None,
            ReasoningEffort => sampling.reasoning_effort = None,
            FrequencyPenalty => sampling.frequency_penalty = None,
            PresencePenalty => sampling.presence_penalty = None,
            Tools => request.tools.clear(),
            ToolChoice => request.tool_choice = None,
            Verbosity => sampling.verbosity = None,
            ServiceTier => sampling.service_tier = None,
            ParallelToolCalls => sampling.parallel_tool_calls = None,
            CacheTtl => sampling.cache_ttl = None,
            ChatTemplateKwargs => sampling.chat_template_kwargs.clear(),
            ExtraBody => sampling.extra_body = crate::lm::ExtraBody::default(),
        }
    }
}

/// A request of which a model takes everything, and what was left out of it.
#[derive(Debug)]
pub(in crate::lm) struct Taken<'a> {
    pub(in crate::lm) request: Cow<'a, Request>,
    pub(in crate::lm) dropped: Vec<String>,
}

/// Leaves out what the model does not take, where that may be, and what it does by itself where it takes nothing else.
///
/// # Errors
///
/// When it may not be; the error names the parameter and the model.
pub(in crate::lm) fn taken<'a>(
    request: &'a Request,
    id: &ModelId,
    drops: bool,
    rules: &Rules,
    defaults: &Sampling,
    takes: impl Fn(Parameter, &Request) -> bool,
) -> Result<Taken<'a>> {
    let mut taken = Taken { request: hinted(with(request, defaults), &takes), dropped: Vec::new() };
    for parameter in ALL {
        if !parameter.is_set(&taken.request) || takes(parameter, &taken.request) {
            continue;
        }
        let (name, value) = (parameter.name(), value(parameter, &taken.request, rules));
        if !drops {
            let message = format!(
                "{id} does not take `{name}`{value}; leave it out, or make the model with \
                 `drop_unsupported`, which leaves it out and notes it"
            );
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        tracing::info!(model = %id, parameter = name, "not sent: the model does not take it");
        parameter.unset(taken.request.to_mut());
        taken.dropped.push(name.to_owned());
    }
    for parameter in [Temperature, TopP] {
        if rules.is_usual(parameter, &taken.request) {
            parameter.unset(taken.request.to_mut());
        }
    }
    Ok(taken)
}

/// The most stop texts that every server with OpenAI's protocol takes.
const MOST_STOPS: usize = 4;

/// The request with what the model is always sent and the request does not set.
fn with<'a>(request: &'a Request, defaults: &Sampling) -> Cow<'a, Request> {
    if *defaults == Sampling::default() {
        return Cow::Borrowed(request);
    }
    let sampling = request.sampling.clone().or(defaults);
    Cow::Owned(Request { sampling, ..request.clone() })
}

/// The request with those of its hints that the model takes.
fn hinted<'a>(request: Cow<'a, Request>, takes: impl Fn(Parameter, &Request) -> bool) -> Cow<'a, Request> {
    let (set, hints) = (request.sampling.clone(), request.hints.clone());
    let mut hinted = request;
    let mut try_one = |parameter: Parameter, set: &dyn Fn(&mut Request)| {
        let mut with = hinted.clone().into_owned();
        set(&mut with);
        if takes(parameter, &with) {
            hinted = Cow::Owned(with);
        }
    };
    if let (Some(value), None) = (hints.temperature, set.temperature) {
        try_one(Temperature, &|request| request.sampling.temperature = Some(value));
    }
    if let (Some(value), None) = (hints.frequency_penalty, set.frequency_penalty) {
        try_one(FrequencyPenalty, &|request| request.sampling.frequency_penalty = Some(value));
    }
    if !hints.stop.is_empty() && set.stop.len() + hints.stop.len() <= MOST_STOPS {
        try_one(Stop, &|request| request.sampling.stop.extend(hints.stop.iter().cloned()));
    }
    hinted
}

/// The value, where a model may take another one.
fn value(parameter: Parameter, request: &Request, rules: &Rules) -> String {
    let sampling = &request.sampling;
    let others = match rules.efforts.is_empty() {
        true => String::new(),
        false => format!(" (it takes {})", rules.efforts),
    };
    match parameter {
        Temperature => sampling.temperature.map(|value| format!(" of {value}")),
        N => sampling.n.map(|value| format!(" of {value}")),
        ReasoningEffort => sampling.reasoning_effort.map(|value| format!(" of {value}{others}")),
        ToolChoice => match request.tool_choice {
            Some(Choice::Required | Choice::Named(_)) => Some(" that forces a call".to_owned()),
            _ => None,
        },
        CacheTtl => sampling
            .cache_ttl
            .and_then(|ttl| Some(format!(" of {}", serde_json::to_value(ttl).ok()?.as_str()?))),
        Stop => Some(format!(" with {} texts", sampling.stop.len())),
        _ => None,
    }
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::Message;

    #[test]
    fn hints_are_sent_where_they_are_taken_and_not_set() {
        let mut request = Request::from(vec![Message::user("Hi.")]);
        (request.sampling.temperature, request.sampling.stop) = (Some(0.0), vec!["END".into()]);
        (request.hints.temperature, request.hints.frequency_penalty) = (Some(0.7), Some(0.5));
        request.hints.stop = vec!["\n---".into()];
        let id = ModelId::new("acme", "m");
        let sent = |takes: fn(Parameter, &Request) -> bool| {
            let taken = taken(&request, &id, false, &Rules::ANY, &Sampling::default(), takes)
                .expect("hints are never an error");
            assert!(taken.dropped.is_empty());
            let Sampling { temperature, frequency_penalty, stop, .. } = taken.request.sampling.clone();
            (temperature, frequency_penalty, stop)
        };
        let all = (Some(0.0), Some(0.5), vec!["END".to_owned(), "\n---".to_owned()]);
        assert_eq!(sent(|_, _| true), all);
        assert_eq!(sent(|parameter, _| parameter != FrequencyPenalty), (Some(0.0), None, all.2));
    }

    #[test]
    fn what_is_not_taken_is_an_error_or_dropped_and_noted() {
        let mut request = Request::from(vec![Message::user("Hi.")]);
        (request.sampling.seed, request.sampling.temperature) = (Some(7), Some(0.5));
        let id = ModelId::new("acme", "m");
        let takes = |parameter, _: &Request| parameter != Seed;
        let error =
            taken(&request, &id, false, &Rules::ANY, &Sampling::default(), takes).expect_err("a seed");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().starts_with("acme/m does not take `seed`"), "{error}");
        let taken =
            taken(&request, &id, true, &Rules::ANY, &Sampling::default(), takes).expect("without the seed");
        assert_eq!((taken.request.sampling.seed, taken.dropped), (None, vec!["seed".to_owned()]));
        assert_eq!(taken.request.sampling.temperature, Some(0.5));
    }
}
