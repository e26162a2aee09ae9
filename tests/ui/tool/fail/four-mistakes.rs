use dspy::tool;

#[tool(nam = "find")]
fn find(name: &str, (row, column): (u32, u32)) -> usize {
    name.len() + row as usize + column as usize
}

fn main() {}
