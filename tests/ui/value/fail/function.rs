//! It goes on types.

#[dspy::value]
fn queue() {}

fn main() {
    queue();
}
