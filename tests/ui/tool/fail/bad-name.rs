use dspy::tool;

/// Finds.
#[tool(name = "find it")]
fn find(number: u32) -> u32 {
    number
}

fn main() {}
