use dspy::tool;

/// Finds.
#[tool]
fn find(number: u32) -> std::time::Instant {
    let _ = number;
    std::time::Instant::now()
}

fn main() {}
