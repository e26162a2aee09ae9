use dspy::signature;

/// Count.
#[signature]
struct Count {
    #[input]
    text: String,
    #[output(len = 5..=3)]
    names: Vec<String>,
}

fn main() {}
