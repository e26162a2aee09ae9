//! Replies as small models write them: what is read, and what comes close and must not be.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dspy::lm::{FinishReason, Response, Scripted};
use dspy::parse::{self, Mode, Repair};
use dspy::signature::{Schema, SchemaBuilder, TypeSpec};
use dspy::{Context, Predict};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::task::{Fruit, Guess, guess};

type Read = Result<(Value, Vec<Repair>), String>;

fn read(schema: &Schema, reply: &str) -> Read {
    let words = |problems: Vec<parse::Problem>| {
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    let parsed = parse::sections(schema, reply, Mode::Tolerant).map_err(words)?;
    let strict = parse::sections(schema, reply, Mode::Strict);
    assert_eq!(strict.is_ok(), parsed.repairs.is_empty(), "a strict reading takes no repair: {reply}");
    Ok((serde_json::to_value(&parsed.record).expect("JSON"), parsed.repairs))
}

/// Checks what is read from each reply, and that the last kind of repair is among those reported.
fn reads(schema: &Schema, want: &Value, repair: &Repair, replies: &[&str]) {
    for reply in replies {
        let (found, repairs) = read(schema, reply).unwrap_or_else(|error| panic!("{reply}: {error}"));
        assert_eq!(found, *want, "{reply}");
        assert!(repairs.contains(repair), "{reply}: {repairs:?}");
    }
}

fn refuses(schema: &Schema, replies: &[&str]) {
    for reply in replies {
        let read = read(schema, reply);
        assert!(read.is_err(), "{reply} was read as {read:?}");
    }
}

fn queue() -> Value {
    json!({"type": "string", "enum": ["delivery", "refund", "damage"]})
}

/// A message to sort.
fn triage() -> Arc<Schema> {
    SchemaBuilder::new("Triage", "Sort.")
        .input::<String>("message", "")
        .output_schema("queue", "", queue())
        .build()
}

/// The same with reasons, and how urgent it is.
fn reasoned() -> Arc<Schema> {
    SchemaBuilder::new("Triage", "Sort.")
        .input::<String>("message", "")
        .output::<String>("reasoning", "")
        .output_schema("queue", "", queue())
        .output::<u8>("urgency", "")
        .build()
}

fn order() -> Arc<Schema> {
    let item = json!({"type": "object", "properties": {"name": {"type": "string"}, "pieces": {"type": "integer"}},
        "required": ["name", "pieces"]});
    let order = json!({"type": "object", "properties": {"customer": {"type": "string"},
        "items": {"type": "array", "items": item}, "gift": {"type": "boolean"}, "note": {"type": ["string", "null"]}},
        "required": ["customer", "items", "gift"]});
    SchemaBuilder::new("Order", "Take it down.")
        .input::<String>("message", "")
        .output_schema("order", "", order)
        .build()
}

#[test]
fn parse_a_label_that_is_written_as_the_marker() {
    let want = json!({"queue": "delivery"});
    reads(
        &triage(),
        &want,
        &Repair::LabelAsMarker,
        &[
            "[[ ## delivery ## ]]",
            "[[ ## delivery ## ]]\n[[ ## completed ## ]]",
            "[[ ## Delivery ## ]] [[ ## completed ## ]]",
            "[[ ## delivery ## ]]\ndelivery\n\n[[ ## completed ## ]]",
            "[[ ## message ## ]]\nI want a refund or my parcel\n\n[[ ## delivery ## ]]",
            "[[ ## delivery ## ]]\nThe parcel never came.",
            "Sure!\n[[ ## delivery ## ]]",
        ],
    );
    let want = json!({"reasoning": "It is late.", "queue": "delivery", "urgency": 3});
    let reply = "[[ ## reasoning ## ]]\nIt is late.\n[[ ## delivery ## ]]\n[[ ## urgency ## ]]\n3";
    reads(&reasoned(), &want, &Repair::LabelAsMarker, &[reply]);
    let optional = SchemaBuilder::new("Triage", "Sort.")
        .output::<u8>("urgency", "")
        .output_schema("queue", "", json!({"anyOf": [queue(), {"type": "null"}]}))
        .build();
    let reply = "[[ ## urgency ## ]]\n3\n[[ ## delivery ## ]]";
    reads(&optional, &json!({"urgency": 3, "queue": "delivery"}), &Repair::LabelAsMarker, &[reply]);

    refuses(
        &triage(),
        &[
            "[[ ## delivery ## ]]\n[[ ## refund ## ]]",
            "[[ ## parcels ## ]]",
            "[[ ## delivery ## ]]\nrefund",
            "[[ ## delivery ## ]]\nThey want a refund.",
            "[[ ## delivery ## ]]\nThey want to be refunded.",
            "[[ ## delivery ## ]]\nno",
            "[[ ## delivery ## ]]\nfalse",
            "[[ ## delivery ## ]]\n0.2",
            "[[ ## delivery ## ]]\nWait, that is wrong.",
            "It may be a refund.\n[[ ## delivery ## ]]",
            "[[ ## thoughts ## ]]\nrefund\n[[ ## delivery ## ]]",
            "[[ ## delivery ## ]]\n[[ ## completed ## ]]\nSorry, refund",
            "The options are [[ ## delivery ## ]]",
        ],
    );
    // Two outputs lack a section.
    refuses(&reasoned(), &["[[ ## reasoning ## ]]\nLate.\n[[ ## delivery ## ]]"]);
    let (found, _) =
        read(&triage(), "[[ ## queue ## ]]\nrefund\n[[ ## delivery ## ]]").expect("the section counts");
    assert_eq!(found, json!({"queue": "refund"}));
}

#[test]
fn parse_a_single_value_that_is_the_whole_reply() {
    let want = json!({"queue": "delivery"});
    reads(
        &triage(),
        &want,
        &Repair::ValueAlone,
        &[
            "delivery",
            "Delivery.",
            "\"delivery\"",
            "**delivery**",
            "```\ndelivery\n```",
            "queue: delivery",
            "queue = delivery",
            "**Queue:** delivery",
            "**Queue**: `delivery`",
            "\"queue\": \"delivery\"",
            "delivery\n\n[[ ## completed ## ]]",
        ],
    );
    let number = SchemaBuilder::new("Count", "Count.").output::<u32>("pieces", "").build();
    reads(&number, &json!({"pieces": 12}), &Repair::ValueAlone, &["12", "pieces: 12", "Pieces = 12."]);
    let yes = SchemaBuilder::new("Ask", "Ask.").output::<bool>("urgent", "").build();
    reads(&yes, &json!({"urgent": true}), &Repair::ValueAlone, &["true", "Yes.", "urgent: yes"]);

    refuses(
        &triage(),
        &[
            "",
            "delivery or refund",
            "It is delivery.",
            "delivery?",
            "not delivery",
            "message: delivery",
            "queue: delivery\nmessage: refund",
            "one of \"delivery\", \"refund\", \"damage\"",
            "(one of \"delivery\", \"refund\", \"damage\")",
            "[[ ## queue ## ]]\n(one of \"delivery\", \"refund\", \"damage\")",
            "queue: (one of \"delivery\", \"refund\", \"damage\")",
            "[[delivery]]",
            "<not>delivery</not>",
            "[[ ## message ## ]]\ndelivery",
        ],
    );
    refuses(&number, &["12 or 13", "about 12", "weight: 12", "12 pieces of 13", "I see 12 pieces."]);
    refuses(&reasoned(), &["delivery", "queue: delivery"]);
    // A question or a refusal is free text, too.
    let text = SchemaBuilder::new("Answer", "Answer.").output::<String>("answer", "").build();
    refuses(&text, &["Paris", "I cannot answer that.", "answer: Paris"]);
    refuses(&text, &["[[ ## answer ## ]]\n…\n\n[[ ## completed ## ]]"]);
}

#[test]
fn parse_markers_inside_a_line_where_that_is_certain() {
    let want = json!({"reasoning": "It is late.", "queue": "delivery", "urgency": 3});
    reads(
        &reasoned(),
        &want,
        &Repair::MarkerSpelling,
        &[
            "[[ ## reasoning ## ]] It is late. [[ ## queue ## ]] delivery [[ ## urgency ## ]] 3 [[ ## completed ## ]]",
            "[[ ## reasoning ## ]] It is late. [[ ## queue ## ]] delivery [[ ## urgency ## ]] 3",
            "[[ ## queue ## ]] delivery [[ ## urgency ## ]] 3\n[[ ## reasoning ## ]]\nIt is late.",
            "[[ ## reasoning ## ]]\nIt is late. [[ ## queue ## ]] delivery\n[[ ## urgency ## ]]\n3\n[[ ## completed ## ]]",
        ],
    );
    let texts = SchemaBuilder::new("Two", "Two.").output::<String>("a", "").output::<String>("b", "").build();
    let line = "[[ ## a ## ]] x [[ ## b ## ]] y [[ ## completed ## ]]";
    reads(&texts, &json!({"a": "x", "b": "y"}), &Repair::MarkerSpelling, &[line]);
    reads(
        &triage(),
        &json!({"queue": "delivery"}),
        &Repair::RunOn,
        &[
            "[[ ## queue ## ]] delivery [[ ## completed ## ]] [[ ## message ## ]] My cup",
            "[[ ## queue ## ]] delivery [[ ## completed ## ]]\n[[ ## message ## ]]\nMy cup\n[[ ## queue ## ]]\ndamage",
        ],
    );

    let speaks = "[[ ## a ## ]]\nWrite [[ ## b ## ]] there.\n[[ ## b ## ]]\ny";
    let (found, repairs) = read(&texts, speaks).expect("it is plain");
    assert_eq!((found, repairs.len()), (json!({"a": "Write [[ ## b ## ]] there.", "b": "y"}), 0));
    refuses(
        &texts,
        &[
            "[[ ## a ## ]]\nx [[ ## b ## ]] y",
            "[[ ## a ## ]]\nx [[ ## b ## ]] y\nand more",
            "[[ ## b ## ]] y [[ ## a ## ]] x",
            "[[ ## a ## ]] x `[[ ## b ## ]]` y",
        ],
    );
    refuses(
        &reasoned(),
        &[
            "[[ ## reasoning ## ]]\n[[ ## urgency ## ]]\n3\nWrite `[[ ## queue ## ]]` delivery",
            "[[ ## reasoning ## ]]\nFirst [[ ## queue ## ]] delivery, then the rest.\n[[ ## urgency ## ]]\n3",
            "[[ ## reasoning ## ]]\nI say [[ ## queue ## ]] delivery\nor [[ ## queue ## ]] refund\n[[ ## urgency ## ]]\n3",
            "[[ ## reasoning ## ]]\n\"[[ ## queue ## ]] delivery\"\n[[ ## urgency ## ]]\n3",
        ],
    );
}

#[test]
fn parse_markers_without_their_signs_where_all_are_so() {
    let want = json!({"reasoning": "See [[wiki]].", "queue": "delivery", "urgency": 3});
    let reply = "[[ reasoning ]]\nSee [[wiki]].\n[[ queue ]]\ndelivery\n[[urgency]] 3\n[[ completed ]]";
    reads(&reasoned(), &want, &Repair::MarkerSpelling, &[reply]);
    refuses(
        &reasoned(),
        &[
            "[[ reasoning ]]\nLate.\n[[ queue ]]\ndelivery",
            "[[ reasoning ]]\nLate.\n[[ queue ]]\ndelivery\n[[ queue ]]\ndelivery\n[[ urgency ]]\n3",
            "[[ ## reasoning ## ]]\nLate.\n[[ queue ]]\ndelivery\n[[ urgency ]]\n3",
        ],
    );
}

#[test]
fn parse_an_object_in_parentheses_as_the_object() {
    let want = json!({"order": {"customer": "Ann Lee", "items": [{"name": "cup", "pieces": 2}], "gift": true,
        "note": null}});
    let json = r#"{ "customer": "Ann Lee", "items": [{"name": "cup", "pieces": 2}], "gift": true }"#;
    let whole = format!("[[ ## order ## ]]\n({json})");
    reads(&order(), &want, &Repair::Parentheses, &[&whole]);
    let missing =
        read(&order(), "[[ ## order ## ]]\n({ \"customer\": \"Ann\", \"gift\": true })").expect_err("a key");
    assert!(missing.contains("the key \"items\" is missing"), "{missing}");

    let field = |schema: Value, text: &str| {
        parse::field(&TypeSpec::from_schema(schema), text, Mode::Tolerant)
            .map_err(|problem| problem.to_string())
    };
    let texts = json!({"type": "array", "items": {"type": "string"}});
    assert_eq!(field(texts.clone(), "([\"a, b\"])").expect("a list").0, json!(["a, b"]));
    assert_eq!(field(texts.clone(), "(\"a, b\")").expect("a tuple of one").0, json!(["a, b"]));
    assert_eq!(field(texts, "(\"a, b\",)").expect("a tuple of one").0, json!(["a, b"]));
    let lists = json!({"type": "array", "items": {"type": "array", "items": {"type": "integer"}}});
    assert_eq!(field(lists.clone(), "([1, 2],)").expect("a tuple of one").0, json!([[1, 2]]));
    assert!(field(lists, "([1, 2])").is_err(), "whether it is one list or a list of one is open");
}

#[test]
fn parse_sections_of_the_keys_of_an_object() {
    let want = json!({"order": {"customer": "Ann", "items": [{"name": "cup", "pieces": 2}], "gift": true,
        "note": null}});
    let keys = "[[ ## customer ## ]]\nAnn\n[[ ## items ## ]]\n[{\"name\": \"cup\", \"pieces\": 2}]\n[[ ## gift ## ]] true";
    let under = format!("[[ ## order ## ]]\n{keys}\n[[ ## completed ## ]]");
    let echoed = format!("[[ ## message ## ]]\nTwo cups\n{keys}");
    reads(&order(), &want, &Repair::KeysAsSections, &[keys, &under, &echoed]);
    let error =
        read(&order(), "[[ ## customer ## ]]\nAnn\n[[ ## gift ## ]]\ntrue").expect_err("a key is missing");
    assert!(error.contains("field `order`: the key \"items\" is missing"), "{error}");
    let error = read(&order(), &keys.replace("true", "perhaps")).expect_err("a value is wrong");
    assert!(error.contains("order.gift"), "{error}");
    refuses(
        &order(),
        &[
            &format!("{keys}\n[[ ## total ## ]]\n3"),
            &format!("{keys}\n[[ ## customer ## ]]\nBob"),
            &format!("[[ ## order ## ]]\nsee below\n{keys}"),
        ],
    );
}

#[test]
fn parse_no_more_than_the_reply_itself() {
    let want = json!({"queue": "delivery"});
    let done = "[[ ## queue ## ]]\ndelivery\n\n[[ ## completed ## ]]\n";
    reads(
        &triage(),
        &want,
        &Repair::RunOn,
        &[
            &format!(
                "{done}\n[[ ## message ## ]]\nMy cup is broken\n\n[[ ## queue ## ]]\ndamage\n\n[[ ## completed ## ]]"
            ),
            &format!("{done}\n[[ ## message ## ]]\nMy cup is broken\n\n[[ ## que"),
            &format!(
                "{done}Reply with `[[ ## queue ## ]]`, then `[[ ## completed ## ]]`.\n\n[[ ## queue ## ]]\nrefund"
            ),
            &format!(
                "{done}[[ ## queue ## ]]\n(one of \"delivery\", \"refund\", \"damage\")\n[[ ## completed ## ]]"
            ),
            &format!("{done}[[ ## queue ## ]]\n…\n\n[[ ## completed ## ]]"),
            &format!("```\n{done}```\nHope it helps!"),
        ],
    );
    refuses(
        &triage(),
        &[
            &format!("{done}[[ ## queue ## ]]\nrefund"),
            &format!("{done}Wait, that is wrong.\n[[ ## queue ## ]]\nrefund"),
        ],
    );
    // What is missing is not taken from a task that the model went on with.
    let echo = "[[ ## reasoning ## ]]\nLate.\n[[ ## urgency ## ]]\n1\n[[ ## completed ## ]]\n[[ ## message ## ]]\n\
                My cup\n[[ ## queue ## ]]\ndamage";
    refuses(&reasoned(), &[echo]);
}

#[tokio::test]
async fn parse_a_reply_that_the_limit_cut_after_its_end() {
    let call = async |cx: Context| Predict::<Guess>::new().call(&cx, guess("bent")).await;
    let cut = |text: &str| {
        let mut reply = Response::new(text);
        reply.finish = FinishReason::Length;
        Context::new(Scripted::new(move |_, _| Ok(reply.clone()))).with_parse_retries(0)
    };
    let done = "[[ ## fruit ## ]]\nbanana\n\n[[ ## completed ## ]]\n";
    for text in [format!("{done}\n[[ ## looks ## ]]\nround and re"), "{\"fruit\": \"banana\"}\n \n\n".into()]
    {
        let reply = call(cut(&text)).await.expect("it is there up to its end");
        assert_eq!(reply.fruit, Fruit::Banana);
        assert_eq!(reply.repairs().last(), Some(&Repair::RunOn));
        let error = call(cut(&text).with_strict_replies(true)).await.expect_err("a repair");
        assert!(error.to_string().contains("the token limit cut the reply off"), "{error}");
    }
    for text in [
        "[[ ## fruit ## ]]\nbanana",
        "[[ ## fruit ## ]]\nbanana\n[[ ## completed ## ]]",
        "[[ ## fruit ## ]]\nbanana and `[[ ## completed ## ]]`\nor",
        "{\"fruit\": \"banana\"",
        "{\"fruit\": \"banana\"} or {",
    ] {
        let error = call(cut(text)).await.expect_err("it is cut off");
        assert!(error.to_string().contains("the token limit cut the reply off"), "{error}");
    }
    let twice = format!("{done}[[ ## fruit ## ]]\napple\n[[ ## completed ## ]]\n[[ ## fr");
    let error = call(cut(&twice)).await.expect_err("two answers");
    assert!(error.to_string().contains("stands twice"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is made of markers and labels, a label that is read was written, and no other was given as well.
    #[test]
    fn parse_no_label_that_was_not_written(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "[[ ## queue ## ]]", "[[ ## delivery ## ]]", "[[ ## refund ## ]]", "[[ queue ]]", "[[ ## urgency ## ]]",
        "[[ ## completed ## ]]", "[[ ## message ## ]]", "[[", "]]", "##", "delivery", "refund", "queue", ":", "=",
        "not", "no", "3", " ", " ", "\n", "\n", "`", "**", "```", "(", ")",
    ]), 0..14)) {
        let reply = pieces.concat();
        let _ = read(&reasoned(), &reply);
        let _ = read(&order(), &reply);
        if let Ok((found, _)) = read(&triage(), &reply) {
            let label = found["queue"].as_str().expect("a label").to_owned();
            prop_assert!(reply.contains(&label), "{found} from {reply:?}");
            let own = !reply.contains("[[ ## completed ## ]]") && !reply.contains("[[ ## message ## ]]");
            let other = if label == "refund" { "delivery" } else { "refund" };
            let sections = reply.contains("queue ## ]]") || reply.contains("[[ queue ]]");
            prop_assert!(!own || sections || !reply.contains(other), "{found} from {reply:?}");
        }
    }
}

#[test]
fn parse_time_of_markers_is_linear() {
    let pieces = [
        "[[ ## queue ## ]] ",
        "[[ ## queue ## ]]\n",
        "[[ ## delivery ## ]]\n",
        "[[ ## completed ## ]] ",
        "[[ ## completed ## ]]\n",
        " [[",
        "[[ ## a ",
        " [[ a",
        "[[ queue ]]\n",
        "[[ ## customer ## ]]\n",
        "[[ ## urgency ## ]] 3 [[ ## completed ## ]] ",
        "queue: ",
    ];
    for piece in pieces {
        for schema in [triage(), reasoned(), order()] {
            let time = |size: usize| {
                let text = piece.repeat(size / piece.len());
                let once = || {
                    let start = Instant::now();
                    let _ = std::hint::black_box(parse::sections(&schema, &text, Mode::Tolerant));
                    start.elapsed()
                };
                (0..3).map(|_| once()).min().unwrap_or_default()
            };
            let (short, long) = (time(10_000), time(100_000));
            let limit = short * 60 + Duration::from_millis(200);
            assert!(long < limit, "{piece:?}: {short:?} for 10 KB, {long:?} for 100 KB");
        }
    }
}
