use dspy::tool;

/// Finds.
#[tool(nam = "find")]
fn find(number: u32) -> u32 {
    number
}

fn main() {}
