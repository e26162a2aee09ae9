//! There is nothing to set.

#[dspy::value(snake_case)]
enum Queue {
    Refund,
}

fn main() {
    let _ = Queue::Refund;
}
