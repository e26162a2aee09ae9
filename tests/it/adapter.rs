//! Prompt formats: which one is used, what is written and what is read.

use dspy::adapter::{Adapter, ChatAdapter, JsonAdapter, XmlAdapter};
use dspy::data::Record;
use dspy::lm::Scripted;
use dspy::parse::{Mode, Repair};
use dspy::predict::DynPredict;
use dspy::signature::SchemaBuilder;
use dspy::{Artifact, ChainOfThought, Context, Predict};

use crate::task::{Fruit, Guess, built_in, guess};

fn prompt(predict: &Predict<Guess>, cx: &Context) -> String {
    predict.render(cx, &guess("red")).expect("it renders").to_string()
}

#[tokio::test]
async fn the_adapter_of_a_predictor_wins_and_stays() {
    let cx = Context::new(Scripted::answering(|_| "{\"fruit\": \"apple\"}".into()));
    let own = Predict::<Guess>::new().adapter(JsonAdapter);
    let mut state = own.state();
    state.get_mut("self").expect("one predictor").instructions = "Which fruit?".into();
    let stated = own.with_state(&state).expect("its own path");
    let file = Artifact::new(&stated, cx.lm().id()).to_json().expect("no secrets");
    let loaded =
        Artifact::parse(&file).expect("as written").apply(own.clone(), &cx).expect("the same program");
    for predict in [&own, &own.clone(), &stated, &loaded] {
        assert!(prompt(predict, &cx).contains("Reply with one JSON object"));
        let reply = predict.call(&cx, guess("red")).await.expect("answered");
        assert_eq!((reply.fruit, reply.repairs().count()), (Fruit::Apple, 0));
    }
    assert!(prompt(&loaded, &cx).contains("Which fruit?"));
    // One without its own reads the same reply as what it is: another format.
    let reply = Predict::<Guess>::new().call(&cx, guess("red")).await.expect("answered");
    assert!(reply.repairs().any(|repair| *repair == Repair::OtherFormat("json".into())));
}

#[tokio::test]
async fn every_predictor_takes_an_adapter() {
    let cx = Context::new(Scripted::answering(|_| {
        "{\"reasoning\": \"so\", \"fruit\": \"apple\", \"n\": 3}".into()
    }));
    let thinks = ChainOfThought::<Guess>::new().adapter(JsonAdapter);
    let reply = thinks.call(&cx, guess("red")).await.expect("answered");
    assert_eq!(reply.repairs().collect::<Vec<_>>(), [&Repair::UnknownKey("n".into())]);
    let dynamic = DynPredict::parse("looks -> n: int").expect("a signature").adapter(JsonAdapter);
    let reply = dynamic.call(&cx, Record::from_iter([("looks", "red")])).await.expect("answered");
    assert_eq!(reply.get("n"), Some(&3.into()));
    assert!(!reply.repairs().any(|repair| matches!(repair, Repair::OtherFormat(_))));
}

#[tokio::test]
async fn the_built_in_model_reads_and_writes_tags() {
    let cx = built_in().with_adapter(XmlAdapter);
    let program = ChainOfThought::<Guess>::new();
    let mut state = program.state();
    for (looks, fruit) in
        [("round and red", "apple"), ("long and bent", "banana"), ("tiny and dark", "cherry")]
    {
        let demo = Record::from_iter([("looks", looks), ("reasoning", "so"), ("fruit", fruit)]);
        state.get_mut("predict").expect("one predictor").demos.push(demo);
    }
    let program = program.with_state(&state).expect("its own paths");
    let reply = program.call(&cx, guess("a long and bent thing")).await.expect("answered");
    assert_eq!((reply.fruit, reply.repairs().count()), (Fruit::Banana, 0));
}

/// Texts of pieces that are hard to tell from what is around them.
fn texts() -> impl Iterator<Item = String> {
    let pieces = [
        "<",
        ">",
        "&",
        "&amp;",
        "</",
        "<code>",
        "</code>",
        "<code/>",
        "<![CDATA[",
        "]]>",
        "note",
        "a",
        " ",
        "\n",
        "<b>",
        "\"",
        "[[ ## code ## ]]",
        "{",
        "```",
    ];
    let mut state: u64 = 7;
    let mut next = move |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % n
    };
    (0..4_000).map(move |_| (0..=next(7)).map(|_| pieces[next(pieces.len())]).collect())
}

#[test]
fn any_text_in_tags_comes_back_as_it_is() {
    let schema = SchemaBuilder::new("S", "Do.")
        .output::<String>("code", "")
        .output::<Option<String>>("note", "")
        .build();
    for text in texts() {
        let demo = Record::from_iter([("code", text.as_str()), ("note", "b")]);
        let messages = XmlAdapter.fixed(&schema, "Do.", std::slice::from_ref(&demo));
        let parsed = XmlAdapter.parse(&schema, messages[2].text(), Mode::Strict).expect(&text);
        assert_eq!(parsed.record.get("code"), Some(&text.trim().into()), "{text:?}");
        assert_eq!(parsed.record.get("note"), Some(&"b".into()), "{text:?}");
        // As a model may write it, without setting apart what is hard to tell: right, mended or refused.
        let plain = format!("<code>{text}</code>\n<note>b</note>");
        if let Ok(parsed) = XmlAdapter.parse(&schema, &plain, Mode::Tolerant)
            && parsed.repairs.is_empty()
            && !text.trim_start().starts_with("<![CDATA[")
        {
            assert_eq!(parsed.record.get("code"), Some(&text.trim().into()), "{text:?}");
            assert_eq!(parsed.record.get("note"), Some(&"b".into()), "{text:?}");
        }
    }
}

