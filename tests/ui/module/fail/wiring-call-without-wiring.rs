use dspy::{Predict, module, signature};

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

#[module]
struct Judged {
    #[call(topic -> text)]
    draft: Predict<Draft>,
    #[call(text -> verdict)]
    review: Predict<Review>,
}

async fn run(cx: &dspy::Context, topic: String) {
    let _ = Judged::new().call(cx, DraftInput { topic }).await;
}

fn main() {
    let _ = run;
}
