use dspy::signature;

/// Count.
#[signature]
struct Count {
    #[input]
    text: String,
    #[output(max = "5")]
    pieces: u8,
}

fn main() {}
