//! OpenAI's fine-tuning, beside what the official client sends: `tests/fixtures/finetuning/record.py` records it.

use dspy::ErrorKind;
use dspy::lm::{
    ModelId, OpenAi, OpenAiFinetuning, Secret, TrainingFile, TrainingOrder, TrainingService, TrainingState,
};
use serde_json::Value;

use super::*;

const RECORDED: &str = include_str!("../../fixtures/finetuning/requests.json");
const EXAMPLES: &str = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi.\"},{\"role\":\"assistant\",\"content\":\"Hello.\"}]}\n";

fn service(wire: &Wire) -> OpenAiFinetuning {
    let model = OpenAi::at(ModelId::new("openai", "any"), &format!("{}/v1", wire.url())).expect("an address");
    OpenAiFinetuning::new(model.key(Secret::new("sk-test")))
}

fn file() -> TrainingFile {
    let mut file = TrainingFile::new(EXAMPLES);
    file.name = "examples-7.jsonl".to_owned();
    file
}

fn order() -> TrainingOrder {
    let mut order = TrainingOrder::new("7", "file-1", "gpt-4.1-mini-2025-04-14");
    order.suffix = Some("support".to_owned());
    (order.seed, order.epochs, order.batch_size) = (Some(7), Some(3), Some(4));
    order.learning_rate_multiplier = Some(0.5);
    order
}

fn job(id: &str, more: Value) -> Value {
    let mut job = json!({"id": id, "object": "fine_tuning.job", "status": "queued", "error": {}});
    let more = more.as_object().expect("an object").clone();
    job.as_object_mut().expect("an object").extend(more);
    job
}

/// Answers as the server of the recording does.
fn answers(came: &super::server::Came) -> Canned {
    let (method, path) = came.line.split_once(' ').expect("a line");
    let file = json!({"id": "file-1", "filename": "examples-7.jsonl", "bytes": EXAMPLES.len()});
    let job = job("ftjob-1", json!({"metadata": {"dspy": "7"}}));
    let list = |item: &Value| json!({"object": "list", "data": [item], "has_more": false});
    let body = match (method, path.split('?').next().unwrap_or_default()) {
        ("POST", "/v1/files") => file,
        ("GET", "/v1/files") => list(&file),
        ("GET", "/v1/fine_tuning/jobs") => list(&job),
        ("GET", "/v1/fine_tuning/jobs/ftjob-1/events") => list(&json!({"message": "Step 1/9: loss 0.5"})),
        _ => job,
    };
    Canned::json(200, &body)
}

#[tokio::test]
async fn every_request_is_that_of_the_official_client() {
    let wire = Wire::start(answers).await;
    let service = service(&wire);
    assert_eq!(service.upload(&file()).await.expect("a file"), "file-1");
    assert_eq!(service.uploaded(&file()).await.expect("a list").as_deref(), Some("file-1"));
    assert_eq!(service.start(&order()).await.expect("a job").id, "ftjob-1");
    assert_eq!(service.started(&order()).await.expect("a list").expect("the job").id, "ftjob-1");
    assert_eq!(service.status("ftjob-1").await.expect("a job").state, TrainingState::Waiting);
    assert_eq!(service.latest("ftjob-1").await.expect("events").as_deref(), Some("Step 1/9: loss 0.5"));
    service.cancel("ftjob-1").await.expect("a job");

    let recorded: Value = serde_json::from_str(RECORDED).expect("JSON");
    let recorded = recorded["requests"].as_array().expect("requests");
    assert_eq!(wire.count(), recorded.len());
    for (came, recorded) in wire.all().iter().zip(recorded) {
        let boundary = came.header("content-type").and_then(|kind| kind.split("boundary=").nth(1));
        let bounded = |text: &str| match boundary {
            Some(boundary) => text.replace(boundary, "BOUNDARY"),
            None => text.to_owned(),
        };
        assert_eq!(came.line, recorded["line"]);
        assert_eq!(came.header("authorization"), recorded["authorization"].as_str());
        let kind = came.header("content-type").map(bounded);
        assert_eq!(kind.as_deref(), recorded["content-type"].as_str(), "{}", came.line);
        match &came.body {
            Value::String(form) => assert_eq!(Value::from(bounded(form)), recorded["body"]),
            body => assert_eq!(body, &recorded["body"], "{}", came.line),
        }
    }
}

#[tokio::test]
async fn what_is_not_set_is_not_sent() {
    let wire = Wire::start(answers).await;
    service(&wire).start(&TrainingOrder::new("7", "file-1", "base")).await.expect("a job");
    let body = json!({"model": "base", "training_file": "file-1", "metadata": {"dspy": "7"}});
    assert_eq!(wire.last().body, body);
}

