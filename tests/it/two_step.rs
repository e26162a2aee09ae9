//! A free answer, and a second call that reads it.

use dspy::adapter::{JsonAdapter, TwoStep};
use dspy::data::Record;
use dspy::lm::{ModelId, Response, Scripted};
use dspy::optimize::LabeledFewShot;
use dspy::parse::Repair;
use dspy::trace::Note;
use dspy::{Budget, ChainOfThought, Context, Predict};
use futures_util::StreamExt;

use crate::task::{Count, CountInput, Fruit, Guess, Sorter, built_in, guess, right, splits};

fn thinker(answers: &[&str]) -> Scripted {
    Scripted::replies(answers.iter().copied()).named(ModelId::new("test", "thinker"))
}

fn reader(replies: &[&str]) -> Scripted {
    Scripted::replies(replies.iter().copied()).named(ModelId::new("test", "reader"))
}

fn count() -> CountInput {
    CountInput { looks: "three apples".into() }
}

#[tokio::test]
async fn both_calls_are_counted_and_seen() {
    let cx = Context::new(thinker(&["Bent, so a banana & nothing else."]))
        .with_adapter(TwoStep::reading_with(JsonAdapter))
        .with_extraction_lm(reader(&["{\"fruit\": \"banana\"}"]));
    let reply = Predict::<Guess>::new().call(&cx, guess("bent")).await.expect("read");
    assert_eq!((reply.fruit, reply.usage().calls, cx.usage().calls), (Fruit::Banana, 2, 2));
    assert_eq!(reply.notes().collect::<Vec<_>>(), [&Note::Extracted { by: "test/reader".into() }]);
    let history = cx.history(9).to_string();
    for seen in [
        "asks test/thinker",
        "asks test/reader",
        "Answer in your own words",
        "[[ ## answer_text ## ]]\nBent, so a banana & nothing else.",
    ] {
        assert!(history.contains(seen), "{seen}: {history}");
    }
    assert_eq!(history.matches("Reply with one JSON object").count(), 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_asked_of_the_reader_and_what_does_not_hold_of_the_thinker() {
    let cx = Context::new(thinker(&["Minus two, I think.", "No, three."]))
        .with_adapter(TwoStep::new())
        .with_extraction_lm(reader(&["minus two", "[[ ## pieces ## ]]\n-2", "[[ ## pieces ## ]]\n3"]))
        .with_parse_retries(2);
    let reply = Predict::<Count>::new().call(&cx, count()).await.expect("read");
    assert_eq!((reply.pieces, reply.usage().calls), (3, 5));
    assert_eq!(reply.repairs().filter(|repair| **repair == Repair::AskedAgain).count(), 2);
    let asked: Vec<_> = cx
        .history(9)
        .exchanges()
        .map(|exchange| (exchange.request().messages.iter().count(), exchange.request().messages.to_string()))
        .collect();
    assert!(asked[2].1.contains("field `pieces`: it is missing"), "the reader is told: {}", asked[2].1);
    assert!(
        asked[3].1.contains("Minus two, I think.") && asked[3].1.contains("at least 0; found `-2`"),
        "{}",
        asked[3].1
    );
    assert_eq!(asked.iter().map(|(count, _)| *count).collect::<Vec<_>>(), [2, 2, 4, 4, 2]);

    let cx = Context::new(thinker(&["Minus two."])).with_adapter(TwoStep::new()).with_parse_retries(0);
    let cx = cx.with_extraction_lm(reader(&["minus two"]));
    let error = Predict::<Count>::new().call(&cx, count()).await.expect_err("nothing to read");
    assert!(error.is_parse() && cx.usage().calls == 2, "{error}");
}

#[tokio::test]
async fn plans_and_budgets_count_the_second_call() {
    let cx = built_in().with_parse_retries(2);
    let optimizer = LabeledFewShot::new(right);
    let calls = |cx: &Context, program: &Sorter| optimizer.plan(cx, program, &splits()).calls_per_run();
    assert_eq!(calls(&cx, &Sorter::new()), 2 * 3);
    assert_eq!(calls(&cx.with_adapter(TwoStep::new()), &Sorter::new()), 2 * 2 * 3);
    let mixed = Sorter { guess: Predict::new().adapter(TwoStep::new()), recount: ChainOfThought::new() };
    assert_eq!(calls(&cx, &mixed), 3 + 2 * 3);

    let cx = Context::new(thinker(&["An apple."])).with_adapter(TwoStep::new()).with_budget(Budget::calls(1));
    let error = Predict::<Guess>::new().call(&cx, guess("red")).await.expect_err("no second call");
    assert!(error.is_budget());
}

#[tokio::test]
async fn fields_stream_from_the_second_call_and_demonstrations_are_free_text() {
    let program = Predict::<Guess>::new().adapter(TwoStep::new());
    let mut state = program.state();
    state
        .get_mut("self")
        .expect("one predictor")
        .demos
        .push(Record::from_iter([("looks", "red"), ("fruit", "apple")]));
    let program = program.with_state(&state).expect("its own path");
    let cx = Context::new(
        Scripted::new(|call, request| {
            assert_eq!(call == 0, request.messages.iter().any(|message| message.text() == "fruit: apple"));
            Ok(Response::new(if call == 0 {
                "Long and bent: a banana."
            } else {
                "[[ ## fruit ## ]]\nbanana"
            }))
        })
        .in_chunks(4),
    );
    let mut stream = program.stream(&cx, guess("bent"));
    let mut seen = String::new();
    while let Some(event) = stream.next().await {
        match event.expect("no error") {
            dspy::module::StreamEvent::Field(dspy::context::FieldEvent::FieldDelta { text, .. }) => {
                seen.push_str(&text)
            }
            dspy::module::StreamEvent::Prediction(reply) => assert_eq!(reply.fruit, Fruit::Banana),
            _ => {}
        }
    }
    assert_eq!(seen, "banana");
}
