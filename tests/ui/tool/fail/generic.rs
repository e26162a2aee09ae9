use dspy::tool;

/// Finds.
#[tool]
fn find<T>(number: T) -> T {
    number
}

fn main() {}
