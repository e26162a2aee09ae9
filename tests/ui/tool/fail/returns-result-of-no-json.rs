use dspy::tool;

struct Secret;

/// Finds.
#[tool]
async fn find(number: u32) -> Result<Secret, String> {
    Err(format!("nothing of number {number}"))
}

fn main() {
    let _ = Secret;
}
