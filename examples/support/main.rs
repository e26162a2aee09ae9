//! The main job from end to end: a support program is evaluated, tuned, gated, saved, loaded again and
//! asked.
//!
//! ```console
//! $ cargo run --example support
//! $ cargo run --example support -- --json
//! $ cargo run --example support -- --ticket "The courier left my lamp in pieces"
//! ```
//!
//! It runs on the built-in model, offline. With `DSPY_MODEL=openai/gpt-4o-mini` and `OPENAI_API_KEY`
//! the same program runs on that model.

mod metric;
mod program;
mod retrieve;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use dspy::{Compiled, Context, Evaluate, Gate, Lm, RandomSearch, Report, Result, Splits, Verdict};
use metric::queue_and_policy;
use program::{Support, SupportTicket, SupportTicketInput};
use serde_json::json;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => release(false).await,
        ["--json"] => release(true).await,
        ["--ticket", ticket] => answer(ticket).await,
        _ => {
            eprintln!("usage: support [--json | --ticket TEXT]");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("support: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Tunes the program on the train rows, decides on the test rows, and saves what was decided on.
async fn release(as_json: bool) -> Result<()> {
    let cx = Context::new(Lm::from_env()?);
    let splits = Splits::<SupportTicket>::load(data("train"), data("validation"), data("test"))?;
    let baseline = Support::new();

    let optimizer = RandomSearch::new(queue_and_policy)
        .max_labeled_demos(64)
        .max_bootstrapped_demos(16)
        .seed(7)
        .concurrency(concurrency());
    let plan = optimizer.plan(&cx, &baseline, &splits);
    eprintln!("The search makes {plan}");
    let compiled = optimizer.compile(&cx, baseline.clone(), &splits.train, &splits.validation).await?;

    let gate = Gate::new(queue_and_policy)
        .slice(|row| row.kind)
        .minimum("adversarial", 0.4)
        .concurrency(concurrency());
    let verdict = gate.compare(&cx, &baseline, &compiled.program, &splits.test).await?;
    compiled.save(artifact(), &verdict)?;

    // What production does: a program that knows nothing of the search loads the file.
    let support = Support::load(artifact(), &cx)?;
    let evaluate = Evaluate::new(queue_and_policy).slice(|row| row.kind).concurrency(concurrency());
    let loaded = evaluate.run(&cx, &support, &splits.validation).await?;

    if as_json {
        println!("{}", summary(&cx, &compiled, &verdict, plan.max_calls()));
    } else {
        print(&cx, &compiled, &verdict, &loaded);
        show(&cx, &support, &splits.test[0].ticket_text).await?;
    }
    Ok(())
}

/// Answers one ticket with the program that was released.
async fn answer(ticket: &str) -> Result<()> {
    let cx = Context::new(Lm::from_env()?);
    let support = Support::load(artifact(), &cx).map_err(|error| {
        error.context("run the example without arguments first, which compiles the program")
    })?;
    show(&cx, &support, ticket).await
}

async fn show(cx: &Context, support: &Support, ticket: &str) -> Result<()> {
    let input =
        SupportTicketInput { ticket_text: ticket.to_owned(), policy_context: retrieve::policies(ticket)? };
    let reply = support.call(cx, input).await?;
    println!("\nticket:     {ticket}\nqueue:      {:?}\nresolution: {}", reply.queue, reply.resolution);
    Ok(())
}

fn print(cx: &Context, compiled: &Compiled<Support>, verdict: &Verdict, loaded: &Report) {
    println!("{compiled}");
    println!("{verdict}");
    println!("loaded from {} and run on the validation rows:", artifact().display());
    println!("{loaded}");
    println!("in all {} on {}", cx.usage(), cx.lm().id());
}

fn summary(cx: &Context, compiled: &Compiled<Support>, verdict: &Verdict, planned: u64) -> serde_json::Value {
    let slices = verdict.slices.iter().map(|slice| {
        let scores = json!({"baseline": slice.baseline, "compiled": slice.candidate, "rows": slice.rows});
        (slice.name.clone(), scores)
    });
    json!({
        "model": cx.lm().id().to_string(),
        "baseline": {"validation": compiled.baseline, "test": verdict.baseline},
        "compiled": {"validation": compiled.score, "test": verdict.candidate},
        "slices": slices.collect::<serde_json::Map<_, _>>(),
        "verdict": verdict.decision,
        "lm_calls": compiled.usage.calls,
        "planned_max_calls": planned,
        "artifact": artifact(),
    })
}

fn data(split: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/data/{split}.jsonl"))
}

/// Where the artifact goes: `SUPPORT_ARTIFACT`, else the system's folder for temporary files.
fn artifact() -> PathBuf {
    match std::env::var_os("SUPPORT_ARTIFACT") {
        Some(path) => PathBuf::from(path),
        None => std::env::temp_dir().join("support.json"),
    }
}

/// How many rows run at once: `SUPPORT_CONCURRENCY`, else 16. Figures do not depend on it.
fn concurrency() -> usize {
    std::env::var("SUPPORT_CONCURRENCY").ok().and_then(|rows| rows.parse().ok()).unwrap_or(16)
}
