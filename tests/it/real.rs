//! Replies of real models, recorded by `cargo bench --bench real -- tasks --record FILE` and played back: a change of a
//! prompt or of the parser is seen here.
//!
//! A prompt that was changed is in no recording. Record it again with both models (`benches/README.md` says how), and
//! look at what the change did to the table.

use std::path::Path;

use dspy::Context;
use dspy::lm::{Cassette, Sampling};
use expect_test::expect_file;

#[path = "../../benches/real/tasks.rs"]
mod tasks;

/// The recordings: the model, the form that it was asked in, and the tasks.
const RECORDED: [(&str, &str, &[&str]); 3] = [
    ("qwen2.5-coder-0.5b", "default", &tasks::TASKS),
    ("qwen2.5-coder-0.5b", "chat", &["tickets", "intents", "orders", "cards", "receipts"]),
    ("smollm2-135m", "default", &tasks::TASKS),
];

#[tokio::test]
async fn recorded_replies_of_real_models_come_to_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut table = String::from(
        "| model | task | form | rows | typed | score | calls | tokens in / out a row |\n|---|---|---|---|---|---|---|---|\n",
    );
    for (model, form, names) in RECORDED {
        let cassette = Cassette::replay(root.join(format!("fixtures/real/{model}.jsonl")));
        let mut sampling = Sampling::default();
        (sampling.temperature, sampling.max_tokens) = (Some(0.0), Some(tasks::LONGEST));
        let cx = Context::new(cassette.expect("a recording")).with_sampling(sampling);
        let cx = tasks::form(form, &cx).expect("a form");
        for task in names {
            let report =
                tasks::run(task, &cx, &root.join("../benches/real/data"), 20).await.expect("it is run");
            let unknown = report.failures().find(|row| {
                row.error.as_deref().is_some_and(|error| error.contains("has no reply to this request"))
            });
            assert!(unknown.is_none(), "{model}, {task}, {form}: record it again: {unknown:?}");
            table.push_str(&format!("| {model} {}\n", tasks::line(task, form, &report)));
        }
    }
    expect_file![root.join("fixtures/real/table.md")].assert_eq(&table);
}

/// What the recordings must show, whatever else changes.
#[test]
fn the_default_form_is_read_on_both_models() {
    let table = include_str!("../fixtures/real/table.md");
    for line in table.lines().filter(|line| line.contains("| default |")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let typed: f64 = cells[5].parse().expect("a share");
        let least = if cells[1].starts_with("qwen") { 0.99 } else { 0.9 };
        assert!(typed >= least, "{line}");
    }
}
