use dspy::signature;

/// Answer the question.
#[signature]
struct Qa<const N: usize> {
    #[input]
    question: String,
    #[output]
    answers: [String; N],
}

fn main() {}
