use dspy::{Context, tool};

/// Finds.
#[tool]
async fn find(number: u32, cx: &Context) -> u32 {
    let _ = cx;
    number
}

fn main() {}
