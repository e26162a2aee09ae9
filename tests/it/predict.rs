//! One predictor: reading, mending, asking again.

use std::sync::Mutex;

use dspy::adapter::JsonAdapter;
use dspy::lm::{FinishReason, Request, Response, Scripted};
use dspy::parse::Repair;
use dspy::{Budget, ChainOfThought, Context, ErrorKind, Predict, signature};

use crate::task::{Count, CountInput, Fruit, Guess, guess};

fn count() -> CountInput {
    CountInput { looks: "three apples".into() }
}

#[tokio::test]
async fn a_reply_in_the_other_format_is_read_without_asking_again() {
    let cx = Context::new(Scripted::replies(["```json\n{\"fruit\": \"Banana\"}\n```"]));
    let reply = Predict::<Guess>::new().call(&cx, guess("bent")).await.expect("read as JSON");
    assert_eq!(reply.fruit, Fruit::Banana);
    assert_eq!(reply.usage().calls, 1);
    let repairs: Vec<_> = reply.repairs().cloned().collect();
    assert_eq!(repairs, [Repair::OtherFormat("json".into()), Repair::Surroundings, Repair::LabelSpelling]);

    let cx = Context::new(Scripted::replies(["[[ ## fruit ## ]]\nbanana"])).with_adapter(JsonAdapter);
    let reply = Predict::<Guess>::new().call(&cx, guess("bent")).await.expect("read as sections");
    assert_eq!(reply.fruit, Fruit::Banana);
}

#[tokio::test]
async fn an_unreadable_reply_is_asked_for_again_once_with_the_error() {
    let asked = std::sync::Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let script = Scripted::new(move |call, request: &Request| {
        seen.lock().expect("no panic").push(request.messages.to_string());
        Ok(Response::new(if call == 0 { "[[ ## pieces ## ]]\nthree" } else { "[[ ## pieces ## ]]\n3" }))
    });
    let reply = Predict::<Count>::new()
        .call(&Context::new(script), count())
        .await
        .expect("the second reply is right");
    assert_eq!(reply.pieces, 3);
    assert_eq!(reply.usage().calls, 2, "both are counted");
    assert!(reply.repairs().any(|repair| *repair == Repair::AskedAgain));
    let asked = asked.lock().expect("no panic");
    assert!(asked[1].contains("[[ ## pieces ## ]]\nthree"), "the reply is shown");
    assert!(
        asked[1].contains("field `pieces`: it is no number; tried digits, separators, currencies and units; expected integer; found `three`"),
        "{}",
        asked[1]
    );
}

#[tokio::test]
async fn after_the_last_question_the_error_names_field_type_and_text() {
    let cx = Context::new(Scripted::answering(|_| "[[ ## pieces ## ]]\nabout 3 or 4".into()));
    let error = Predict::<Count>::new().call(&cx, count()).await.expect_err("no integer");
    assert!(error.is_parse());
    assert_eq!(error.problems().len(), 1);
    let problem = &error.problems()[0];
    assert_eq!((&*problem.path, &*problem.expected, &*problem.found), ("pieces", "integer", "about 3 or 4"));
    assert_eq!(cx.usage().calls, 2);

    let never = cx.with_parse_retries(0);
    let error = Predict::<Count>::new().call(&never, count()).await.expect_err("no integer");
    assert!(error.to_string().starts_with("self: the reply cannot be read: field `pieces`"), "{error}");
    assert_eq!(cx.usage().calls, 3);
}

