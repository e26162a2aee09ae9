use dspy::signature;

/// Count.
#[signature]
struct Count {
    #[input]
    text: String,
    #[output(min = 5, max = 3)]
    pieces: u8,
}

fn main() {}
