//! The support program, its instructions and demonstrations searched together.
//!
//! ```console
//! $ cargo run --example mipro
//! ```
//!
//! It runs on the built-in model, offline. With `DSPY_MODEL=openai/gpt-4o-mini` and `OPENAI_API_KEY`
//! the same search runs on that model.

#[path = "support/metric.rs"]
mod metric;
#[path = "support/program.rs"]
mod program;

use std::path::{Path, PathBuf};

use dspy::{Context, Lm, Mipro, Module, Result, Splits};
use metric::queue_and_policy;
use program::{Support, SupportTicket};

#[tokio::main]
async fn main() -> Result<()> {
    let cx = Context::new(Lm::from_env_or_builtin()?);
    let splits = Splits::<SupportTicket>::load(data("train"), data("validation"), data("test"))?;

    let optimizer = Mipro::light(queue_and_policy).max_labeled_demos(64).max_bootstrapped_demos(16).seed(7);
    println!("The search makes {}", optimizer.plan(&cx, &Support::new(), &splits));
    let compiled = optimizer.compile(&cx, Support::new(), &splits).await?;

    println!("{compiled}");
    for (purpose, usage) in &compiled.spent {
        println!("{purpose}: {usage}");
    }
    for (path, state) in compiled.program.state().iter() {
        println!("\n{path}, with {} demonstrations:\n{}", state.demos.len(), state.instructions);
    }
    let page = std::env::temp_dir().join("dspy-mipro.html");
    compiled.report().save_html(&page)?;
    println!("\nThe report is {}", page.display());
    Ok(())
}

fn data(split: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(format!("{split}.jsonl"))
}
