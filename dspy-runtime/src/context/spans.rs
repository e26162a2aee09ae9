//! The spans and events for `tracing`: a span for each program call, each LM call, each call for vectors and each call of a tool.
//!
//! The names are those of the OpenTelemetry conventions for generative AI, v0.1.0 of their own repository (they are
//! still in development there), so that an exporter needs no translation. A list is the text of its JSON, as no field
//! of `tracing` can hold one.

use std::future::Future;
use std::time::Instant;

use serde_json::Value;
use tracing::{Instrument, Span, field};

use super::convention::{self, provider};
use super::{Context, Purpose, Scope, measures};
use crate::error::{Error, Result};
use crate::lm::{Embeddings, Lm, ModelId, Request, Response, ResponseFormat, Usage};

/// The span of a program call.
fn program(name: &'static str) -> Span {
    tracing::info_span!(
        "invoke_workflow",
        otel.name = format_args!("invoke_workflow {}", name),
        otel.status_code = field::Empty,
        gen_ai.operation.name = "invoke_workflow",
        gen_ai.agent.name = name,
        "error.type" = field::Empty,
    )
}

/// Runs a call of the program of this name in its span.
pub(crate) async fn within<T>(span: Span, name: &str, run: impl Future<Output = Result<T>>) -> Result<T> {
    let begun = Instant::now();
    let outcome = run.instrument(span.clone()).await;
    if let Err(error) = &outcome {
        failed(&span, error);
    }
    let error = outcome.as_ref().err().map(|error| error.kind().name());
    span.in_scope(|| measures::program(name, begun.elapsed(), error));
    outcome
}

/// The span of an LM call.
fn call(lm: &Lm, path: &str, purpose: Purpose, request: &Request, streamed: bool) -> Span {
    let (id, sampling) = (lm.id(), &request.sampling);
    tracing::info_span!(
        "chat",
        otel.name = format_args!("chat {}", id.name()),
        otel.kind = "client",
        otel.status_code = field::Empty,
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = provider(id.provider()),
        gen_ai.request.model = id.name(),
        gen_ai.request.stream = streamed.then_some(true),
        gen_ai.request.max_tokens = sampling.max_tokens,
        gen_ai.request.temperature = sampling.temperature,
        gen_ai.request.top_p = sampling.top_p,
        gen_ai.request.seed = sampling.seed,
        gen_ai.request.choice.count = sampling.n.filter(|n| *n != 1),
        gen_ai.request.frequency_penalty = sampling.frequency_penalty,
        gen_ai.request.presence_penalty = sampling.presence_penalty,
        gen_ai.request.reasoning.level =
            sampling.reasoning_effort.map(|effort| effort.to_string()).as_deref(),
        gen_ai.request.stop_sequences = (!sampling.stop.is_empty())
            .then(|| convention::list(sampling.stop.iter().map(String::as_str)))
            .as_deref(),
        "gen_ai.output.type" = (request.format != ResponseFormat::Text).then_some("json"),
        gen_ai.tool.definitions = field::Empty,
        server.address = convention::address(lm).as_deref(),
        server.port = convention::port(lm),
        gen_ai.response.model = field::Empty,
        gen_ai.response.id = field::Empty,
        gen_ai.response.finish_reasons = field::Empty,
        gen_ai.usage.input_tokens = field::Empty,
        gen_ai.usage.output_tokens = field::Empty,
        gen_ai.usage.cache_read.input_tokens = field::Empty,
        gen_ai.usage.cache_write.input_tokens = field::Empty,
        gen_ai.usage.reasoning.output_tokens = field::Empty,
        gen_ai.input.messages = field::Empty,
        gen_ai.output.messages = field::Empty,
        "error.type" = field::Empty,
        dspy.predictor = path,
        dspy.purpose = %purpose,
        dspy.rollout = request.rollout,
        dspy.cached = field::Empty,
        dspy.retries = field::Empty,
    )
}

/// The span of a call that makes vectors of texts.
fn embedding(id: &ModelId, path: &str, purpose: Purpose, texts: usize) -> Span {
    tracing::info_span!(
        "embeddings",
        otel.name = format_args!("embeddings {}", id.name()),
        otel.kind = "client",
        otel.status_code = field::Empty,
        gen_ai.operation.name = "embeddings",
        gen_ai.provider.name = provider(id.provider()),
        gen_ai.request.model = id.name(),
        gen_ai.usage.input_tokens = field::Empty,
        gen_ai.embeddings.dimension.count = field::Empty,
        "error.type" = field::Empty,
        dspy.predictor = path,
        dspy.purpose = %purpose,
        dspy.texts = texts,
        dspy.retries = field::Empty,
    )
}

/// A call of a tool, as it is told.
pub(crate) struct Execution<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: &'a str,
    /// The name that the model or the program gave the call, if it did.
    pub(crate) call: Option<&'a str>,
    pub(crate) arguments: &'a Value,
}

