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

#[module(topic: String -> verdict: usize)]
struct Judged {
    #[call(topic -> text)]
    draft: Predict<Draft>,
    #[plain]
    #[call(text -> verdict)]
    review: usize,
}

fn main() {}
