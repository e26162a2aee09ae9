//! The names and types of what is told, against those of the conventions, which `registry.py` has written down.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
pub struct Registry {
    release: String,
    attributes: BTreeMap<String, Kind>,
    pub metrics: BTreeMap<String, Instrument>,
    operations: Vec<String>,
    providers: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
enum Kind {
    #[serde(rename = "string")]
    Text,
    #[serde(rename = "int")]
    Integer,
    #[serde(rename = "double")]
    Number,
    #[serde(rename = "boolean")]
    Boolean,
    #[serde(rename = "string[]")]
    Texts,
    #[serde(rename = "any")]
    Any,
}

#[derive(Deserialize)]
pub struct Instrument {
    pub instrument: String,
}

impl Registry {
    pub fn read() -> Self {
        serde_json::from_str(include_str!("../../fixtures/semconv/registry.json")).expect("the fixture")
    }

    /// The names that are of the conventions' namespaces and not in them.
    pub fn unknown<'a>(&self, names: &[&'a str]) -> Vec<&'a str> {
        let is_theirs = |name: &&str| ["gen_ai.", "server.", "error."].iter().any(|of| name.starts_with(of));
        names.iter().copied().filter(is_theirs).filter(|name| !self.attributes.contains_key(*name)).collect()
    }

    /// A value as an exporter gives it: a list is one, and no longer its JSON.
    fn exported(&self, name: &str, value: &Value) -> Value {
        match self.attributes.get(name) {
            Some(Kind::Texts) => value.as_str().and_then(|text| serde_json::from_str(text).ok()),
            _ => None,
        }
        .unwrap_or_else(|| value.clone())
    }

    fn check(&self, name: &str, value: &Value) {
        let Some(kind) = self.attributes.get(name) else { return };
        let value = self.exported(name, value);
        let texts = || value.as_array().is_some_and(|texts| texts.iter().all(Value::is_string));
        let fits = match kind {
            Kind::Text => value.is_string(),
            Kind::Integer => value.is_u64() || value.is_i64(),
            Kind::Number => value.is_number(),
            Kind::Boolean => value.is_boolean(),
            Kind::Texts => texts(),
            // Of a structure as of a text, the JSON or the text itself.
            Kind::Any => value.is_string(),
        };
        assert!(fits, "{name} is no {kind:?}: {value}");
    }
}

/// Spans of every kind, with all that they can tell, of replies and of failures.
async fn all() -> (Listener, Vec<Told>) {
    let (listener, guard) = Listener::listen();
    let mut asked = asks(&[("find_parcel", json!({"number": 7})), ("find_parcel", json!({"number": 8}))]);
    (asked.id, asked.model) = (Some("resp_1".into()), Some("gpt-5.1-2026".into()));
    (asked.usage.cached_input_tokens, asked.usage.cache_write_tokens, asked.usage.reasoning_tokens) =
        (3, 4, 5);
    asked.reasoning = Some(dspy::lm::Reasoning::new("hm"));
    let done = asks(&[("submit", json!({"word": "Lyon", "sure": 8}))]);
    let model = Scripted::new(move |call, _| match call {
        0 => Ok(asked.clone()),
        1 => Ok(done.clone()),
        _ => Err(Error::new(ErrorKind::RateLimit, "too many")),
    });
    let model = model.named(ModelId::new("openai-responses", "gpt-5.1")).with_tools();
    let mut sampling = dspy::lm::Sampling::default();
    (sampling.temperature, sampling.top_p, sampling.seed) = (Some(0.5), Some(0.9), Some(7));
    (sampling.max_tokens, sampling.n, sampling.stop) = (Some(64), Some(2), vec!["END".to_owned()]);
    (sampling.frequency_penalty, sampling.presence_penalty) = (Some(0.1), Some(0.2));
    sampling.reasoning_effort = Some(Effort::Low);
    let cx = Context::new(model).with_sampling(sampling).with_traced_contents(true);
    agent().call(&cx, question()).await.expect("an answer");
    agent().call(&cx, question()).await.expect_err("it is down");
    cx.with_embedder(Provider::new(2)).embed(["a", "b"]).await.expect("vectors");
    drop(guard);
    let told = listener.told().into_iter().map(|(_, told)| told).collect();
    (listener, told)
}

