#![deny(warnings)]

use dspy::signature;

/// Answer the question.
#[derive(Debug, serde::Serialize)]
#[signature]
#[derive(Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Qa {
    #[serde(default)]
    #[input]
    question: String,
    #[output(desc = "")]
    answer: Option<String>,
}

fn main() {
    let row: Qa = serde_json::from_str(r#"{"answer": "yes"}"#).unwrap();
    assert_eq!(row.clone(), row);
    assert_eq!(serde_json::to_string(&row).unwrap(), r#"{"question":"","answer":"yes"}"#);
    let output: QaOutput = serde_json::from_str("{}").unwrap();
    assert!(output.answer.is_none());
}
