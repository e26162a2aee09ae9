//! A budget that is spent where it pays.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dspy::context::Purpose;
use dspy::lm::{Request, Response, Scripted};
use dspy::optimize::{SearchEvent, SearchEventKind, Termination};
use dspy::{Auto, Budget, Compiled, Context, Predict, Splits};

use crate::task::{Guess, GuessOutput, Sorter, built_in, goes_on_after_every_line, right, rows};

fn auto() -> Auto<Guess, GuessOutput> {
    Auto::new(right).seed(7).budget(Budget::calls(600))
}

async fn compile(optimizer: Auto<Guess, GuessOutput>) -> Compiled<Sorter> {
    optimizer.compile(&built_in(), Sorter::new(), (&rows(0, 12), &rows(12, 40))).await.expect("it runs")
}

fn bytes(compiled: &Compiled<Sorter>) -> String {
    serde_json::to_string(&(&compiled.candidates, compiled.usage, &compiled.spent, &compiled.steps))
        .expect("it is JSON")
}

#[tokio::test]
async fn the_same_seed_gives_the_same_at_any_concurrency() {
    let one = bytes(&compile(auto().concurrency(1)).await);
    assert_eq!(one, bytes(&compile(auto().concurrency(64)).await));
    assert_ne!(one, bytes(&compile(auto().seed(8)).await));
}

#[tokio::test]
async fn it_stays_within_plan_and_budget_and_says_why() {
    let splits = Splits::new(rows(0, 12), rows(12, 40), rows(72, 6)).expect("no row twice");
    for (seed, calls) in [(0, 150), (1, 300), (2, 600)] {
        let optimizer = Auto::new(right).seed(seed).budget(Budget::calls(calls));
        let plan = optimizer.plan(&built_in(), &Sorter::new(), &splits);
        assert!(plan.max_calls() <= calls && plan.needed_calls() > calls, "{plan}");
        let compiled = compile(optimizer).await;
        assert!(compiled.usage.calls <= calls, "{compiled}");
        assert!(compiled.score >= compiled.baseline);
        assert!(compiled.steps.first().is_some_and(|step| step.contains("form")), "{:?}", compiled.steps);
        assert!(
            compiled.steps.last().is_some_and(|step| step.starts_with("stopped: ")),
            "{:?}",
            compiled.steps
        );
    }
    let free = compile(Auto::new(right).seed(3)).await;
    assert!(free.score > free.baseline, "{free}");
    assert!([Termination::Perfect, Termination::NoImprovement].contains(&free.termination), "{free}");
}

#[tokio::test]
async fn whoever_watches_sees_the_steps() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let steps = seen.clone();
    let compiled = compile(auto().observe(move |event: &SearchEvent| {
        if let SearchEventKind::Step { text } = &event.kind {
            steps.lock().expect("nobody panicked").push(text.clone());
        }
    }))
    .await;
    assert_eq!(*seen.lock().expect("nobody panicked"), compiled.steps);
    let report = compiled.report();
    assert_eq!(report.to_json()["steps"][0], compiled.steps[0]);
    assert!(report.to_html().contains("Step by step"));
}

#[tokio::test]
async fn a_stopped_search_goes_on_to_the_same_result() {
    goes_on_after_every_line("auto", async |journal| {
        let optimizer = Auto::new(right).seed(5).budget(Budget::calls(130)).journal(journal);
        let (train, validation) = (rows(0, 6), rows(12, 8));
        bytes(&optimizer.compile(&built_in(), Sorter::new(), (&train, &validation)).await.expect("it runs"))
    })
    .await;
}

/// Writes tags whatever it is asked for, and right answers in them.
fn tags() -> (Context, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let model = Scripted::new(move |_, request: &Request| {
        counted.fetch_add(1, Ordering::Relaxed);
        let asked = request.messages.iter().last().map_or(String::new(), |message| message.text().to_owned());
        let fruit = [("red", "apple"), ("green", "apple"), ("yellow", "banana")];
        let fruit = fruit.iter().find(|(word, _)| asked.contains(word)).map_or("cherry", |(_, fruit)| fruit);
        Ok(Response::new(format!("<fruit>\n{fruit}\n</fruit>")))
    });
    (Context::new(model).with_strict_replies(true).with_parse_retries(0), calls)
}

