//! The form that a model is asked in without being told, and asking again in another.

use std::sync::{Arc, Mutex};

use dspy::adapter::{ChatAdapter, JsonAdapter, XmlAdapter};
use dspy::evaluate::AdapterProbe;
use dspy::lm::{Author, FinishReason, JsonSupport, ModelId, Request, Response, ResponseFormat, Scripted};
use dspy::trace::Note;
use dspy::{Context, Error, ErrorKind, Predict, signature};

use crate::task::{Fruit, Guess, guess, right, rows};

/// A model that can be held to a schema, says these texts, and keeps what it was asked. One that ends in `…` is cut off.
fn model(replies: &[&str]) -> (Scripted, Arc<Mutex<Vec<Request>>>) {
    let replies: Vec<String> = replies.iter().map(|reply| (*reply).to_owned()).collect();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    let model = Scripted::new(move |call, request| {
        kept.lock().expect("nobody panics").push(request.clone());
        let text = &replies[call];
        let mut response = Response::new(text.trim_end_matches('…'));
        if text.ends_with('…') {
            response.finish = FinishReason::Length;
        }
        Ok(response)
    });
    (model.with_json(JsonSupport::Schema), asked)
}

#[test]
fn a_model_that_can_be_held_to_json_is_asked_for_json() {
    let name = |model: Scripted| Context::new(model).adapter().name();
    let script = || Scripted::replies(["never asked"]);
    assert_eq!(name(script()), "chat");
    assert_eq!(name(script().with_json(JsonSupport::Object)), "json");
    assert_eq!(name(script().with_json(JsonSupport::Schema)), "json");
    let cx = Context::new(script().with_json(JsonSupport::Schema));
    assert_eq!(cx.with_adapter(ChatAdapter).adapter().name(), "chat");
    assert_eq!(cx.with_lm(script()).adapter().name(), "chat", "it follows the model");
}

#[tokio::test]
async fn sections_that_cannot_be_read_are_asked_for_again_as_json_that_the_model_is_held_to() {
    for xml in [false, true] {
        let (model, asked) = model(&["I would say it is a fine one.", "{\"fruit\": \"apple\"}"]);
        let cx = Context::new(model);
        let cx = if xml { cx.with_adapter(XmlAdapter) } else { cx.with_adapter(ChatAdapter) };
        let reply = Predict::<Guess>::new().call(&cx, guess("red")).await.expect("read");
        assert_eq!((reply.fruit, reply.usage().calls), (Fruit::Apple, 2));
        assert_eq!(reply.notes().collect::<Vec<_>>(), [&Note::AskedInForm { form: "json".into() }]);
        let asked = asked.lock().expect("nobody panics");
        assert_eq!(asked[0].format, ResponseFormat::Text);
        assert!(matches!(asked[1].format, ResponseFormat::JsonSchema(_)));
        // Seeing its reply, a small model says it again.
        assert!(asked[1].messages.iter().all(|message| message.author() != Author::Assistant));
        let last = asked[1].messages.iter().last().expect("the input").text();
        assert!(
            last.contains("red") && last.contains("could not be read") && last.contains("fruit"),
            "{last}"
        );
    }
}

#[tokio::test]
async fn a_server_that_refuses_a_form_is_asked_for_less_once() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    let model = Scripted::new(move |_, request| {
        kept.lock().expect("nobody panics").push(request.format.to_string());
        match request.format {
            ResponseFormat::Text => Ok(Response::new("{\"fruit\": \"apple\"}")),
            _ => Err(Error::new(ErrorKind::InvalidRequest, "this `response_format` is not supported")),
        }
    });
    let cx = Context::new(model.with_json(JsonSupport::Schema));
    let reply = Predict::<Guess>::new().call(&cx, guess("red")).await.expect("read");
    assert_eq!(reply.fruit, Fruit::Apple);
    let notes: Vec<String> = reply.notes().map(Note::to_string).collect();
    assert!(notes.len() == 2 && notes[0].contains("cannot be held to a JSON schema"), "{notes:?}");
    let reply = Predict::<Guess>::new().call(&cx.with_parse_retries(0), guess("red")).await.expect("read");
    assert_eq!((reply.usage().calls, reply.notes().count()), (1, 0), "it is known by then");
    let asked = asked.lock().expect("nobody panics");
    assert_eq!(*asked, ["a JSON schema", "a JSON object", "any text", "any text"]);
}

