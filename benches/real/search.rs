//! Searches on a real model: customer messages of banking77 with 8 intents.
//!
//! The data is not part of the project; `BANKING77` names its folder, else it is looked for beside the project.

use std::collections::BTreeSet;
use std::time::Instant;

use dspy::{Compiled, Context, Evaluate, Gepa, Mipro, Predict, RandomSearch, Result, Rows};

use crate::banking::{self, Sort, right};

const INTENTS: usize = 8;

/// Runs the searches of these names, or all, and prints a row of a table for each.
pub async fn run(cx: &Context, names: &[String], count: usize) -> Result<()> {
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
    println!("| search | test before | test after | validation before, after | calls | seconds |");
    println!("|---|---|---|---|---|---|");
    for name in ["random", "mipro", "gepa"] {
        if !names.is_empty() && !names.iter().any(|wanted| wanted == name) {
            continue;
        }
        let (begun, program) = (Instant::now(), program.clone());
        let found = match name {
            "random" => {
                RandomSearch::new(right)
                    .seed(7)
                    .concurrency(4)
                    .compile(cx, program, &train, &validation)
                    .await?
            }
            "mipro" => {
                Mipro::light(right).seed(7).concurrency(4).compile(cx, program, &train, &validation).await?
            }
            _ => Gepa::light(right).seed(7).concurrency(4).compile(cx, program, &train, &validation).await?,
        };
        let Compiled { baseline, score: best, usage, .. } = &found;
        println!(
            "| {name} | {before:.2} | {:.2} | {baseline:.2}, {best:.2} | {} | {:.0} |",
            score(&found.program).await?,
            usage.calls,
            begun.elapsed().as_secs_f64()
        );
        let proposed: BTreeSet<&str> = found
            .candidates
            .iter()
            .flat_map(|candidate| candidate.state.iter())
            .map(|(_, state)| state.instructions.as_str())
            .collect();
        proposed.iter().for_each(|instructions| println!("  - {instructions:?}"));
    }
    Ok(())
}
