use dspy::tool;

/// Finds.
#[tool]
fn find(number: impl Into<u32>) -> u32 {
    number.into()
}

fn main() {}
