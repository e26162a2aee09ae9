//! Programs that act.

mod cancel;
mod finetune;
mod limits;
mod native;
mod optimize;
mod real_server;
mod small_models;
mod text;

use std::sync::{Arc, Mutex};

use dspy::lm::{Request, Response, Scripted, ToolCall};
use dspy::tool::Tool;
use dspy::{Context, ReAct, Result, signature, tool};
use serde_json::{Value, json};

/// Answer the customer.
#[signature]
#[derive(Debug, Clone)]
pub struct Answer {
    #[input]
    pub question: String,
    /// One word.
    #[output]
    pub word: String,
    /// How sure it is.
    #[output(max = 9)]
    pub sure: u8,
}

/// Says where a parcel is.
///
/// Only for parcels of this year.
#[tool]
async fn find_parcel(
    /// The number on the receipt.
    number: u32,
) -> Result<String, String> {
    match number {
        7 => Ok("Lyon".to_owned()),
        _ => Err(format!("there is no parcel {number}")),
    }
}

/// Says what time it is.
#[tool]
async fn clock() -> &'static str {
    "noon"
}

pub fn question() -> AnswerInput {
    AnswerInput { question: "Where is parcel 7?".into() }
}

pub fn agent() -> ReAct<Answer> {
    ReAct::new().tool(FindParcel).tool(Clock)
}

/// A turn of the text protocol.
pub fn turn(calls: Value) -> String {
    format!("[[ ## thought ## ]]\nSo.\n[[ ## calls ## ]]\n{calls}\n[[ ## completed ## ]]")
}

pub fn find(number: u32) -> Value {
    json!({"tool": "find_parcel", "arguments": {"number": number}})
}

/// A demonstration of a turn that looks for a parcel.
fn looked() -> dspy::data::Record {
    dspy::data::Record::from_iter([
        ("question", json!("Where is 3?")),
        ("trajectory", json!([])),
        ("thought", json!("I look.")),
        ("calls", json!([find(3)])),
    ])
}

pub fn submit(word: &str) -> Value {
    json!({"tool": "submit", "arguments": {"word": word, "sure": 9}})
}

/// The answer that is read out of a trajectory.
pub fn extracted(word: &str) -> String {
    format!("[[ ## reasoning ## ]]\nso\n[[ ## word ## ]]\n{word}\n[[ ## sure ## ]]\n1\n[[ ## completed ## ]]")
}

/// A turn of the native protocol.
pub fn asks(calls: &[(&str, Value)]) -> Response {
    let mut response = Response::new("So.").with_tokens(100, 10);
    let calls = calls.iter().enumerate();
    response.tool_calls = calls
        .map(|(i, (name, arguments))| ToolCall::new(format!("id_{i}"), *name, arguments.clone()))
        .collect();
    response
}

pub type Seen = Arc<Mutex<Vec<Request>>>;

/// A model that takes tools, plays these replies, and tells what it was asked.
pub fn native(replies: Vec<Response>) -> (Context, Seen) {
    let seen = Seen::default();
    let kept = seen.clone();
    let model = Scripted::new(move |call, request| {
        kept.lock().expect("no panic").push(request.clone());
        Ok(replies[call].clone())
    });
    (Context::new(model.with_tools()), seen)
}

pub fn all_text(request: &Request) -> String {
    request.messages.iter().map(|message| format!("{}\n", message.text())).collect()
}

#[tokio::test]
async fn closures_and_shared_tools_are_tools_too() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Parcel {
        number: u32,
    }
    let places = ["Rome".to_owned()];
    let find = dspy::tool::ToolFn::new("find_parcel", "Finds.", move |parcel: Parcel| {
        let place = places.get(parcel.number as usize).cloned();
        async move { place.ok_or("there is none") }
    });
    let shared: Arc<dyn Tool> = Arc::new(find.expect("a tool"));
    let cx = Context::new(Scripted::replies([
        turn(json!([find_call(0), find_call(1), json!({"tool": "find_parcel", "arguments": {"nummer": 1}})])),
        turn(json!([submit("Rome")])),
    ]));
    let reply = dspy::Module::call(
        &ReAct::<Answer>::new().with_tools([shared.clone(), Arc::new(Clock) as _]),
        &cx,
        question(),
    )
    .await;
    let reply = reply.expect("an answer");
    let observed: Vec<&Value> = reply.trajectory[0].calls.iter().map(|call| &call.observation).collect();
    assert_eq!(*observed[0], json!("Rome"));
    assert_eq!(*observed[1], json!({"error": "there is none"}));
    let unfit = observed[2]["error"].as_str().expect("an error");
    assert!(
        unfit.starts_with("the arguments of `find_parcel` do not fit:") && unfit.contains("number"),
        "{unfit}"
    );
    let wrong = dspy::tool::ToolFn::new("find parcel", "", |_: Parcel| async { Ok::<_, String>(1) })
        .expect_err("it fails");
    assert_eq!(
        wrong.to_string(),
        "`find parcel` cannot name a tool; models take letters, digits, `_` and `-`, at most 64"
    );
    let wrong =
        dspy::tool::ToolFn::new("find", "", |_: Vec<u8>| async { Ok::<_, String>(1) }).expect_err("it fails");
    assert!(wrong.to_string().starts_with("tool `find` takes arguments that are no struct"), "{wrong}");
}

fn find_call(number: u32) -> Value {
    find(number)
}
