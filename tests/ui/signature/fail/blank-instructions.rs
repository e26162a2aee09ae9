use dspy::signature;

///
/** */
#[signature]
struct Qa {
    #[input]
    question: String,
    #[output]
    answer: String,
}

fn main() {}
