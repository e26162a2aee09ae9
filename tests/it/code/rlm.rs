//! Inputs that are variables, explored by code.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dspy::code::{CodeOutput, CodeStopReason, Interpreter, Python, Rlm};
use dspy::lm::{ModelId, Response, Scripted};
use dspy::{Budget, Error, ErrorKind, Lm, Rows, signature};

use super::program_of_thought::{code, recorded};
use crate::strategies::Slow;

/// Count what is complained about.
#[signature]
#[derive(Debug, Clone)]
pub struct Complaints {
    /// Everything that was written.
    #[input]
    pub mails: Vec<String>,
    #[input]
    pub about: String,
    /// How many mails.
    #[output(check(|count: &u32| *count < 1000, "below 1000"))]
    pub count: u32,
    #[output(desc = "")]
    pub worst: Option<String>,
}

pub fn input() -> ComplaintsInput {
    ComplaintsInput { mails: vec!["late parcel".repeat(500), "thanks".into()], about: "parcel".into() }
}

fn answer(answer: &str) -> String {
    format!("[[ ## answer ## ]]\n{answer}\n[[ ## completed ## ]]")
}

over_every_interpreter!(
    the_model_sees_what_the_inputs_are_and_not_the_inputs,
    a_wrong_answer_is_an_error_that_the_model_sees_and_mends,
    sub_calls_ask_the_other_model_and_are_steps,
    sub_calls_are_counted_and_those_beyond_are_not_made,
    a_sub_call_that_fails_is_an_exception_or_the_end,
    after_the_last_turn_another_predictor_answers,
    a_search_tunes_its_predictors_and_plans_for_every_call,
);

async fn the_model_sees_what_the_inputs_are_and_not_the_inputs(python: impl Interpreter + Clone + 'static) {
    let (cx, seen) = recorded(vec![
        code("n = len([m for m in mails if about in m])\nprint(n)"),
        code("SUBMIT(n, mails[1])"),
    ]);
    let reply = Rlm::<Complaints>::new(python.clone()).call(&cx, input()).await.expect("it answers");
    assert_eq!(
        (reply.count, reply.worst.as_deref(), reply.stop_reason),
        (1, Some("thanks"), CodeStopReason::Submitted)
    );
    assert_eq!(reply.usage().calls, 2);
    let seen = seen.lock().expect("whole");
    for said in [
        "mails",
        "5513",
        "list of string",
        "Everything that was written.",
        "SUBMIT(count: integer",
        "turns_left",
    ] {
        assert!(seen[0].contains(said), "{said} in {}", seen[0]);
    }
    assert_eq!(seen[0].matches("late parcel").count(), 90, "a thousand characters of its JSON");
    assert!(seen[1].contains("print(n)"), "{}", seen[1]);
}

async fn a_wrong_answer_is_an_error_that_the_model_sees_and_mends(
    python: impl Interpreter + Clone + 'static,
) {
    let wrong = "try:\n    SUBMIT(count='many')\nexcept RuntimeError as e:\n    print('caught', e)\nSUBMIT(count=5000)";
    let (cx, seen) = recorded(vec![
        code(wrong),
        code("SUBMIT(1, 2, 3)"),
        code("SUBMIT(counts=1)"),
        code("SUBMIT()"),
        code("SUBMIT(count=7)\nprint('not reached')"),
    ]);
    let reply = Rlm::<Complaints>::new(python.clone()).call(&cx, input()).await.expect("it answers");
    assert_eq!((reply.count, reply.worst.clone()), (7, None));
    let seen = seen.lock().expect("whole");
    for (turn, said) in [
        (1, "caught SUBMIT: this is no answer: field `count`"),
        (1, "RuntimeError in line 5: SUBMIT: this is no answer: field `count`: it must hold: below 1000"),
        (2, "SUBMIT: it takes 2 arguments: count, worst"),
        (3, "SUBMIT: there is no output counts; it takes count: integer"),
        (4, "SUBMIT: this is no answer: it is no object that holds the outputs"),
    ] {
        assert!(seen[turn].contains(said), "{said} in {}", seen[turn]);
    }
    assert_eq!(reply.trajectory[4].ran.printed, "");
}

