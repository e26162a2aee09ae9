//! Programs whose model is trained on what they do well.

mod example;
mod export;

pub use export::{Exported, FinetuneExport};
