use dspy::signature;

/// Find the code.
#[signature]
struct Find {
    #[input]
    text: String,
    #[output(pattern = "[A-Z")]
    code: String,
}

fn main() {}