async fn sub_calls_ask_the_other_model_and_are_steps(python: impl Interpreter + Clone + 'static) {
    let (cx, _) = recorded(vec![code(
        "print(llm_query('one?'))\nprint(llm_query_batched(prompts=['two?', 'three?']))\nSUBMIT(3)",
    )]);
    let sub = Scripted::answering(|prompt| {
        let asked = ["one?", "two?", "three?"].into_iter().find(|asked| prompt.contains(asked));
        answer(&asked.unwrap_or("?").to_uppercase())
    });
    let id = ModelId::new("test", "sub");
    let program = Rlm::<Complaints>::new(python.clone()).sub_lm(sub.named(id.clone()));
    let reply = program.call(&cx, input()).await.expect("it answers");
    assert_eq!(reply.trajectory[0].ran.printed, "ONE?\n['TWO?', 'THREE?']\n");
    let paths: Vec<_> = reply.trace().steps().map(|step| step.path.to_string()).collect();
    assert_eq!(paths, ["turn", "run", "query", "query", "query"]);
    let asked: Vec<_> =
        reply.trace().steps_of(program.queries()).map(|step| step.input().expect("typed").prompt).collect();
    assert_eq!(asked, ["one?", "two?", "three?"]);
    assert_eq!(cx.ledger().total().calls, 4, "sub-calls are charged to the same context");
}

