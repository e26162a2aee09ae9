//! Functions as tools, called through their schemas.

use dspy::tool::Tool;
use dspy::{Context, Error, ErrorKind, Result, tool};
use serde_json::{Value, json};

use crate::task::{Fruit, built_in};

/// Counts fruit of a kind.
///
/// Slowly.
#[tool]
fn count_fruit(
    /// Which one.
    fruit: Fruit,
    others: Vec<Fruit>,
    r#type: Option<String>,
) -> usize {
    let _ = r#type;
    others.iter().filter(|other| **other == fruit).count()
}

#[tool(name = "spend", desc = "Asks the model.")]
async fn ask(cx: &Context, kind: String) -> Result<Value> {
    match &*kind {
        "budget" => Err(Error::new(ErrorKind::Budget, "it is spent")),
        "own" => Err(Error::program("no such kind")),
        _ => Ok(json!(cx.lm().id().to_string())),
    }
}

/// Divides.
#[tool]
async fn divide(number: i64, by: i64) -> std::result::Result<i64, String> {
    number.checked_div(by).ok_or_else(|| "division by zero".to_owned())
}

/// Does nothing.
#[tool]
fn nothing() {}

async fn call(tool: &dyn Tool, arguments: Value) -> Value {
    tool.call(&built_in(), arguments).await.expect("errors are values")
}

#[test]
fn arguments_and_docs_become_the_schema() {
    assert_eq!(
        (CountFruit.name(), CountFruit.description()),
        ("count_fruit", "Counts fruit of a kind.\n\nSlowly.")
    );
    let parameters = CountFruit.parameters();
    assert_eq!(parameters["required"], json!(["fruit", "others"]));
    assert_eq!(parameters["additionalProperties"], false);
    assert_eq!(parameters["properties"]["fruit"]["description"], "Which one.");
    assert_eq!(parameters["properties"]["type"]["type"], json!(["string", "null"]));
    let reference = parameters["properties"]["others"]["items"]["$ref"].as_str().expect("a reference");
    let target = parameters.pointer(reference.trim_start_matches('#')).expect("the definition is at the top");
    assert_eq!(target["enum"], json!(["apple", "banana", "cherry"]));
    assert_eq!((Ask.name(), Ask.description()), ("spend", "Asks the model."));
    assert_eq!(
        Ask.parameters()["properties"].as_object().map(serde_json::Map::len),
        Some(1),
        "not the context"
    );
}

#[tokio::test]
async fn a_tool_is_called_with_what_its_schema_asks_for() {
    let arguments = json!({"fruit": "apple", "others": ["apple", "cherry", "apple"]});
    assert_eq!(call(&CountFruit, arguments).await, 2);
    assert_eq!(call(&Divide, json!({"number": 7, "by": 2})).await, 3);
    assert_eq!(call(&Ask, json!({"kind": ""})).await, "builtin/lexical@1");
    assert_eq!(call(&Nothing, Value::Null).await, Value::Null);
    assert_eq!(divide(6, 2).await, Ok(3), "the function stays");
}

#[tokio::test]
async fn what_a_model_can_mend_is_a_value_and_the_rest_an_error() {
    assert_eq!(call(&Divide, json!({"number": 7, "by": 0})).await, json!({"error": "division by zero"}));
    let wrong = call(&Divide, json!({"number": "seven"})).await;
    let text = wrong["error"].as_str().expect("an error");
    assert!(text.contains("field `number`") && text.contains("field `by`: it is missing"), "{text}");
    let unknown = call(&Divide, json!({"numbr": 7, "by": 1})).await;
    assert_eq!(unknown["error"], "there is no argument `numbr`; did you mean `number`?");
    assert_eq!(
        call(&Divide, json!([7, 1])).await["error"],
        "the arguments are no JSON object; found `[7,1]`"
    );
    assert_eq!(call(&Ask, json!({"kind": "own"})).await, json!({"error": "no such kind"}));
    let error = Ask.call(&built_in(), json!({"kind": "budget"})).await.expect_err("nobody can mend it");
    assert!(error.is_budget());
}