#[tokio::test]
async fn other_refusals_are_errors_at_once() {
    let model = Scripted::new(|_, _| Err(Error::new(ErrorKind::InvalidRequest, "max_tokens is too large")));
    let cx = Context::new(model.with_json(JsonSupport::Schema));
    let error = Predict::<Guess>::new().call(&cx, guess("red")).await.expect_err("refused");
    assert_eq!((error.kind(), cx.usage().calls), (ErrorKind::InvalidRequest, 1));
}

#[tokio::test]
async fn what_breaks_a_condition_is_asked_for_in_the_same_form() {
    let (model, asked) = model(&["[[ ## pieces ## ]]\n-1", "[[ ## pieces ## ]]\n3"]);
    let cx = Context::new(model).with_adapter(ChatAdapter);
    let input = crate::task::CountInput { looks: "three".into() };
    let reply = Predict::<crate::task::Count>::new().call(&cx, input).await.expect("read");
    assert_eq!((reply.pieces, reply.notes().count()), (3, 0));
    let asked = asked.lock().expect("nobody panics");
    let last = asked[1].messages.iter().last().expect("asked again").text();
    assert!(last.contains("at least 0") && last.contains("[[ ## pieces ## ]]\n…"), "{last}");
}

#[tokio::test]
async fn a_reply_in_circles_is_asked_for_again_with_a_penalty() {
    let circles = format!("{{\"fruit\": \"{}…", "apple and ".repeat(40));
    let (model, asked) = model(&[&circles, "{\"fruit\": \"apple\"}"]);
    let cx = Context::new(model).with_temperature(0.0);
    let reply = Predict::<Guess>::new().call(&cx, guess("red")).await.expect("read");
    assert_eq!(reply.fruit, Fruit::Apple);
    let parameters = vec!["frequency_penalty 0.5".to_owned()];
    assert_eq!(reply.notes().collect::<Vec<_>>(), [&Note::Varied { parameters }]);
    let asked = asked.lock().expect("nobody panics");
    assert_eq!((asked[0].hints.frequency_penalty, asked[1].hints.frequency_penalty), (None, Some(0.5)));
    assert_eq!(asked[0].messages, asked[1].messages, "it is not shown its circles");
}

#[tokio::test]
async fn circles_without_another_try_and_other_cut_replies_are_errors() {
    let circles = format!("{{\"fruit\": \"{}…", "apple and ".repeat(40));
    let error = |reply: String, parse_retries| async move {
        let cx = Context::new(model(&[&reply, "{\"fruit\": \"apple\"}"]).0).with_parse_retries(parse_retries);
        Predict::<Guess>::new().call(&cx, guess("red")).await.expect_err("cut off").to_string()
    };
    assert!(error(circles, 0).await.contains("over and over until the token limit"));
    let cut = error("{\"fruit\": \"app…".into(), 1).await;
    assert!(cut.contains("the token limit cut the reply off"), "{cut}");
}

#[tokio::test]
async fn a_reply_that_comes_back_unchanged_is_asked_for_at_a_higher_temperature() {
    let wrong = "{\"fruit\": \"plum\"}";
    let (model, asked) = model(&[wrong, wrong, "{\"fruit\": \"apple\"}"]);
    let cx = Context::new(model).with_temperature(0.0).with_parse_retries(2);
    Predict::<Guess>::new().call(&cx, guess("red")).await.expect("read");
    let temperatures: Vec<_> =
        asked.lock().expect("nobody panics").iter().map(|request| request.sampling.temperature).collect();
    assert_eq!(temperatures, [Some(0.0), Some(0.0), Some(0.7)]);
}