async fn sub_calls_are_counted_and_those_beyond_are_not_made(python: impl Interpreter + Clone + 'static) {
    let body = "for size in [2, 2, 1]:\n    try:\n        print(llm_query_batched(['x'] * size))\n    except RuntimeError as e:\n        print(e)\nSUBMIT(1)";
    let (cx, _) = recorded(vec![code(body), answer("a"), answer("b"), answer("c")]);
    let reply = Rlm::<Complaints>::new(python.clone())
        .sub_calls(3)
        .concurrency(1)
        .call(&cx, input())
        .await
        .expect("it answers");
    let printed = &reply.trajectory[0].ran.printed;
    assert_eq!(
        printed,
        "['a', 'b']\nllm_query_batched: not asked: 2 prompts are more than the 1 of 3 that are left\n['c']\n"
    );
    for (wrong, said) in [
        ("llm_query(1)", "llm_query: a prompt is a text, not 1"),
        ("llm_query()", "llm_query: it takes prompt"),
        ("llm_query('a', 'b')", "llm_query: it takes 1 arguments: prompt"),
        ("llm_query_batched('a')", "llm_query_batched: it takes a list of texts"),
    ] {
        let (cx, _) = recorded(vec![code(wrong), code("SUBMIT(1)")]);
        let reply = Rlm::<Complaints>::new(python.clone()).call(&cx, input()).await.expect("it goes on");
        assert_eq!(reply.trajectory[0].ran.error.as_ref().expect("it is wrong").message(), said);
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_asked_at_once_and_answered_in_order() {
    for (at_once, took) in [(1, 600), (3, 200), (8, 100)] {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counted = (running.clone(), most.clone());
        let sub = Lm::from(Slow::new(0, move |_, request| {
            // The number of calls that are under way is that of those which began and have not ended.
            let now = counted.0.fetch_add(1, Ordering::SeqCst) + 1;
            counted.1.fetch_max(now, Ordering::SeqCst);
            let last =
                request.messages.iter().last().map(|message| message.text().to_owned()).unwrap_or_default();
            let asked = (0..6).find(|n| last.contains(&format!("p{n}"))).unwrap_or(9);
            (Duration::from_millis(100), Ok(Response::new(answer(&format!("a{asked}")))))
        }));
        let (cx, _) =
            recorded(vec![code("print(llm_query_batched([f'p{i}' for i in range(6)]))\nSUBMIT(1)")]);
        let program = Rlm::<Complaints>::new(Python::new()).sub_lm(sub).concurrency(at_once);
        let began = tokio::time::Instant::now();
        let reply = program.call(&cx, input()).await.expect("it answers");
        assert_eq!(reply.trajectory[0].ran.printed, "['a0', 'a1', 'a2', 'a3', 'a4', 'a5']\n");
        assert_eq!(began.elapsed().as_millis(), took, "{at_once} at once");
    }
}

async fn a_sub_call_that_fails_is_an_exception_or_the_end(python: impl Interpreter + Clone + 'static) {
    for (kind, goes_on) in [(ErrorKind::ContextWindow, true), (ErrorKind::Auth, false)] {
        let sub = Scripted::new(move |_, _| Err(Error::new(kind, "no")));
        let (cx, _) = recorded(vec![code("llm_query('x')"), code("SUBMIT(1)")]);
        let reply = Rlm::<Complaints>::new(python.clone()).sub_lm(sub).call(&cx, input()).await;
        match reply {
            Ok(reply) => {
                assert!(goes_on);
                let error = reply.trajectory[0].ran.error.as_ref().expect("it failed");
                assert!(error.message().starts_with("llm_query: prompt 1 was not answered: "), "{error}");
            }
            Err(error) => assert!(!goes_on && error.kind() == kind, "{error}"),
        }
    }
    let (cx, _) = recorded(vec![
        code("while True:\n    try:\n        llm_query('x')\n    except BaseException:\n        pass"),
        answer("a"),
    ]);
    let cx = cx.with_budget(Budget::calls(2));
    let error = Rlm::<Complaints>::new(python.clone()).call(&cx, input()).await.expect_err("nothing is left");
    assert!(error.is_budget(), "{error}");
}

async fn after_the_last_turn_another_predictor_answers(python: impl Interpreter + Clone + 'static) {
    let extract = "[[ ## reasoning ## ]]\nso\n[[ ## count ## ]]\n2\n[[ ## worst ## ]]\nnull";
    let (cx, seen) = recorded(vec![code("x = 41"), code("print(x + 1)"), extract.into()]);
    let reply = Rlm::<Complaints>::new(python.clone()).turns(2).call(&cx, input()).await.expect("it answers");
    assert_eq!((reply.count, reply.stop_reason, reply.trajectory.len()), (2, CodeStopReason::Turns, 2));
    let seen = seen.lock().expect("whole");
    assert!(seen[1].contains("(nothing was printed)"), "{}", seen[1]);
    assert!(
        seen[2].contains("42") && seen[2].contains("mails") && !seen[2].contains("turns_left"),
        "{}",
        seen[2]
    );
}

async fn a_search_tunes_its_predictors_and_plans_for_every_call(python: impl Interpreter + Clone + 'static) {
    let row = |n: u32| Complaints { mails: vec![], about: format!("row {n}?"), count: 1, worst: None };
    let rows = |from: u32, to: u32| Rows::from((from..to).map(row).collect::<Vec<_>>());
    let splits = dspy::Splits::new(rows(0, 6), rows(6, 12), rows(12, 14)).expect("no row twice");
    let search = dspy::BootstrapFewShot::new(|row: &Complaints, out: &CodeOutput<ComplaintsOutput>| {
        row.count == out.count
    });
    let cx = super::learner(|prompt, right| {
        let count = if right { "1" } else { "2" };
        if prompt.contains("one?") {
            answer("0")
        } else {
            code(&format!("SUBMIT({count} + int(llm_query('one?')))"))
        }
    });
    let program = |turns, calls| Rlm::<Complaints>::new(python.clone()).turns(turns).sub_calls(calls);
    let plan = |turns, calls| search.plan(&cx, &program(turns, calls), &splits).task_calls().most;
    assert_eq!(plan(20, 50) * 3, plan(1, 1) * 71);
    let compiled = search.compile(&cx, program(2, 2), &splits).await.expect("in plan");
    let state = compiled.program.state();
    assert_eq!(state.paths().collect::<Vec<_>>(), ["extract.predict", "query", "turn"]);
    assert!(
        ["turn", "query"].iter().all(|path| !state.get(path).expect("found").demos.is_empty()),
        "{state:?}"
    );
    let reply = compiled.program.call(&cx, input()).await.expect("it answers");
    assert_eq!(reply.count, 1);
}
