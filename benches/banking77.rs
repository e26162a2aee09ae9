//! Every optimizer on real customer messages, with the built-in model: `cargo bench --bench banking77`.
//!
//! The data is not part of the project; `BANKING77` names its folder, else it is looked for beside the
//! project. The labels of a task are known only when it runs, so each task is a process of its own.

mod banking;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use banking::{Sort, right, rows};
use dspy::optimize::{Ace, Copro, InferRules, LabeledFewShot, Simba};
use dspy::{BootstrapFewShot, Compiled, Context, Gepa, Lm, Mipro, Predict, RandomSearch, Result};

fn main() {
    let count = std::env::args().find_map(|argument| argument.parse::<usize>().ok());
    let Some(folder) = banking::folder() else { return };
    match count {
        Some(intents) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
            runtime.expect("a runtime").block_on(compare(&folder, intents)).expect("it runs");
        }
        None => {
            for intents in ["8", "20", "77"] {
                let program = std::env::current_exe().expect("it is this one");
                Command::new(program).arg(intents).status().expect("it starts");
            }
        }
    }
}

async fn compare(folder: &Path, intents: usize) -> Result<()> {
    let (train, validation) =
        (rows(folder, "train.jsonl", intents)?, rows(folder, "validation.jsonl", intents)?);
    println!("\n{intents} intents, {} train and {} validation rows\n", train.len(), validation.len());
    println!("| optimizer | validation | LM calls | seconds |\n|---|---|---|---|");
    let program = Predict::<Sort>::new;
    let cx = || Ok::<_, dspy::Error>(Context::new(Lm::new("builtin/lexical")?));
    macro_rules! run {
        ($name:literal, $optimizer:expr) => {
            let began = Instant::now();
            let found =
                $optimizer.seed(7).concurrency(8).compile(&cx()?, program(), (&train, &validation)).await?;
            line($name, &found, began);
        };
    }
    run!("labelled rows", LabeledFewShot::new(right));
    run!("bootstrap", BootstrapFewShot::new(right));
    run!("random search", RandomSearch::new(right));
    run!("mipro light", Mipro::light(right).max_labeled_demos(16));
    run!(
        "mipro light, no demonstrations",
        Mipro::light(right).max_labeled_demos(0).max_bootstrapped_demos(0)
    );
    run!("gepa light, minibatch 16", Gepa::light(right).minibatch(16));
    run!("infer rules", InferRules::new(right));
    run!("copro", Copro::new(right));
    run!("simba", Simba::new(right));
    run!("ace", Ace::new(right));
    Ok(())
}

fn line(name: &str, found: &Compiled<Predict<Sort>>, began: Instant) {
    let Compiled { baseline, score, usage, .. } = found;
    println!(
        "| {name} | {baseline:.3} -> {score:.3} | {} | {:.1} |",
        usage.calls,
        began.elapsed().as_secs_f64()
    );
}
