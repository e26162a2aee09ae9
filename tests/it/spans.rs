//! What `tracing` is told of calls.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use dspy::lm::{ModelId, Response, Scripted};
use dspy::{Context, Error, ErrorKind, Lm, Result, module};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Subscriber, subscriber};
use tracing_subscriber::layer::{Context as In, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::embed::Provider;
use crate::task::{Guess, GuessInput, GuessOutput, Sorter, guess};

/// A span as it was told: its name, its parent and its fields.
#[derive(Clone, Debug, Default)]
struct Told {
    name: &'static str,
    parent: Option<u64>,
    fields: BTreeMap<&'static str, String>,
}

#[derive(Clone, Default)]
struct Listener(Arc<Mutex<BTreeMap<u64, Told>>>);

struct Fields<'a>(&'a mut Told);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.fields.insert(field.name(), value.to_owned());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Listener {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: In<'_, S>) {
        let parent = cx.span(id).and_then(|span| span.parent()).map(|parent| parent.id().into_u64());
        let mut told = Told { name: attributes.metadata().name(), parent, ..Told::default() };
        attributes.record(&mut Fields(&mut told));
        self.0.lock().expect("whole").insert(id.into_u64(), told);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: In<'_, S>) {
        if let Some(told) = self.0.lock().expect("whole").get_mut(&id.into_u64()) {
            values.record(&mut Fields(told));
        }
    }
}

impl Listener {
    fn listen() -> (Self, DefaultGuard) {
        let listener = Self::default();
        let guard = subscriber::set_default(tracing_subscriber::registry().with(listener.clone()));
        (listener, guard)
    }

    fn told(&self) -> Vec<(u64, Told)> {
        self.0.lock().expect("whole").iter().map(|(id, told)| (*id, told.clone())).collect()
    }
}

fn model() -> Lm {
    let reply = "[[ ## reasoning ## ]]\nso\n[[ ## fruit ## ]]\napple";
    let model = Scripted::new(move |_, _| Ok(Response::new(reply).with_tokens(12, 3)));
    Lm::from(model.named(ModelId::new("gemini", "flash")))
}

#[tokio::test]
async fn each_call_is_a_span_in_that_of_its_program() {
    let (listener, _guard) = Listener::listen();
    let cx = Context::new(model()).with_temperature(0.5);
    Sorter::new().call(&cx, guess("a secret red thing")).await.expect("it runs");
    let told = listener.told();
    let (program, of_program) = &told[0];
    assert_eq!(
        (of_program.name, of_program.fields["gen_ai.workflow.name"].as_str()),
        ("invoke_workflow", "Sorter")
    );
    let paths: Vec<&str> = told[1..].iter().map(|(_, told)| told.fields["dspy.predictor"].as_str()).collect();
    assert_eq!(paths, ["guess", "recount.predict"]);
    for (_, call) in &told[1..] {
        assert_eq!((call.name, call.parent), ("chat", Some(*program)));
        for (name, value) in [
            ("otel.name", "chat flash"),
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.provider.name", "gcp.gemini"),
            ("gen_ai.request.model", "flash"),
            ("gen_ai.request.temperature", "0.5"),
            ("gen_ai.response.finish_reasons", "stop"),
            ("gen_ai.usage.input_tokens", "12"),
            ("gen_ai.usage.output_tokens", "3"),
            ("dspy.purpose", "task"),
            ("dspy.cached", "false"),
        ] {
            assert_eq!(call.fields.get(name).map(String::as_str), Some(value), "{name} of {call:?}");
        }
        assert!(!call.fields.contains_key("gen_ai.request.max_tokens"), "what is not set is not told");
    }
    assert!(!format!("{told:?}").contains("secret"), "contents are told only where that is asked for");
}

#[tokio::test]
async fn contents_and_failures_are_told() {
    let (listener, _guard) = Listener::listen();
    let cx = Context::new(model()).with_traced_contents(true);
    Sorter::new().call(&cx, guess("a secret red thing")).await.expect("it runs");
    let call = &listener.told()[1].1;
    let messages: serde_json::Value =
        serde_json::from_str(&call.fields["gen_ai.input.messages"]).expect("JSON");
    assert_eq!(messages[0]["role"], "system");
    assert!(messages[1]["parts"][0]["content"].as_str().is_some_and(|text| text.contains("secret")));
    let replies: serde_json::Value =
        serde_json::from_str(&call.fields["gen_ai.output.messages"]).expect("JSON");
    assert_eq!(replies[0]["finish_reason"], "stop");

    let (listener, _guard) = Listener::listen();
    let down = Scripted::new(|_, _| Err(Error::new(ErrorKind::RateLimit, "too many")));
    Sorter::new().call(&Context::new(down), guess("red")).await.expect_err("it is down");
    let failed: Vec<_> =
        listener.told().into_iter().map(|(_, told)| told.fields["error.type"].clone()).collect();
    assert_eq!(failed, ["rate_limit", "rate_limit"]);
}

#[tokio::test]
async fn calls_for_vectors_are_spans_without_their_texts() {
    let (listener, _guard) = Listener::listen();
    let cx = Context::new(model()).with_traced_contents(true);
    cx.embed(["a secret"]).await.expect("in this process");
    assert!(listener.told().is_empty(), "no call, no span");
    cx.with_embedder(Provider::new(2)).embed(["a secret", "b", "c"]).await.expect("vectors");
    let down = Provider::failing(2, |_| Some(Error::new(ErrorKind::Server, "down")));
    cx.with_embedder(down).embed(["a secret"]).await.expect_err("it is down");
    let told = listener.told();
    let (first, failed) = (&told[0].1, &told[2].1);
    assert_eq!((told.len(), first.name), (3, "embeddings"));
    for (name, value) in [
        ("otel.name", "embeddings text-embedding-3-small"),
        ("gen_ai.operation.name", "embeddings"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "text-embedding-3-small"),
        ("gen_ai.usage.input_tokens", "20"),
        ("gen_ai.embeddings.dimension.count", "512"),
        ("dspy.predictor", "embed"),
        ("dspy.texts", "2"),
    ] {
        assert_eq!(first.fields.get(name).map(String::as_str), Some(value), "{name} of {first:?}");
    }
    assert_eq!(failed.fields["error.type"], "server");
    assert!(!format!("{told:?}").contains("secret"));
}

#[module]
struct Spawning {
    inner: dspy::Predict<Guess>,
}

#[module]
impl Spawning {
    async fn forward(&self, cx: &Context, input: GuessInput) -> Result<GuessOutput> {
        let (cx, inner) = (cx.clone(), self.inner.clone());
        let task = tokio::spawn(async move { inner.call(&cx, input).await });
        Ok(task.await.map_err(Error::program)??.into_output())
    }
}

#[tokio::test]
async fn a_task_of_its_own_is_still_in_its_program() {
    let (listener, _guard) = Listener::listen();
    Spawning::new().call(&Context::new(model()), guess("red")).await.expect("it runs");
    let told = listener.told();
    assert_eq!((told[1].1.name, told[1].1.parent), ("chat", Some(told[0].0)));
}
