//! Passages for queries: exact, typed, traced, and the same each time.

mod bm25;
mod cells;
mod documents;
mod hybrid;
mod multi_hop;
mod qdrant;
mod step;
mod vector_index;

use dspy::lm::Scripted;
use dspy::retrieve::Passage;
use dspy::{Context, Result};

fn context() -> Context {
    Context::new(Scripted::replies(["unused"]))
}

fn passages() -> Vec<Passage> {
    let texts = [
        ("a", "The late parcel is late."),
        ("b", "The parcel was lost!"),
        ("c", "Money back for the lost parcel of the customer"),
        ("d", "A cat"),
    ];
    texts.map(|(id, text)| Passage::new(id, text)).to_vec()
}

fn ids<M>(found: &[Passage<M>]) -> Vec<&str> {
    found.iter().map(|passage| passage.id.as_str()).collect()
}

fn message<T: std::fmt::Debug>(refused: Result<T>) -> String {
    refused.expect_err("it is refused").to_string()
}
