use std::sync::{Arc, Mutex};
use std::time::Duration;

use dspy::evaluate::metrics::Judge;
use dspy::lm::{Request, Response, Sampling, Scripted};
use dspy::module::StreamEvent;
use dspy::strategy::BestOfN;
use dspy::trace::{Note, Trace};
use dspy::{BootstrapFewShot, Budget, Context, Error, ErrorKind, Module, Predict, Score, Splits};
use futures_util::{FutureExt, StreamExt};

use super::{Answer, AnswerInput, AnswerOutput, Slow, given_up_after_each_poll, question, word};
use crate::task::{Guess, GuessInput, GuessOutput, Sorter, right, rows};

fn length(_: &AnswerInput, out: &AnswerOutput) -> f64 {
    out.word.len() as f64
}

fn longest(n: usize) -> BestOfN<Predict<Answer>> {
    BestOfN::new(Predict::new(), n, length).threshold(9.0)
}

#[tokio::test]
async fn the_first_that_is_good_enough_is_taken_and_no_other_is_asked_for() {
    let cx = Context::new(Scripted::replies(["a", "ninety nine", "ninety-nine point nine"].map(word)));
    let reply = longest(3).call(&cx, question()).await.expect("it runs");
    assert_eq!((reply.word.as_str(), reply.usage().calls), ("ninety nine", 2));
    let steps: Vec<_> = reply.trace().steps().map(|step| (step.attempt(), step.is_chosen())).collect();
    assert_eq!(steps, [(Some(1), false), (Some(2), true)]);
    assert_eq!(reply.trace().chosen().count(), 1);
}

#[tokio::test]
async fn else_the_best_is_and_of_equals_the_earliest() {
    let cx = Context::new(Scripted::replies(["a", "bcd", "efg", "h"].map(word)));
    let reply = longest(4).call(&cx, question()).await.expect("it runs");
    assert_eq!((reply.word.as_str(), reply.usage().calls), ("bcd", 4));
}

#[tokio::test]
async fn attempts_are_rollouts_and_the_first_is_the_call_itself() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let lm = Scripted::new(move |_, request: &Request| {
        seen.lock().expect("whole").push((request.rollout, request.sampling.temperature));
        Ok(Response::new(word("a")))
    });
    longest(3).call(&Context::new(lm), question()).await.expect("it runs");
    let asked = asked.lock().expect("whole");
    assert_eq!(asked[0], (0, None));
    assert_eq!((asked[1].1, asked[2].1), (Some(1.0), Some(1.0)));
    assert!(asked[1].0 > 0 && asked[2].0 > 0 && asked[1].0 != asked[2].0);
}

#[tokio::test]
async fn attempts_at_temperature_0_are_not_the_same_call_three_times() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let lm = Scripted::new(move |_, request: &Request| {
        seen.lock().expect("whole").push((request.sampling.temperature, request.sampling.seed));
        Ok(Response::new(word("a")))
    });
    let mut sampling = Sampling::default();
    (sampling.temperature, sampling.seed) = (Some(0.0), Some(5));
    let cx = Context::new(lm).with_sampling(sampling);
    longest(3).call(&cx, question()).await.expect("it runs");
    let asked = asked.lock().expect("whole");
    assert_eq!(asked[0], (Some(0.0), Some(5)), "the first is the call itself");
    assert_eq!((asked[1].0, asked[2].0), (Some(0.7), Some(0.7)));
    let seeds: std::collections::BTreeSet<_> = asked.iter().filter_map(|(_, seed)| *seed).collect();
    assert!(seeds.len() == 3 && seeds.iter().all(|seed| *seed < 1 << 31), "{seeds:?}");
}

