use dspy::{module};

#[module]
struct Answer;

fn main() {}
