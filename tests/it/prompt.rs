//! The exact prompts, read once by a person.

use dspy::adapter::{JsonAdapter, XmlAdapter};
use dspy::data::Record;
use dspy::{ChainOfThought, Context, Predict};
use expect_test::expect;

use crate::task::{Count, CountInput, Guess, built_in, guess};

#[test]
fn a_task_without_demonstrations() {
    let rendered = Predict::<Count>::new().render(&built_in(), &CountInput { looks: "three apples".into() });
    expect![[r#"
        --- system
        Count the pieces.

        You are given:
        - `looks`

        You produce:
        - `pieces` (integer)
          - it must hold: at least 0

        Reply in sections, each under its marker line:

        [[ ## pieces ## ]]
        …

        [[ ## completed ## ]]

        --- user
        [[ ## looks ## ]]
        three apples

        Reply with `[[ ## pieces ## ]]`, then `[[ ## completed ## ]]`.

    "#]]
    .assert_eq(&rendered.expect("it renders").to_string());
}

#[test]
fn demonstrations_come_as_turns_and_incomplete_ones_are_left_out() {
    let program = ChainOfThought::<Guess>::new();
    let mut state = program.state();
    let demos = &mut state.get_mut("predict").expect("one predictor").demos;
    demos.push(Record::from_iter([
        ("looks", "red"),
        ("reasoning", "Red is for apples."),
        ("fruit", "apple"),
    ]));
    demos.push(Record::from_iter([("looks", "a demonstration without reasoning"), ("fruit", "apple")]));
    let program = program.with_state(&state).expect("its own paths");
    let rendered = program.render(&built_in(), &guess("bent")).expect("it renders");
    expect![[r#"
        --- system
        Say which fruit it is.

        You are given:
        - `looks`: What it looks like.

        You produce:
        - `reasoning` (string): Every step up to the answer, with its result.
        - `fruit` (one of "apple", "banana", "cherry"): Which one it is.

        Reply in sections, each under its marker line:

        [[ ## reasoning ## ]]
        …

        [[ ## fruit ## ]]
        …

        [[ ## completed ## ]]

        --- user
        [[ ## looks ## ]]
        red

        Reply with `[[ ## reasoning ## ]]`, then `[[ ## fruit ## ]]`, then `[[ ## completed ## ]]`.

        --- assistant
        [[ ## reasoning ## ]]
        Red is for apples.

        [[ ## fruit ## ]]
        apple

        [[ ## completed ## ]]

        --- user
        [[ ## looks ## ]]
        bent

        Reply with `[[ ## reasoning ## ]]`, then `[[ ## fruit ## ]]`, then `[[ ## completed ## ]]`.

    "#]]
    .assert_eq(&rendered.to_string());
}

#[test]
fn the_json_form() {
    let cx: Context = built_in().with_adapter(JsonAdapter);
    let rendered = ChainOfThought::<Guess>::new().render(&cx, &guess("bent")).expect("it renders");
    expect![[r#"
        --- system
        Say which fruit it is.

        You are given:
        - `looks`: What it looks like.

        You produce:
        - `reasoning` (string): Every step up to the answer, with its result.
        - `fruit` (one of "apple", "banana", "cherry"): Which one it is.

        Reply with one JSON object:
        {"reasoning": …, "fruit": …}

        --- user
        [[ ## looks ## ]]
        bent

    "#]]
    .assert_eq(&rendered.to_string());
}

#[test]
fn what_a_state_fixes_is_written_once() {
    let (predict, cx) = (Predict::<Guess>::new(), built_in());
    let first = predict.render(&cx, &guess("red")).expect("it renders");
    let second = predict.clone().render(&cx.clone(), &guess("bent")).expect("it renders");
    assert!(std::sync::Arc::ptr_eq(first.fixed(), second.fixed()));
    let json = predict.render(&cx.with_adapter(JsonAdapter), &guess("red")).expect("it renders");
    assert!(!std::sync::Arc::ptr_eq(first.fixed(), json.fixed()));
    let json_again = predict.render(&cx.with_adapter(JsonAdapter), &guess("red")).expect("it renders");
    assert!(
        std::sync::Arc::ptr_eq(json_again.fixed(), json.fixed()),
        "an adapter without data is one adapter"
    );
}

#[test]
fn the_form_in_tags() {
    let cx: Context = built_in().with_adapter(XmlAdapter);
    let program = Predict::<Guess>::new();
    let mut state = program.state();
    let demos = &mut state.get_mut("self").expect("one predictor").demos;
    demos.push(Record::from_iter([("looks", "red & round <small>"), ("fruit", "apple")]));
    let program = program.with_state(&state).expect("its own paths");
    let rendered = program.render(&cx, &guess("</looks> bent")).expect("it renders");
    expect![[r#"
        --- system
        Say which fruit it is.

        You are given:
        - `looks`: What it looks like.

        You produce:
        - `fruit` (one of "apple", "banana", "cherry"): Which one it is.

        Reply in tags, text as it is, without escapes, and lists and objects as JSON:

        <fruit>
        …
        </fruit>

        --- user
        <looks>
        red & round <small>
        </looks>

        Reply with `<fruit>`.

        --- assistant
        <fruit>
        apple
        </fruit>

        --- user
        <looks><![CDATA[</looks> bent]]></looks>

        Reply with `<fruit>`.

    "#]]
    .assert_eq(&rendered.to_string());
}
