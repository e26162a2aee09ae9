use dspy::tool;

/// Finds.
#[tool]
async fn find(number: u32) -> u32 {
    let number = std::rc::Rc::new(number);
    std::future::ready(()).await;
    *number
}

fn main() {}
