//! Runs that are given up, and many at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dspy::lm::Response;
use futures_util::FutureExt;

use super::*;
use crate::strategies::{Slow as SlowModel, given_up_after_each_poll, pending};

/// Takes a while.
#[tool]
async fn slow(turns: u32) -> u32 {
    pending(turns).await;
    turns
}

fn model(polls: u32, is_native: bool) -> SlowModel {
    let slow = SlowModel::new(polls, move |call, _| {
        let calls = [("slow", json!({"turns": 2})), ("slow", json!({"turns": 3}))];
        let wanted =
            json!([{"tool": "slow", "arguments": {"turns": 2}}, {"tool": "slow", "arguments": {"turns": 3}}]);
        let reply = match (call, is_native) {
            (0, true) => asks(&calls),
            (_, true) => asks(&[]),
            (0, false) => Response::new(turn(wanted)),
            (_, false) => Response::new(turn(json!([]))),
        };
        (Duration::ZERO, Ok(if call == 3 { Response::new(extracted("Lyon")) } else { reply }))
    });
    if is_native { slow.with_tools() } else { slow }
}

#[test]
fn it_can_be_given_up_at_every_await() {
    // Tools have a time limit, and so need a clock.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let _inside = runtime.enter();
    for is_native in [false, true] {
        let agent = agent().tool(Slow).approve(|_| async { true });
        given_up_after_each_poll(
            || model(2, is_native),
            |cx| {
                let agent = agent.clone();
                async move { agent.call(cx, question()).await.expect("an answer") }.boxed()
            },
        );
    }
}

#[tokio::test]
async fn tools_of_one_turn_run_at_the_same_time() {
    static RUNNING: AtomicUsize = AtomicUsize::new(0);
    /// Meets the others.
    #[tool]
    async fn meet() -> usize {
        RUNNING.fetch_add(1, Ordering::SeqCst);
        while RUNNING.load(Ordering::SeqCst) < 3 {
            tokio::task::yield_now().await;
        }
        RUNNING.load(Ordering::SeqCst)
    }
    let meets = json!({"tool": "meet", "arguments": {}});
    let cx =
        Context::new(Scripted::replies([turn(json!([meets, meets, meets])), turn(json!([submit("Lyon")]))]));
    let reply = agent().tool(Meet).call(&cx, question()).await.expect("an answer");
    assert!(reply.trajectory[0].calls.iter().all(|call| call.observation == 3), "{:?}", reply.trajectory);
}

#[tokio::test]
async fn many_runs_of_one_agent_do_not_meet() {
    let cx = Context::new(Scripted::answering(|last| {
        let number = last.split("parcel ").nth(1).and_then(|rest| rest.split('?').next()).expect("a number");
        match last.contains("observation") {
            true => turn(json!([submit(number)])),
            false => turn(json!([{"tool": "clock"}])),
        }
    }));
    let agent = agent();
    let asked = (0..40).map(|i| AnswerInput { question: format!("Where is parcel {i}?") });
    let replies = agent.batch(&cx, asked.collect::<Vec<_>>()).await;
    for (i, reply) in replies.into_iter().enumerate() {
        let reply = reply.expect("an answer");
        assert_eq!((reply.word.clone(), reply.trace().steps().count()), (i.to_string(), 3));
    }
}
