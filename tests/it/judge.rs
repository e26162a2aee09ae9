//! Metrics that ask a model.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dspy::context::Purpose;
use dspy::evaluate::metrics::{Judge, Preference, SemanticF1, all, weighted};
use dspy::evaluate::{AnyMetric, Case, Evaluate, Metric};
use dspy::lm::{Request, Response, Scripted};
use dspy::optimize::Termination;
use dspy::trace::Trace;
use dspy::{Budget, Context, ErrorKind, Predict, RandomSearch};

use crate::task::{Fruit, Guess, GuessOutput, Sorter, right, row, rows, splits};

/// A model that guesses by a hash of the prompt and, asked to judge, likes apples.
fn model() -> (Context, Arc<AtomicU64>) {
    let judged = Arc::new(AtomicU64::new(0));
    let count = judged.clone();
    let model = Scripted::new(move |_, request: &Request| {
        let text: String = request.messages.iter().map(|message| message.text()).collect();
        if text.contains("[[ ## rubric ## ]]") {
            count.fetch_add(1, Ordering::Relaxed);
            let score = if text.contains("{\"fruit\":\"apple\"}") { 1.0 } else { 0.25 };
            return Ok(Response::new(format!("[[ ## reason ## ]]\nthe fruit\n[[ ## score ## ]]\n{score}")));
        }
        let sum = text.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) >> 7;
        let fruit = ["apple", "banana", "cherry"][sum as usize % 3];
        Ok(Response::new(format!("[[ ## reasoning ## ]]\nso\n[[ ## fruit ## ]]\n{fruit}")))
    });
    (Context::new(model), judged)
}

fn metric() -> AnyMetric<Guess, GuessOutput> {
    let judge = Judge::new("It is an apple.").reference(false);
    weighted([(0.5, AnyMetric::named("right", right)), (0.5, AnyMetric::new(judge))])
}

#[tokio::test]
async fn an_evaluation_pays_the_judge_and_no_run_does() {
    let (cx, judged) = model();
    let report = Evaluate::new(metric()).run(&cx, &Predict::<Guess>::new(), &rows(0, 9)).await;
    let report = report.expect("rows");
    assert_eq!((report.usage().calls, judged.load(Ordering::Relaxed), cx.usage().calls), (9, 9, 18));
    assert!(report.metric().starts_with("weighted(0.5 right, 0.5 judge("), "{}", report.metric());
    let wrong = report.rows().iter().find(|row| row.score < 1.0).expect("the model guesses");
    assert!(
        wrong
            .feedback
            .as_deref()
            .is_some_and(|why| why.contains("right: scored 0") || why.contains("judge("))
    );
}

#[tokio::test]
async fn a_judge_without_a_budget_stops_the_evaluation_and_fails_no_row() {
    let cx = model().0.with_budget(Budget::calls(7));
    let report = Evaluate::new(metric()).concurrency(1).run(&cx, &Predict::<Guess>::new(), &rows(0, 9)).await;
    let report = report.expect("rows");
    assert_eq!((report.rows().len(), report.failures().count()), (3, 0));
    assert!(report.stopped().is_some_and(|why| why.contains("the budget of 7 LM calls is spent")));
}

