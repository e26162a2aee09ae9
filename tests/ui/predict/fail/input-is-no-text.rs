use dspy::{Context, Result, predict};

async fn run(cx: &Context, text: &str) -> Result<bool> {
    let count = text.len();
    Ok(predict!(cx, count -> urgent: bool).await?.urgent)
}

fn main() {
    let _ = run;
}
