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

fn note(topic: &str, verdict: bool) -> String {
    format!("{topic}: {verdict}")
}

#[module(topic: String -> verdict: bool)]
#[call(fn note(&topic, verdict) -> note)]
struct Judged {
    #[call(note as topic -> text)]
    draft: Predict<Draft>,
    #[call(text -> verdict)]
    review: Predict<Review>,
}

fn main() {}
