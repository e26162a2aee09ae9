//! The release decision.

use std::time::Duration;

use dspy::cache::{Cache, Cached};
use dspy::context::{Price, Prices};
use dspy::data::Record;
use dspy::evaluate::named;
use dspy::gate::{Decision, Test};
use dspy::lm::{Request, Response, Scripted};
use dspy::optimize::LabeledFewShot;
use dspy::{Context, ErrorKind, Evaluate, Gate, Module, Predict, Report, Verdict};

use crate::file::File;
use crate::task::{Fruit, Guess, GuessOutput, Sorter, always, built_in, right, rows, splits};

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
    assert_eq!((verdict.test, verdict.changes.worse, verdict.more_rows), (Test::McNemar, 0, None));
    assert_eq!(verdict.changes.better + verdict.changes.same, 36);
    assert!(
        verdict.reasons[1].starts_with("not ruled out, for want of rows"),
        "12 rows rule out little: {verdict}"
    );
    let back: Verdict =
        serde_json::from_value(serde_json::to_value(&verdict).expect("JSON")).expect("its own");
    assert_eq!((back.p_value, back.slices.len(), back.data), (verdict.p_value, 3, verdict.data));
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
    let more = verdict.more_rows.expect("it is better");
    assert!(verdict.reasons[0].ends_with(&format!("about {more} more rows would tell")), "{verdict}");
}

#[tokio::test]
async fn a_program_against_itself_is_paid_for_once_and_told_as_one() {
    let (cx, rows) = (built_in(), rows(0, 36));
    let verdict = Gate::new(right).compare(&cx, &taught(), &taught(), &rows).await.expect("rows");
    assert_eq!((verdict.decision, cx.usage().calls, verdict.usage.calls), (Decision::Keep, 36, 36));
    assert!(verdict.reasons[0].starts_with("the candidate is the baseline"), "{verdict}");

    // One that differs in its second predictor shares what the first is asked, and is no other's twin.
    let mut state = Sorter::new().state();
    state.get_mut("recount.predict").expect("the second").instructions = "Look twice.".into();
    let other = Sorter::new().with_state(&state).expect("its own");
    let cx = built_in();
    let verdict = Gate::new(right).compare(&cx, &Sorter::new(), &other, &rows).await.expect("rows");
    assert_eq!((cx.usage().calls, verdict.usage.calls), (108, 108), "of 144");
    assert!(!verdict.to_string().contains("the candidate is the baseline"), "{verdict}");
    assert_eq!(verdict.candidate_spending.calls, 2.0, "what it takes does not depend on what was shared");
}

#[tokio::test]
async fn rows_that_cannot_be_run_leave_it_undecided() {
    let cx = Context::new(always("pear"));
    let verdict =
        Gate::new(right).compare(&cx, &Predict::new(), &taught(), &rows(0, 36)).await.expect("rows");
    assert_eq!(verdict.decision, Decision::Undecided);
    assert!(verdict.reasons[0].contains("the baseline was not run on all rows"), "{verdict}");
}

/// Scores of two runs over so many rows, as saved reports.
pub fn runs(
    scores: impl Fn(usize) -> (f64, f64),
    slice: impl Fn(usize) -> &'static str,
    rows: usize,
) -> [Report; 2] {
    let report = |pick: fn((f64, f64)) -> f64| {
        let rows: Vec<_> = (0..rows)
            .map(|row| {
                serde_json::json!({
                    "row": row, "id": null, "slice": slice(row), "score": pick(scores(row)), "feedback": null, "error": null,
                    "input": {}, "labels": {}, "output": {}, "cost": null, "seconds": 0.1, "fingerprint": "", "steps": [],
                    "usage": {"calls": 1, "retries": 0, "input_tokens": 0, "output_tokens": 0},
                })
            })
            .collect();
        let report = serde_json::json!({
            "format": "dspy-report", "version": 1, "metric": "m", "planned": rows.len(), "stopped": null,
            "data": {"rows": rows.len(), "fingerprint": "sha256:0"}, "schemas": [], "messages": [], "rows": rows,
        });
        Report::parse(&report.to_string()).expect("a report")
    };
    [report(|(before, _)| before), report(|(_, after)| after)]
}

