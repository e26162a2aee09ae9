use dspy::{Signature, signature};

/// Read the order.
#[signature]
struct Order {
    #[input]
    mail: String,
    #[output(min = 1, max = 99)]
    pieces: Option<u32>,
    #[output(min = -0.5, max = 1.5)]
    ratio: f64,
    #[output(len = 1..=3)]
    names: Vec<String>,
    #[output(len = ..=10, pattern = "^[A-Z]")]
    code: String,
    #[output(one_of("a", "b"))]
    class: String,
    #[output(one_of(1, 2, -3))]
    level: i8,
}

fn main() {
    let constraints: Vec<_> = Order::schema().outputs().map(|field| field.constraints().len()).collect();
    assert_eq!(constraints, [2, 2, 1, 2, 1, 1]);
}
