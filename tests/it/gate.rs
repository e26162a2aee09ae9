//! The release decision.

use dspy::{Context, Decision, Gate, Module, Predict, Record};

use crate::task::{Fruit, Guess, always, built_in, right, rows};

/// The program with a demonstration of each fruit, which the built-in model learns from.
fn taught() -> Predict<Guess> {
    let program = Predict::<Guess>::new();
    let mut state = program.state();
    let demos = &mut state.get_mut("self").expect("one predictor").demos;
    for (looks, fruit) in [
        ("a round red thing with a stem", "apple"),
        ("green and round and crunchy", "apple"),
        ("long and bent and yellow", "banana"),
        ("yellow, soft, peeled by hand", "banana"),
        ("a pair of tiny dark beads", "cherry"),
        ("tiny and dark, with a stone inside", "cherry"),
    ] {
        demos.push(Record::from_iter([("looks", looks), ("fruit", fruit)]));
    }
    program.with_state(&state).expect("its own path")
}

#[tokio::test]
async fn a_better_program_is_promoted_with_its_numbers() {
    let gate = Gate::new(right).slice(|row| row.fruit).minimum("cherry", 0.9);
    let verdict = gate.compare(&built_in(), &Predict::new(), &taught(), &rows(0, 36)).await.expect("rows");
    assert_eq!(verdict.decision, Decision::Promote, "{verdict}");
    assert_eq!((verdict.rows, verdict.candidate), (36, 1.0));
    assert!(verdict.baseline < 0.5 && verdict.p_value < 0.001);
    assert!(verdict.interval.0 > 0.0);
    assert_eq!(verdict.slices.len(), 3);
    assert_eq!(verdict.usage.calls, 72);
    assert!(verdict.to_string().contains("verdict: promote"));
}

#[tokio::test]
async fn a_slice_below_its_minimum_or_fallen_keeps_the_baseline() {
    let rows = rows(0, 36);
    let gate = || Gate::new(right).slice(|row| row.fruit);
    let verdict = gate().minimum("banana", 1.1).compare(&built_in(), &Predict::new(), &taught(), &rows).await;
    let verdict = verdict.expect("rows");
    assert_eq!(verdict.decision, Decision::Keep);
    assert!(
        verdict.reasons[0].contains("slice `banana` is at 1.000, below its minimum of 1.100"),
        "{verdict}"
    );

    // Better on the whole, but one slice is lost.
    let judged = |row: &Guess, out: &crate::task::GuessOutput| match row.fruit {
        Fruit::Cherry => f64::from(u8::from(row.fruit != out.fruit)),
        fruit => f64::from(u8::from(fruit == out.fruit)),
    };
    let gate = Gate::new(judged).slice(|row| row.fruit);
    let verdict = gate.compare(&built_in(), &Predict::new(), &taught(), &rows).await.expect("rows");
    assert_eq!(verdict.decision, Decision::Keep, "{verdict}");
    assert!(verdict.reasons.iter().any(|reason| reason.contains("slice `cherry` falls")), "{verdict}");

    let verdict = gate_without_rows(&rows).await;
    assert!(verdict.contains("no rows of slice `pear`"), "{verdict}");
}

async fn gate_without_rows(rows: &dspy::Rows<Guess>) -> String {
    let gate = Gate::new(right).slice(|row| row.fruit).minimum("pear", 0.5);
    gate.compare(&built_in(), &Predict::new(), &taught(), rows).await.expect("rows").to_string()
}

#[tokio::test]
async fn few_rows_leave_it_undecided() {
    let verdict =
        Gate::new(right).compare(&built_in(), &Predict::new(), &taught(), &rows(0, 3)).await.expect("rows");
    assert_eq!(verdict.decision, Decision::Undecided, "{verdict}");
    assert!(verdict.reasons[0].contains("may be chance"));
}

#[tokio::test]
async fn rows_that_cannot_be_run_leave_it_undecided() {
    let cx = Context::new(always("pear"));
    let verdict =
        Gate::new(right).compare(&cx, &Predict::new(), &taught(), &rows(0, 36)).await.expect("rows");
    assert_eq!(verdict.decision, Decision::Undecided);
    assert!(verdict.reasons[0].contains("the baseline was not run on all rows"), "{verdict}");
}