fn gate() -> Gate<Guess, GuessOutput> {
    Gate::new(right)
}

/// 60 rows of `most` of which 40 are fixed, and 40 of `few` of which 3 in 40 are broken: less than `max_drop`.
fn fixes_many_and_breaks_few(broken: usize) -> [Report; 2] {
    let scores = move |row: usize| match row {
        0..40 => (0.0, 1.0),
        row if row >= 100 && row < 100 + broken => (1.0, 0.0),
        _ => (1.0, 1.0),
    };
    runs(scores, |row| if row < 100 { "most" } else { "few" }, 200)
}

#[test]
fn a_slice_that_got_worse_keeps_the_candidate_out_however_much_better_the_mean_is() {
    let decide = |broken| {
        let [before, after] = fixes_many_and_breaks_few(broken);
        gate().decide(&before, &after).expect("the same rows")
    };
    let chance = decide(3);
    assert_eq!(chance.decision, Decision::Promote, "3 of 100 may be chance: {chance}");
    let sure = decide(8);
    assert_eq!(sure.decision, Decision::Keep, "{sure}");
    assert_eq!(
        sure.reasons,
        [
            "slice `few` falls from 1.000 to 0.920, which is little but hardly chance (p = 0.0078, corrected for 2 slices)"
        ]
    );
    let fallen = decide(20);
    assert_eq!(fallen.reasons, ["slice `few` falls from 1.000 to 0.800"]);
    assert!(fallen.candidate > fallen.baseline + 0.05 && fallen.p_value < 0.01);
    // One slice of two must be surer than a lone one: 0.0039 for 8 of 8 is doubled.
    assert!((sure.slices[0].p_worse - 2.0 / 256.0).abs() < 1e-12);
}

#[test]
fn slices_are_proved_only_where_that_is_asked() {
    let scores = |row: usize| if row < 30 { (0.0, 1.0) } else { (1.0, 1.0) };
    let [before, after] = runs(scores, |row| if row < 100 { "large" } else { "small" }, 112);
    let verdict = gate().decide(&before, &after).expect("the same rows");
    assert_eq!(verdict.decision, Decision::Promote);
    assert!(verdict.reasons[1].ends_with("a fall of more than 0.1 in `small`"), "{verdict}");
    let verdict = gate().prove_slices(true).decide(&before, &after).expect("the same rows");
    assert_eq!(verdict.decision, Decision::Undecided);
    let more = verdict.more_rows.expect("a number");
    assert_eq!(
        verdict.reasons,
        [format!(
            "it is not shown that slice `small` falls by no more than 0.1; about {more} more rows of it would tell"
        )]
    );
    let [before, after] = runs(scores, |row| if row < 100 { "large" } else { "small" }, 112 + more);
    let verdict = gate().prove_slices(true).decide(&before, &after).expect("the same rows");
    assert_eq!(verdict.decision, Decision::Promote, "{more} more rows do tell: {verdict}");
}

#[test]
fn as_many_more_rows_as_it_says_do_decide() {
    let scores = |row: usize| match row % 10 {
        0 | 1 => (0.0, 1.0),
        2 => (1.0, 0.0),
        _ => (1.0, 1.0),
    };
    let decide = |rows| {
        let [before, after] = runs(scores, |_| "all", rows);
        gate().decide(&before, &after).expect("the same rows")
    };
    let verdict = decide(40);
    // Connor's number for 20 % fixed and 10 % broken is 184.
    assert_eq!((verdict.decision, verdict.more_rows), (Decision::Undecided, Some(144)));
    assert_eq!(decide(184).decision, Decision::Promote);
    assert_eq!((verdict.changes.better, verdict.changes.worse, verdict.changes.same), (8, 4, 28));
    let none = runs(|_| (1.0, 1.0), |_| "all", 40);
    assert_eq!(gate().decide(&none[0], &none[1]).expect("the same rows").more_rows, None);
}

