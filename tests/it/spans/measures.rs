//! What calls take and use, as measurements.

use std::collections::BTreeSet;

use dspy::cache::{Cache, Cached};

use super::conventions::Registry;
use super::listener::{Fields, Measured};
use super::*;

const TOKENS: &str = "monotonic_counter.gen_ai.client.inference.usage.input_tokens";
const TOOK: &str = "histogram.gen_ai.client.inference.duration";

/// Those of an instrument.
fn of<'a>(measured: &'a [Measured], instrument: &str) -> Vec<&'a Fields> {
    measured.iter().map(|one| &one.fields).filter(|fields| fields.contains_key(instrument)).collect()
}

#[tokio::test]
async fn every_instrument_and_attribute_is_in_the_registry() {
    let (listener, _guard) = Listener::listen();
    let asked = asks(&[("find_parcel", json!({"number": 7}))]);
    let (cx, _) = native(vec![asked, asks(&[("submit", json!({"word": "Lyon", "sure": 8}))])]);
    agent().call(&cx, question()).await.expect("an answer");
    cx.with_embedder(Provider::new(2)).embed(["a", "b"]).await.expect("vectors");
    let registry = Registry::read();
    let mut told = BTreeSet::new();
    for measured in listener.measured() {
        let prefixes = [("histogram.", "histogram"), ("monotonic_counter.", "counter")];
        let (instruments, attributes): (Vec<_>, Vec<_>) = measured
            .known
            .into_iter()
            .partition(|name| prefixes.iter().any(|(prefix, _)| name.starts_with(prefix)));
        assert_eq!(registry.unknown(&attributes), [""; 0]);
        for name in instruments {
            let (prefix, kind) = prefixes.iter().find(|(prefix, _)| name.starts_with(prefix)).expect("one");
            let name = &name[prefix.len()..];
            assert_eq!(
                registry.metrics.get(name).map(|known| known.instrument.as_str()),
                Some(*kind),
                "{name}"
            );
            told.insert(name);
        }
    }
    assert!(told.iter().copied().eq(registry.metrics.keys()), "{told:?} is not all there is");
}

#[tokio::test]
async fn a_call_is_measured_once_and_a_cached_one_not_at_all() {
    let (listener, _guard) = Listener::listen();
    let cx = Context::new(Cached::new(model(), &Cache::memory(1 << 20)));
    Sorter::new().call(&cx, guess("red")).await.expect("two replies");
    Sorter::new().call(&cx, guess("red")).await.expect("the same replies");
    let measured = listener.measured();
    let (took, tokens) = (of(&measured, TOOK), of(&measured, TOKENS));
    assert_eq!((took.len(), tokens.len()), (2, 2));
    assert!(took[0][TOOK].as_f64().is_some_and(|seconds| (0.0..60.0).contains(&seconds)));
    assert_eq!(took[0]["gen_ai.provider.name"], "gcp.gemini");
    assert_eq!((&tokens[0][TOKENS], &tokens[0]["gen_ai.token.modality"]), (&json!(12), &json!("unknown")));
    assert_eq!(tokens[0]["monotonic_counter.gen_ai.client.inference.usage.output_tokens"], 3);
    let programs = of(&measured, "histogram.gen_ai.invoke_agent.duration");
    assert_eq!(programs.len(), 2);
    assert_eq!(programs[0]["gen_ai.agent.name"], "Sorter");
}

#[tokio::test]
async fn failures_are_measured_with_their_class() {
    let (listener, _guard) = Listener::listen();
    let down = Scripted::new(|_, _| Err(Error::new(ErrorKind::RateLimit, "too many")));
    Sorter::new().call(&Context::new(down), guess("red")).await.expect_err("it is down");
    let measured = listener.measured();
    let took = of(&measured, TOOK);
    assert_eq!((took.len(), &took[0]["error.type"]), (1, &json!("rate_limit")));
    assert_eq!(of(&measured, TOKENS)[0][TOKENS], 0);
    let programs = of(&measured, "histogram.gen_ai.invoke_agent.duration");
    assert_eq!(programs[0]["error.type"], "rate_limit");

    let (listener, _guard) = Listener::listen();
    let (cx, _) = native(vec![
        asks(&[("find_parcel", json!({"number": 8}))]),
        asks(&[("submit", json!({"word": "none", "sure": 8}))]),
    ]);
    agent().call(&cx, question()).await.expect("an answer");
    let measured = listener.measured();
    let tools = of(&measured, "histogram.gen_ai.execute_tool.duration");
    assert_eq!(
        (&tools[0]["error.type"], &tools[0]["gen_ai.agent.name"]),
        (&json!("tool_error"), &json!("ReAct"))
    );
}

#[tokio::test]
async fn a_call_that_was_not_made_is_not_measured() {
    let (listener, _guard) = Listener::listen();
    let cx = Context::new(model()).with_budget(dspy::Budget::calls(1));
    Sorter::new().call(&cx, guess("red")).await.expect_err("the second call is beyond the budget");
    assert_eq!(of(&listener.measured(), TOOK).len(), 1);
}
