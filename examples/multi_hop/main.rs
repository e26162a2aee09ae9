//! A support program that searches the handbook twice and answers with a citation; its queries are tuned.
//!
//! ```console
//! $ cargo run --example multi_hop
//! ```
//!
//! It runs on the built-in model, offline. With `DSPY_MODEL=openai/gpt-4o-mini` and `OPENAI_API_KEY`
//! the same program and search run on that model.

mod metric;
mod program;

use std::path::{Path, PathBuf};

use dspy::{Context, Evaluate, Lm, Module, RandomSearch, Result, Splits};
use metric::{cited, recall, recall_and_citation};
use program::{Case, Handbook};

#[tokio::main]
async fn main() -> Result<()> {
    let cx = Context::new(Lm::from_env_or_builtin()?);
    let splits = Splits::<Case>::load(data("train"), data("validation"), data("test"))?;
    let program = Handbook::open(data("policies"))?;

    let optimizer = RandomSearch::new(recall_and_citation)
        .candidates(6)
        .max_bootstrapped_demos(16)
        .max_labeled_demos(0)
        .seed(7);
    println!("The search makes {}", optimizer.plan(&cx, &program, &splits));
    let compiled = optimizer.compile(&cx, program.clone(), &splits).await?;
    for (path, state) in compiled.program.state().iter() {
        println!("{path}: {} demonstrations", state.demos.len());
    }

    println!("\non {} held-out rows     recall  cited", splits.test.len());
    for (name, program) in [("before", &program), ("after", &compiled.program)] {
        let recall = Evaluate::new(recall).run(&cx, program, &splits.test).await?;
        let cited = Evaluate::new(cited).run(&cx, program, &splits.test).await?;
        println!("{name:<24} {:>6.2} {:>6.2}", recall.score(), cited.score());
    }

    let ticket_text = "My parcel is more than a week late. Can you trace it with the carrier?".to_owned();
    let reply = compiled.program.call(&cx, program::CaseInput { ticket_text }).await?;
    for hop in reply.trace().steps_of(&compiled.program.search) {
        let found: Vec<_> = hop.output()?.passages.into_iter().map(|passage| passage.id).collect();
        println!("\nasked for `{}`\nfound {}", hop.input()?.query, found.join(", "));
    }
    println!("answered: {}", reply.resolution);
    Ok(())
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(format!("{name}.jsonl"))
}