#[tokio::test]
async fn two_saved_runs_are_decided_without_a_call() {
    let (cx, rows) = (built_in(), rows(0, 36));
    let evaluate = Evaluate::new(right).slice(|row| row.fruit);
    let files = ["gate-before.json", "gate-after.json"].map(File::new);
    for (program, file) in [Predict::new(), taught()].iter().zip(&files) {
        evaluate.run(&cx, program, &rows).await.expect("rows").save(&file.0).expect("written");
    }
    let calls = cx.usage().calls;
    let [before, after] = files.each_ref().map(|file| Report::load(&file.0).expect("a report"));
    let gate = Gate::new(right).slice(|row| row.fruit);
    let verdict = gate.decide(&before, &after).expect("the same rows");
    assert_eq!(cx.usage().calls, calls);
    let mut compared = gate.compare(&cx, &Predict::new(), &taught(), &rows).await.expect("rows");
    // What took time differs.
    (compared.baseline_spending.latency, compared.candidate_spending.latency) =
        (verdict.baseline_spending.latency, verdict.candidate_spending.latency);
    assert_eq!(compared.to_string(), verdict.to_string());

    let found = gate.calibrate(&before, &after, 1, 400).expect("the same rows");
    assert!(found.rate() <= 0.06, "{found}");

    let other = evaluate.run(&cx, &taught(), &crate::task::rows(36, 36)).await.expect("rows");
    let error = gate.decide(&before, &other).expect_err("other rows");
    assert!(
        error.to_string().contains("the two runs are over different rows (36 rows with the fingerprint"),
        "{error}"
    );
    let judged = Evaluate::new(named("other", right)).rescore(&cx, &after, &rows).await.expect("its rows");
    let error = Gate::new(right).decide(&before, &judged).expect_err("another metric");
    assert!(
        error.to_string().contains("was judged by `task::right` and the candidate by `other`"),
        "{error}"
    );
    let bare = Evaluate::new(right).rescore(&cx, &before, &rows).await.expect("its rows");
    let error = gate.decide(&bare, &bare).expect_err("no slices");
    assert!(error.to_string().contains("the gate has slices and the runs have none"), "{error}");
}

/// Answers right; with demonstrations in the prompt, it takes twice as many tokens, and asks a dearer model.
fn priced(millis: u64) -> Scripted {
    Scripted::new(move |_, request: &Request| {
        let demos = request.messages.iter().count() > 2;
        if demos && millis > 0 {
            std::thread::sleep(Duration::from_millis(millis));
        }
        let input = request.messages.iter().last().expect("a question").text().to_lowercase();
        let fruit = if input.contains("yellow") {
            "banana"
        } else if input.contains("dark") {
            "cherry"
        } else {
            "apple"
        };
        let fruit = if demos { fruit } else { "apple" };
        let mut response = Response::new(format!("[[ ## fruit ## ]]\n{fruit}"));
        (response.usage.input_tokens, response.usage.output_tokens) = (if demos { 900 } else { 300 }, 100);
        Ok(response)
    })
}

