use dspy::{Context, Predict, Result, module, signature};

/// Write a draft.
#[signature]
struct Draft {
    #[input]
    topic: String,
    #[output(desc = "")]
    text: String,
}

/// Review a text.
#[signature]
struct Review {
    #[input]
    text: String,
    #[output(desc = "")]
    verdict: bool,
}

#[module(topic: String -> verdict: bool)]
struct Judged {
    #[call(topic -> text)]
    draft: Predict<Draft>,
    #[call(txt -> verdict)]
    review: Predict<Review>,
}

async fn run(cx: &Context, topic: String) -> Result<bool> {
    let judged = Judged::new();
    let _ = judged.forward(cx, JudgedInput { topic: topic.clone() }).await?;
    Ok(judged.call(cx, JudgedInput { topic }).await?.verdict)
}

fn main() {
    let _ = run;
}
