use dspy::tool;

/// Finds.
#[tool]
fn find(since: std::time::Instant) -> bool {
    since.elapsed().is_zero()
}

fn main() {}
