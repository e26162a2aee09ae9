//! Demonstrations chosen by an embedder that has to be called.

use std::sync::atomic::Ordering;

use dspy::module::Knn;
use dspy::optimize::{KnnFewShot, Termination};
use dspy::{Budget, Compiled, Context, Error, ErrorKind, Predict, Splits};

use crate::embed::Provider;
use crate::task::{Fruit, Guess, GuessOutput, Sorter, built_in, guess, right, rows};

fn context(batch: usize) -> Context {
    built_in().with_embedder(Provider::new(batch))
}

fn splits() -> Splits<Guess> {
    Splits::new(rows(0, 12), rows(12, 12), rows(24, 6)).expect("no row twice")
}

fn optimizer(concurrency: usize) -> KnnFewShot<Guess, GuessOutput> {
    KnnFewShot::new(right, 2).max_rounds(2).concurrency(concurrency)
}

async fn compiled(cx: &Context, concurrency: usize) -> Compiled<Knn<Sorter>> {
    let splits = splits();
    let compiled = optimizer(concurrency).compile(cx, Sorter::new(), &splits).await;
    compiled.expect("it runs")
}

fn bytes<P>(compiled: &Compiled<P>) -> String {
    serde_json::to_string(&(&compiled.candidates, compiled.usage, &compiled.spent)).expect("it is JSON")
}

#[tokio::test]
async fn neighbours_are_the_embedders_and_each_call_is_charged() {
    let splits = splits();
    let program = KnnFewShot::new(right, 2)
        .compile(&built_in(), Predict::<Guess>::new(), &splits)
        .await
        .expect("it runs")
        .program;
    let asked = "a long and bent yellow thing";
    let free = built_in();
    program.call(&free, guess(asked)).await.expect("it runs");

    let provider = Provider::new(5);
    let texts = provider.texts();
    let cx = built_in().with_embedder(provider);
    for _ in 0..3 {
        let reply = program.call(&cx, guess(asked)).await.expect("it runs");
        assert_eq!((reply.fruit, reply.usage().calls), (Fruit::Banana, 2), "one chooses, one answers");
    }
    assert_eq!(cx.history(1).to_string(), free.history(1).to_string(), "the vectors are the same");
    // Three batches of demonstrations, once, and each call's own.
    let by_model = cx.ledger().by(|spent| (spent.model.clone(), spent.path.clone()));
    let embedder = ("openai/text-embedding-3-small".to_owned(), "self".to_owned());
    assert_eq!((by_model[&embedder].calls, by_model[&embedder].input_tokens), (3 + 3, 10 * (12 + 3)));
    assert_eq!((cx.ledger().total(), cx.usage().calls), (cx.usage(), 6 + 3));
    assert_eq!(texts.lock().expect("whole").iter().filter(|text| *text == asked).count(), 3);
    // Another state has vectors of its own.
    let mut state = program.state();
    state.get_mut("self").expect("the one predictor").demos.pop();
    let other = program.with_state(&state).expect("its own");
    let refused = other.call(&cx.with_budget(Budget::calls(4)), guess(asked)).await;
    assert!(refused.expect_err("it takes five").is_budget());
    other.call(&cx.with_budget(Budget::calls(5)), guess(asked)).await.expect("five are enough");
}

#[tokio::test]
async fn prompts_are_shown_without_a_call_or_not_at_all() {
    let mut one = Knn::new(Predict::<Guess>::new(), 1);
    let mut state = one.state();
    let own = state.get_mut("self").expect("the one predictor");
    for looks in ["red", "yellow"] {
        own.demos.push(dspy::data::Record::from_iter([("looks", looks), ("fruit", "apple")]));
    }
    one = one.with_state(&state).expect("its own");
    let shown = one.program().render(&built_in(), &guess("red")).expect("in this process").iter().count();
    assert_eq!(shown, 4, "one demonstration");
    let cx = context(8);
    let error = one.program().render(&cx, &guess("a secret")).expect_err("it takes a call");
    assert_eq!((error.kind(), cx.usage().calls), (ErrorKind::Unsupported, 0));
    assert!(!error.to_string().contains("secret"));

    let down = Provider::failing(8, |call| (call == 0).then(|| Error::new(ErrorKind::Server, "down")));
    let cx = built_in().with_embedder(down);
    assert_eq!(one.call(&cx, guess("red")).await.expect_err("it is down").kind(), ErrorKind::Server);
    one.call(&cx, guess("red")).await.expect("it is up again, and the vectors are made then");
}

