//! The model's own reasoning, as an output and while it comes.

use std::sync::{Arc, Mutex};

use dspy::adapter::{Adapter, ChatAdapter, JsonAdapter, TwoStep, XmlAdapter};
use dspy::context::FieldEvent;
use dspy::data::Record;
use dspy::lm::{JsonSupport, Reasoning as Thoughts, Request, Response, ResponseFormat, Scripted, ToolCall};
use dspy::module::StreamEvent;
use dspy::parse::Repair;
use dspy::signature::TypeSpec;
use dspy::{ChainOfThought, Context, Lm, Module, Predict, ReAct, Reasoning, Signature, signature, tool};
use futures_util::StreamExt;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Answer the question.
#[signature]
struct Answer {
    #[input]
    question: String,
    /// What speaks for it.
    #[output]
    why: Reasoning,
    /// One word.
    #[output]
    word: String,
}

/// Answer the question.
#[signature]
struct Short {
    #[input]
    question: String,
    /// One word.
    #[output]
    word: String,
}

fn question() -> AnswerInput {
    AnswerInput { question: "Capital of France?".into() }
}

type Seen = Arc<Mutex<Vec<Request>>>;

/// A model that replies these texts with these thoughts, and tells what it was asked.
fn model(replies: Vec<(String, Option<String>)>) -> (Scripted, Seen) {
    let seen = Seen::default();
    let kept = seen.clone();
    let model = Scripted::new(move |call, request| {
        kept.lock().expect("no panic").push(request.clone());
        let (text, thoughts) = replies[call].clone();
        let mut response = Response::new(text);
        response.reasoning = thoughts.map(Thoughts::new);
        Ok(response)
    });
    (model, seen)
}

fn one(text: &str, thoughts: Option<&str>) -> Vec<(String, Option<String>)> {
    vec![(text.to_owned(), thoughts.map(str::to_owned))]
}

/// All that a model was shown.
fn shown(request: &Request) -> String {
    let format = match &request.format {
        ResponseFormat::JsonSchema(format) => serde_json::to_string(format).expect("JSON"),
        _ => String::new(),
    };
    request.messages.iter().map(|message| message.text().to_owned() + "\n").collect::<String>() + &format
}

fn adapters() -> Vec<(Arc<dyn Adapter>, JsonSupport)> {
    vec![
        (Arc::new(ChatAdapter), JsonSupport::None),
        (Arc::new(JsonAdapter), JsonSupport::Schema),
        (Arc::new(XmlAdapter), JsonSupport::None),
    ]
}

