//! Instructions and demonstrations, searched together.

use dspy::context::Purpose;
use dspy::optimize::{MiproCounts, MiproSearch, Termination};
use dspy::{Budget, Compiled, Mipro};

use crate::task::{Guess, GuessOutput, Sorter, built_in, goes_on_after_every_line, right, rows};

fn light() -> Mipro<Guess, GuessOutput> {
    Mipro::light(right).seed(7)
}

/// Enough validation rows for minibatches.
async fn compile(optimizer: Mipro<Guess, GuessOutput>) -> Compiled<Sorter> {
    optimizer.compile(&built_in(), Sorter::new(), (&rows(0, 12), &rows(12, 60))).await.expect("it runs")
}

fn bytes(compiled: &Compiled<Sorter>) -> String {
    serde_json::to_string(&(&compiled.candidates, compiled.usage, &compiled.spent)).expect("it is JSON")
}

#[tokio::test]
async fn the_same_seed_gives_the_same_at_any_concurrency() {
    for search in [MiproSearch::Additive, MiproSearch::Tpe] {
        let one = bytes(&compile(light().search(search).concurrency(1)).await);
        assert_eq!(one, bytes(&compile(light().search(search).concurrency(4)).await));
        assert_eq!(one, bytes(&compile(light().search(search).concurrency(64)).await));
    }
}

#[tokio::test]
async fn it_stays_within_the_plan_and_beats_the_program_as_it_came() {
    let splits = dspy::Splits::new(rows(0, 12), rows(12, 60), rows(72, 6)).expect("no row twice");
    for seed in 0..4 {
        let optimizer = light().seed(seed);
        let plan = optimizer.plan(&built_in(), &Sorter::new(), &splits);
        let compiled = compile(optimizer).await;
        let proposals: u64 =
            [Purpose::Proposer].iter().filter_map(|of| compiled.spent.get(of)).map(|of| of.calls).sum();
        let (task, proposer) = (plan.task_calls(), plan.proposer_calls());
        assert!((task.least..=task.most).contains(&(compiled.usage.calls - proposals)), "{plan}\n{compiled}");
        assert!((proposer.least..=proposer.most).contains(&proposals), "{plan}\n{proposals}");
        assert!(compiled.score > compiled.baseline, "{compiled}");
        assert_eq!(compiled.termination, Termination::Finished);
        assert!(compiled.candidates.iter().skip(1).all(|candidate| candidate.parents == [0]));
    }
}

#[tokio::test]
async fn caps_are_kept_apart() {
    let compiled = compile(light().budget(Budget::unlimited().with_proposer_calls(0))).await;
    assert_eq!(compiled.spent.get(&Purpose::Proposer), None, "no proposal");
    assert!(compiled.candidates.len() > 1, "demonstrations are searched all the same");
    // Of 7 calls that describing and proposing for two predictors take at least, each may be asked again.
    let compiled = compile(light().budget(Budget::unlimited().with_proposer_calls(12))).await;
    let proposals = compiled.spent.get(&Purpose::Proposer).map_or(0, |usage| usage.calls);
    assert!((4..=12).contains(&proposals), "{proposals}");
    let compiled = compile(light().budget(Budget::unlimited().with_task_calls(400))).await;
    assert_eq!(compiled.termination, Termination::BudgetSpent);
    let task = compiled.spent.iter().filter(|(purpose, _)| **purpose != Purpose::Proposer);
    assert!(task.map(|(_, usage)| usage.calls).sum::<u64>() <= 400);
}

#[tokio::test]
async fn without_demonstrations_it_searches_instructions_alone() {
    let counts = MiproCounts::new(4, 4, 6);
    let optimizer = Mipro::with_counts(right, counts).max_bootstrapped_demos(0).max_labeled_demos(0).seed(1);
    let compiled = compile(optimizer).await;
    for candidate in &compiled.candidates {
        assert!(candidate.state.iter().all(|(_, state)| state.demos.is_empty()));
    }
    assert!(compiled.candidates.len() > 1);
    assert_eq!(compiled.spent.get(&Purpose::Teacher), None);
}

#[tokio::test]
async fn a_stopped_search_goes_on_to_the_same_result() {
    // Little is tried on few rows, since it is run again for every line.
    goes_on_after_every_line("mipro", async |journal| {
        let optimizer = Mipro::with_counts(right, MiproCounts::new(3, 2, 6)).minibatch(4).journal(journal);
        let (train, validation) = (rows(0, 6), rows(12, 8));
        bytes(&optimizer.compile(&built_in(), Sorter::new(), (&train, &validation)).await.expect("it runs"))
    })
    .await;
}
