use dspy::tool;

/// Finds.
#[tool]
fn find((row, column): (u32, u32)) -> u32 {
    row + column
}

fn main() {}
