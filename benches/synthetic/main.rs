//! Searches against a model whose best prompts are known: `cargo bench --bench synthetic`, with a number of
//! seeds `-- 200`, with a part of the names of the searches `-- 200 gepa`, and with other budgets `-- 200 --calls 1000`.
//!
//! Each of two predictors has three planted rules, of which two are worth more together. A row is answered
//! rightly with a probability that rises with the rules in the instructions and with the demonstrations, most
//! with those of its own topic, and falls with the row's difficulty. The luck of a row is the same for most
//! prompts, and drawn anew for each prompt on three rows in ten. Asked to improve a prompt, the model finds a
//! missing rule with probability 0.35, does harm with 0.25, and else changes nothing that matters. So the true
//! score of every candidate is known, and regret is what the picked one lacks to the best there is.

mod measure;
mod model;
mod searches;
mod task;
mod world;

use std::future::Future;

use measure::{Mean, Outcome, Share, beside_random, credit, kept, median};
use searches::{SEARCHES, Search, VALIDATION};
use world::World;

/// The most LM calls of a search, if no number is given.
const CALLS: u64 = 5_000;

/// Where a search is there: so much of the way from the program as it came to the best that it can change
/// it to.
const THERE: f64 = 0.9;

#[tokio::main]
async fn main() {
    let mut seeds = 10;
    let (mut part, mut calls) = (String::new(), CALLS);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), argument.parse()) {
            ("--calls", _) => calls = arguments.next().and_then(|calls| calls.parse().ok()).unwrap_or(CALLS),
            (_, Ok(number)) => seeds = number,
            (name, _) if !name.starts_with('-') => part = argument,
            _ => {}
        }
    }
    let searches: Vec<Search> = SEARCHES.into_iter().filter(|search| search.name.contains(&part)).collect();
    let world = World::new(0);
    let (came, most) = (world.optimum(false, 0), world.optimum(true, 16));
    println!(
        "{seeds} seeds, at most {calls} LM calls, {VALIDATION} validation rows; true scores: the program as it came {came:.3},"
    );
    println!(
        "with the best demonstrations {:.3}, the best instructions {:.3}, both {most:.3}\n",
        world.optimum(false, 16),
        world.optimum(true, 0)
    );
    println!(
        "| search | true score of its pick | regret | LM calls | at 90 % | after calls | random search with as many calls | difference |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for search in &searches {
        let target = came + THERE * (world.optimum(search.rules, search.demos) - came);
        let search = *search;
        let each = |seed| beside_random(search, World::new(seed), calls, target);
        row(search, most, &over(seeds, each).await);
    }
    println!(
        "\n| search | changed the predictor that has room | nothing else | rules less harm there | in the other | noise alone: kept as it came |"
    );
    println!("|---|---|---|---|---|---|");
    for search in searches {
        let credit = over(seeds, |seed| credit(search, seed, calls)).await;
        let kept = over(seeds, |seed| kept(search, seed, calls)).await;
        let share = |of| Share { of, all: credit.len() };
        let learned = |place: usize| Mean::of(credit.iter().map(|credit| credit.learned[place]));
        println!(
            "| {} | {} | {} | {} | {} | {} |",
            search.name,
            share(credit.iter().filter(|credit| credit.changed[0]).count()),
            share(credit.iter().filter(|credit| credit.changed == [true, false]).count()),
            learned(0),
            learned(1),
            share(kept.iter().filter(|kept| **kept).count()),
        );
    }
}

/// What comes of every seed, in their order.
async fn over<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    seeds: u64,
    each: impl Fn(u64) -> F,
) -> Vec<T> {
    let tasks: Vec<_> = (0..seeds).map(|seed| tokio::spawn(each(seed))).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.expect("it does not panic"));
    }
    results
}

fn row(search: Search, most: f64, outcomes: &[Outcome]) {
    let mean = |value: fn(&Outcome) -> f64| Mean::of(outcomes.iter().map(value));
    let reached: Vec<f64> = outcomes.iter().filter_map(|outcome| outcome.reached).collect();
    let there = Share { of: reached.len(), all: outcomes.len() };
    let after = median(reached).map_or("-".to_owned(), |calls| format!("{calls:.0}"));
    let score = mean(|outcome| outcome.score);
    println!(
        "| {} | {score} | {:.3} | {:.0} | {there} | {after} | {} | {:+.3} ± {:.3} |",
        search.name,
        most - score.mean,
        mean(|outcome| outcome.calls).mean,
        mean(|outcome| outcome.random),
        mean(|outcome| outcome.score - outcome.random).mean,
        mean(|outcome| outcome.score - outcome.random).half,
    );
}
