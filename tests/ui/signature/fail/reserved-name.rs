use dspy::signature;

/// Say whether the work is done.
#[signature]
struct Done {
    #[input]
    report: String,
    #[output]
    completed: bool,
}

fn main() {}
