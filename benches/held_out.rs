//! What searches are worth on rows that they never saw: customer messages of 20 intents on the built-in model, from 100
//! train and 100 validation rows, scored on 265 others. `cargo bench --bench held_out`, with a number of seeds `-- 30`,
//! with the intents from another place on `-- 30 --skip 20`, and with a part of the names of the searches `-- 30 gepa`.
//!
//! The data is not part of the project; `BANKING77` names its folder, else it is looked for beside the project.

mod banking;

use std::path::Path;

use banking::{Sort, right};
use dspy::context::Purpose;
use dspy::optimize::Optimizer;
use dspy::{Auto, Budget, Compiled, Context, Evaluate, Gepa, Lm, Mipro, Predict, RandomSearch, Result, Rows};
use dspy_numbers::random::Keyed;

const INTENTS: usize = 20;
const TRAIN: usize = 100;
const VALIDATION: usize = 100;
const TEST: usize = 265;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (mut seeds, mut skip, mut part) = (3, 0, String::new());
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), argument.parse()) {
            ("--skip", _) => skip = arguments.next().and_then(|skip| skip.parse().ok()).unwrap_or(0),
            (_, Ok(number)) => seeds = number,
            (_, Err(_)) => part = argument,
        }
    }
    let Some(folder) = banking::folder() else { return };
    compare(&folder, skip, seeds, &part).await.expect("it runs");
}

/// One seed of one search.
#[derive(Clone, Copy)]
struct Outcome {
    before: f64,
    after: f64,
    validation: f64,
    task: u64,
    proposer: u64,
}

async fn compare(folder: &Path, skip: usize, seeds: u64, part: &str) -> Result<()> {
    let intents = banking::intents(folder, "train.jsonl")?;
    let intents: Vec<String> = intents.into_iter().skip(skip).take(INTENTS).collect();
    let mut lines = banking::lines_of(folder, "train.jsonl", &intents)?;
    lines.extend(banking::lines_of(folder, "validation.jsonl", &intents)?);
    println!("intents {skip} to {}, {seeds} seeds, {} rows\n", skip + INTENTS, lines.len());
    println!("| search | test | before | validation - test | task calls | proposer calls | seconds |");
    println!("|---|---|---|---|---|---|---|");
    macro_rules! run {
        ($name:literal, $optimizer:expr) => {
            if $name.contains(part) {
                let begun = std::time::Instant::now();
                let mut tasks = Vec::new();
                for seed in 0..seeds {
                    let lines = lines.clone();
                    tasks.push(tokio::spawn(async move { one($optimizer.seed(seed), &lines, seed).await }));
                }
                let mut found = Vec::new();
                for task in tasks {
                    found.push(task.await.expect("it does not panic")?);
                }
                line($name, &found, begun.elapsed().as_secs_f64());
            }
        };
    }
    run!("random search", RandomSearch::new(right));
    run!("mipro light", Mipro::light(right));
    run!(
        "mipro light, no demonstrations",
        Mipro::light(right).max_labeled_demos(0).max_bootstrapped_demos(0)
    );
    run!("gepa light", Gepa::light(right));
    run!("gepa light, half the runs", Gepa::with_runs(right, 390));
    run!("auto, 330 calls", Auto::new(right).budget(Budget::unlimited().with_task_calls(330)));
    run!("auto, 660 calls", Auto::new(right).budget(Budget::unlimited().with_task_calls(660)));
    Ok(())
}

async fn one(
    optimizer: impl Optimizer<Sort, Predict<Sort>> + Send + Sync,
    lines: &[String],
    seed: u64,
) -> Result<Outcome> {
    let order = Keyed::new(seed, &["held out"]).sample(lines.len(), lines.len());
    let rows = |from: usize, count: usize, name: &str| -> Result<Rows<Sort>> {
        let lines: Vec<String> =
            order.iter().skip(from).take(count).map(|place| lines[*place].clone()).collect();
        banking::read(&lines, name)
    };
    let train = rows(0, TRAIN, "train")?;
    let validation = rows(TRAIN, VALIDATION, "validation")?;
    let test = rows(TRAIN + VALIDATION, TEST, "test")?;
    let cx = Context::new(Lm::new("builtin/lexical")?);
    let program = Predict::<Sort>::new();
    let score = async |program: &Predict<Sort>| -> Result<f64> {
        Ok(Evaluate::new(right).run(&cx, program, &test).await?.score())
    };
    let found: Compiled<Predict<Sort>> =
        optimizer.compile(&cx, program.clone(), (&train, &validation).into()).await?;
    let calls = |purposes: &[Purpose]| {
        purposes.iter().filter_map(|purpose| found.spent.get(purpose)).map(|usage| usage.calls).sum()
    };
    Ok(Outcome {
        before: score(&program).await?,
        after: score(&found.program).await?,
        validation: found.score,
        task: calls(&[Purpose::Task, Purpose::Teacher]),
        proposer: calls(&[Purpose::Proposer, Purpose::Reflection]),
    })
}

fn line(name: &str, found: &[Outcome], seconds: f64) {
    let mean = |value: fn(&Outcome) -> f64| found.iter().map(value).sum::<f64>() / found.len() as f64;
    let interval = |value: fn(&Outcome) -> f64| {
        let (n, mean) = (found.len() as f64, mean(value));
        let variance = found.iter().map(|one| (value(one) - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
        1.96 * (variance / n).sqrt()
    };
    println!(
        "| {name} | {:.1} ± {:.1} | {:.1} | {:+.1} | {:.0} | {:.0} | {seconds:.0} |",
        100.0 * mean(|one| one.after),
        100.0 * interval(|one| one.after),
        100.0 * mean(|one| one.before),
        100.0 * mean(|one| one.validation - one.after),
        mean(|one| one.task as f64),
        mean(|one| one.proposer as f64),
    );
}
