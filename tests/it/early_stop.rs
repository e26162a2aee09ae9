//! Replies that are not waited for once a field in them breaks a condition.

use dspy::adapter::{ChatAdapter, XmlAdapter};
use dspy::lm::{ModelId, OpenAi, Scripted};
use dspy::module::StreamEvent;
use dspy::trace::Note;
use dspy::{Context, Predict, signature};
use futures_util::StreamExt;
use serde_json::json;

use crate::server::{Act, Server};

/// Say how it went.
#[signature]
struct Review {
    #[input]
    text: String,
    /// From 1 to 9.
    #[output(min = 1, max = 9)]
    stars: u32,
    /// One word.
    #[output(check(|word: &String| !word.contains(' '), "one word"))]
    word: String,
    /// The rest.
    #[output]
    more: String,
}

fn review() -> ReviewInput {
    ReviewInput { text: "fine".into() }
}

fn reply(stars: u32, word: &str) -> String {
    format!(
        "[[ ## stars ## ]]\n{stars}\n[[ ## word ## ]]\n{word}\n[[ ## more ## ]]\nand so on\n[[ ## completed ## ]]"
    )
}

fn events(text: &str, whole: bool) -> String {
    let data = |value: serde_json::Value| format!("data: {value}\n\n");
    let mut events: String = text
        .split_inclusive('\n')
        .map(|line| data(json!({"choices": [{"index": 0, "delta": {"content": line}}]})))
        .collect();
    if whole {
        events += &data(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}));
        events += &data(json!({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}));
        events += "data: [DONE]\n\n";
    }
    events
}

fn over_http(server: &Server) -> Context {
    Context::new(OpenAi::at(ModelId::new("openai", "m"), &server.url()).expect("an address"))
        .with_adapter(ChatAdapter)
}

#[tokio::test]
async fn the_request_is_dropped_and_asked_again_and_the_usage_is_honest() {
    let server = Server::start(|call, body| {
        assert_eq!(body["stream"], true);
        match call {
            // The reply never ends: only giving it up leads on.
            0 => Act::Begin(events("[[ ## stars ## ]]\n12\n[[ ## word ## ]]\n", false)),
            1 => {
                let asked = body["messages"].to_string();
                assert!(asked.contains("[[ ## stars ## ]]\\n12"), "the beginning is shown: {asked}");
                assert!(asked.contains("field `stars`: it must hold: at most 9; found `12`"), "{asked}");
                Act::Begin(events(
                    "[[ ## stars ## ]]\n8\n[[ ## word ## ]]\nvery good\n[[ ## more ## ]]\n",
                    false,
                ))
            }
            _ => Act::Status(200, "x: y", events(&reply(8, "good"), true)),
        }
    })
    .await;
    let cx = over_http(&server).with_early_stop(true).with_parse_retries(2);
    let review = Predict::<Review>::new().call(&cx, review()).await.expect("the third reply is right");
    assert_eq!((review.stars, review.word.as_str()), (8, "good"));
    server.given_up().await;
    server.given_up().await;
    let usage = review.usage();
    assert_eq!((usage.calls, usage.stopped, usage.input_tokens, usage.output_tokens), (3, 2, 7, 3));
    assert_eq!(usage.to_string(), "3 LM calls (2 stopped early, of unknown tokens), 7 tokens in, 3 out");
    assert_eq!(cx.usage(), usage);
    let stopped = |field: &str| Note::StoppedEarly { field: field.into() };
    assert_eq!(review.notes().cloned().collect::<Vec<_>>(), [stopped("stars"), stopped("word")]);
    let stopped: Vec<_> = cx.history(3).exchanges().map(|exchange| exchange.is_stopped()).collect();
    assert_eq!(stopped, [true, true, false]);
    assert!(cx.history(3).to_string().contains(">>> reply, stopped here\n[[ ## stars ## ]]\n12"));
}

#[tokio::test]
async fn without_another_try_it_is_an_error_at_once() {
    let server =
        Server::start(|_, _| Act::Begin(events("[[ ## stars ## ]]\n12\n[[ ## word ## ]]\n", false))).await;
    let cx = over_http(&server).with_early_stop(true).with_parse_retries(0);
    let error = Predict::<Review>::new().call(&cx, review()).await.expect_err("12 stars");
    assert_eq!(error.problems().len(), 1);
    assert!(error.to_string().contains("at most 9; found `12`"), "{error}");
    server.given_up().await;
    assert_eq!((server.calls(), cx.usage().stopped), (1, 1));
}