#[tokio::test]
async fn sections_end_with_a_stop_text_and_json_with_none() {
    let (model, asked) = model(&["[[ ## fruit ## ]]\napple", "{\"fruit\": \"apple\"}"]);
    let cx = Context::new(model);
    Predict::<Guess>::new().call(&cx.with_adapter(ChatAdapter), guess("red")).await.expect("read");
    Predict::<Guess>::new().call(&cx.with_adapter(JsonAdapter), guess("red")).await.expect("read");
    let asked = asked.lock().expect("nobody panics");
    assert_eq!(asked[0].hints.stop, ["\n[[ ## completed ## ]]"]);
    assert!(asked[1].hints.stop.is_empty());
}

#[tokio::test]
async fn a_probe_tells_the_form_that_is_answered_best() {
    // It writes tags right and sections wrong, whatever it is asked for.
    let model = Scripted::answering(|said| match said.contains("<looks>") {
        true => "<fruit>apple</fruit>".into(),
        false => "no idea".into(),
    });
    let cx = Context::new(model).with_parse_retries(0);
    let found = AdapterProbe::new(right)
        .rows(3)
        .run(&cx, &Predict::<Guess>::new(), &rows(0, 5))
        .await
        .expect("it runs");
    let best = found.best().expect("three were tried");
    assert_eq!((best.adapter.as_str(), best.rows, best.typed, best.current), ("xml", 3, 1.0, false));
    let typed: Vec<_> = found.results.iter().map(|result| (result.adapter.as_str(), result.typed)).collect();
    assert_eq!(typed, [("json", 0.0), ("chat", 0.0), ("xml", 1.0)]);
    let told = found.to_string();
    assert!(told.contains("chat*") && told.ends_with("use `xml`; the one in use now is marked *"), "{told}");
}

/// Tell the number of the parcel.
#[signature]
struct Parcel {
    #[input]
    text: String,
    /// As it is written.
    #[output]
    number: i64,
}

#[tokio::test]
async fn a_number_that_llama_cpp_may_have_cut_is_refused() {
    let ask = |provider: &'static str, number: &'static str, sections: bool| async move {
        let reply = match sections {
            true => format!("[[ ## number ## ]]\n{number}"),
            false => format!("{{\"number\": {number}}}"),
        };
        let model = Scripted::answering(move |_| reply.clone()).named(ModelId::new(provider, "m"));
        let cx = Context::new(model.with_json(JsonSupport::Schema));
        let cx = if sections { cx.with_adapter(ChatAdapter) } else { cx };
        Predict::<Parcel>::new().call(&cx, ParcelInput { text: "1234567890123456789".into() }).await
    };
    let error = ask("llamacpp", "1234567890123456", false).await.expect_err("16 digits").to_string();
    assert!(error.contains("field `number`") && error.contains("may be cut"), "{error}");
    ask("llamacpp", "-9234567890123456", false).await.expect_err("16 digits and a sign");
    assert_eq!(
        ask("llamacpp", "123456789012345", false).await.expect("15 digits").number,
        123_456_789_012_345
    );
    // Asked again, it may be put in quotes, in which nothing is cut.
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    let model = Scripted::new(move |call, request| {
        kept.lock().expect("nobody panics").push(request.clone());
        let replies = ["{\"number\": 1234567890123456}", "{\"number\": \"1234567890123456789\"}"];
        Ok(Response::new(replies[call]))
    });
    let cx = Context::new(model.named(ModelId::new("llamacpp", "m")).with_json(JsonSupport::Schema));
    let reply =
        Predict::<Parcel>::new().call(&cx, ParcelInput { text: "?".into() }).await.expect("in quotes");
    assert_eq!(reply.number, 1_234_567_890_123_456_789);
    let held = |request: usize| match &asked.lock().expect("nobody panics")[request].format {
        ResponseFormat::JsonSchema(format) => format.schema["properties"]["number"].clone(),
        other => panic!("{other}"),
    };
    assert_eq!(held(0)["type"], "integer");
    assert_eq!(
        (held(1)["anyOf"][0]["type"].as_str(), held(1)["anyOf"][1]["type"].as_str()),
        (Some("string"), Some("integer"))
    );
    // Nothing is cut where the reply is held to nothing, or by another server.
    ask("llamacpp", "1234567890123456", true).await.expect("sections");
    ask("openai", "1234567890123456", false).await.expect("another server");
}
