use std::time::Duration;

use dspy::lm::{Request, Response, Scripted};
use dspy::module::StreamEvent;
use dspy::optimize::LabeledFewShot;
use dspy::strategy::OrElse;
use dspy::{Budget, Context, ErrorKind, Module, Predict, Result, Splits, module};
use futures_util::{FutureExt, StreamExt};

use super::{Answer, AnswerInput, AnswerOutput, Slow, given_up_after_each_poll, question, word};
use crate::task::{Guess, right, rows};

type Either = OrElse<Predict<Answer>, Predict<Answer>>;

/// Holds one as a field, made without arguments.
#[module]
struct Holder {
    ask: Either,
}

#[module]
impl Holder {
    async fn forward(&self, cx: &Context, input: AnswerInput) -> Result<AnswerOutput> {
        self.ask.forward(cx, input).await
    }
}

fn either() -> Either {
    OrElse::new(Predict::new(), Predict::new())
}

async fn tried(replies: &[&str]) -> Vec<(String, Option<u32>, bool)> {
    let replies: Vec<_> = replies.iter().map(ToString::to_string).collect();
    let cx = Context::new(Scripted::replies(replies)).with_parse_retries(0);
    let reply = Holder::new().call(&cx, question()).await.expect("one answers");
    reply.trace().steps().map(|step| (step.path.to_string(), step.attempt(), step.is_chosen())).collect()
}

#[tokio::test]
async fn the_second_is_asked_only_where_the_first_fails() {
    assert_eq!(tried(&[&word("a")]).await, [("ask.first".into(), Some(1), true)]);
    let both = [("ask.first".into(), Some(1), false), ("ask.second".into(), Some(2), true)];
    assert_eq!(tried(&["?", &word("a")]).await, both);
}

#[tokio::test]
async fn both_failures_are_listed_and_a_spent_budget_ends_it() {
    let cx = Context::new(Scripted::replies(["?"; 9])).with_parse_retries(0);
    let error = either().call(&cx, question()).await.expect_err("neither");
    let text = error.to_string();
    assert!(
        text.starts_with("both programs failed: first: first: ") && text.contains("; second: second: "),
        "{text}"
    );
    assert_eq!(error.kind(), ErrorKind::Parse);
    assert!(!error.problems().is_empty());

    let error = either().call(&cx.with_budget(Budget::calls(0)), question()).await.expect_err("not paid for");
    assert!(error.is_budget() && !error.to_string().contains("second"), "{error}");
    let three = either().or(Predict::<Answer>::new());
    let cx = Context::new(Scripted::replies(["?", "?", &word("a")])).with_parse_retries(0);
    assert_eq!(three.call(&cx, question()).await.expect("the third").word, "a");
    assert_eq!(three.state().paths().collect::<Vec<_>>(), ["first.first", "first.second", "second"]);
}

#[tokio::test]
async fn a_stream_shows_nothing_of_a_program_that_may_fail() {
    let cx = Context::new(Scripted::replies(["?", &word("a")]).in_chunks(3)).with_parse_retries(0);
    let events: Vec<_> = either().stream(&cx, question()).collect().await;
    assert!(matches!(&events[..], [Ok(StreamEvent::Prediction(reply))] if reply.word == "a"));
}

#[test]
fn giving_it_up_at_any_time_leaves_the_books_right() {
    let unsure = |call: u64, _: &Request| {
        (Duration::ZERO, Ok(Response::new(if call < 2 { "?".into() } else { word("a") })))
    };
    given_up_after_each_poll(
        || Slow::new(2, unsure),
        |cx| async move { either().call(cx, question()).await }.boxed(),
    );
}

#[tokio::test]
async fn a_search_finds_and_tunes_both() {
    let splits = Splits::new(rows(0, 12), rows(12, 12), rows(24, 6)).expect("no row twice");
    let search = LabeledFewShot::new(|row: &Guess, out: &crate::task::GuessOutput| right(row, out)).k(6);
    let program = OrElse::new(Predict::<Guess>::new(), Predict::<Guess>::new());
    let cx = crate::task::built_in();
    let compiled = search.compile(&cx, program, &splits).await.expect("it runs");
    for path in ["first", "second"] {
        assert_eq!(compiled.program.state().get(path).expect("its path").demos.len(), 6, "{path}");
    }
}