#[tokio::test]
async fn a_candidate_that_costs_or_takes_too_much_is_kept_out() {
    let prices = |cx: &Context| {
        let id = cx.lm().id();
        cx.with_prices(
            Prices::none().with(format!("{}/{}", id.provider(), id.name()), Price::per_million(1.0, 2.0)),
        )
    };
    let cx = Context::new(priced(3));
    let (known, rows) = (prices(&cx), rows(0, 36));
    let compare = async |gate: Gate<Guess, GuessOutput>, cx: &Context| {
        gate.compare(cx, &Predict::new(), &taught(), &rows).await
    };
    let verdict = compare(gate().max_cost_ratio(3.0).max_tokens_ratio(3.0), &known).await.expect("rows");
    assert_eq!(verdict.decision, Decision::Promote, "{verdict}");
    assert_eq!(verdict.baseline_spending.tokens, 400.0);
    let costs =
        [verdict.baseline_spending.cost, verdict.candidate_spending.cost].map(|cost| cost.expect("known"));
    assert!((costs[0] - 0.0005).abs() < 1e-12 && (costs[1] - 0.0011).abs() < 1e-12, "{costs:?}");
    assert!(verdict.candidate_spending.latency >= Some(Duration::from_millis(3)));
    assert!(
        verdict.to_string().contains("a run takes 1.0 LM calls and 1,000 tokens for 0.001100, 0.0"),
        "{verdict}"
    );

    for (gate, says) in [
        (gate().max_cost_ratio(2.0), "a run costs 0.001100, more than 2 times the baseline's 0.000500"),
        (gate().max_cost(0.001), "a run costs 0.001100, more than the 0.001000 allowed"),
        (
            gate().max_tokens_ratio(1.5),
            "a run takes 1000 tokens, more than 1.5 times the baseline's 400 tokens",
        ),
        (gate().max_latency(Duration::from_millis(1)), "95 % of the runs take up to 0.0"),
    ] {
        let verdict = compare(gate, &known).await.expect("rows");
        assert_eq!(verdict.decision, Decision::Keep, "{verdict}");
        assert!(verdict.reasons[0].starts_with(says), "{verdict}");
    }
    // Before any call: a price that nobody knows, a confidence that is none.
    let calls = cx.usage().calls;
    let error = compare(gate().max_cost(0.1), &cx).await.expect_err("no price");
    assert_eq!(error.kind(), ErrorKind::NotConfigured);
    assert!(
        error.to_string().contains("needs the price of") && error.to_string().contains("max_tokens_ratio")
    );
    assert!(compare(gate().confidence(95.0), &cx).await.expect_err("95").to_string().contains("it is 95"));
    assert_eq!(cx.usage().calls, calls);
}

#[tokio::test]
async fn what_a_cache_answered_costs_as_ever_and_has_no_latency() {
    let cx = Context::new(Cached::new(priced(0), &Cache::memory(1 << 20)));
    let id = cx.lm().id();
    let cx = cx.with_prices(
        Prices::none().with(format!("{}/{}", id.provider(), id.name()), Price::per_million(1.0, 2.0)),
    );
    let gate = gate().max_latency_ratio(100.0).max_cost_ratio(3.0);
    let rows = rows(0, 36);
    let first = gate.compare(&cx, &Predict::new(), &taught(), &rows).await.expect("rows");
    let again = gate.compare(&cx, &Predict::new(), &taught(), &rows).await.expect("rows");
    assert_eq!(first.candidate_spending.cost, again.candidate_spending.cost);
    assert_eq!(again.decision, Decision::Undecided, "{again}");
    assert!(
        again.reasons[0]
            .contains("since a cache answered: run both programs with `cx.with_cache(CacheUse::Refresh)`")
    );
}

#[tokio::test]
async fn the_artifact_says_on_which_rows_it_was_decided() {
    let (cx, splits) = (built_in(), splits());
    let optimizer = LabeledFewShot::new(right);
    let compiled = optimizer.compile(&cx, Predict::<Guess>::new(), &splits).await;
    let compiled = compiled.expect("it runs");
    let verdict = gate().compare(&cx, &Predict::new(), &compiled.program, &splits.test).await.expect("rows");
    let artifact = compiled.artifact(&verdict).expect("no secrets");
    assert_eq!(artifact.provenance().data, splits.records().expect("rows"));
}

#[test]
fn a_verdict_of_an_earlier_release_is_read_and_claims_nothing_that_it_does_not_say() {
    let old = serde_json::json!({
        "decision": "promote", "reasons": ["better"], "rows": 3, "baseline": 0.5, "candidate": 0.75,
        "interval": [0.1, 0.4], "p_value": 0.01,
        "slices": [{"name": "a", "rows": 3, "baseline": 0.5, "candidate": 0.75, "minimum": null}],
        "usage": {"calls": 6, "retries": 0, "input_tokens": 0, "output_tokens": 0},
    });
    let verdict: Verdict = serde_json::from_value(old).expect("an old verdict");
    assert_eq!(
        (verdict.test, verdict.data.clone(), verdict.slices[0].p_worse),
        (Test::Unrecorded, None, 1.0)
    );
    let shown = verdict.to_string();
    assert!(
        shown.contains("95 % within +0.100 and +0.400")
            && !shown.contains("rows better")
            && !shown.contains("a run takes")
    );
}