#[tokio::test]
async fn every_name_is_in_the_registry_and_every_value_of_its_type() {
    let registry = Registry::read();
    assert_eq!(registry.release, "v0.1.0");
    let (_, told) = all().await;
    let names: Vec<_> = told.iter().map(|told| told.name).collect();
    for name in ["invoke_workflow", "chat", "embeddings", "execute_tool"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    for span in &told {
        assert_eq!(registry.unknown(&span.known), [""; 0], "`{}` has names of its own", span.name);
        assert!(registry.operations.iter().any(|known| known == span.text("gen_ai.operation.name")));
        if span.fields.contains_key("gen_ai.provider.name") {
            assert!(registry.providers.iter().any(|known| known == span.text("gen_ai.provider.name")));
        }
        for (name, value) in &span.fields {
            registry.check(name, value);
        }
    }
}

#[test]
fn providers_have_the_names_of_the_registry() {
    let registry = Registry::read();
    for provider in [
        "openai",
        "openai-responses",
        "azure",
        "anthropic",
        "gemini",
        "bedrock",
        "groq",
        "deepseek",
        "mistral",
        "xai",
    ] {
        let (listener, _guard) = Listener::listen();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let model = Scripted::replies(["[[ ## fruit ## ]]\napple"]).named(ModelId::new(provider, "m"));
        let call = dspy::Predict::<Guess>::new();
        runtime.block_on(call.call(&Context::new(model), guess("red"))).expect("a reply");
        let told = listener.named("chat");
        let name = told[0].text("gen_ai.provider.name");
        assert!(registry.providers.iter().any(|known| known == name), "{provider} is told as `{name}`");
    }
}

/// The Python that `build.rs` has found.
fn python() -> &'static Path {
    let found = option_env!("TEST_PYTHON_SEMCONV").map(Path::new);
    found.expect("a Python that has `pytest_genai_semconv`: name one in DSPY_SEMCONV_PYTHON")
}

/// What `pytest_genai_semconv` says of spans.
fn judged(spans: &Value) -> Result<String, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/spans/official.py");
    let mut judge = Command::new(python());
    judge.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut judge = judge.spawn().expect("Python");
    let mut input = judge.stdin.take().expect("it is piped");
    input.write_all(spans.to_string().as_bytes()).expect("it reads");
    drop(input);
    let said = judge.wait_with_output().expect("it ends");
    match said.status.success() {
        true => Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned()),
        false => Err(String::from_utf8_lossy(&said.stderr).into_owned()),
    }
}

#[tokio::test]
#[cfg_attr(
    not(python_semconv),
    ignore = "set DSPY_SEMCONV_PYTHON to a Python that has `pytest_genai_semconv`"
)]
async fn pytest_genai_semconv_finds_nothing_wrong() {
    let registry = Registry::read();
    let (_, told) = all().await;
    let span = |told: &Told| {
        let attributes = told.fields.iter().filter(|(name, _)| !name.starts_with("otel."));
        let attributes: serde_json::Map<_, _> =
            attributes.map(|(name, value)| ((*name).to_owned(), registry.exported(name, value))).collect();
        let kind = told.fields.get("otel.kind").cloned().unwrap_or_else(|| "internal".into());
        json!({"name": told.text("otel.name"), "kind": kind, "attributes": attributes})
    };
    let mut spans: Vec<Value> = told.iter().map(span).collect();
    assert_eq!(judged(&Value::from(spans.clone())), Ok(spans.len().to_string()));
    spans[1]["attributes"]["gen_ai.response.finish_reasons"] = "stop".into();
    let wrong = judged(&Value::from(spans)).expect_err("it looks at them");
    assert!(wrong.contains("gen_ai.response.finish_reasons must be an array"), "{wrong}");
}
