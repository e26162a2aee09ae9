use std::sync::{Arc, Mutex};
use std::time::Duration;

use dspy::lm::{Request, Response, Scripted};
use dspy::strategy::MultiChain;
use dspy::{Budget, Context, ErrorKind, Lm, Splits};
use futures_util::FutureExt;

use super::{Answer, Slow, given_up_after_each_poll, question, word};
use crate::task::{Guess, GuessOutput, right, rows};

fn is_comparison(request: &Request) -> bool {
    request.messages.iter().any(|message| message.text().contains("attempts"))
}

/// Attempts answer by their rollout, the later the sooner; the comparison repeats all that it is shown of them.
fn model() -> (Slow, Arc<Mutex<Vec<String>>>) {
    let shown: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = shown.clone();
    let slow = Slow::new(0, move |call, request| {
        if is_comparison(request) {
            let last = request.messages.iter().last().map(|message| message.text().to_owned());
            seen.lock().expect("whole").extend(last);
            return (Duration::ZERO, Ok(Response::new(word("a0"))));
        }
        let reply = format!("a{}", request.rollout % 1_000);
        (Duration::from_millis(100 - call * 10), Ok(Response::new(word(&reply))))
    });
    (slow, shown)
}

#[tokio::test(start_paused = true)]
async fn the_comparison_sees_every_attempt_and_answers() {
    let mut prompts = Vec::new();
    for at_once in [1, 8] {
        let (slow, shown) = model();
        let cx = Context::new(Lm::from(slow));
        let chains = MultiChain::<Answer>::new().attempts(4).concurrency(at_once);
        let reply = chains.call(&cx, question()).await.expect("it runs");
        assert_eq!((reply.word.as_str(), reply.usage().calls), ("a0", 5));
        let steps: Vec<_> =
            reply.trace().steps().map(|step| (&*step.path, step.attempt(), step.is_chosen())).collect();
        let attempt = |number, chosen| ("attempt.predict", Some(number), chosen);
        assert_eq!(
            steps,
            [
                attempt(1, true),
                attempt(2, false),
                attempt(3, false),
                attempt(4, false),
                ("compare.predict", None, true)
            ],
            "only the first said what the answer is"
        );
        let shown = shown.lock().expect("whole").join("");
        for step in reply.trace().steps().take(4) {
            let said = step.output.as_ref().ok().and_then(|out| out.get("word")).expect("it answered");
            assert!(shown.contains(said.as_str().expect("a text")), "{said} in {shown}");
        }
        prompts.push(shown);
    }
    assert_eq!(prompts[0], prompts[1], "the order is that of attempts");
}

#[tokio::test]
async fn failed_attempts_are_left_out_and_all_failed_is_an_error_that_lists_them() {
    let cx = Context::new(Scripted::replies(["?".into(), word("b"), word("b")])).with_parse_retries(0);
    let chains = MultiChain::<Answer>::new().attempts(2).concurrency(1);
    assert_eq!(chains.call(&cx, question()).await.expect("one is left").word, "b");
    let cx = Context::new(Scripted::replies(["?", "?"])).with_parse_retries(0);
    let error = chains.call(&cx, question()).await.expect_err("none is left");
    assert_eq!(error.kind(), ErrorKind::Parse);
    let text = error.to_string();
    assert!(text.contains("attempt 1: ") && text.contains("; attempt 2: "), "{text}");
    let cx = Context::new(Scripted::replies([word("b"), word("b")])).with_budget(Budget::calls(1));
    assert!(chains.call(&cx, question()).await.expect_err("nothing is left to compare with").is_budget());
}

#[test]
fn giving_it_up_at_any_time_leaves_the_books_right() {
    given_up_after_each_poll(
        || Slow::new(2, |_, _| (Duration::ZERO, Ok(Response::new(word("a"))))),
        |cx| async move { MultiChain::<Answer>::new().concurrency(2).call(cx, question()).await }.boxed(),
    );
}

#[tokio::test]
async fn a_search_finds_both_predictors_and_its_plan_has_every_attempt() {
    let splits = Splits::new(rows(0, 12), rows(12, 12), rows(24, 6)).expect("no row twice");
    let search =
        dspy::BootstrapFewShot::new(|row: &Guess, out: &dspy::predict::WithReasoning<GuessOutput>| {
            right(row, out)
        });
    let cx = crate::task::built_in().with_parse_retries(0);
    let plan = |n| search.plan(&cx, &MultiChain::<Guess>::new().attempts(n), &splits).task_calls().most;
    assert_eq!(plan(4) * 2, plan(1) * 5);
    // The prompt that compares is the longer one, and most calls are attempts.
    let tokens =
        |n| search.plan(&cx, &MultiChain::<Guess>::new().attempts(n), &splits).tokens().input.expected;
    assert!(tokens(9) < 5 * tokens(1), "{} of {}", tokens(9), tokens(1));
    let program = MultiChain::<Guess>::new();
    assert_eq!(program.state().paths().collect::<Vec<_>>(), ["attempt.predict", "compare.predict"]);
    let compiled = search.compile(&cx, program, &splits).await.expect("within its plan");
    let state = compiled.program.state();
    let tuned = state.paths().filter(|path| state.get(path).is_some_and(|one| !one.demos.is_empty())).count();
    assert_eq!(tuned, 2, "{state:?}");
}
