//! An agent that is trained at a server with OpenAI's API, from its tools to its answers.

use std::sync::Mutex;
use std::time::Duration;

use dspy::agent::AgentOutput;
use dspy::lm::{OpenAi, OpenAiFinetuning, Request, Response, Secret};

use super::*;
use crate::agent::{Answer, AnswerOutput, agent, asks, find, submit, turn};
use crate::wire::server::{Came, Canned, Wire};

fn rows() -> Splits<Answer> {
    let rows = |name: &str, from: usize, count: usize| {
        let lines = (from..from + count).map(|i| format!("Where is parcel 7?{},Lyon,9\n", " ".repeat(i)));
        Rows::from_csv(&format!("question,word,sure\n{}", lines.collect::<String>()), name).expect("rows")
    };
    Splits::new(rows("train", 0, 10), rows("validation", 20, 3), rows("test", 30, 1)).expect("no row twice")
}

fn right(row: &Answer, out: &AgentOutput<AnswerOutput>) -> bool {
    row.word == out.word
}

/// Finds the parcel and then says where it is.
fn teacher() -> Scripted {
    let model = Scripted::new(|_, request: &Request| {
        let found = request.messages.iter().any(|message| message.tool_call_id().is_some());
        Ok(match found {
            true => asks(&[("submit", json!({"word": "Lyon", "sure": 9}))]),
            false => asks(&[("find_parcel", json!({"number": 7}))]),
        })
    });
    model.with_tools().named(ModelId::new("test", "teacher"))
}

/// A server whose trained model uses the tools, and whose small one guesses.
async fn server() -> Wire {
    let looks = Mutex::new(0);
    Wire::start(move |came: &Came| {
        let job = |status: &str, model: Value| {
            json!({"id": "ftjob-1", "status": status, "fine_tuned_model": model, "trained_tokens": 999})
        };
        let path = came.line.split(['?', ' ']).nth(1).unwrap_or_default();
        Canned::json(
            200,
            &match (came.line.split(' ').next(), path) {
                (_, "/v1/chat/completions") => completion(&came.body),
                (_, "/v1/files") => json!({"id": "file-1"}),
                (Some("POST"), _) => job("validating_files", Value::Null),
                (_, path) if path.ends_with("/events") => {
                    json!({"data": [{"message": "Step 1/10: training loss=0.7"}], "has_more": false})
                }
                _ => {
                    let mut looks = looks.lock().expect("no panic");
                    *looks += 1;
                    match *looks {
                        1 => job("queued", Value::Null),
                        2 => job("running", Value::Null),
                        _ => job("succeeded", "ft:small:me::1".into()),
                    }
                }
            },
        )
    })
    .await
}

fn completion(asked: &Value) -> Value {
    let trained = asked["model"].as_str().is_some_and(|model| model.starts_with("ft:"));
    let found =
        asked["messages"].as_array().expect("messages").iter().any(|message| message["role"] == "tool");
    let (name, arguments) = match (trained, found) {
        (true, false) => ("find_parcel", json!({"number": 7})),
        (true, true) => ("submit", json!({"word": "Lyon", "sure": 9})),
        (false, _) => ("submit", json!({"word": "Rome", "sure": 1})),
    };
    let function = json!({"name": name, "arguments": arguments.to_string()});
    let calls = json!([{"id": "call_1", "type": "function", "function": function}]);
    let message = json!({"role": "assistant", "content": null, "tool_calls": calls});
    json!({"choices": [{"message": message, "finish_reason": "tool_calls"}], "usage": {"prompt_tokens": 9}})
}

fn service(wire: &Wire) -> OpenAi {
    let model = OpenAi::at(ModelId::new("openai", "any"), &format!("{}/v1", wire.url())).expect("an address");
    model.key(Secret::new("sk-secret-of-mine"))
}

#[tokio::test]
async fn an_agent_learns_to_use_its_tools() {
    let (wire, splits) = (server().await, rows());
    let file = crate::file::File::new("finetune-agent.jsonl");
    let search = Finetune::new(right)
        .provider(OpenAiFinetuning::new(service(&wire)))
        .base("small")
        .epochs(2)
        .journal(&file.0)
        .poll(Duration::from_millis(1), Duration::from_millis(2));
    let cx = Context::new(teacher());
    let compiled = search.compile(&cx, agent(), &splits).await.expect("it is trained");
    assert_eq!((compiled.baseline, compiled.score), (0.0, 1.0));
    assert_eq!(compiled.lm().id().to_string(), "openai/ft:small:me::1");

    let all = wire.all();
    let sent = all.iter().find(|came| came.line == "POST /v1/files").expect("a file");
    let form = sent.body.as_str().expect("a form");
    let examples: Vec<Value> = form
        .lines()
        .filter(|line| line.starts_with("{\"messages\""))
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(examples.len(), 10, "a conversation for each row");
    assert_eq!(examples[0]["messages"][2]["tool_calls"][0]["function"]["name"], "find_parcel");
    assert_eq!(examples[0]["messages"][3]["role"], "tool");
    // What the trained model is asked is what it was shown.
    let asked = all.iter().rev().find(|came| came.line == "POST /v1/chat/completions").expect("a call");
    assert_eq!(examples[0]["messages"][0], asked.body["messages"][0]);
    assert_eq!(examples[0]["tools"], asked.body["tools"]);
    let order = all.iter().find(|came| came.line == "POST /v1/fine_tuning/jobs").expect("a job");
    assert_eq!(order.body["method"]["supervised"]["hyperparameters"], json!({"n_epochs": 2}));

    let journal = std::fs::read_to_string(&file.0).expect("it was written");
    let told = format!("{journal} {search:?} {compiled:?}");
    assert!(!told.contains("sk-secret-of-mine"), "no key is written or printed");
}

#[tokio::test]
async fn a_teacher_that_calls_tools_otherwise_is_refused_before_anything_is_sent() {
    let (wire, splits) = (server().await, rows());
    let texts = Scripted::new(|_, request: &Request| {
        let task: String = request.messages.iter().map(|message| message.text()).collect();
        Ok(Response::new(match task.contains("\"Lyon\"") {
            true => turn(json!([submit("Lyon")])),
            false => turn(json!([find(7)])),
        }))
    });
    let texts = Lm::from(texts.named(ModelId::new("test", "texts")));
    for (tools, teacher, told) in [
        (true, texts, "called the tools of `react` by text"),
        (false, Lm::from(teacher()), "called the tools of `react` in its provider's way"),
    ] {
        let search =
            Finetune::new(right).provider(OpenAiFinetuning::new(service(&wire).tools(tools))).base("small");
        let cx = Context::new(teacher).with_parse_retries(0);
        let error = search.compile(&cx, agent(), &splits).await.expect_err("refused");
        assert!(error.to_string().contains(told), "{error:#}");
    }
    assert!(wire.all().iter().all(|came| came.line == "POST /v1/chat/completions"));
}
