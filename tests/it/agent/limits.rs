//! How far an agent goes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dspy::agent::{Approval, StopReason};
use dspy::lm::{Response, Scripted};
use dspy::trace::Note;
use dspy::{Budget, Context, Error, ErrorKind};

use super::*;

fn restless() -> Context {
    Context::new(Scripted::answering(|last| match last.contains("`[[ ## word ## ]]`") {
        true => extracted("Lyon"),
        false => turn(json!([find(7), find(8)])),
    }))
}

#[tokio::test]
async fn turns_tokens_and_calls_end_with_an_answer() {
    let reply = agent().turns(3).call(&restless(), question()).await.expect("an answer");
    assert_eq!((reply.stop_reason, reply.trajectory.len(), reply.usage().calls), (StopReason::Turns, 3, 4));

    let reply = agent().tool_calls(3).call(&restless(), question()).await.expect("an answer");
    assert_eq!((reply.stop_reason, reply.trajectory.len()), (StopReason::Calls, 2));
    let refused = "the call was not made: 3 calls of tools are all that there may be";
    assert_eq!(reply.trajectory[1].calls[1].observation["error"], refused);
    assert_eq!(reply.trace().steps().filter(|step| step.path.starts_with("tools.")).count(), 3);

    let turns =
        vec![asks(&[("clock", json!({}))]), asks(&[("clock", json!({}))]), Response::new(extracted("Lyon"))];
    let (cx, _) = native(turns);
    let reply = agent().tokens(200).call(&cx, question()).await.expect("an answer");
    assert_eq!((reply.stop_reason, reply.trajectory.len()), (StopReason::Tokens, 2), "each turn costs 110");
}

#[tokio::test(start_paused = true)]
async fn time_gives_up_what_runs() {
    /// Takes a day.
    #[tool]
    async fn wait() -> &'static str {
        tokio::time::sleep(Duration::from_secs(86_400)).await;
        "done"
    }
    let waits = |cx: &'static str| turn(json!([{"tool": cx, "arguments": {}}]));
    let cx = Context::new(Scripted::replies([waits("wait"), waits("clock"), extracted("Lyon")]));
    let begun = tokio::time::Instant::now();
    let agent = agent().tool(Wait);
    let reply = agent
        .clone()
        .tool_time(Duration::from_secs(5))
        .turns(2)
        .call(&cx, question())
        .await
        .expect("an answer");
    assert_eq!(reply.trajectory[0].calls[0].observation["error"], "tool `wait` gave nothing within 5s");
    assert_eq!((reply.stop_reason, begun.elapsed().as_secs()), (StopReason::Turns, 5));

    let cx = Context::new(Scripted::replies([waits("wait"), extracted("Lyon")]));
    let reply = agent.time(Duration::from_secs(7)).call(&cx, question()).await.expect("an answer");
    assert_eq!((reply.stop_reason, begun.elapsed().as_secs()), (StopReason::Time, 12));
    let given_up = "it was cancelled, because the time for all turns was up";
    assert_eq!(reply.trajectory[0].calls[0].observation["error"], given_up);
}

#[tokio::test]
async fn a_budget_is_hard_and_its_error_ends_the_run() {
    let error =
        agent().call(&restless().with_budget(Budget::calls(2)), question()).await.expect_err("it fails");
    assert_eq!(error.kind(), ErrorKind::Budget);

    /// Asks what it may not.
    #[tool]
    async fn ask() -> dspy::Result<String> {
        Err(Error::new(ErrorKind::Auth, "the key is refused"))
    }
    let cx = Context::new(Scripted::replies([turn(json!([{"tool": "ask", "arguments": {}}]))]));
    let error = agent().tool(Ask).call(&cx, question()).await.expect_err("it fails");
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Auth, "tools.ask: the key is refused".into()));
}