#[tokio::test]
async fn where_all_fail_the_error_lists_every_attempt() {
    let lm = Scripted::new(|call, _| match call {
        0 => Err(Error::new(ErrorKind::Server, "down")),
        _ => Ok(Response::new(word("a"))),
    });
    let refused = BestOfN::new(Predict::<Answer>::new(), 3, |_: &AnswerInput, out: &AnswerOutput| {
        if out.word.is_empty() { Ok(1.0) } else { Err(Error::new(ErrorKind::Data, "no")) }
    });
    let error = refused.call(&Context::new(lm), question()).await.expect_err("no reward");
    assert_eq!(
        error.to_string(),
        "every attempt failed: attempt 1: self: down; attempt 2: the reward failed: no; \
         attempt 3: the reward failed: no"
    );
    assert_eq!(error.kind(), ErrorKind::Server);

    let endless = BestOfN::new(Predict::<Answer>::new(), 1, |_: &AnswerInput, _: &AnswerOutput| f64::NAN);
    let cx = Context::new(Scripted::replies([word("a")]));
    let error = endless.call(&cx, question()).await.expect_err("no number");
    assert!(error.to_string().ends_with("attempt 1: the reward is NaN, which is not a score"), "{error}");
}

#[tokio::test]
async fn what_fails_is_in_the_trace_and_what_does_not_is_the_answer() {
    let lm = Scripted::new(|call, _| match call {
        0 => Err(Error::new(ErrorKind::Server, "down")),
        _ => Ok(Response::new(word("ninety nine"))),
    });
    let reply = longest(3).call(&Context::new(lm), question()).await.expect("the second");
    assert_eq!(reply.trace().steps().map(|step| step.output.is_ok()).collect::<Vec<_>>(), [false, true]);
    assert!(reply.notes().any(|note| *note == Note::Attempt { number: 2, chosen: true }));
}

#[tokio::test]
async fn a_spent_budget_gives_the_best_so_far_or_else_its_error() {
    let cx = Context::new(Scripted::replies(["a", "bcd", "efgh"].map(word)));
    let reply =
        longest(3).call(&cx.with_budget(Budget::calls(2)), question()).await.expect("two are paid for");
    assert_eq!((reply.word.as_str(), cx.usage().calls), ("bcd", 2));
    let error = longest(3).call(&cx.with_budget(Budget::calls(0)), question()).await.expect_err("none is");
    assert!(error.is_budget(), "{error}");
    assert!(!error.to_string().contains("attempt 2"), "it was not tried: {error}");
}

/// What a rollout is answered, and how long that takes: the earlier, the longer.
fn of_rollout(call: u64, request: &Request) -> (Duration, dspy::Result<Response>) {
    let letters = "a".repeat(1 + (request.rollout % 7) as usize);
    (Duration::from_millis(100_u64.saturating_sub(call * 10)), Ok(Response::new(word(&letters))))
}

#[tokio::test(start_paused = true)]
async fn the_output_is_the_same_however_many_run_at_once() {
    for threshold in [3.0, 5.0, 7.0, 99.0] {
        let mut found = Vec::new();
        for at_once in [1, 2, 8] {
            let cx = Context::new(dspy::Lm::from(Slow::new(0, of_rollout)));
            let best = longest(8).threshold(threshold).concurrency(at_once);
            let reply = best.call(&cx, question()).await.expect("it runs");
            let chosen = reply.trace().chosen().map(|step| step.attempt()).collect::<Vec<_>>();
            let numbers: Vec<_> = reply.trace().steps().filter_map(|step| step.attempt()).collect();
            assert!(numbers.is_sorted(), "in the order of attempts: {numbers:?}");
            assert_eq!(cx.usage(), cx.ledger().total());
            found.push((reply.word.clone(), chosen));
        }
        assert!(found.iter().all(|other| *other == found[0]), "{threshold}: {found:?}");
    }
}

#[test]
fn giving_it_up_at_any_time_leaves_the_books_right() {
    for at_once in [1, 2, 4] {
        given_up_after_each_poll(
            || Slow::new(2, |_, _| (Duration::ZERO, Ok(Response::new(word("a"))))),
            |cx| async move { longest(4).concurrency(at_once).call(cx, question()).await }.boxed(),
        );
    }
}

#[tokio::test]
async fn a_stream_shows_nothing_of_what_may_not_be_chosen() {
    let cx = Context::new(Scripted::replies(["a", "ninety nine"].map(word)).in_chunks(4));
    let mut stream = longest(2).stream(&cx, question());
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        events.push(event.expect("it runs"));
    }
    assert!(matches!(&events[..], [StreamEvent::Prediction(reply)] if reply.word == "ninety nine"));
}