#[tokio::test]
async fn the_error_keeps_what_was_wrong_with_the_first_reply_and_with_the_last() {
    let replies = ["[[ ## pieces ## ]]\nthree", "[[ ## pieces ## ]]\n3 or 4", "[[ ## pieces ## ]]\n-2"];
    let cx = Context::new(Scripted::replies(replies)).with_parse_retries(2);
    let error = Predict::<Count>::new().call(&cx, count()).await.expect_err("no integer");
    let found = |problems: &[dspy::parse::Problem]| {
        problems.iter().map(|problem| problem.found.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (found(error.first_problems()), found(error.problems())),
        (vec!["three".to_owned()], vec!["-2".to_owned()])
    );
    let text = error.to_string();
    assert!(
        text.starts_with("self: the reply cannot be read, nor those after asking again 2 times: "),
        "{text}"
    );
    assert!(
        text.contains("it must hold: at least 0; found `-2`; of the first reply: field `pieces`"),
        "{text}"
    );
    assert!(text.contains("found `three`"), "{text}");
    assert_eq!((cx.usage().calls, cx.history(9).exchanges().count()), (3, 3), "every call is seen");

    // Where asking again fails in another way, it is told why it was asked again.
    let cx = Context::new(Scripted::replies(["[[ ## pieces ## ]]\nthree"])).with_budget(Budget::calls(1));
    let error = Predict::<Count>::new().call(&cx, count()).await.expect_err("no second call");
    assert!(error.is_budget() && error.problems().is_empty());
    assert_eq!(found(error.first_problems()), ["three"]);
    assert!(error.to_string().contains("found `three`): the budget of 1 LM call is spent"), "{error}");
}

#[tokio::test]
async fn a_reply_without_a_field_says_which() {
    let cx =
        Context::new(Scripted::answering(|_| "[[ ## reasoning ## ]]\nround\n[[ ## completed ## ]]".into()));
    let error = ChainOfThought::<Guess>::new().call(&cx, guess("round")).await.expect_err("no fruit");
    assert!(error.to_string().contains("field `fruit`: it is missing; expected one of"), "{error}");
}

#[tokio::test]
async fn a_check_that_does_not_hold_is_fed_back() {
    let cx = Context::new(Scripted::replies(["[[ ## pieces ## ]]\n-1", "[[ ## pieces ## ]]\n1"]));
    let reply = Predict::<Count>::new().call(&cx, count()).await.expect("mended");
    assert_eq!(reply.pieces, 1);
    let history = cx.history(1).to_string();
    assert!(history.contains("field `pieces`: it must hold: at least 0; found `-1`"), "{history}");
}

/// Read the label on the box.
#[signature]
struct Label {
    #[input]
    looks: String,
    #[output(desc = "", pattern = "^[A-Z]{2}$")]
    code: String,
    #[output(desc = "", min = 1, max = 9)]
    level: Option<u8>,
    #[output(desc = "", len = 1..=2)]
    names: Vec<String>,
    #[output(desc = "", one_of("red", "blue"))]
    color: String,
}

#[tokio::test]
async fn bounds_are_told_asked_for_and_enforced() {
    let reply = |code, level, names, color| {
        format!(
            "[[ ## code ## ]]\n{code}\n[[ ## level ## ]]\n{level}\n[[ ## names ## ]]\n{names}\n[[ ## color ## ]]\n{color}"
        )
    };
    let replies = [reply("abc", "12", "[]", "green"), reply("AB", "null", "[\"x\"]", "red")];
    let cx = Context::new(Scripted::replies(replies));
    let predict = Predict::<Label>::new();
    let input = LabelInput { looks: "square".into() };
    let prompt = predict.render(&cx, &input).expect("it renders").to_string();
    for told in [
        "it must hold: matches the regular expression ^[A-Z]{2}$",
        "it must hold: at least 1",
        "it must hold: a length of 1 to 2",
        "it must hold: one of \"red\", \"blue\"",
    ] {
        assert!(prompt.contains(told), "{prompt}");
    }
    let label = predict.call(&cx, input).await.expect("the second reply is right");
    assert_eq!((label.code.as_str(), label.level, label.usage().calls), ("AB", None, 2));
    let asked = cx.history(1).to_string();
    for broken in [
        "field `code`: it must hold: matches the regular expression ^[A-Z]{2}$; found `\"abc\"`",
        "field `level`: it must hold: at most 9; found `12`",
        "field `names`: it must hold: a length of 1 to 2; found `[]`",
        "field `color`: it must hold: one of \"red\", \"blue\"; found `\"green\"`",
    ] {
        assert!(asked.contains(broken), "{asked}");
    }
}

#[tokio::test]
async fn a_reply_that_the_token_limit_cut_off_is_an_error() {
    let cx = Context::new(Scripted::new(|_, _| {
        let mut response = Response::new("[[ ## fruit ## ]]\napple");
        response.finish = FinishReason::Length;
        (response.usage.output_tokens, response.usage.reasoning_tokens) = (50, 40);
        Ok(response)
    }));
    let error = Predict::<Guess>::new().call(&cx, guess("red")).await.expect_err("cut off");
    assert!(
        error.to_string().contains("(40 of its 50 tokens were reasoning); raise `max_tokens`"),
        "{error}"
    );
    assert_eq!(cx.usage().calls, 1, "another question would be cut off too");
}

#[tokio::test]
async fn an_error_of_the_model_is_passed_on() {
    let cx = Context::new(Scripted::replies(Vec::<String>::new()));
    let error = Predict::<Guess>::new().call(&cx, guess("red")).await.expect_err("the script is empty");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(cx.usage().calls, 1);
}
