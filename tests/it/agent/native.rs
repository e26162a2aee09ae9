//! Tools in the provider's own way.

use dspy::agent::StopReason;
use dspy::lm::{Author, Reasoning};

use super::*;

#[tokio::test]
async fn the_model_is_given_the_tools_and_its_own_turns_again() {
    let mut first = asks(&[("find_parcel", json!({"number": 7})), ("clock", json!({}))]);
    let mut thought = Reasoning::new("hm");
    thought.state = Some(json!("sealed"));
    first.reasoning = Some(thought.clone());
    let (cx, seen) = native(vec![first, asks(&[("submit", json!({"word": "Lyon", "sure": "8"}))])]);
    let agent = agent();
    let reply = agent.call(&cx, question()).await.expect("an answer");
    assert_eq!((reply.word.as_str(), reply.sure, reply.stop_reason), ("Lyon", 8, StopReason::Submitted));
    assert_eq!(reply.trajectory[0].thought, "So.");

    let seen = seen.lock().expect("no panic");
    let names: Vec<_> = seen[0].tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["find_parcel", "clock", "submit"]);
    assert_eq!(seen[0].tools[2].parameters["properties"]["sure"]["maximum"], 9);
    let text = all_text(&seen[0]);
    assert!(
        !text.contains("thought") && !text.contains("trajectory") && text.contains("Where is parcel 7?"),
        "{text}"
    );

    let authors: Vec<_> = seen[1].messages.iter().map(|message| message.author()).collect();
    assert_eq!(authors, [Author::System, Author::User, Author::Assistant, Author::Tool, Author::Tool]);
    let messages: Vec<_> = seen[1].messages.iter().collect();
    assert_eq!(messages[2].reasoning(), Some(&thought), "the provider wants its own thoughts back");
    assert_eq!((messages[2].tool_calls().len(), messages[3].tool_call_id()), (2, Some("id_0")));
    assert_eq!((messages[3].text(), messages[4].text()), ("Lyon", "noon"));

    let turns: Vec<_> = reply.trace().steps().filter(|step| &*step.path == "react").collect();
    let calls = turns[0].output.as_ref().expect("a turn").get("calls").expect("calls");
    assert_eq!(calls[0], find(7), "both protocols have the same steps");
}

#[tokio::test]
async fn native_turns_without_calls_end_it_and_text_can_be_asked_for() {
    let called = asks(&[("find_parcel", json!({"number": 7}))]);
    let (cx, seen) = native(vec![called, asks(&[]), asks(&[]), dspy::lm::Response::new(extracted("Lyon"))]);
    let reply = agent().call(&cx, question()).await.expect("an answer");
    assert_eq!(
        (reply.word.as_str(), reply.stop_reason, reply.trajectory.len()),
        ("Lyon", StopReason::Silent, 3)
    );
    let seen = seen.lock().expect("no panic").clone();
    assert!(seen[3].tools.is_empty(), "the answer is read without tools");
    let asked = seen[2].messages.iter().last().expect("a message").clone();
    assert_eq!(asked.author(), Author::User);
    assert!(asked.text().starts_with("No tool was called."), "{}", asked.text());

    let (cx, seen) = native(vec![dspy::lm::Response::new(turn(json!([submit("Lyon")])))]);
    agent().native(false).call(&cx, question()).await.expect("an answer");
    assert!(seen.lock().expect("no panic")[0].tools.is_empty());
}

#[tokio::test]
async fn arguments_that_are_no_json_are_told_with_the_reason() {
    let (cx, seen) = native(vec![
        asks(&[("find_parcel", json!("{\"number\": 7"))]),
        asks(&[("submit", json!("{\"word\": \"Lyon\", \"sure\": 9}"))]),
    ]);
    let reply = agent().call(&cx, question()).await.expect("text that is JSON after all is taken");
    assert_eq!(reply.word, "Lyon");
    let error = reply.trajectory[0].calls[0].observation["error"].as_str().expect("an error").to_owned();
    assert!(error.starts_with("the arguments of `find_parcel` do not fit:"), "{error}");
    let told = all_text(&seen.lock().expect("no panic")[1]);
    assert!(error.contains("cut off") && told.contains("cut off"), "{told}");
}

#[tokio::test]
async fn learned_texts_and_demonstrations_are_in_the_prompt() {
    let (cx, seen) = native(vec![asks(&[("submit", json!({"word": "Lyon", "sure": 9}))])]);
    let agent = agent();
    let mut state = agent.state();
    let paths: Vec<_> = state.paths().map(str::to_owned).collect();
    assert_eq!(paths, ["extract.predict", "react", "tools.clock", "tools.find_parcel"]);
    state.get_mut("tools.clock").expect("a tool").instructions = "Tells the hour in Lyon.".into();
    state.get_mut("react").expect("a predictor").demos.push(looked());
    let agent = agent.with_state(&state).expect("it fits");
    agent.call(&cx, question()).await.expect("an answer");
    let seen = seen.lock().expect("no panic");
    assert_eq!(seen[0].tools[1].description, "Tells the hour in Lyon.");
    assert!(all_text(&seen[0]).contains("- thought: I look.\n"), "{}", all_text(&seen[0]));
}
