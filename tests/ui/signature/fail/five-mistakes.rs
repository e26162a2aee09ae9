use dspy::signature;

/// Answer the question.
#[signature(instruct = "Answer.")]
struct Qa<T> {
    #[input(descr = "what is asked")]
    question: String,
    context: T,
    #[ouput(desc = "short")]
    answer: String,
}

fn main() {}
