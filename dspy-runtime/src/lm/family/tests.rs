use super::*;
use crate::lm::Effort::{self, High, Low, Max, Medium, Minimal, None, XHigh};
use crate::lm::provider::Parameter;
use crate::lm::{JsonSupport, Message, Request, ToolChoice, ToolSpec};

fn rules(id: &str) -> Rules {
    Rules::of(&id.parse().expect("a name"))
}

fn efforts(id: &str) -> Vec<Effort> {
    [None, Minimal, Low, Medium, High, XHigh, Max]
        .into_iter()
        .filter(|effort| rules(id).efforts.contains(*effort))
        .collect()
}

#[test]
fn each_row_is_found_by_its_own_name() {
    for family in FAMILIES {
        for row in family.rows {
            assert!(row.word.is_empty() || row.since <= (9, 99), "{}", row.name);
            let newer = family
                .rows
                .iter()
                .any(|other| other.word == row.word && other.since == row.since && other.name != row.name);
            assert!(!newer, "{} is in the table twice", row.name);
        }
    }
    for (id, stands_in) in [
        ("openai/gpt-5", Option::None),
        ("openai/gpt-5-2025-08-07", Option::None),
        ("openai/gpt-5.4-mini-2026-03-17", Option::None),
        ("openai/gpt-6.1-sol", Option::None),
        ("openai/gpt-7-x", Some("gpt-6.1")),
        ("azure/gpt-6-sol", Option::None),
        ("azure/my-deployment", Option::None),
        ("openai/gpt-7-sol", Some("gpt-6.1-sol")),
        ("openai/gpt-5.9", Some("gpt-5.6")),
        ("openai/gpt-oss-120b", Option::None),
        ("openai/omni", Option::None),
        ("openai/o3-mini", Option::None),
        ("openai/o5", Some("o4")),
        ("anthropic/claude-opus-4-20250514", Option::None),
        ("anthropic/claude-opus-5-5", Option::None),
        ("anthropic/claude-sonnet-6", Some("claude-sonnet-5-5")),
        ("anthropic/claude-mythos-preview", Option::None),
        ("anthropic/claude-sonata-1", Some("claude-opus-5-5")),
        ("bedrock/us.anthropic.claude-sonnet-5-5", Option::None),
        ("bedrock/us.anthropic.claude-opus-4-6-v1", Option::None),
        ("bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0", Option::None),
        ("bedrock/us.amazon.nova-lite-v1:0", Option::None),
        ("gemini/gemini-3.9-flash", Some("gemini-3.8")),
        ("gemini/gemini-flash-latest", Option::None),
        ("deepseek/deepseek-v5", Some("deepseek-v4")),
        ("groq/openai/gpt-oss-20b", Option::None),
        ("acme/gpt-7", Option::None),
    ] {
        assert_eq!(rules(id).stands_in(), stands_in, "{id}");
    }
}

#[test]
fn efforts_are_those_of_the_model() {
    for (id, words) in [
        ("openai/gpt-4o", vec![]),
        ("openai/gpt-5-mini", vec![Minimal, Low, Medium, High]),
        ("openai/gpt-5-chat-latest", vec![]),
        ("openai/gpt-5.1", vec![None, Low, Medium, High]),
        ("openai/gpt-5.1-codex-max", vec![Low, Medium, High, XHigh]),
        ("openai/gpt-5.5", vec![None, Low, Medium, High, XHigh]),
        ("openai/gpt-6-luna", vec![None, Low, Medium, High, XHigh, Max]),
        ("openai/gpt-6-astra", vec![Low, Medium, High, XHigh, Max]),
        ("openai/gpt-6.1-sol", vec![Low, Medium, High, XHigh, Max]),
        ("azure/gpt-6-sol", vec![None, Low, Medium, High, XHigh, Max]),
        ("azure/my-deployment", vec![None, Minimal, Low, Medium, High, XHigh, Max]),
        ("anthropic/claude-sonnet-4-5", vec![]),
        ("anthropic/claude-opus-4-6", vec![None, Low, Medium, High, Max]),
        ("anthropic/claude-haiku-5-5", vec![None, Low, Medium, High, XHigh, Max]),
        ("anthropic/claude-opus-5-5", vec![Low, Medium, High, XHigh, Max]),
        ("gemini/gemini-2.5-pro", vec![Minimal, Low, Medium, High]),
        ("gemini/gemini-3.6-flash", vec![Minimal, Low, Medium, High]),
        ("gemini/gemini-3.7-flash", vec![Low, Medium, High]),
        ("gemini/gemini-4-hydrogen", vec![Low, Medium, High, XHigh]),
        ("deepseek/deepseek-chat", vec![]),
        ("deepseek/deepseek-v4-pro", vec![None, Minimal, Low, Medium, High, XHigh, Max]),
    ] {
        assert_eq!(efforts(id), words, "{id}");
    }
}