#[tokio::test]
async fn strategies_go_into_strategies() {
    let cx = Context::new(Scripted::replies(["abc", "a", "ab", "abcd"].map(word)));
    let inner =
        BestOfN::new(Predict::<Answer>::new(), 2, |_: &AnswerInput, out: &AnswerOutput| out.word.len() < 2);
    let outer = BestOfN::new(inner, 2, length).threshold(2.5);
    let reply = outer.call(&cx, question()).await.expect("it runs");
    let steps: Vec<_> = reply.trace().steps().map(|step| (step.attempt(), step.is_chosen())).collect();
    assert_eq!(reply.word, "ab", "the inner best of the second");
    assert_eq!(steps, [(Some(1), false), (Some(2), false), (Some(1), true), (Some(2), false)]);
}

fn named(looks: &str) -> &'static str {
    match looks {
        _ if looks.contains("yellow") => "banana",
        _ if looks.contains("round") => "apple",
        _ => "cherry",
    }
}

#[tokio::test]
async fn a_search_finds_the_predictors_inside_and_its_plan_has_every_attempt() {
    // Without demonstrations the first attempt is wrong and another may be right; only that one may be shown.
    let cx = Context::new(Scripted::new(|_, request: &Request| {
        let asked =
            request.messages.iter().last().map(|message| message.text().to_owned()).unwrap_or_default();
        let fruit = match (request.messages.iter().count() > 2, request.rollout) {
            (true, _) => named(&asked),
            (false, 0) => "cherry",
            (false, _) => "apple",
        };
        Ok(Response::new(format!("[[ ## reasoning ## ]]\nso\n[[ ## fruit ## ]]\n{fruit}")))
    }));
    let cx = cx.with_parse_retries(0);
    let splits = Splits::new(rows(0, 6), rows(6, 6), rows(12, 6)).expect("no row twice");
    let is_named = |input: &GuessInput, out: &GuessOutput| {
        Score::from(serde_json::json!(out.fruit) == named(&input.looks)).because("by its looks")
    };
    let best = BestOfN::new(Sorter::new(), 3, is_named);
    assert_eq!(best.state(), Sorter::new().state(), "paths are those of the program");
    let search = BootstrapFewShot::new(|row: &Guess, out: &GuessOutput| right(row, out)).max_labeled_demos(0);
    let (one, three) = (search.plan(&cx, &Sorter::new(), &splits), search.plan(&cx, &best, &splits));
    assert_eq!(three.task_calls().most, 3 * one.task_calls().most);
    let compiled = search.compile(&cx, best, &splits).await.expect("within its plan");
    let demos = &compiled.program.state();
    for path in ["guess", "recount.predict"] {
        let demos = &demos.get(path).expect("its predictor").demos;
        assert!(!demos.is_empty(), "{path} is tuned");
        let is_right = |demo: &dspy::data::Record| {
            let text = |field| demo.get(field).and_then(|value| value.as_str());
            text("looks").map(named) == text("fruit")
        };
        assert!(demos.iter().all(is_right), "of the attempts that were chosen: {demos:?}");
        assert!(
            demos.iter().any(|demo| demo.get("fruit").is_some_and(|fruit| fruit == "apple")),
            "{demos:?}"
        );
    }
}

/// With which rollout and temperature a judge was asked.
type Asked = Arc<Mutex<Vec<(u64, Option<f64>)>>>;

/// Answers with one word after the other, and judges them: the longer, the better, and ten letters are enough.
fn judged(words: &'static [&'static str]) -> (Context, Asked) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (seen, attempts) = (asked.clone(), Mutex::new(words.iter()));
    let lm = Scripted::new(move |_, request: &Request| {
        let text: String = request.messages.iter().map(|message| message.text()).collect();
        if !text.contains("[[ ## rubric ## ]]") {
            return Ok(Response::new(word(attempts.lock().expect("whole").next().expect("a word"))));
        }
        assert!(text.contains("Which one?") && text.contains("none"), "inputs, and no labels: {text}");
        seen.lock().expect("whole").push((request.rollout, request.sampling.temperature));
        let length = words
            .iter()
            .filter(|word| text.contains(&format!("{{\"word\":\"{word}\"}}")))
            .map(|word| word.len());
        let score = length.max().expect("one of them") as f64 / 10.0;
        Ok(Response::new(format!("[[ ## reason ## ]]\nits length\n[[ ## score ## ]]\n{score}")))
    });
    (Context::new(lm), asked)
}

