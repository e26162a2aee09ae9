//! Agents on small models, with replies as such models wrote them.

use dspy::agent::StopReason;
use dspy::lm::{Author, FinishReason, Scripted};
use dspy::parse::Repair;
use dspy::{Context, ErrorKind, ReAct, tool};

use super::*;

/// Answer the question about the shop.
#[signature]
#[derive(Debug, Clone)]
struct Shop {
    #[input]
    question: String,
    /// The answer.
    #[output]
    number: i64,
}

/// Says how many pieces of an item are in stock.
#[tool]
fn stock(item: String) -> Result<i64, String> {
    if item.starts_with("lamp") { Ok(7) } else { Err(format!("there is no item `{item}`")) }
}

fn shop() -> ReAct<Shop> {
    ReAct::new().tool(Stock)
}

fn lamps() -> ShopInput {
    ShopInput { question: "How many lamps are in stock?".into() }
}

const STOCK: &str = "```json\n{\"name\": \"stock\", \"arguments\": {\"item\": \"lamps\"}}\n```";
const SUBMIT: &str = "{\"name\": \"submit\", \"arguments\": {\"number\": 7}}\n";

fn number(number: i64) -> Response {
    Response::new(format!("[[ ## reasoning ## ]]\nso\n[[ ## number ## ]]\n{number}\n[[ ## completed ## ]]"))
}

#[tokio::test]
async fn calls_in_the_text_of_a_native_reply_are_calls() {
    let (cx, seen) = native(vec![Response::new(STOCK), Response::new(SUBMIT)]);
    let reply = shop().call(&cx, lamps()).await.expect("an answer");
    assert_eq!((reply.number, reply.stop_reason, reply.trajectory.len()), (7, StopReason::Submitted, 1));
    assert_eq!(reply.trajectory[0].calls[0].observation, 7);
    assert_eq!(reply.repairs().next(), Some(&Repair::CallInText));
    let turn = reply.trace().steps().next().expect("a turn").output.as_ref().expect("it").clone();
    assert_eq!(turn.get("calls"), Some(&json!([{"tool": "stock", "arguments": {"item": "lamps"}}])));

    // It goes back as a call of the provider's, with an answer to it.
    let seen = seen.lock().expect("no panic");
    let messages: Vec<_> = seen[1].messages.iter().collect();
    let authors: Vec<_> = messages.iter().map(|message| message.author()).collect();
    assert_eq!(authors, [Author::System, Author::User, Author::Assistant, Author::Tool]);
    let call = &messages[2].tool_calls()[0];
    assert_eq!((messages[2].text(), call.name.as_str(), call.id.as_str()), ("", "stock", "call00000"));
    assert_eq!((messages[3].tool_call_id(), messages[3].text()), (Some("call00000"), "7"));
}

#[tokio::test]
async fn a_model_that_repeats_itself_is_heard_once() {
    let looped =
        format!("{{\"name\": \"stock\", \"arguments\": {{\"item\": \"lamp\"}}}}\n{}", SUBMIT.repeat(20));
    let mut cut = Response::new(format!("{looped}{{\"name\": \"sub"));
    cut.finish = FinishReason::Length;
    let (cx, seen) = native(vec![cut, Response::new(looped.clone() + &looped)]);
    let reply = shop().call(&cx, lamps()).await.expect("an answer");
    assert_eq!((reply.number, reply.stop_reason, reply.usage().calls), (7, StopReason::Submitted, 2));
    let called: Vec<_> = reply.trajectory[0].calls.iter().map(|call| call.tool.as_str()).collect();
    assert_eq!(called, ["stock"], "an answer that was given before the tool was heard is not taken");
    assert_eq!(reply.trajectory.len(), 1, "and one that repeats a known call before it is");
    let said = seen.lock().expect("no panic")[1].messages.iter().nth(2).expect("a message").clone();
    assert_eq!(said.tool_calls().len(), 1, "each call that goes back has an answer");
    assert!(reply.repairs().any(|repair| *repair == Repair::RunOn));

    let mut cut = Response::new("{\"name\": \"stock\", \"arguments\": {\"item\": \"la");
    cut.finish = FinishReason::Length;
    let error = shop().call(&native(vec![cut]).0, lamps()).await.expect_err("half a call is none");
    assert!(error.is_parse(), "{error}");
}

#[tokio::test]
async fn an_answer_as_text_before_any_call_is_asked_for_twice() {
    let invented = "```json\n{\n  \"name\": \"submit\",\n  \"arguments\": {\n    \"number\": 10\n  }\n}\n```";
    let (cx, _) = native(vec![Response::new(invented), Response::new(STOCK), Response::new(SUBMIT)]);
    let reply = shop().call(&cx, lamps()).await.expect("an answer");
    assert_eq!((reply.number, reply.stop_reason), (7, StopReason::Submitted));
    let told = reply.trajectory[0].calls[0].observation["error"].as_str().expect("an error");
    assert!(told.starts_with("no tool has been called yet"), "{told}");

    let given = || ShopInput { question: "There are 7 lamps. How many are there?".into() };
    let (cx, _) = native(vec![Response::new(SUBMIT), Response::new(SUBMIT)]);
    let reply = shop().call(&cx, given()).await.expect("what needs no tool is said again");
    assert_eq!((reply.number, reply.usage().calls), (7, 2));
}

