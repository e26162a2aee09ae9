//! The time and the tokens of calls, reported to `tracing` as measurements.
//!
//! Each is an event of the target `dspy::metrics` at level debug whose fields are instruments and their attributes, in
//! the form that layers for metrics read (`histogram.…`, `monotonic_counter.…`), under the names of OpenTelemetry's
//! conventions. So the library needs no exporter of any version. What no provider was asked for, as a reply of a cache,
//! is not measured.

use std::time::Duration;

use super::convention::{address, port, provider};
use crate::error::{Error, Result};
use crate::lm::{Embeddings, Lm, ModelId, Response, Usage};

macro_rules! measured {
    ($($fields:tt)+) => {
        tracing::event!(target: "dspy::metrics", tracing::Level::DEBUG, $($fields)+)
    };
}

/// An LM call that came to its end.
pub(super) fn inference(lm: &Lm, took: Duration, outcome: Result<&Response, &Error>) {
    match outcome {
        Ok(response) if response.usage.hits > 0 => {}
        Ok(response) => called(lm, took, Some(response), None),
        Err(error) if error.was_sent() => called(lm, took, None, Some(error.kind().name())),
        Err(_) => {}
    }
}

/// An LM call, the reply if all of it came, and what was wrong if something was. Of a call without a reply nobody knows
/// the tokens, which the conventions count as none.
pub(super) fn called(lm: &Lm, took: Duration, response: Option<&Response>, error: Option<&str>) {
    let id = lm.id();
    let model = response.and_then(|response| response.model.as_deref());
    measured!(
        histogram.gen_ai.client.inference.duration = took.as_secs_f64(),
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = provider(id.provider()),
        gen_ai.request.model = id.name(),
        gen_ai.response.model = model,
        server.address = address(lm).as_deref(),
        server.port = port(lm),
        "error.type" = error,
    );
    let usage = response.map_or(Usage::NONE, |response| response.usage);
    let some = |tokens: u64| (tokens > 0).then_some(tokens);
    measured!(
        monotonic_counter.gen_ai.client.inference.usage.input_tokens = usage.input_tokens,
        monotonic_counter.gen_ai.client.inference.usage.output_tokens = usage.output_tokens,
        monotonic_counter.gen_ai.client.inference.usage.cache_read.input_tokens =
            some(usage.cached_input_tokens),
        monotonic_counter.gen_ai.client.inference.usage.cache_write.input_tokens =
            some(usage.cache_write_tokens),
        monotonic_counter.gen_ai.client.inference.usage.reasoning.output_tokens =
            some(usage.reasoning_tokens),
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = provider(id.provider()),
        gen_ai.request.model = id.name(),
        gen_ai.response.model = model,
        gen_ai.token.modality = "unknown",
        server.address = address(lm).as_deref(),
        server.port = port(lm),
    );
}

/// A call for vectors.
pub(super) fn embeddings(id: &ModelId, took: Duration, outcome: Result<&Embeddings, &Error>) {
    if outcome.is_err_and(|error| !error.was_sent()) {
        return;
    }
    measured!(
        histogram.gen_ai.client.embeddings.duration = took.as_secs_f64(),
        gen_ai.operation.name = "embeddings",
        gen_ai.provider.name = provider(id.provider()),
        gen_ai.request.model = id.name(),
        "error.type" = outcome.err().map(|error| error.kind().name()),
    );
    if let Ok(made) = outcome {
        measured!(
            histogram.gen_ai.client.embeddings.operation.input_tokens = made.usage.input_tokens,
            gen_ai.operation.name = "embeddings",
            gen_ai.provider.name = provider(id.provider()),
            gen_ai.request.model = id.name(),
        );
    }
}

/// A program call.
pub(super) fn program(name: &str, took: Duration, error: Option<&str>) {
    measured!(
        histogram.gen_ai.invoke_agent.duration = took.as_secs_f64(),
        gen_ai.operation.name = "invoke_workflow",
        gen_ai.agent.name = name,
        "error.type" = error,
    );
}

/// A call of a tool, by a program if it is in one.
pub(super) fn tool(name: &str, program: Option<&str>, took: Duration, error: Option<&str>) {
    measured!(
        histogram.gen_ai.execute_tool.duration = took.as_secs_f64(),
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = name,
        "gen_ai.tool.type" = "function",
        gen_ai.agent.name = program,
        "error.type" = error,
    );
}
