//! The reasoning of each provider's models, whole and as it comes, as an output of a program.

use dspy::adapter::ChatAdapter;
use dspy::context::FieldEvent;
use dspy::lm::{Anthropic, Gemini, ModelId, OpenAi, OpenAiResponses, ThinkingDisplay};
use dspy::module::StreamEvent;
use dspy::{Context, Lm, Predict, Reasoning, signature};

use super::*;

/// Answer the question.
#[signature]
struct Answer {
    #[input]
    question: String,
    /// What speaks for it.
    #[output]
    why: Reasoning,
    /// One word.
    #[output]
    word: String,
}

const SAID: &str = "[[ ## word ## ]]\nParis";
const THOUGHT: &str = "It is so.";

/// A stream of events, each with its name where it has one.
fn events(events: &[Value]) -> Canned {
    let text = |event: &Value| {
        let name = event["type"].as_str().map(|name| format!("event: {name}\n")).unwrap_or_default();
        format!("{name}data: {event}\n\n")
    };
    Canned::events(&events.iter().map(text).collect::<String>())
}

fn chat(streamed: bool) -> Canned {
    if !streamed {
        let message = json!({"role": "assistant", "content": SAID, "reasoning_content": THOUGHT});
        return Canned::json(200, &json!({"choices": [{"message": message, "finish_reason": "stop"}]}));
    }
    let delta = |delta: Value, finish: Value| json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    events(&[
        delta(json!({"reasoning_content": "It is"}), Value::Null),
        delta(json!({"reasoning_content": " so."}), Value::Null),
        delta(json!({"content": SAID}), Value::Null),
        delta(json!({}), json!("stop")),
    ])
}

fn anthropic(streamed: bool) -> Canned {
    let thinking = json!({"type": "thinking", "thinking": THOUGHT, "signature": "s"});
    let text = json!({"type": "text", "text": SAID});
    if !streamed {
        return Canned::json(
            200,
            &json!({"type": "message", "content": [thinking, text], "stop_reason": "end_turn", "usage": {}}),
        );
    }
    let delta =
        |index: usize, delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
    events(&[
        json!({"type": "message_start", "message": {"usage": {}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}),
        delta(0, json!({"type": "thinking_delta", "thinking": "It is"})),
        delta(0, json!({"type": "thinking_delta", "thinking": " so."})),
        delta(0, json!({"type": "signature_delta", "signature": "s"})),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
        delta(1, json!({"type": "text_delta", "text": SAID})),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}),
        json!({"type": "message_stop"}),
    ])
}

fn responses(streamed: bool) -> Canned {
    let whole = json!({"status": "completed", "output": [
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": THOUGHT}]},
        {"type": "message", "status": "completed", "content": [{"type": "output_text", "text": SAID}]},
    ]});
    if !streamed {
        return Canned::json(200, &whole);
    }
    events(&[
        json!({"type": "response.reasoning_summary_text.delta", "delta": "It is"}),
        json!({"type": "response.reasoning_summary_text.delta", "delta": " so."}),
        json!({"type": "response.output_text.delta", "output_index": 1, "delta": SAID}),
        json!({"type": "response.completed", "response": whole}),
    ])
}

fn gemini(streamed: bool) -> Canned {
    let generated = |parts: Value, finish: Value| json!({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": finish}]});
    if !streamed {
        let parts = json!([{"text": THOUGHT, "thought": true}, {"text": SAID}]);
        return Canned::json(200, &generated(parts, json!("STOP")));
    }
    events(&[
        generated(json!([{"text": "It is", "thought": true}]), Value::Null),
        generated(json!([{"text": " so.", "thought": true}]), Value::Null),
        generated(json!([{"text": SAID}]), json!("STOP")),
    ])
}

fn model(wire: &str, url: &str) -> Lm {
    let versioned = format!("{url}/v1");
    match wire {
        "chat" => {
            let model = OpenAi::at(ModelId::new("vllm", "qwen3"), &versioned).expect("an address");
            Lm::from(model.reasoning(true))
        }
        "anthropic" => {
            let model = Anthropic::at(ModelId::new("anthropic", "claude-opus-5-5"), url).expect("an address");
            Lm::from(model.adaptive_thinking().thinking_display(ThinkingDisplay::Summarized))
        }
        "responses" => {
            let model = OpenAiResponses::at(ModelId::new("openai-responses", "gpt-6-sol"), &versioned);
            Lm::from(model.expect("an address").reasoning_summary())
        }
        _ => {
            let model =
                Gemini::at(ModelId::new("gemini", "gemini-2.5-flash"), &versioned).expect("an address");
            Lm::from(model.include_thoughts())
        }
    }
}

#[tokio::test]
async fn the_reasoning_of_every_wire_is_the_output_and_comes_in_a_stream() {
    type Answers = fn(bool) -> Canned;
    let wires: [(&str, Answers); 4] =
        [("chat", chat), ("anthropic", anthropic), ("responses", responses), ("gemini", gemini)];
    for (name, answers) in wires {
        let wire = Wire::start(move |came| {
            let streamed = came.body["stream"] == true || came.line.contains("streamGenerateContent");
            answers(streamed)
        })
        .await;
        let mut sampling = Sampling::default();
        sampling.max_tokens = Some(2_000);
        let cx = Context::new(model(name, &wire.url())).with_adapter(ChatAdapter).with_sampling(sampling);
        let program = Predict::<Answer>::new();
        let input = || AnswerInput { question: "Capital of France?".into() };
        let reply = program.call(&cx, input()).await.expect(name);
        assert_eq!((&*reply.why, &*reply.word), (THOUGHT, "Paris"), "{name}");
        assert!(!wire.last().body.to_string().contains("What speaks for it"), "{name}");

        let mut stream = program.stream(&cx, input());
        let (mut thoughts, mut last) = (Vec::new(), None);
        while let Some(event) = stream.next().await {
            match event.expect(name) {
                StreamEvent::Field(FieldEvent::FieldDelta { field, text, .. }) if field == "why" => {
                    thoughts.push(text)
                }
                StreamEvent::Prediction(prediction) => last = Some(prediction),
                _ => {}
            }
        }
        assert_eq!(thoughts, ["It is", " so."], "{name}");
        assert_eq!(&*last.expect("the end").why, THOUGHT, "{name}");
    }
}

#[test]
fn a_model_gives_its_reasoning_where_it_is_told_to_show_it() {
    use dspy::lm::LanguageModel;
    let id = || ModelId::new("anthropic", "claude-opus-5-5");
    let new = || Anthropic::new(id()).expect("an address");
    let summarized = ThinkingDisplay::Summarized;
    for (model, gives) in [
        (new(), false),
        (new().adaptive_thinking(), false),
        (new().adaptive_thinking().thinking_display(summarized), true),
        (new().adaptive_thinking().thinking_display(summarized).reasoning(false), false),
        (new().thinking_budget(1_024), true),
        (new().thinking_off(), false),
        (new().reasoning(true), true),
    ] {
        assert_eq!(LanguageModel::gives_reasoning(&model), gives, "{model:?}");
    }
}
