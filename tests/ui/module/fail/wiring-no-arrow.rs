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

#[module(topic: String, verdict: bool)]
struct Judged {
    #[call(topic -> text)]
    draft: Predict<Draft>,
    #[call(text -> verdict)]
    review: Predict<Review>,
}

fn main() {}
