use dspy::tool::Tool;
use dspy::{Context, tool};

/// Finds.
#[tool]
fn find(name: &str) -> usize {
    name.len()
}

async fn run(cx: &Context) {
    let _ = Find.call(cx, Default::default()).await;
    let _ = find("a");
}

fn main() {
    let _ = run;
}