#[tokio::test]
async fn a_metric_that_asks_a_model_is_a_reward() {
    for concurrency in [1, 3] {
        let (cx, asked) = judged(&["abc", "ten letter"]);
        let best = BestOfN::with_metric(Predict::<Answer>::new(), 2, Judge::new("It is long."));
        let reply = best.concurrency(concurrency).call(&cx, question()).await.expect("it runs");
        assert_eq!(
            (reply.word.as_str(), reply.usage().calls),
            ("ten letter", 4),
            "two of them are the judge's"
        );
        let steps: Vec<_> =
            reply.trace().steps().map(|step| (&*step.path, step.attempt(), step.is_chosen())).collect();
        assert_eq!(
            steps,
            [("self", Some(1), false), ("judge", None, true), ("self", Some(2), true), ("judge", None, true)]
        );
        assert_eq!(*asked.lock().expect("whole"), [(0, None); 2], "it judges each as it would the first");
    }
}

#[tokio::test]
async fn what_judging_attempts_costs_is_planned_for_and_charged() {
    let splits = Splits::new(rows(0, 6), rows(6, 6), rows(12, 6)).expect("no row twice");
    let cx = Context::new(Scripted::new(|_, request: &Request| {
        let judges = request.messages.iter().any(|message| message.text().contains("[[ ## rubric ## ]]"));
        Ok(Response::new(match judges {
            true => "[[ ## reason ## ]]\nso\n[[ ## score ## ]]\n0.5",
            false => "[[ ## reasoning ## ]]\nso\n[[ ## fruit ## ]]\napple",
        }))
    }));
    let search =
        || BootstrapFewShot::new(|row: &Guess, out: &GuessOutput| right(row, out)).max_labeled_demos(0);
    let by_closure = BestOfN::new(Sorter::new(), 3, |_, _| 0.5);
    let by_judge = BestOfN::with_metric(Sorter::new(), 3, Judge::new("It is likely."));
    let plan = |best: &BestOfN<Sorter>| search().plan(&cx, best, &splits);
    // One call and one more if its reply cannot be read, for each of three attempts.
    assert_eq!(plan(&by_judge).calls_per_run(), plan(&by_closure).calls_per_run() + 3 * 2);
    let compiled = search().compile(&cx, by_judge.clone(), &splits).await;
    let compiled = compiled.expect("within its plan");
    // Each attempt asks two predictors and the judge.
    assert!(compiled.usage.calls % 9 == 0 && compiled.usage.calls <= plan(&by_judge).max_calls());

    let few = search().calls_per_row(6).compile(&cx, by_judge.clone(), &splits).await;
    assert_eq!(few.expect_err("nine are made").kind(), ErrorKind::CallBound);
    let poor = cx.with_budget(Budget::calls(2));
    let error = by_judge.call(&poor, GuessInput { looks: "round".into() }).await.expect_err("no judge");
    assert!(error.is_budget(), "{error}");
    assert_ne!(by_judge.version(), by_closure.version(), "a program by another metric is another");
}

#[tokio::test]
async fn metrics_of_every_shape_are_rewards() {
    let replies = || Context::new(Scripted::replies(["a", "bcd", "efg"].map(word)));
    let of = |best: BestOfN<Predict<Answer>>| async move {
        best.threshold(9.0).call(&replies(), question()).await.expect("it runs").word.clone()
    };
    let predict = Predict::<Answer>::new;
    assert_eq!(of(BestOfN::new(predict(), 3, |_, out| out.word.len() as f64)).await, "bcd");
    assert_eq!(of(BestOfN::with_metric(predict(), 3, length)).await, "bcd");
    let traced = |_: &AnswerInput, out: &AnswerOutput, trace: &Trace| {
        assert_eq!(trace.steps().count(), 1, "its own attempt");
        out.word.len() as f64
    };
    assert_eq!(of(BestOfN::with_metric(predict(), 3, traced)).await, "bcd");
    let asking = |_: &AnswerInput, out: &AnswerOutput| {
        let length = out.word.len() as f64;
        async move { length }
    };
    assert_eq!(of(BestOfN::with_metric(predict(), 3, asking)).await, "bcd");
}
