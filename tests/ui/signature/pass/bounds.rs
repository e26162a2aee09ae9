use dspy::{Signature, signature};

/// Read the order.
#[signature]
struct Order {
    #[input]
    mail: String,
    #[output(desc = "", min = 1, max = 99)]
    pieces: Option<u32>,
    #[output(desc = "", min = -0.5, max = 1.5)]
    ratio: f64,
    #[output(desc = "", len = 1..=3)]
    names: Vec<String>,
    #[output(desc = "", len = ..=10, pattern = "^[A-Z]")]
    code: String,
    #[output(desc = "", one_of("a", "b"))]
    class: String,
    #[output(desc = "", one_of(1, 2, -3))]
    level: i8,
}

fn main() {
    let constraints: Vec<_> = Order::schema().outputs().map(|field| field.constraints().len()).collect();
    assert_eq!(constraints, [2, 2, 1, 2, 1, 1]);
}
