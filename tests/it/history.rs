//! Earlier turns, and structs as inputs.

use dspy::adapter::{JsonAdapter, Layout, TwoStep, XmlAdapter};
use dspy::data::Record;
use dspy::lm::{Author, Scripted};
use dspy::media::Image;
use dspy::{ChainOfThought, Context, History, Predict, Rows, signature};
use expect_test::expect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::task::built_in;

/// Answer the question.
#[signature]
struct Chat {
    #[input]
    history: History<Chat>,
    #[input]
    question: String,
    /// In one word.
    #[output]
    word: String,
}

fn chat(history: &History<Chat>, question: &str) -> ChatInput {
    ChatInput { history: history.clone(), question: question.into() }
}

fn turns() -> History<Chat> {
    let mut history = History::new();
    for (question, word) in [("Capital of France?", "Paris"), ("And its river?", "Seine")] {
        let input = chat(&history, question);
        history.push(&input, &ChatOutput { word: word.into() }).expect("it has a JSON form");
    }
    history
}

#[test]
fn turns_stand_between_the_demonstrations_and_the_input() {
    let program = Predict::<Chat>::new();
    let mut state = program.state();
    let demo = Record::from_iter([("question", "2 + 2?"), ("word", "four")]);
    state.get_mut("self").expect("one predictor").demos.push(demo);
    let program = program.with_state(&state).expect("its own path");
    let rendered = program.render(&built_in(), &chat(&turns(), "Its length?")).expect("it renders");
    expect![[r#"
        --- system
        Answer the question.

        You are given:
        - `question`

        You produce:
        - `word` (string): In one word.

        Reply in sections, each under its marker line:

        [[ ## word ## ]]
        …

        [[ ## completed ## ]]

        --- user
        [[ ## question ## ]]
        2 + 2?

        Reply with `[[ ## word ## ]]`, then `[[ ## completed ## ]]`.

        --- assistant
        [[ ## word ## ]]
        four

        [[ ## completed ## ]]

        --- user
        [[ ## question ## ]]
        Capital of France?

        Reply with `[[ ## word ## ]]`, then `[[ ## completed ## ]]`.

        --- assistant
        [[ ## word ## ]]
        Paris

        [[ ## completed ## ]]

        --- user
        [[ ## question ## ]]
        And its river?

        Reply with `[[ ## word ## ]]`, then `[[ ## completed ## ]]`.

        --- assistant
        [[ ## word ## ]]
        Seine

        [[ ## completed ## ]]

        --- user
        [[ ## question ## ]]
        Its length?

        Reply with `[[ ## word ## ]]`, then `[[ ## completed ## ]]`.

    "#]]
    .assert_eq(&rendered.to_string());

    use Author::{Assistant, System, User};
    for cx in [
        built_in().with_adapter(JsonAdapter),
        built_in().with_adapter(XmlAdapter),
        built_in().with_adapter(TwoStep::new()),
    ] {
        let rendered = program.render(&cx, &chat(&turns(), "Its length?")).expect("it renders");
        let authors: Vec<_> = rendered.iter().map(|message| message.author()).collect();
        assert_eq!(authors, [System, User, Assistant, User, Assistant, User, Assistant, User]);
        assert!(!rendered.to_string().contains("history"), "{rendered}");
    }
}

#[tokio::test]
async fn a_conversation_goes_on_with_any_predictor_and_survives_json() {
    let cx = Context::new(Scripted::answering(|_| "[[ ## reasoning ## ]]\nso\n[[ ## word ## ]]\nyes".into()));
    let program = ChainOfThought::<Chat>::new();
    let mut history = turns();
    for _ in 0..3 {
        let input = chat(&history, "Sure?");
        let reply = program.call(&cx, input.clone()).await.expect("answered");
        assert_eq!(reply.notes().count(), 0);
        history.push(&input, &reply).expect("it has a JSON form");
    }
    let text = serde_json::to_string(&history).expect("a list");
    assert_eq!(text.matches("Capital of France?").count(), 1, "a turn holds no history of its own: {text}");
    let read: History<Chat> = serde_json::from_str(&text).expect("its own form");
    assert_eq!((read.len(), &read), (5, &history));
    history.keep_last(2);
    assert_eq!(history.turns()[0].get("question"), Some(&"Sure?".into()));
    let line = r#"{"history": [{"question": "a", "word": "b"}], "question": "c", "word": "d"}"#;
    let rows = Rows::<Chat>::from_jsonl(line, "chat.jsonl").expect("a row");
    assert_eq!(rows[0].history.len(), 1);
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Order {
    customer: String,
    items: Vec<Item>,
    note: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Item {
    name: String,
    pieces: u32,
    photo: Option<Image>,
}

/// Say whether the order can be sent.
#[signature]
struct Check {
    #[input]
    order: Order,
    #[input]
    tags: Vec<String>,
    /// Whether it can.
    #[output]
    fine: bool,
}

fn check(photo: Option<Image>) -> CheckInput {
    let items = vec![Item { name: "lamp".into(), pieces: 2, photo }];
    let order = Order { customer: "Ann".into(), items, note: Some("ring\ntwice".into()) };
    CheckInput { order, tags: vec!["new".into(), "yes".into()] }
}

#[test]
fn structs_are_json_or_yaml_and_images_inside_are_shown() {
    let program = Predict::<Check>::new();
    let mut state = program.state();
    let mut demo = Record::new();
    demo.insert("order", serde_json::json!({"customer": "Bob", "items": []}));
    demo.insert("tags", vec!["old"]);
    demo.insert("fine", true);
    state.get_mut("self").expect("one predictor").demos.push(demo);
    let program = program.with_state(&state).expect("its own path");
    let shown = |cx: &Context, photo| program.render(cx, &check(photo)).expect("it renders");
    let text =
        |cx: &Context| shown(cx, None).iter().last().map(|last| last.text().to_owned()).unwrap_or_default();
    let json = r#"{"customer":"Ann","items":[{"name":"lamp","pieces":2,"photo":null}],"note":"ring\ntwice"}"#;
    assert!(text(&built_in()).contains(json), "{}", text(&built_in()));
    // A type that may hold an image stays JSON, in which the image has its place.
    let yaml = built_in().with_layout(Layout::Yaml);
    assert!(
        text(&yaml).contains(json) && text(&yaml).contains("[[ ## tags ## ]]\n- new\n- \"yes\"\n\n"),
        "{}",
        text(&yaml)
    );
    assert!(
        shown(&yaml, None).to_string().contains("[[ ## tags ## ]]\n- old\n"),
        "demonstrations look the same"
    );
    assert!(!shown(&built_in(), None).to_string().contains("- old"));

    let messages = shown(&built_in(), Some(Image::url("http://x/y.png")));
    let last = messages.iter().last().expect("a message");
    assert!(
        last.text().contains("\"photo\":\"(image 1)\"}],\"note\":\"ring\\ntwice\"}\n(image 1): (image)\n\n"),
        "{}",
        last.text()
    );
    assert_eq!(last.media().len(), 1);
}