#[test]
fn sampling_depends_on_the_effort() {
    let takes = |id: &str, parameter, effort| {
        let mut request = Request::from(vec![Message::user("Hi.")]);
        let sampling = &mut request.sampling;
        (sampling.reasoning_effort, sampling.temperature, sampling.logprobs) = (effort, Some(0.2), Some(0));
        sampling.stop = vec!["x".into()];
        rules(id).take(parameter, &request)
    };
    use Parameter::{Logprobs, Stop, Temperature};
    for (id, parameter, effort, taken) in [
        ("openai/gpt-5", Temperature, Option::None, false),
        ("openai/gpt-5.1", Temperature, Option::None, true),
        ("openai/gpt-5.4-mini", Logprobs, Option::None, true),
        ("openai/gpt-5.4", Temperature, Some(Low), false),
        ("openai/gpt-5.6", Temperature, Option::None, false),
        ("openai/gpt-6-sol", Temperature, Option::None, false),
        ("openai/gpt-6-sol", Temperature, Some(None), true),
        ("openai/gpt-6-sol", Stop, Option::None, false),
        ("openai/gpt-6-sol", Stop, Some(None), true),
        ("openai/gpt-5.6", Stop, Some(None), false),
        ("openai/o1", Stop, Option::None, true),
        ("openai/o3", Stop, Option::None, false),
        ("anthropic/claude-sonnet-4-6", Temperature, Option::None, true),
        ("anthropic/claude-sonnet-5", Temperature, Option::None, false),
        ("anthropic/claude-haiku-5-5", Temperature, Option::None, false),
        ("gemini/gemini-3.5-flash", Temperature, Option::None, true),
        ("gemini/gemini-3.5-flash-lite", Temperature, Option::None, false),
        ("deepseek/deepseek-v4-flash", Temperature, Option::None, false),
        ("deepseek/deepseek-v4-flash", Temperature, Some(None), true),
        ("xai/grok-code-fast-1", Stop, Option::None, false),
        ("xai/grok-4-fast-non-reasoning", Stop, Option::None, true),
    ] {
        assert_eq!(takes(id, parameter, effort), taken, "{id} {parameter:?} {effort:?}");
    }
}

#[test]
fn forced_tools_routes_and_forms_are_those_of_the_model() {
    let mut request = Request::from(vec![Message::user("Hi.")]);
    request.tool_choice = Some(ToolChoice::Required);
    for (id, taken) in [
        ("deepseek/deepseek-v4-pro", false),
        ("deepseek/deepseek-chat", true),
        ("anthropic/claude-opus-5", true),
        ("anthropic/claude-opus-5-5", false),
        ("anthropic/claude-sonnet-5-5", false),
        ("anthropic/claude-fable-5", true),
        ("anthropic/claude-fable-5-1", false),
        ("anthropic/claude-mythos-5-1", false),
        ("bedrock/eu.anthropic.claude-opus-5-5", false),
    ] {
        assert_eq!(rules(id).take(Parameter::ToolChoice, &request), taken, "{id}");
    }
    request.tools = vec![ToolSpec::new("look", "Looks.", serde_json::json!({}))];
    for (id, effort, by_responses) in [
        ("openai/gpt-5.2", Some(Low), false),
        ("openai/gpt-5.4", Option::None, false),
        ("openai/gpt-5.4", Some(Low), true),
        ("openai/gpt-5.4", Some(None), false),
        ("openai/gpt-5.6", Option::None, true),
        ("openai/gpt-6-sol", Option::None, true),
        ("openai/gpt-6-sol", Some(None), false),
        ("openai/gpt-5.3-codex", Option::None, true),
        ("acme/gpt-6-sol", Option::None, false),
    ] {
        request.sampling.reasoning_effort = effort;
        assert_eq!(rules(id).by_responses(&request), by_responses, "{id} {effort:?}");
    }
    request.tools.clear();
    request.sampling.reasoning_effort = Some(Max);
    assert!(rules("openai/gpt-6-sol").by_responses(&request), "chat completions have no such effort");
    for (id, json) in [
        ("bedrock/us.anthropic.claude-sonnet-4-6", Some(JsonSupport::Schema)),
        ("bedrock/us.anthropic.claude-sonnet-5", Some(JsonSupport::None)),
        ("bedrock/qwen.qwen3-32b-v1:0", Some(JsonSupport::Schema)),
        ("bedrock/us.amazon.nova-lite-v1:0", Some(JsonSupport::None)),
        ("groq/openai/gpt-oss-120b", Some(JsonSupport::Schema)),
        ("groq/llama", Option::None),
        ("anthropic/claude-3-5-sonnet-latest", Some(JsonSupport::None)),
    ] {
        assert_eq!(rules(id).json, json, "{id}");
    }
}

#[test]
fn rules_are_told_in_words() {
    assert_eq!(
        rules("openai/gpt-7-x").to_string(),
        "as gpt-6.1: effort none, low, medium, high, xhigh, max; sampling without thinking alone; \
         log probabilities without thinking alone; stop texts without thinking alone; \
         penalties without thinking alone"
    );
    assert_eq!(
        rules("anthropic/claude-opus-5-5").to_string(),
        "effort low, medium, high, xhigh, max; no sampling; no forced calls of tools"
    );
}

#[test]
fn a_model_that_was_fine_tuned_has_the_rules_of_its_base() {
    let of = |name: &str| super::of(&name.parse().expect("a name"));
    assert_eq!(of("openai/ft:gpt-5.4-mini-2026-03-17:me:support:a1b2"), of("openai/gpt-5.4-mini-2026-03-17"));
    assert_ne!(of("openai/ft:gpt-5.4-mini-2026-03-17:me::1"), of("openai/gpt-4.1-mini-2025-04-14"));
}
