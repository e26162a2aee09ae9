use dspy::signature;

/// Find the code.
#[signature]
struct Find {
    #[input]
    text: String,
    #[output(one_of())]
    code: String,
}

fn main() {}
