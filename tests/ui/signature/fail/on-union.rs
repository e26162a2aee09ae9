use dspy::signature;

/// Answer the question.
#[signature]
union Bits {
    whole: u32,
    parts: [u8; 4],
}

fn main() {}
