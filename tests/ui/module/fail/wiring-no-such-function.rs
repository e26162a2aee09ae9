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

fn shorten(text: String) -> String {
    text
}

#[module(topic: String -> verdict: bool)]
#[call(fn shorter(text) -> short)]
struct Judged {
    #[call(topic -> text)]
    draft: Predict<Draft>,
    #[call(short as text -> verdict)]
    review: Predict<Review>,
}

fn main() {}