#[tokio::test]
async fn a_search_counts_plans_and_records_what_the_judge_asks() {
    let search = || RandomSearch::new(metric()).candidates(2).seed(5);
    let (cx, judged) = model();
    let splits = splits();
    let plan = search().plan(&cx, &Sorter::new(), &splits);
    let without = RandomSearch::new(right).candidates(2).plan(&cx, &Sorter::new(), &splits);
    // 12 train rows and 5 candidates on 12 rows, each judged with one call and one more if it is unreadable.
    assert_eq!((plan.judge_calls().most, without.judge_calls().most), (2 * (12 + 5 * 12), 0));
    assert_eq!(plan.max_calls(), without.max_calls() + plan.judge_calls().most);
    assert!(plan.to_string().contains("144  judge runs (2 for each)"), "{plan}");

    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("judge.jsonl");
    let _ = std::fs::remove_file(&path);
    let whole = search().journal(&path).compile(&cx, Sorter::new(), &splits).await;
    let whole = whole.expect("it runs");
    let paid = judged.load(Ordering::Relaxed);
    assert_eq!(whole.spent[&Purpose::Judge].calls, paid);
    assert_eq!(whole.usage.calls, whole.spent.values().map(|usage| usage.calls).sum::<u64>());
    assert!(paid > 0 && paid <= plan.judge_calls().most);

    // Half a journal: what was judged is not paid for again.
    let journal = std::fs::read_to_string(&path).expect("written");
    let lines: Vec<&str> = journal.lines().collect();
    let half = &lines[..lines.len() / 2];
    let known = half.iter().filter(|line| line.contains("\"purpose\":\"judge\"")).count() as u64;
    assert!(known > 0);
    std::fs::write(&path, half.iter().map(|line| format!("{line}\n")).collect::<String>()).expect("ours");
    let (cx, again) = model();
    let resumed = search().journal(&path).compile(&cx, Sorter::new(), &splits).await;
    let resumed = resumed.expect("it goes on");
    std::fs::remove_file(&path).expect("ours");
    assert_eq!((resumed.usage, &resumed.candidates), (whole.usage, &whole.candidates));
    assert_eq!(known + again.load(Ordering::Relaxed), paid);

    // At every limit the budget holds, and what was scored was scored whole.
    for calls in [71, 72, 100, 150, 200] {
        let search = search().budget(Budget::calls(calls));
        let found = search.compile(&model().0, Sorter::new(), &splits).await;
        match found {
            Ok(found) => {
                assert!(found.usage.calls <= calls);
                assert!(
                    found.termination == Termination::BudgetSpent || found.candidates == whole.candidates
                );
            }
            // The baseline: 12 rows, at most 4 calls a run and 2 to judge it.
            Err(error) => assert!(error.is_budget() && calls < 72, "{calls}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_preference_holds_only_in_both_orders() {
    let apple = GuessOutput { fruit: Fruit::Apple };
    let banana = GuessOutput { fruit: Fruit::Banana };
    let row = row(1, "round", Fruit::Apple);
    let judge = Judge::new("It is an apple.").reference(false);
    let says = |answer: fn(bool) -> &'static str| {
        Context::new(Scripted::answering(move |prompt| {
            let at = |name: &str| prompt.find(name).unwrap_or(usize::MAX);
            let better = answer(at("{\"fruit\":\"apple\"}") < at("{\"fruit\":\"banana\"}"));
            format!("[[ ## reason ## ]]\nso\n[[ ## better ## ]]\n{better}")
        }))
    };
    let fair = says(|apple_first| if apple_first { "a" } else { "b" });
    let first = Preference::First { reason: "so".into() };
    assert_eq!(judge.prefer(&fair, &row, &apple, &banana).await.expect("it answers"), first);
    let second = Preference::Second { reason: "so".into() };
    assert_eq!(judge.prefer(&fair, &row, &banana, &apple).await.expect("it answers"), second);
    assert_eq!(fair.usage().calls, 4);
    let biased = says(|_| "a");
    let neither = judge.prefer(&biased, &row, &apple, &banana).await.expect("it answers");
    assert!(matches!(neither, Preference::Neither { .. }), "{neither:?}");
}

#[tokio::test]
async fn a_judge_that_is_calibrated_on_nothing_is_an_error() {
    let none: [(Guess, GuessOutput, bool); 0] = [];
    let error = Judge::new("Good.").calibrate(&model().0, &none).await.expect_err("no rows");
    assert_eq!(error.kind(), ErrorKind::Data);
}

/// Whoever calls a metric gives it what it asks a model with: no metric that asks fails for want of one.
#[tokio::test]
async fn a_metric_that_is_called_by_hand_asks_the_model_that_it_is_given() {
    let (cx, judged) = model();
    let (row, out) = (row(1, "round", Fruit::Apple), GuessOutput { fruit: Fruit::Apple });
    let trace = Trace::default();
    let case = Case::new(&cx, &row, &out, &trace);
    let judge = || Judge::new("It is an apple.").reference(false);
    assert_eq!(judge().judge(case).await.expect("it asks").value, 1.0);
    let parts = [AnyMetric::named("right", right), AnyMetric::new(judge())];
    assert_eq!(all(parts).judge(case).await.expect("it asks").value, 1.0);
    assert_eq!(judged.load(Ordering::Relaxed), 2);

    let ideas =
        Scripted::replies(["[[ ## differences ## ]]\nnone\n[[ ## recall ## ]]\n1\n[[ ## precision ## ]]\n1"]);
    let ideas = Context::new(ideas);
    let semantic =
        SemanticF1::new(|row: &Guess| &row.looks, |row: &Guess| &row.fruit, |out: &GuessOutput| &out.fruit);
    let score = semantic.judge(Case::new(&ideas, &row, &out, &trace)).await.expect("it asks");
    assert_eq!((score.value, ideas.usage().calls), (1.0, 1));
}
