//! Signatures in place: `predict!`, and the same grammar at run time.

use dspy::data::Record;
use dspy::lm::Scripted;
use dspy::predict::DynPredict;
use dspy::{Context, Module, predict};

use crate::task::Fruit;

fn replies(text: &str) -> Context {
    Context::new(Scripted::replies([text]))
}

#[tokio::test]
async fn a_prediction_in_place_is_typed() {
    let cx = replies("[[ ## fruit ## ]]\napple\n[[ ## pieces ## ]]\n3\n[[ ## why ## ]]\nround");
    let looks = "red and round";
    let reply = predict!(&cx, looks -> fruit: Fruit, pieces: u8 "How many.", why).await.expect("it reads");
    assert_eq!((reply.fruit, reply.pieces, &*reply.why), (Fruit::Apple, 3, "round"));
    assert_eq!(reply.usage().calls, 1);
    let prompt = cx.history(1).to_string();
    assert!(prompt.contains("Work out `fruit`, `pieces`, `why` from `looks`."), "{prompt}");
    assert!(prompt.contains("How many."), "{prompt}");
    assert!(prompt.contains(looks));
}

#[tokio::test]
async fn values_instructions_and_types_are_given_in_place() {
    let cx = replies("[[ ## r#loop ## ]]\ntrue".replace("r#", "").as_str());
    let words = vec!["a".to_owned(), "b".to_owned()];
    let reply = {
        // The future borrows nothing.
        let call = predict!(
            cx,
            "Say whether they rhyme.",
            words: Vec<String>, first "The first." = &words[0], r#type: Option<u8> = Some(4)
            -> r#loop: bool
        );
        tokio::spawn(call).await.expect("it runs").expect("it reads")
    };
    assert!(reply.r#loop);
    assert_eq!(words.len(), 2, "taken by reference");
    let prompt = cx.history(1).to_string();
    assert!(prompt.contains("Say whether they rhyme."), "{prompt}");
    assert!(prompt.contains("The first."), "{prompt}");
}

fn refused(signature: &str, expected: &str) {
    let error = DynPredict::parse(signature).expect_err("it is no signature");
    let error = error.to_string();
    let shown = error.strip_prefix("the signature cannot be read: ").expect("every one begins so");
    assert_eq!(shown.trim_end(), expected.trim_end());
}

#[test]
fn a_text_is_read_with_rust_and_python_types() {
    let parsed = DynPredict::parse(
        "'Judge it.', text \"as sent\", tags: list[str], n: dict[str, int], old: Vec<u8> \
         -> tone: Literal['good', \"bad\"], score: Optional[float], why: str | None, all: HashMap<String, Vec<bool>>",
    );
    let parsed = parsed.expect("it is one");
    let schema = parsed.schema();
    assert_eq!(schema.instructions(), "Judge it.");
    assert_eq!(schema.field("text").expect("first").description(), "as sent");
    assert_eq!(
        schema.to_string(),
        "DynPredict(text: string, tags: list of string, n: map of string to integer, \
         old: list of integer (at least 0)) -> (tone: one of \"good\", \"bad\", score: number or null, \
         why: string or null, all: map of string to list of boolean)"
    );
    assert_eq!(parsed.state().paths().collect::<Vec<_>>(), ["self"]);
}

#[test]
fn an_error_has_a_caret_under_the_place() {
    refused(
        "a, b: lst[str] -> c",
        "unknown type `lst`; did you mean `list`?\n  a, b: lst[str] -> c\n        ^^^",
    );
    refused("a, b: -> c", "expected a type\n  a, b: -> c\n        ^");
    refused("a, b", "expected `->` and the outputs\n  a, b\n      ^");
    refused("a ->", "expected the name of a field\n  a ->\n      ^");
    refused("a -> b c", "expected `,` between two fields\n  a -> b c\n         ^");
    refused("ä: list[int -> b", "expected `]`\n  ä: list[int -> b\n              ^");
    refused(
        "a -> b: dict[int, str]",
        "the keys of a map are strings; write `dict[str, …]`\n  a -> b: dict[int, str]\n               ^^^",
    );
    refused(
        "a -> b: Literal[yes]",
        "expected a label in quotes\n  a -> b: Literal[yes]\n                  ^^^",
    );
    refused(
        "a -> b: Literal['yes, 'no']",
        "expected `,` or `]`\n  a -> b: Literal['yes, 'no']\n                         ^^",
    );
    refused("a ->\n  b 'c", "this string has no end\n    b 'c\n      ^");
    refused("a -> a", "field `a` stands here twice\n  a -> a\n       ^");
    refused("", "expected the name of a field\n  \n  ^");
}

#[tokio::test]
async fn values_of_another_type_never_pass() {
    let predict =
        DynPredict::parse("text, n: int -> list: list[int], tone: Literal['good', 'bad'], x: int | None");
    let predict = predict.expect("it is one");
    let cx = Context::new(Scripted::replies([
        "[[ ## list ## ]]\n[1, 2.5]\n[[ ## tone ## ]]\ngood",
        "{\"list\": [1, 2], \"tone\": \"good\"}",
    ]));
    let mut input = Record::from_iter([("text", "a")]);
    let error = predict.call(&cx, input.clone()).await.expect_err("n is missing");
    assert!(error.to_string().contains("field `n`: it is missing; expected integer"), "{error}");
    input.insert("n", 1.5);
    input.insert("m", 1);
    let error = predict.call(&cx, input.clone()).await.expect_err("n is no integer").to_string();
    assert!(error.contains("field `n`: it is not of the type") && error.contains("field `m`"), "{error}");
    assert_eq!(cx.usage().calls, 0, "nothing was sent");

    let input: Record = serde_json::from_value(serde_json::json!({"text": "a", "n": 1})).expect("JSON");
    let reply = predict.call(&cx, input).await.expect("after asking again");
    assert_eq!(reply.to_string(), "{\"list\":[1,2],\"tone\":\"good\",\"x\":null}");
    let asked = cx.history(2).to_string();
    assert!(
        asked
            .contains("field `list[1]`: it has a fraction or is out of range; expected integer; found `2.5`"),
        "{asked}"
    );
}
