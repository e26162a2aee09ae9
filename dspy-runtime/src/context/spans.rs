//! The spans and events for `tracing`: a span for each program call, each LM call and each call for vectors.
//!
//! The names are those of the OpenTelemetry conventions for generative AI as of 2026 (they are still called
//! experimental there), so that an exporter needs no translation.

use std::future::Future;

use serde_json::{Value, json};
use tracing::{Instrument, Span, field};

use super::{Purpose, Scope};
use crate::error::{Error, Result};
use crate::lm::{Embeddings, FinishReason, Lm, ModelId, Request, Response, Usage};
use crate::prompt::{Author, Message};

/// The span of a program call.
fn program(name: &'static str) -> Span {
    tracing::info_span!(
        "invoke_workflow",
        otel.name = format_args!("invoke_workflow {}", name),
        gen_ai.operation.name = "invoke_workflow",
        gen_ai.workflow.name = name,
        "error.type" = field::Empty,
    )
}

/// Runs a program call in its span.
pub(crate) async fn within<T>(span: Span, run: impl Future<Output = Result<T>>) -> Result<T> {
    let outcome = run.instrument(span.clone()).await;
    if let Err(error) = &outcome {
        failed(&span, error);
    }
    outcome
}

/// The span of an LM call.
fn call(lm: &Lm, path: &str, purpose: Purpose, request: &Request) -> Span {
    let (id, sampling) = (lm.id(), &request.sampling);
    tracing::info_span!(
        "chat",
        otel.name = format_args!("chat {}", id.name()),
        otel.kind = "client",
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = provider(id.provider()),
        gen_ai.request.model = id.name(),
        gen_ai.request.max_tokens = sampling.max_tokens,
        gen_ai.request.temperature = sampling.temperature,
        gen_ai.request.top_p = sampling.top_p,
        gen_ai.request.seed = sampling.seed,
        gen_ai.request.choice.count = sampling.n,
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

impl Scope {
    /// The span of a program call.
    pub(crate) fn program_span(&self, name: &'static str) -> Span {
        self.within(|| program(name))
    }

    /// The span of an LM call.
    pub(super) fn call_span(&self, lm: &Lm, path: &str, request: &Request) -> Span {
        self.within(|| call(lm, path, self.purpose, request))
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
    match outcome {
        Ok(Some(response)) => replied(span, response),
        // Given up in the middle.
        Ok(None) => {}
        Err(error) => failed(span, error),
    }
    if with_contents {
        span.record(
            "gen_ai.input.messages",
            Value::from_iter(request.messages.iter().map(input)).to_string(),
        );
        if let Ok(Some(response)) = outcome {
            span.record("gen_ai.output.messages", json!([output(response)]).to_string());
        }
    }
}

fn replied(span: &Span, response: &Response) {
    if let Some(model) = &response.model {
        span.record("gen_ai.response.model", model.as_str());
    }
    if let Some(id) = &response.request_id {
        span.record("gen_ai.response.id", id.as_str());
    }
    span.record("gen_ai.response.finish_reasons", finish(&response.finish));
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
    span.record("error.type", error.kind().name());
    if error.retries() > 0 {
        span.record("dspy.retries", error.retries());
    }
}

/// A provider as the conventions name it.
fn provider(name: &str) -> &str {
    match name {
        "azure" => "azure.ai.openai",
        "bedrock" => "aws.bedrock",
        "gemini" => "gcp.gemini",
        "mistral" => "mistral_ai",
        "xai" => "x_ai",
        other => other,
    }
}

fn finish(finish: &FinishReason) -> &str {
    match finish {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::Other(word) => word,
    }
}

fn input(message: &Message) -> Value {
    let role = match message.author() {
        Author::System => "system",
        Author::User => "user",
        Author::Assistant => "assistant",
        Author::Tool => "tool",
    };
    json!({"role": role, "parts": [{"type": "text", "content": message.text()}]})
}

fn output(response: &Response) -> Value {
    let mut parts = Vec::new();
    if let Some(reasoning) = &response.reasoning {
        parts.push(json!({"type": "reasoning", "content": reasoning.text}));
    }
    parts.push(json!({"type": "text", "content": response.text}));
    for call in &response.tool_calls {
        parts.push(
            json!({"type": "tool_call", "id": call.id, "name": call.name, "arguments": call.arguments}),
        );
    }
    json!({"role": "assistant", "parts": parts, "finish_reason": finish(&response.finish)})
}
