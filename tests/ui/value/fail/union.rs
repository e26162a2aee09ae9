//! A union has no form in JSON.

#[dspy::value]
union Bits {
    number: u32,
    real: f32,
}

fn main() {}
