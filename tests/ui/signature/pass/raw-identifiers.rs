#![deny(warnings)]

use dspy::{Signature, signature};

/// Say what it is.
#[signature]
struct r#Kind {
    /// The thing.
    #[input]
    r#type: String,
    #[output(desc = "")]
    r#match: bool,
    #[meta]
    r#mod: u8,
}

fn main() {
    let names: Vec<_> = Kind::schema().fields().iter().map(|field| field.name().to_owned()).collect();
    assert_eq!(names, ["type", "match", "mod"]);
    let input = KindInput { r#type: String::from("a") };
    assert_eq!(serde_json::to_string(&input).unwrap(), r#"{"type":"a"}"#);
    assert_eq!(format!("{input:?}"), r#"KindInput { type: "a" }"#);
    let row = Kind { r#type: String::new(), r#match: true, r#mod: 1 };
    let _ = (row.r#type, row.r#match, row.r#mod);
}