#[test]
fn tags_are_read_where_another_format_was_asked_for_and_the_other_way_round() {
    let names =
        |adapter: &dyn Adapter| -> Vec<_> { adapter.others().iter().map(|other| other.name()).collect() };
    assert_eq!(names(&ChatAdapter), ["json", "xml"]);
    assert_eq!(names(&JsonAdapter), ["chat", "xml"]);
    assert_eq!(names(&XmlAdapter), ["chat", "json"]);
}

#[tokio::test]
async fn a_reply_in_tags_is_taken_by_chat_and_json() {
    for cx in [Context::new(Scripted::answering(|_| "<fruit>cherry</fruit>".into()))] {
        for cx in [cx.clone(), cx.with_adapter(JsonAdapter)] {
            let reply = Predict::<Guess>::new().call(&cx, guess("dark")).await.expect("read as tags");
            assert_eq!(reply.fruit, Fruit::Cherry);
            assert_eq!(reply.repairs().collect::<Vec<_>>(), [&Repair::OtherFormat("xml".into())]);
        }
    }
}

#[tokio::test]
async fn a_demonstration_with_gaps_is_left_out_with_a_note_or_shown_when_asked_for() {
    let program = ChainOfThought::<Guess>::new();
    let mut state = program.state();
    let demos = &mut state.get_mut("predict").expect("one predictor").demos;
    demos.push(Record::from_iter([("looks", "red"), ("reasoning", "so"), ("fruit", "apple")]));
    demos.push(Record::from_iter([("fruit", "banana")]));
    let program = program.with_state(&state).expect("its own paths");
    let reply = "{\"reasoning\": \"so\", \"fruit\": \"apple\"}";
    for adapter in ["chat", "json", "xml"] {
        let cx = Context::new(Scripted::answering(move |_| reply.into()));
        let cx = match adapter {
            "json" => cx.with_adapter(JsonAdapter),
            "xml" => cx.with_adapter(XmlAdapter),
            _ => cx,
        };
        let left_out = program.call(&cx, guess("red")).await.expect("answered");
        let notes: Vec<_> = left_out.notes().map(ToString::to_string).collect();
        assert_eq!(notes, ["demonstration 2 is left out: it lacks `looks`, `reasoning`"]);
        assert!(!cx.history(1).to_string().contains("(not given)"));

        let cx = cx.with_partial_demos(true);
        let shown = program.call(&cx, guess("red")).await.expect("answered");
        assert_eq!(shown.notes().count(), 0);
        let history = cx.history(1).to_string();
        assert_eq!(
            history.matches("(not given)").count(),
            3,
            "looks, reasoning, and what they mean: {history}"
        );
        assert!(history.contains("never reply that"), "{history}");
        // The order of the prompt: system text, demonstrations, input.
        let authors: Vec<_> = cx
            .history(1)
            .exchanges()
            .flat_map(|exchange| {
                exchange.request().messages.iter().map(|message| message.author()).collect::<Vec<_>>()
            })
            .collect();
        use dspy::lm::Author::{Assistant, System, User};
        assert_eq!(authors, [System, User, Assistant, User, Assistant, User]);
    }
}

#[test]
fn the_fields_of_a_stream_in_tags_are_those_of_the_whole_reply() {
    use dspy::adapter::split::{Piece, Splitter, XmlSplitter};
    let schema = SchemaBuilder::new("S", "Do.")
        .output::<String>("code", "")
        .output::<Option<String>>("note", "")
        .build();
    let mut compared = 0;
    for (number, text) in texts().enumerate() {
        let reply = format!("Well: <code>\n{text}\n</code> <note>b</note>");
        let Ok(parsed) = XmlAdapter.parse(&schema, &reply, Mode::Tolerant) else { continue };
        if parsed.repairs.iter().any(|repair| *repair != Repair::Surroundings) {
            continue;
        }
        let mut splitter = XmlSplitter::new(["code", "note"]);
        let characters: Vec<char> = reply.chars().collect();
        let mut pieces: Vec<Piece> = characters
            .chunks(1 + number % 9)
            .flat_map(|chunk| splitter.push(&chunk.iter().collect::<String>()))
            .collect();
        pieces.extend(splitter.end());
        for (name, value) in parsed.record.iter() {
            let value = value.as_str().unwrap_or_default();
            let ends: Vec<&str> = pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::End { field, text, .. } if field == name => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            assert_eq!(ends, [value], "{reply:?}");
            let shown: String = pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Text { field, text } if field == name => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            assert_eq!(shown, value, "{reply:?}");
        }
        compared += 1;
    }
    assert!(compared > 1_000, "{compared}");
}
