use dspy::tool;

struct Finder;

impl Finder {
    /// Finds.
    #[tool]
    fn find(&self, number: u32) -> u32 {
        number
    }
}

fn main() {}
