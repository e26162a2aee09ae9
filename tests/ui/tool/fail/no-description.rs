use dspy::tool;

#[tool]
fn find(number: u32) -> u32 {
    number
}

fn main() {}