impl Execution<'_> {
    fn span(&self, program: Option<&str>) -> Span {
        tracing::info_span!(
            "execute_tool",
            otel.name = format_args!("execute_tool {}", self.name),
            otel.status_code = field::Empty,
            gen_ai.operation.name = "execute_tool",
            gen_ai.agent.name = program,
            gen_ai.tool.name = self.name,
            gen_ai.tool.description = self.description,
            "gen_ai.tool.type" = "function",
            gen_ai.tool.call.id = self.call,
            gen_ai.tool.call.arguments = field::Empty,
            gen_ai.tool.call.result = field::Empty,
            "error.type" = field::Empty,
        )
    }

    /// Runs the call in its span, where arguments and result are told only where they are wanted. What the model is
    /// told as a failure is one here, too.
    pub(crate) async fn within(
        self,
        cx: &Context,
        run: impl Future<Output = Result<Value>>,
        is_failure: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let scope = cx.scope();
        let span = scope.within(|| self.span(scope.program));
        let contents = cx.settings().traced_contents && !span.is_disabled();
        if contents {
            span.record("gen_ai.tool.call.arguments", &*convention::told(self.arguments));
        }
        let begun = Instant::now();
        let outcome = run.instrument(span.clone()).await;
        let error = match &outcome {
            Ok(given) if is_failure(given) => {
                mark(&span, "tool_error");
                Some("tool_error")
            }
            Ok(given) => {
                if contents {
                    span.record("gen_ai.tool.call.result", &*convention::told(given));
                }
                None
            }
            Err(error) => {
                failed(&span, error);
                Some(error.kind().name())
            }
        };
        span.in_scope(|| measures::tool(self.name, scope.program, begun.elapsed(), error));
        outcome
    }
}

impl Scope {
    /// The span of a program call.
    pub(crate) fn program_span(&self, name: &'static str) -> Span {
        self.within(|| program(name))
    }

    /// The span of an LM call.
    pub(super) fn call_span(&self, lm: &Lm, path: &str, request: &Request, streamed: bool) -> Span {
        self.within(|| call(lm, path, self.purpose, request, streamed))
    }

    /// The span of a call that makes vectors of texts.
    pub(super) fn embedding_span(&self, embedder: &ModelId, path: &str, texts: usize) -> Span {
        self.within(|| embedding(embedder, path, self.purpose, texts))
    }

    /// Makes a span in the current one; in a task of its own, which has none, in that of the program call.
    fn within(&self, make: impl FnOnce() -> Span) -> Span {
        let _inside = Span::current().is_disabled().then(|| self.span.enter());
        make()
    }
}

/// Notes the outcome of a call, and its texts only where they are wanted.
pub(super) fn note(
    span: &Span,
    with_contents: bool,
    request: &Request,
    outcome: Result<Option<&Response>, &Error>,
) {
    if span.is_disabled() {
        return;
    }
    if !request.tools.is_empty() {
        let definitions = convention::definitions(&request.tools, with_contents);
        span.record("gen_ai.tool.definitions", definitions.as_str());
    }
    match outcome {
        Ok(Some(response)) => replied(span, response),
        // Given up in the middle.
        Ok(None) => broken(span),
        Err(error) => {
            if error.was_sent() {
                broken(span);
            }
            failed(span, error);
        }
    }
    if with_contents {
        span.record("gen_ai.input.messages", convention::inputs(request).as_str());
        if let Ok(Some(response)) = outcome {
            span.record("gen_ai.output.messages", convention::outputs(response).as_str());
        }
    }
}

/// A reply that did not come to its end has a reason of its own to end.
fn broken(span: &Span) {
    span.record("gen_ai.response.finish_reasons", convention::list(["error"]).as_str());
}

fn replied(span: &Span, response: &Response) {
    if let Some(model) = &response.model {
        span.record("gen_ai.response.model", model.as_str());
    }
    if let Some(id) = &response.id {
        span.record("gen_ai.response.id", id.as_str());
    }
    span.record("gen_ai.response.finish_reasons", convention::finishes(response).as_str());
    let Usage { hits, retries, input_tokens, output_tokens, .. } = response.usage;
    span.record("gen_ai.usage.input_tokens", input_tokens);
    span.record("gen_ai.usage.output_tokens", output_tokens);
    span.record("dspy.cached", hits > 0);
    span.record("dspy.retries", retries);
    for (name, tokens) in [
        ("gen_ai.usage.cache_read.input_tokens", response.usage.cached_input_tokens),
        ("gen_ai.usage.cache_write.input_tokens", response.usage.cache_write_tokens),
        ("gen_ai.usage.reasoning.output_tokens", response.usage.reasoning_tokens),
    ] {
        if tokens > 0 {
            span.record(name, tokens);
        }
    }
}

/// Notes the outcome of a call for vectors. Texts and vectors are never noted.
pub(super) fn embedded(span: &Span, outcome: &Result<Embeddings>) {
    match outcome {
        Ok(embeddings) => {
            span.record("gen_ai.usage.input_tokens", embeddings.usage.input_tokens);
            span.record("gen_ai.embeddings.dimension.count", embeddings.vectors.first().map_or(0, Vec::len));
            span.record("dspy.retries", embeddings.usage.retries);
        }
        Err(error) => failed(span, error),
    }
}

fn failed(span: &Span, error: &Error) {
    mark(span, error.kind().name());
    if error.retries() > 0 {
        span.record("dspy.retries", error.retries());
    }
}

/// Says that what the span is of has failed, and of what class that is.
fn mark(span: &Span, class: &str) {
    span.record("error.type", class);
    span.record("otel.status_code", "ERROR");
}
