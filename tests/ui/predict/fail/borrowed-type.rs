use dspy::{Context, Result, predict};

async fn run(cx: &Context, text: &str) -> Result<bool> {
    Ok(predict!(cx, text: &str -> urgent: bool).await?.urgent)
}

fn main() {
    let _ = run;
}