#[tokio::test]
async fn a_number_from_nowhere_before_any_call_is_no_answer() {
    let submits = |number: i64| asks(&[("submit", json!({"number": number}))]);
    let (cx, _) = native(vec![submits(10), asks(&[("stock", json!({"item": "lamps"}))]), submits(7)]);
    let reply = shop().call(&cx, lamps()).await.expect("an answer");
    assert_eq!((reply.number, reply.stop_reason, reply.usage().calls), (7, StopReason::Submitted, 3));
    let told = reply.trajectory[0].calls[0].observation["error"].as_str().expect("an error");
    assert!(told.starts_with("no tool has been called yet"), "{told}");

    let hours = || ShopInput { question: "How many minutes are 2 hours?".into() };
    let mut said = submits(120);
    said.text = "2 times 60 is 120.".into();
    let (cx, _) = native(vec![submits(120), said]);
    assert_eq!(shop().call(&cx, hours()).await.expect("it said how").usage().calls, 2);
    let (cx, _) = native(vec![submits(100), submits(100), number(100)]);
    let error = shop().turns(2).call(&cx, hours()).await.expect_err("a guess stays one");
    let told = "the model called no tool, and its answer {\"number\":100} is a guess";
    assert!(error.to_string().ends_with(told), "{error}");
    let (cx, _) = native(vec![submits(2)]);
    assert_eq!(shop().call(&cx, hours()).await.expect("it was given").usage().calls, 1);
    let mut thought = submits(120);
    thought.text = "2 times 60 is 120.".into();
    assert_eq!(shop().call(&native(vec![thought]).0, hours()).await.expect("it was said").usage().calls, 1);
}

#[tokio::test]
async fn a_model_that_asks_the_same_again_is_told_so() {
    let stock = || asks(&[("stock", json!({"item": "lamps"}))]);
    let (cx, seen) = native(vec![stock(), stock(), asks(&[("submit", json!({"number": 7}))])]);
    let reply = shop().call(&cx, lamps()).await.expect("an answer");
    assert_eq!((reply.number, reply.trajectory.len()), (7, 2));
    let seen = seen.lock().expect("no panic");
    let last = |request: usize| seen[request].messages.iter().last().expect("a message").text().to_owned();
    assert_eq!(last(1), "7", "the first call brought something new");
    assert!(last(2).starts_with("This was called before and gave the same."), "{}", last(2));
}

#[tokio::test]
async fn an_agent_that_called_no_tool_gives_only_what_it_said() {
    let says = |text: &str| Response::new(text);
    let (cx, _) =
        native(vec![says("To find that I need to look."), says("I will check the stock."), number(5)]);
    let error = shop().call(&cx, lamps()).await.expect_err("5 is made up");
    assert_eq!(error.kind(), ErrorKind::Parse);
    let told = "the model called no tool and gave no answer; it said \"I will check the stock.\"";
    assert!(error.to_string().ends_with(told), "{error}");

    let (cx, seen) =
        native(vec![says("There are 120 minutes in two hours."), says("It is 120."), number(120)]);
    let reply = shop().call(&cx, lamps()).await.expect("it said so");
    assert_eq!((reply.number, reply.stop_reason, reply.trajectory.len()), (120, StopReason::Silent, 2));
    assert!(all_text(&seen.lock().expect("no panic")[2]).contains("There are 120 minutes"));

    let (cx, seen) = native(vec![says(""), says("")]);
    let error = shop().call(&cx, lamps()).await.expect_err("nothing was said");
    assert!(error.to_string().ends_with("it said nothing"), "{error}");
    assert_eq!(seen.lock().expect("no panic").len(), 2, "nothing is read out of nothing");

    let (cx, _) = native(vec![says("I will check the stock."), Response::new(STOCK), Response::new(SUBMIT)]);
    let reply = shop().call(&cx, lamps()).await.expect("it was asked again");
    assert_eq!((reply.number, reply.trajectory.len()), (7, 2));
}

#[tokio::test]
async fn calls_in_the_text_of_a_turn_are_calls() {
    let said = format!("[[ ## thought ## ]]\nI look.\n\n[[ ## calls ## ]]\n{STOCK}");
    let cx = Context::new(Scripted::replies([said, SUBMIT.to_owned()]));
    let reply = shop().call(&cx, lamps()).await.expect("an answer");
    assert_eq!((reply.number, reply.usage().calls, reply.trajectory[0].thought.as_str()), (7, 2, "I look."));
    assert_eq!(reply.repairs().next(), Some(&Repair::CallInText));

    let cx = Context::new(Scripted::answering(|_| "The lamps are in the shop.".into()));
    let error = shop().call(&cx, lamps()).await.expect_err("no turn, and nothing to read an answer from");
    assert_eq!((error.kind(), cx.usage().calls), (ErrorKind::Parse, 2));

    let cx = Context::new(Scripted::replies([STOCK])).with_strict_replies(true).with_parse_retries(0);
    assert!(shop().call(&cx, lamps()).await.is_err(), "a strict reading takes no repair");
}