#[tokio::test]
async fn who_looks_sees_nothing_of_the_field_that_broke_and_forgets_the_rest() {
    let replies = [reply(12, "good"), reply(8, "good")]
        .map(|reply| reply.replace("[[ ## ", "<").replace(" ## ]]", ">"));
    let tagged = replies.map(|reply| {
        let lines: Vec<_> = reply.lines().collect();
        lines[..6]
            .chunks(2)
            .map(|pair| format!("{}{}{}", pair[0], pair[1], pair[0].replace('<', "</")))
            .collect::<String>()
    });
    let cx =
        Context::new(Scripted::replies(tagged).in_chunks(4)).with_adapter(XmlAdapter).with_early_stop(true);
    let mut stream = Predict::<Review>::new().stream(&cx, review());
    let mut seen = Vec::new();
    while let Some(event) = stream.next().await {
        match event.expect("no error") {
            StreamEvent::Field(event) => {
                seen.push(format!("{event:?}").split(' ').next().unwrap_or_default().to_owned())
            }
            StreamEvent::Prediction(review) => assert_eq!((review.stars, review.usage().stopped), (8, 1)),
            _ => {}
        }
    }
    let again = seen.iter().position(|event| event == "Again").expect("it is asked again");
    assert!(seen[..again].iter().all(|event| event == "FieldDelta"), "{seen:?}");
    assert_eq!(seen.iter().filter(|event| *event == "FieldDone").count(), 3);
}

#[tokio::test]
async fn by_default_and_where_the_reply_is_whole_already_nothing_is_stopped() {
    let scripted = || {
        Scripted::new(|call, _| {
            Ok(dspy::lm::Response::new(reply(if call == 0 { 12 } else { 8 }, "good")).with_tokens(5, 2))
        })
    };
    // In chunks but not asked to stop, and asked to stop but all at once.
    let whole = Context::new(scripted().in_chunks(3));
    let at_once = Context::new(scripted()).with_early_stop(true);
    for cx in [whole, at_once] {
        let review = Predict::<Review>::new().call(&cx, review()).await.expect("the second reply is right");
        let usage = review.usage();
        assert_eq!((usage.calls, usage.stopped, usage.input_tokens), (2, 0, 10));
        assert_eq!(review.notes().count(), 0);
    }
}

#[tokio::test]
async fn what_was_set_aside_for_a_stopped_call_counts_as_spent_where_tokens_are_limited() {
    let scripted = || {
        Scripted::new(|_, _| Ok(dspy::lm::Response::new(reply(12, "good")).with_tokens(5, 2))).in_chunks(3)
    };
    let mut sampling = dspy::lm::Sampling::default();
    sampling.max_tokens = Some(1_000);
    // Enough for one call at its most, and for many calls at what they cost.
    let cx = Context::new(scripted()).with_sampling(sampling).with_parse_retries(2);
    let cx = cx.with_budget(dspy::Budget::unlimited().with_tokens(4_000));
    let error = Predict::<Review>::new().call(&cx, review()).await.expect_err("12 stars each time");
    assert!(error.is_parse() && cx.usage().calls == 3, "{error}");
    let error = Predict::<Review>::new().call(&cx.with_early_stop(true), review()).await.expect_err("spent");
    assert!(error.is_budget() && cx.usage().calls < 6, "{error} after {}", cx.usage());
}

#[tokio::test]
async fn a_search_has_its_replies_whole() {
    let row = |stars| Review { text: format!("{stars}"), stars, word: "good".into(), more: "x".into() };
    let splits = dspy::Splits::new(
        [row(1)].into_iter().collect(),
        [row(2)].into_iter().collect(),
        [row(3)].into_iter().collect(),
    )
    .expect("no row twice");
    let cx = Context::new(Scripted::answering(|_| reply(12, "good")).in_chunks(3)).with_early_stop(true);
    let optimizer =
        dspy::optimize::LabeledFewShot::new(|row: &Review, out: &ReviewOutput| row.stars == out.stars);
    let error = optimizer.compile(&cx, Predict::<Review>::new(), &splits).await;
    assert!(error.is_err(), "every row fails");
    assert_eq!((cx.usage().calls > 0, cx.usage().stopped), (true, 0));
}
