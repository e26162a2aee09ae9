use dspy::{module};

#[module]
union Answer {
    short: u8,
    long: u16,
}

fn main() {}