#[tokio::test]
async fn a_long_observation_is_cut_and_says_so() {
    /// Talks.
    #[tool]
    fn talk() -> String {
        "x".repeat(100)
    }
    let cx = Context::new(Scripted::replies([
        turn(json!([{"tool": "talk", "arguments": {}}])),
        turn(json!([submit("Lyon")])),
    ]));
    let reply = agent().tool(Talk).observation(10).call(&cx, question()).await.expect("an answer");
    let cut = json!({"beginning": "xxxxxxxxxx", "cut": "90 of 100 characters are not shown"});
    assert_eq!(reply.trajectory[0].calls[0].observation, cut);
    let talk = reply.trace().steps().find(|step| &*step.path == "tools.talk").expect("a call");
    let whole = talk.output.as_ref().expect("an output").get("observation").expect("it").as_str();
    assert_eq!(whole.map(str::len), Some(100), "the trace has all of it");
}

#[tokio::test]
async fn approval_is_asked_for_in_order_and_may_change_arguments() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    let careful = agent().approve(move |call| {
        kept.lock().expect("no panic").push(call.to_string());
        async move {
            match call.arguments["number"].as_u64() {
                Some(8) => Approval::Refuse("it is another customer's".into()),
                Some(9) => Approval::RunWith(json!({"number": 7})),
                Some(10) => false.into(),
                _ => Approval::Run,
            }
        }
    });
    let cx = Context::new(Scripted::replies([
        turn(json!([find(7), find(8), find(9), find(10)])),
        turn(json!([submit("Lyon")])),
    ]));
    let reply = careful.call(&cx, question()).await.expect("an answer");
    let observed: Vec<_> = reply.trajectory[0].calls.iter().map(|call| call.observation.clone()).collect();
    let refused = |why: &str| json!({"error": format!("the call was not approved{why}")});
    assert_eq!(observed, [json!("Lyon"), refused(": it is another customer's"), json!("Lyon"), refused("")]);
    assert_eq!(asked.lock().expect("no panic").len(), 4);
    assert_eq!(reply.trace().steps().filter(|step| step.path.starts_with("tools.")).count(), 2);
}

#[tokio::test]
async fn a_prompt_that_is_too_long_is_shortened_and_says_so() {
    let cx = restless();
    let reply = agent().turns(4).window(95).call(&cx, question()).await.expect("an answer");
    assert_eq!(reply.trajectory.len(), 4, "what is given back is whole");
    let last = reply.trace().steps().filter(|step| &*step.path == "react").last().expect("a turn");
    assert_eq!(last.notes, [Note::TurnsLeftOut { turns: 1 }]);
    let shown = last.input.get("trajectory").expect("turns");
    assert_eq!(
        shown[0]["thought"],
        "(1 earlier turn is left out here, because the prompt would be too long)"
    );
    assert_eq!(shown.as_array().map(Vec::len), Some(4));
    let reminder = shown[3]["thought"].as_str().expect("what is said to a model that asks the same again");
    assert!(reminder.starts_with("This was called before"), "{reminder}");

    // The model itself takes no more than two turns.
    let calls = AtomicUsize::new(0);
    let model = Scripted::new(move |_, request| {
        let turns = request.messages.iter().filter(|message| !message.tool_calls().is_empty()).count();
        let call = calls.fetch_add(1, Ordering::Relaxed);
        match turns {
            3.. => Err(Error::new(ErrorKind::ContextWindow, "too long")),
            _ if call == 5 => Ok(asks(&[("submit", json!({"word": "Lyon", "sure": 9}))])),
            _ => Ok(asks(&[("clock", json!({}))])),
        }
    });
    let reply = agent().call(&Context::new(model.with_tools()), question()).await.expect("an answer");
    assert_eq!((reply.stop_reason, reply.trajectory.len()), (StopReason::Submitted, 4));
    let failed = reply.trace().steps().filter(|step| step.output.is_err()).count();
    assert_eq!(failed, 1, "what the model refused is in the trace");

    let cx = Context::new(Scripted::new(|_, _| Err(Error::new(ErrorKind::ContextWindow, "too long"))));
    let error = agent().call(&cx, question()).await.expect_err("it fails");
    assert_eq!(error.kind(), ErrorKind::ContextWindow, "there is no turn to leave out");
}
