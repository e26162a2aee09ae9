//! Searches on a real model: customer messages of banking77 with 8 intents.
//!
//! The data is not part of the project; `BANKING77` names its folder, else it is looked for beside the project.

use std::time::Instant;

use dspy::context::Purpose;
use dspy::{Auto, Budget, Compiled, Context, Evaluate, Gepa, Mipro, Predict, RandomSearch, Result, Rows};

use crate::banking::{self, Sort, right};

const INTENTS: usize = 8;

/// Runs the searches of these names, or all, and prints a row of a table for each.
pub async fn run(cx: &Context, names: &[String], count: usize, seed: u64) -> Result<()> {
    let Some(folder) = banking::folder() else { return Ok(()) };
    let rows = |file| banking::rows(&folder, file, INTENTS);
    let (train, rest) = (rows("train.jsonl")?, rows("validation.jsonl")?);
    let (validation, test) = (train.iter().skip(count).take(count), rest.iter().take(2 * count));
    let validation: Rows<Sort> = validation.cloned().collect();
    let (train, test): (Rows<Sort>, Rows<Sort>) = (train.take(count), test.cloned().collect());
    let (sizes, program) = ([train.len(), validation.len(), test.len()], Predict::<Sort>::new());
    println!("{INTENTS} intents; {} train, {} validation, {} test rows", sizes[0], sizes[1], sizes[2]);
    let score = async |program: &Predict<Sort>| -> Result<f64> {
        Ok(Evaluate::new(right).concurrency(4).run(cx, program, &test).await?.score())
    };
    let before = score(&program).await?;
    println!(
        "| search | test before | test after | validation before, after | task calls | proposer calls | seconds |"
    );
    println!("|---|---|---|---|---|---|---|");
    for name in ["random", "mipro", "gepa", "auto"] {
        if !names.is_empty() && !names.iter().any(|wanted| wanted == name) {
            continue;
        }
        let (begun, program) = (Instant::now(), program.clone());
        macro_rules! compile {
            ($optimizer:expr) => {
                $optimizer.seed(seed).concurrency(4).compile(cx, program, (&train, &validation)).await?
            };
        }
        let found = match name {
            "random" => compile!(RandomSearch::new(right)),
            "mipro" => compile!(Mipro::light(right)),
            "gepa" => compile!(Gepa::with_runs(right, 300)),
            _ => compile!(Auto::new(right).budget(Budget::unlimited().with_task_calls(300))),
        };
        let Compiled { baseline, score: best, .. } = &found;
        let calls = |purposes: &[Purpose]| -> u64 {
            purposes.iter().filter_map(|purpose| found.spent.get(purpose)).map(|usage| usage.calls).sum()
        };
        println!(
            "| {name} | {before:.2} | {:.2} | {baseline:.2}, {best:.2} | {} | {} | {:.0} |",
            score(&found.program).await?,
            calls(&[Purpose::Task, Purpose::Teacher]),
            calls(&[Purpose::Proposer, Purpose::Reflection]),
            begun.elapsed().as_secs_f64()
        );
        found.steps.iter().for_each(|step| println!("  {step}"));
        let picked = found.program.state();
        for (_, state) in picked.iter() {
            println!("  {} demonstrations, {:?}", state.demos.len(), state.instructions);
        }
    }
    Ok(())
}