#[tokio::test]
async fn it_goes_on_in_the_form_that_the_model_answers_in() {
    let (cx, calls) = tags();
    let optimizer = auto().budget(Budget::calls(200));
    let compiled = optimizer
        .compile(&cx, Predict::<Guess>::new(), (&rows(0, 12), &rows(12, 24)))
        .await
        .expect("it is asked in tags");
    assert!(compiled.steps[0].contains("the form is `xml`"), "{:?}", compiled.steps);
    assert_eq!((compiled.baseline, compiled.termination), (1.0, Termination::Perfect));
    assert_eq!(compiled.usage.calls, calls.load(Ordering::Relaxed) as u64, "every call is counted");
    assert_eq!(compiled.spent.get(&Purpose::Reflection), None);
}

#[tokio::test]
async fn without_proposals_it_searches_demonstrations_alone() {
    let budget = Budget::calls(600).with_proposer_calls(0);
    let compiled = compile(Auto::new(right).seed(7).budget(budget)).await;
    assert_eq!(compiled.spent.get(&Purpose::Proposer), None);
    assert!(compiled.steps.iter().any(|step| step.contains("no instructions are proposed")));
    assert!(compiled.candidates.len() > 1);
    assert!(compiled.candidates.iter().all(|candidate| {
        candidate.state.iter().all(|(path, state)| {
            compiled.candidates[0].state.get(path).is_some_and(|own| own.instructions == state.instructions)
        })
    }));
}

#[tokio::test]
async fn a_gain_is_expected_to_be_smaller_than_it_looks() {
    let compiled = compile(auto().seed(1)).await;
    let looks = compiled.score - compiled.baseline;
    assert!(looks > 0.0 && compiled.expected.gain > 0.0, "{compiled}");
    assert!(compiled.expected.gain < looks && compiled.expected.deviation > 0.0, "{:?}", compiled.expected);
    assert!(compiled.to_string().contains("expected on other rows"));
}

/// A text of which one line tells a fruit by its looks, and the others nothing.
const LONG: &str = "Be polite.\nRead all of it.\nA red or green thing is an apple, a yellow one a banana, a dark one a cherry.\n\
                    Think of the season.\nGood luck.\nDo not hurry.\nStay calm.";

/// Knows fruits by its instructions alone, and proposes instructions with lines that earn nothing.
fn verbose() -> Context {
    Context::new(Scripted::new(|_, request: &Request| {
        let asked: String = request.messages.iter().map(|message| message.text()).collect();
        if asked.contains("[[ ## instruction ## ]]") {
            return Ok(Response::new(format!("[[ ## instruction ## ]]\n{LONG}\n[[ ## completed ## ]]")));
        }
        let knows = asked.contains("a yellow one a banana");
        let looks = request.messages.iter().last().map_or("", |message| message.text());
        let fruit =
            [("yellow", "banana"), ("dark", "cherry")].into_iter().find(|(word, _)| looks.contains(word));
        let fruit = fruit.filter(|_| knows).map_or("apple", |(_, fruit)| fruit);
        Ok(Response::new(format!("[[ ## fruit ## ]]\n{fruit}\n[[ ## completed ## ]]")))
    }))
}

#[tokio::test]
async fn lines_that_earn_nothing_are_left_out() {
    let compile = |calls| {
        let optimizer = Auto::new(right)
            .seed(3)
            .max_bootstrapped_demos(0)
            .max_labeled_demos(0)
            .budget(Budget::calls(calls));
        async move { optimizer.compile(&verbose(), Predict::<Guess>::new(), (&rows(0, 12), &rows(12, 24))).await }
    };
    let compiled = compile(1_000).await.expect("it runs");
    let instructions = |compiled: &Compiled<Predict<Guess>>| {
        compiled.program.state().iter().map(|(_, state)| state.instructions.clone()).collect::<String>()
    };
    assert_eq!((compiled.score, compiled.termination), (1.0, Termination::Perfect), "{compiled}");
    let shortened = compiled.steps.iter().filter(|step| step.starts_with("shortened")).count();
    assert!(shortened > 0, "{:?}", compiled.steps);
    let left = instructions(&compiled);
    assert!(left.contains("a yellow one a banana") && left.lines().count() < 4, "{left}");
    // Where the budget ends with the search, the text stays.
    let poor = compile(90).await.expect("it runs");
    assert!(poor.usage.calls <= 90 && poor.steps.iter().all(|step| !step.starts_with("shortened")), "{poor}");
}