/// Puts a shared adapter to a context.
fn with(cx: &Context, adapter: &Arc<dyn Adapter>) -> Context {
    match adapter.name() {
        "json" => cx.with_adapter(JsonAdapter),
        "xml" => cx.with_adapter(XmlAdapter),
        _ => cx.with_adapter(ChatAdapter),
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

proptest! {
    #[test]
    fn it_comes_back_in_every_form_by_itself_or_in_the_reply(why in "[a-zA-Z0-9 .,;:'()-]{0,80}[a-zA-Z.]", word in "[a-zA-Z]{1,12}") {
        let why = why.trim().to_owned();
        for (adapter, json) in adapters() {
            let record = Record::from_iter([("why", json!(why)), ("word", json!(word))]);
            let asked = adapter.output(Answer::schema(), &record).text().to_owned();
            let own = adapter.output(Short::schema(), &record).text().to_owned();
            for (text, thoughts, gives) in [(&asked, None, false), (&own, Some(why.clone()), true)] {
                let (model, seen) = model(vec![(text.clone(), thoughts)]);
                let model = if gives { model.with_reasoning() } else { model };
                let cx = with(&Context::new(model.with_json(json)), &adapter);
                let reply = block_on(Predict::<Answer>::new().call(&cx, question())).expect("a reply");
                prop_assert_eq!((&*reply.why, &*reply.word), (&*why, &*word));
                prop_assert_eq!(reply.usage().calls, 1);
                let prompt = shown(&seen.lock().expect("no panic")[0]);
                prop_assert_eq!(prompt.contains("why"), !gives, "{}", prompt);
            }
        }
    }
}

#[test]
fn it_is_a_string_for_everything_else() {
    let text = |spec: TypeSpec| spec.schema().to_string();
    assert_eq!(text(TypeSpec::of::<Reasoning>()), text(TypeSpec::of::<String>()));
    assert_eq!(text(TypeSpec::of::<Vec<Reasoning>>()), text(TypeSpec::of::<Vec<String>>()));
    let fingerprint = |spec: Value| {
        let schema = dspy::signature::SchemaBuilder::new("A", "Do.").output_schema("why", "", spec);
        schema.build().fingerprint().to_owned()
    };
    assert_eq!(
        fingerprint(json!({"type": "string", "x-reasoning": true})),
        fingerprint(json!({"type": "string"}))
    );
}

#[tokio::test]
async fn the_two_steps_of_a_free_answer_leave_it_to_the_model() {
    let (first, asked) = model(one("It is Paris.", Some("It is the capital.")));
    let (reader, read) = model(one("[[ ## word ## ]]\nParis", None));
    let cx = Context::new(first.with_reasoning()).with_adapter(TwoStep::default()).with_extraction_lm(reader);
    let reply = Predict::<Answer>::new().call(&cx, question()).await.expect("a reply");
    assert_eq!((&*reply.why, &*reply.word), ("It is the capital.", "Paris"));
    for seen in [asked, read] {
        let prompt = shown(&seen.lock().expect("no panic")[0]);
        assert!(!prompt.contains("why"), "{prompt}");
    }
}

#[tokio::test]
async fn demonstrations_are_shown_without_it_and_keep_it() {
    let (model, seen) = model(one("[[ ## word ## ]]\nParis", Some("so")));
    let cx = Context::new(model.with_reasoning());
    let mut program = Predict::<Answer>::new();
    let mut state = program.state();
    let demo = [("question", "Capital of Italy?"), ("why", "because of Rome"), ("word", "Rome")];
    state.get_mut("self").expect("the predictor").demos.push(Record::from_iter(demo));
    program = program.with_state(&state).expect("its own");
    program.call(&cx, question()).await.expect("a reply");
    let prompt = shown(&seen.lock().expect("no panic")[0]);
    assert!(prompt.contains("Capital of Italy?") && prompt.contains("Rome"), "{prompt}");
    assert!(!prompt.contains("because of Rome"), "{prompt}");
    assert_eq!(program.state(), state);
}

#[tokio::test]
async fn a_model_that_gives_none_is_asked_for_it_as_text() {
    let whole = "[[ ## why ## ]]\nit is so\n[[ ## word ## ]]\nParis";
    let replies = || vec![("[[ ## word ## ]]\nParis".to_owned(), None), (whole.to_owned(), None)];
    let (first, seen) = model(replies());
    let cx = Context::new(first.with_reasoning());
    let reply = Predict::<Answer>::new().call(&cx, question()).await.expect("a reply");
    assert_eq!((&*reply.why, reply.usage().calls), ("it is so", 2));
    assert!(reply.repairs().any(|repair| *repair == Repair::AskedAgain));
    let seen = seen.lock().expect("no panic").clone();
    assert!(!shown(&seen[0]).contains("why") && shown(&seen[1]).contains("why"));
    let (never, _) = model(replies());
    let cx = Context::new(never.with_reasoning()).with_parse_retries(0);
    let error = Predict::<Answer>::new().call(&cx, question()).await.expect_err("no reasoning");
    assert!(error.to_string().contains("gave none"), "{error}");
}

#[tokio::test]
async fn what_was_thought_and_not_said_again_is_taken_and_reported() {
    let (model, _) = model(one("[[ ## word ## ]]\nParis", Some("it is so")));
    let cx = Context::new(model);
    let reply = Predict::<Answer>::new().call(&cx, question()).await.expect("a reply");
    assert_eq!((&*reply.why, reply.usage().calls), ("it is so", 1));
    assert_eq!(reply.repairs().collect::<Vec<_>>(), [&Repair::OwnReasoning]);
}

#[tokio::test]
async fn thinking_before_the_answer_is_left_to_the_model_and_kept_by_caches() {
    let (model, seen) = model(one("[[ ## word ## ]]\nParis", Some("it is so")));
    let cache = dspy::cache::Cache::memory(1 << 20);
    let cx = Context::new(dspy::cache::Cached::new(model.with_reasoning(), &cache));
    let think = ChainOfThought::<Short>::new();
    for calls in 1..=2 {
        let reply =
            think.call(&cx, ShortInput { question: "Capital of France?".into() }).await.expect("a reply");
        assert_eq!((&*reply.reasoning, &*reply.word), ("it is so", "Paris"));
        assert_eq!((cx.usage().calls, cx.usage().hits), (calls, calls - 1));
    }
    assert!(!shown(&seen.lock().expect("no panic")[0]).contains("reasoning"));
}

/// The events of a run as short texts, the prediction last.
async fn events<M: Module<Output: std::fmt::Debug + 'static>>(
    program: &M,
    cx: &Context,
    input: M::Input,
) -> Vec<String> {
    let mut stream = program.stream(cx, input);
    let mut seen = Vec::new();
    while let Some(event) = stream.next().await {
        seen.push(match event.expect("it runs") {
            StreamEvent::Field(FieldEvent::FieldDelta { field, text, .. }) => format!("{field} += {text}"),
            StreamEvent::Field(FieldEvent::FieldDone { field, value, .. }) => format!("{field} = {value}"),
            StreamEvent::Field(FieldEvent::Reasoning { text, .. }) => format!("thinks {text}"),
            StreamEvent::Field(FieldEvent::CallDelta { index, tool, text, .. }) => {
                format!("call {index} {tool} {text}")
            }
            StreamEvent::Field(FieldEvent::Item { field, index, value, .. }) => {
                format!("{field}[{index}] = {value}")
            }
            StreamEvent::Prediction(_) => "end".to_owned(),
            other => format!("{other:?}"),
        });
    }
    seen
}

#[tokio::test]
async fn a_stream_tells_what_the_model_thinks_as_the_field_or_as_events_of_its_own() {
    let reply = || one("[[ ## word ## ]]\nParis", Some("it is so"));
    let cx = Context::new(model(reply()).0.with_reasoning().in_chunks(4));
    let seen = events(&Predict::<Answer>::new(), &cx, question()).await;
    assert_eq!(seen[..2], ["why += it i", "why += s so"]);
    assert_eq!(seen.iter().filter(|event| *event == "why = \"it is so\"").count(), 1, "{seen:?}");
    let cx = Context::new(model(reply()).0.in_chunks(4));
    let seen = events(&Predict::<Short>::new(), &cx, ShortInput { question: "?".into() }).await;
    assert_eq!(seen[..2], ["thinks it i", "thinks s so"]);
    // A form that cannot be shown as it comes tells all of it at once.
    let (reader, _) = model(one("[[ ## word ## ]]\nParis", None));
    let cx = Context::new(model(reply()).0.in_chunks(4))
        .with_adapter(TwoStep::default())
        .with_extraction_lm(reader);
    let seen = events(&Predict::<Short>::new(), &cx, ShortInput { question: "?".into() }).await;
    assert_eq!(seen[0], "thinks it is so");
    let event = FieldEvent::Reasoning { path: "a".into(), text: "so".into() };
    assert_eq!(event.to_json(), json!({"event": "reasoning", "path": "a", "text": "so"}));
}

/// Says where a parcel is.
#[tool]
async fn find_parcel(number: u32) -> Result<String, String> {
    Ok(format!("{number} is in Lyon"))
}

#[tokio::test]
async fn the_turns_of_an_agent_are_told_as_they_come() {
    let turns = |call: usize| {
        let (name, arguments) = match call {
            0 => ("find_parcel", json!({"number": 7})),
            _ => ("submit", json!({"word": "Lyon"})),
        };
        let mut response = Response::new("I look.");
        response.reasoning = Some(Thoughts::new("Which one?"));
        response.tool_calls = vec![ToolCall::new(format!("id_{call}"), name, arguments)];
        response
    };
    let model = Scripted::new(move |call, _| Ok(turns(call))).with_tools().in_chunks(5);
    let agent = ReAct::<Short>::new().tool(FindParcel);
    let cx = Context::new(Lm::from(model));
    let seen = events(&agent, &cx, ShortInput { question: "Where is parcel 7?".into() }).await;
    let [thought, calls] = {
        let names: Vec<&str> =
            seen.iter().filter_map(|event| event.split_once(" = ")).map(|(name, _)| name).collect();
        [names[0].to_owned(), names[2].to_owned()]
    };
    assert_eq!(
        seen[..11],
        [
            "thinks Which".to_owned(),
            "thinks  one?".to_owned(),
            format!("{thought} += I loo"),
            format!("{thought} += k."),
            "call 0 find_parcel ".to_owned(),
            "call 0 find_parcel {\"num".to_owned(),
            "call 0 find_parcel ber\":".to_owned(),
            "call 0 find_parcel 7}".to_owned(),
            format!("{thought} = \"I look.\""),
            format!("{calls}[0] = {{\"tool\":\"find_parcel\",\"arguments\":{{\"number\":7}}}}"),
            format!("{calls} = [{{\"tool\":\"find_parcel\",\"arguments\":{{\"number\":7}}}}]"),
        ],
        "{seen:#?}"
    );
    assert!(
        seen.iter().any(|event| event == "call 0 submit {\"wor")
            && seen.last().is_some_and(|last| last == "end")
    );
}
