#![deny(warnings)]

use dspy::signature;

/// Decide which queue a customer message belongs to.
#[signature]
struct Triage {
    #[input]
    ticket_text: String,
    #[output]
    queue: String,
    /// Whether it can wait.
    #[output]
    later: bool,
    #[output(desc = "")]
    language: String,
}

fn main() {}
