//! The main job from end to end: a support program is tuned, judged, released and served.
//!
//! ```console
//! $ cargo run --example support                    # the whole path: plan, compile, gate, promote, serve
//! $ cargo run --example support -- --help          # the same program as a command line
//! $ cargo run --example support -- eval --with baseline
//! $ cargo run --example support -- run ticket_text='The lamp arrived in pieces'
//! ```
//!
//! It runs on the built-in model, offline. With `DSPY_MODEL=openai/gpt-4o-mini` and `OPENAI_API_KEY`
//! the same program runs on that model.

mod metric;
mod program;
mod retrieve;
mod tour;

use std::path::Path;
use std::process::ExitCode;

use dspy::RandomSearch;
use dspy::app::App;
use metric::queue_and_policy;
use program::{Support, SupportTicket};

#[tokio::main]
async fn main() -> ExitCode {
    let app = app();
    match std::env::args_os().len() {
        1 => tour::tour(app).await,
        _ => app.run().await,
    }
}

fn app() -> App<Support, SupportTicket> {
    App::new(Support::new())
        .about("Sorts a support ticket, then resolves it from the policies that apply")
        .metric(queue_and_policy)
        .slice(|row| row.kind)
        .gate(|gate| gate.minimum("adversarial", 0.4))
        .optimizer("demos", || {
            RandomSearch::new(queue_and_policy).max_labeled_demos(64).max_bootstrapped_demos(16)
        })
        .prepare(retrieve::policies)
        .splits(Path::new(env!("CARGO_MANIFEST_DIR")).join("data"))
}
