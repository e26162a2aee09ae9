use dspy::signature;

/// Answer the question.
#[signature(rename_all = "camelCase")]
struct Qa {
    #[input]
    the_question: String,
    #[output]
    answer: String,
}

fn main() {}
