//! Tools by text, for models that are given none.

use dspy::adapter::JsonAdapter;
use dspy::agent::StopReason;
use dspy::lm::Scripted;
use dspy::{Context, ReAct};
use serde_json::json;

use super::*;

#[tokio::test]
async fn it_calls_tools_sees_what_they_give_and_answers() {
    let cx = Context::new(Scripted::replies([
        turn(json!([find(7), {"tool": "clock"}])),
        turn(json!([submit("Lyon")])),
    ]))
    .with_kept_exchanges(true);
    let agent = agent();
    let reply = agent.call(&cx, question()).await.expect("an answer");
    assert_eq!((reply.word.as_str(), reply.sure, reply.stop_reason), ("Lyon", 9, StopReason::Submitted));
    let calls: Vec<_> =
        reply.trajectory[0].calls.iter().map(|call| (&*call.tool, &call.observation)).collect();
    assert_eq!(calls, [("find_parcel", &json!("Lyon")), ("clock", &json!("noon"))]);

    let paths: Vec<_> = reply.trace().steps().map(|step| step.path.to_string()).collect();
    assert_eq!(paths, ["react", "tools.find_parcel", "tools.clock", "react"]);
    assert_eq!(reply.usage().calls, 2);
    let find = agent.tools().get("find_parcel").expect("a tool");
    let step = reply.trace().steps_of(find).next().expect("a call");
    assert_eq!(step.input().expect("typed").arguments, json!({"number": 7}));
    assert_eq!(step.output().expect("typed").observation, json!("Lyon"));

    let first = reply.trace().steps().next().expect("a turn").exchanges[0].request().clone();
    let system = first.messages.iter().next().expect("a system message").text().to_owned();
    assert!(system.starts_with("Answer the customer.\n\nWork in turns."), "{system}");
    let tool = "- `find_parcel`: Says where a parcel is.\n  Only for parcels of this year.\n  \
                arguments: { \"number\": integer (at least 0) }\n  - `number`: The number on the receipt.\n";
    assert!(system.contains(tool), "{system}");
    assert!(system.contains("- `submit`: Gives the answer and ends the work.\n  arguments: { \"word\": string, \"sure\": integer (0 to 9) }\n"), "{system}");
    assert!(system.contains("- `clock`: Says what time it is.\n  no arguments\n"), "{system}");
    let example = r#"Calls are a list such as [{"tool":"find_parcel","arguments":{"number":1}}]"#;
    assert!(system.contains(example), "{system}");
    assert!(first.tools.is_empty());
    let last = reply.trace().steps().last().expect("a turn").exchanges[0].request().clone();
    assert!(all_text(&last).contains(r#""observation":"Lyon""#), "{last:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_call_is_told_in_a_few_words() {
    /// Breaks.
    #[tool]
    fn broken() -> String {
        panic!("a wire came off")
    }
    let cx = Context::new(Scripted::replies([
        turn(
            json!([find(8), {"tool": "find_parcels", "arguments": {}}, {"tool": "find_parcel", "arguments": {"numer": 1}},
            {"tool": "broken", "arguments": {}}, submit("early")]),
        ),
        turn(json!([{"tool": "submit", "arguments": {"word": "Lyon", "sure": 12}}])),
        turn(json!([{"tool": "submit", "arguments": {"sure": 1}}])),
        turn(json!([submit("Lyon")])),
    ]));
    let reply = agent().tool(Broken).call(&cx, question()).await.expect("an answer");
    let errors =
        reply.trajectory.iter().flat_map(|turn| &turn.calls).map(|call| call.observation["error"].as_str());
    assert_eq!(
        errors.map(|error| error.expect("an error")).collect::<Vec<_>>(),
        [
            "there is no parcel 8",
            "there is no tool `find_parcels`; did you mean `find_parcel`?",
            "there is no argument `numer`; did you mean `number`?",
            "tool `broken` panicked: a wire came off",
            "the answer is not taken: call `submit` alone, once you have seen what the other tools give",
            "this is no answer: field `sure`: it must hold: at most 9; found `12`",
            "this is no answer: field `word`: it is missing; expected string",
        ]
    );
    assert_eq!(reply.word, "Lyon");
}

#[tokio::test]
async fn an_agent_that_says_nothing_more_has_its_answer_read() {
    let cx = Context::new(Scripted::replies([
        turn(json!([find(7)])),
        turn(json!([])),
        turn(json!([])),
        extracted("Lyon"),
    ]));
    let reply = agent().call(&cx, question()).await.expect("an answer");
    assert_eq!(
        (reply.word.as_str(), reply.stop_reason, reply.trajectory.len()),
        ("Lyon", StopReason::Silent, 3)
    );
    let last = reply.trace().steps().last().expect("a step");
    assert_eq!(&*last.path, "extract.predict");
    assert_eq!(
        last.input.get("trajectory").expect("it sees the turns")[0]["calls"][0]["observation"],
        "Lyon"
    );
}

#[tokio::test]
async fn a_turn_that_cannot_be_read_is_asked_for_again_in_any_format() {
    let cx = Context::new(Scripted::replies([
        "What parcel?".to_owned(),
        json!({"thought": "so", "calls": [submit("Lyon")]}).to_string(),
    ]));
    let reply = agent().call(&cx.with_adapter(JsonAdapter), question()).await.expect("an answer");
    assert_eq!((reply.word.as_str(), reply.usage().calls), ("Lyon", 2));
}

#[tokio::test]
async fn a_turn_that_is_none_ends_it_with_what_is_known() {
    let cx = Context::new(Scripted::replies([
        turn(json!([find(7)])),
        "Hm.".into(),
        "Hm!".into(),
        extracted("Lyon"),
    ]));
    let reply = agent().call(&cx, question()).await.expect("an answer");
    assert_eq!(
        (reply.word.as_str(), reply.stop_reason, reply.usage().calls),
        ("Lyon", StopReason::Unread, 4)
    );
    assert!(reply.trace().steps().nth(2).expect("a turn").output.is_err());
}

#[tokio::test]
async fn what_cannot_be_an_agent_says_so() {
    /// Answer.
    #[signature]
    struct Clash {
        #[input]
        question: String,
        /// The way.
        #[output]
        trajectory: String,
    }
    let cx = Context::new(Scripted::replies(Vec::<String>::new()));
    let error =
        ReAct::<Clash>::new().call(&cx, ClashInput { question: "?".into() }).await.expect_err("it fails");
    assert!(
        error.to_string().ends_with("`Clash` has an output `trajectory`, and so has every agent; rename it"),
        "{error}"
    );
    let error = agent().tool(Clock).call(&cx, question()).await.expect_err("it fails");
    assert!(
        error.to_string().ends_with("two tools have the name `clock`; give one of them another"),
        "{error}"
    );
    assert_eq!(cx.usage().calls, 0);
}

#[tokio::test]
async fn names_of_fields_give_way_to_those_of_the_signature() {
    /// Answer.
    #[signature]
    struct Busy {
        #[input]
        calls: String,
        #[input]
        trajectory: String,
        /// One word.
        #[output]
        word: String,
    }
    let submit = json!([{"tool": "submit", "arguments": {"word": "yes"}}]);
    let reply = format!("[[ ## thought ## ]]\nSo.\n[[ ## calls_ ## ]]\n{submit}");
    let cx = Context::new(Scripted::replies([reply]));
    let input = BusyInput { calls: "a".into(), trajectory: "b".into() };
    let reply = ReAct::<Busy>::new().call(&cx, input).await.expect("an answer");
    assert_eq!(reply.word, "yes");
    let step = reply.trace().steps().next().expect("a turn");
    assert_eq!(step.input.names().collect::<Vec<_>>(), ["calls", "trajectory", "trajectory_"]);
}
