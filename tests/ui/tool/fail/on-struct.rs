use dspy::tool;

/// Finds.
#[tool]
struct Find {
    number: u32,
}

fn main() {}