#[tokio::test]
async fn a_search_comes_to_the_same_at_any_concurrency_and_within_its_plan() {
    let free = compiled(&built_in(), 8).await;
    for batch in [5, 64] {
        let mut results = Vec::new();
        for concurrency in [1, 64] {
            let provider = Provider::new(batch);
            let calls = provider.calls();
            let cx = built_in().with_embedder(provider);
            let plan = optimizer(1).plan(&cx, &Sorter::new(), &splits());
            let compiled = compiled(&cx, concurrency).await;
            let of_embedder = cx.ledger().by(|spent| spent.model.clone())["openai/text-embedding-3-small"];
            assert_eq!(of_embedder.calls, calls.load(Ordering::SeqCst) as u64);
            assert_eq!(compiled.usage, cx.ledger().total());
            assert_eq!(compiled.usage.calls, free.usage.calls + of_embedder.calls);
            assert!(compiled.usage.calls <= plan.max_calls(), "{plan}");
            assert!(plan.to_string().contains("embed demonstrations"), "{plan}");
            assert_eq!((compiled.score, compiled.program.state()), (free.score, free.program.state()));
            results.push(bytes(&compiled));
        }
        assert_eq!(results[0], results[1]);
    }
    let plan = optimizer(1).plan(&built_in(), &Sorter::new(), &splits());
    assert!(!plan.to_string().contains("embed"), "the built-in embedder costs nothing");
}

#[tokio::test]
async fn a_search_keeps_its_budget_wherever_that_ends() {
    let whole = compiled(&context(5), 8).await.usage.calls;
    let splits = splits();
    for budget in (60..whole + 40).step_by(23) {
        let mut results = Vec::new();
        for concurrency in [1, 64] {
            let cx = context(5);
            let optimizer = optimizer(concurrency).budget(Budget::calls(budget));
            let made = optimizer.compile(&cx, Sorter::new(), &splits).await;
            assert!(cx.usage().calls <= budget);
            assert_eq!(cx.usage(), cx.ledger().total());
            results.push(made.map_or_else(|error| error.to_string(), |made| bytes(&made)));
        }
        assert_eq!(results[0], results[1], "budget {budget}");
    }
}

#[tokio::test]
async fn a_journal_keeps_vectors_and_an_artifact_the_embedders_name() {
    let path = std::env::temp_dir().join(format!("dspy-knn-{}.jsonl", std::process::id()));
    let splits = splits();
    let search = |cx: Context| {
        let optimizer = optimizer(8).journal(&path);
        let (train, validation) = (splits.train.clone(), splits.validation.clone());
        async move { optimizer.compile(&cx, Sorter::new(), (&train, &validation)).await.expect("it runs") }
    };
    let first = search(context(5)).await;
    let again = Provider::new(5);
    let calls = again.calls();
    let second = search(built_in().with_embedder(again)).await;
    assert_eq!((bytes(&first), calls.load(Ordering::SeqCst)), (bytes(&second), 0));
    assert_eq!(first.termination, Termination::Finished);
    let other = built_in();
    let again = optimizer(8).journal(&path);
    let error = again.compile(&other, Sorter::new(), &splits);
    assert!(error.await.expect_err("another embedder").to_string().contains("settings"));
    let _ = std::fs::remove_file(&path);
    let artifact = dspy::Artifact::new(&first.program, other.lm().id()).to_json().expect("JSON");
    assert!(!artifact.contains("0.0") && !artifact.contains("vectors"), "{artifact}");
}