#[tokio::test]
async fn lists_are_gone_through_page_by_page_and_only_the_own_is_found() {
    let wire = Wire::start(|came| {
        let page = |data: Value, more: bool| Canned::json(200, &json!({"data": data, "has_more": more}));
        match &*came.line {
            line if line.contains("after=file-b") => page(
                json!([{"id": "file-c", "filename": "examples-7.jsonl", "bytes": EXAMPLES.len()}]),
                false,
            ),
            line if line.contains("/files?") => page(
                json!([
                    {"id": "file-a", "filename": "examples-7.jsonl", "bytes": 3},
                    {"id": "file-b", "filename": "other.jsonl", "bytes": EXAMPLES.len()},
                ]),
                true,
            ),
            // A server that does not filter, and one that gives the same page for ever.
            _ => page(json!([job("ftjob-1", json!({"metadata": {"dspy": "8"}}))]), true),
        }
    })
    .await;
    let service = service(&wire);
    assert_eq!(service.uploaded(&file()).await.expect("a list").as_deref(), Some("file-c"));
    assert_eq!(service.started(&order()).await.expect("a list"), None);
}

#[tokio::test]
async fn jobs_are_read_in_every_state() {
    for (more, state, model, failure) in [
        (json!({"status": "validating_files"}), TrainingState::Waiting, None, None),
        (json!({"status": "running", "trained_tokens": null}), TrainingState::Running, None, None),
        (
            json!({"status": "succeeded", "fine_tuned_model": "ft:x:1", "trained_tokens": 99, "error": null}),
            TrainingState::Succeeded,
            Some("ft:x:1"),
            None,
        ),
        (
            json!({"status": "failed", "error": {"code": "invalid_training_file", "message": "Line 3 has no reply.",
                "param": "training_file"}}),
            TrainingState::Failed,
            None,
            Some("invalid_training_file: Line 3 has no reply. (about `training_file`)"),
        ),
        (
            json!({"status": "failed", "error": {"message": "we log sk-test"}}),
            TrainingState::Failed,
            None,
            Some("its words are left out, as they repeat a key"),
        ),
        (json!({"status": "cancelled"}), TrainingState::Cancelled, None, None),
        (json!({"status": "paused"}), TrainingState::Other("paused".to_owned()), None, None),
    ] {
        let wire = Wire::start(move |_| Canned::json(200, &job("ftjob-1", more.clone()))).await;
        let job = service(&wire).status("ftjob-1").await.expect("a job");
        assert_eq!((job.state, job.model.as_deref(), job.failure.as_deref()), (state, model, failure));
    }
}

#[tokio::test]
async fn errors_are_those_of_calls_and_show_no_key() {
    for (status, kind) in
        [(401, ErrorKind::Auth), (429, ErrorKind::RateLimit), (400, ErrorKind::InvalidRequest)]
    {
        let wire =
            Wire::start(move |_| Canned::json(status, &json!({"error": {"message": "no: sk-test"}}))).await;
        let error = service(&wire).upload(&file()).await.expect_err("refused");
        assert_eq!(error.kind(), kind);
        assert!(!format!("{error:?} {:?}", service(&wire)).contains("sk-test"));
    }
    let wire = Wire::start(|_| Canned::json(200, &json!({"status": "queued"}))).await;
    let error = service(&wire).start(&order()).await.expect_err("no id");
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn a_trained_model_is_called_on_the_same_server_with_the_same_settings() {
    let wire = Wire::start(|_| {
        let message = json!({"role": "assistant", "content": "Hello."});
        Canned::json(200, &json!({"choices": [{"message": message, "finish_reason": "stop"}]}))
    })
    .await;
    let model = OpenAi::at(ModelId::new("openai", "any"), &format!("{}/v1", wire.url())).expect("an address");
    let model =
        model.key(Secret::new("sk-test")).header("x-team", "support-1").expect("a header").tools(false);
    let lm = OpenAiFinetuning::new(model).lm("ft:gpt-4.1-mini:me::1").expect("a model");
    assert_eq!(lm.id().to_string(), "openai/ft:gpt-4.1-mini:me::1");
    assert_eq!(lm.model().complete(&plain()).await.expect("a reply").text, "Hello.");
    let came = wire.last();
    assert_eq!(came.line, "POST /v1/chat/completions");
    assert_eq!(came.body["model"], "ft:gpt-4.1-mini:me::1");
    assert_eq!(
        (came.header("authorization"), came.header("x-team")),
        (Some("Bearer sk-test"), Some("support-1"))
    );
    assert!(!lm.model().takes_tools());
}
