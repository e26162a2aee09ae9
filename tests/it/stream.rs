//! Replies that come bit by bit.

use dspy::adapter::{ChatAdapter, JsonAdapter, XmlAdapter};
use dspy::context::FieldEvent;
use dspy::lm::{ModelId, OpenAi, Retry, Scripted};
use dspy::module::StreamEvent;
use dspy::{Context, Module, Predict, signature};
use futures_util::StreamExt;
use std::time::Duration;

use crate::server::{Act, Server};
use crate::task::{Fruit, Guess, Sorter, always, guess};

/// List what is in the basket.
#[signature]
struct Basket {
    #[input]
    looks: String,
    #[output(desc = "")]
    note: String,
    #[output(desc = "")]
    fruits: Vec<Fruit>,
    #[output(desc = "")]
    pieces: u32,
}

fn basket() -> BasketInput {
    BasketInput { looks: "full".into() }
}

const CHAT: &str = "[[ ## note ## ]]\nall fresh\n[[ ## fruits ## ]]\n[\"apple\", \"cherry\"]\n[[ ## pieces ## ]]\n12\n[[ ## completed ## ]]";
const XML: &str = "<note>\nall fresh\n</note>\n<fruits>[\"apple\", \"cherry\"]</fruits>\n<pieces>12</pieces>";
const JSON: &str = "{\"note\": \"all fresh\", \"fruits\": [\"apple\", \"cherry\"], \"pieces\": 12}";

/// The events of a run as short texts, the prediction last.
async fn seen<M: Module<Output: std::fmt::Debug + 'static>>(
    program: &M,
    cx: &Context,
    input: M::Input,
) -> Vec<String> {
    let mut stream = program.stream(cx, input);
    let mut seen = Vec::new();
    while let Some(event) = stream.next().await {
        seen.push(match event {
            Ok(StreamEvent::Field(FieldEvent::FieldDelta { path, field, text })) => {
                format!("{path}.{field} += {text:?}")
            }
            Ok(StreamEvent::Field(FieldEvent::Item { path, field, index, value })) => {
                format!("{path}.{field}[{index}] = {value}")
            }
            Ok(StreamEvent::Field(FieldEvent::FieldDone { path, field, value })) => {
                format!("{path}.{field} = {value}")
            }
            Ok(StreamEvent::Field(FieldEvent::Again { path })) => format!("{path} again"),
            Ok(StreamEvent::Prediction(reply)) => format!("{:?} with {} calls", *reply, reply.usage().calls),
            Ok(other) => format!("{other:?}"),
            Err(error) => format!("error: {error}"),
        });
    }
    seen
}

#[tokio::test]
async fn fields_come_as_they_are_written_and_then_the_prediction() {
    for (reply, name) in [(CHAT, "chat"), (JSON, "json"), (XML, "xml")] {
        let cx = Context::new(Scripted::replies([reply]).in_chunks(7));
        let cx = match name {
            "json" => cx.with_adapter(JsonAdapter),
            "xml" => cx.with_adapter(XmlAdapter),
            _ => cx,
        };
        let seen = seen(&Predict::<Basket>::new(), &cx, basket()).await;
        let whole: Vec<_> = seen.iter().filter(|event| !event.contains("+=")).map(String::as_str).collect();
        let end = "BasketOutput { note: \"all fresh\", fruits: [Apple, Cherry], pieces: 12 } with 1 calls";
        assert_eq!(
            whole,
            [
                "self.note = \"all fresh\"",
                "self.fruits[0] = \"apple\"",
                "self.fruits[1] = \"cherry\"",
                "self.fruits = [\"apple\",\"cherry\"]",
                "self.pieces = 12",
                end
            ],
            "{seen:#?}"
        );
        assert!(seen.len() > whole.len() + 4, "text comes early: {seen:#?}");
        assert_eq!(cx.usage().calls, 1);
        assert_eq!(cx.history(1).exchanges().count(), 1);
    }
}

#[tokio::test]
async fn every_predictor_of_a_program_streams_under_its_path() {
    let cx = Context::new(always("apple").in_chunks(9));
    let seen = seen(&Sorter::new(), &cx, guess("red")).await;
    let done: Vec<_> = seen.iter().filter(|event| event.contains(" = ")).map(String::as_str).collect();
    // The model of this test writes reasoning for both; the first predictor has no such field.
    assert_eq!(
        done,
        [
            "guess.fruit = \"apple\"",
            "recount.predict.reasoning = \"so\"",
            "recount.predict.fruit = \"apple\""
        ]
    );
    assert_eq!(seen.last().map(String::as_str), Some("GuessOutput { fruit: Apple } with 2 calls"));
}

#[tokio::test]
async fn a_reply_that_cannot_be_used_is_taken_back() {
    let cx = Context::new(
        Scripted::replies(["[[ ## fruit ## ]]\npear", "[[ ## fruit ## ]]\ncherry"]).in_chunks(3),
    );
    let seen = seen(&Predict::<Guess>::new(), &cx, guess("dark")).await;
    let again = seen.iter().position(|event| event == "self again").expect("it is asked again");
    assert!(
        seen[..again].iter().all(|event| event.contains("+=")),
        "a label that is none is never done: {seen:#?}"
    );
    assert!(seen[again..].contains(&"self.fruit = \"cherry\"".to_owned()));
    assert_eq!(seen.last().map(String::as_str), Some("GuessOutput { fruit: Cherry } with 2 calls"));
}

#[tokio::test]
async fn an_error_ends_the_stream() {
    let cx = Context::new(Scripted::replies(Vec::<String>::new()).in_chunks(3));
    let seen = seen(&Predict::<Guess>::new(), &cx, guess("dark")).await;
    assert_eq!(seen.len(), 1);
    assert!(seen[0].starts_with("error: self: the script has 0 replies"), "{seen:?}");
}

fn events(texts: &[&str], end: &str) -> String {
    let data = texts.iter().map(|text| {
        let delta =
            serde_json::json!({"model": "served", "choices": [{"index": 0, "delta": {"content": text}}]});
        format!("data: {delta}\n\n")
    });
    let first =
        "data: {\"choices\": [{\"index\": 0, \"delta\": {\"role\": \"assistant\", \"content\": null}}]}\n\n"
            .to_owned();
    std::iter::once(first).chain(data).chain([end.to_owned()]).collect()
}

const END: &str = "data: {\"choices\": [{\"index\": 0, \"delta\": {}, \"finish_reason\": \"stop\"}]}\n\n\
    data: {\"choices\": [], \"usage\": {\"prompt_tokens\": 7, \"completion_tokens\": 3}}\n\ndata: [DONE]\n\n";

fn quick(server: &Server) -> Context {
    let model = OpenAi::at(ModelId::new("openai", "m"), &server.url()).expect("an address");
    Context::new(Retry::new(model).first_wait(Duration::from_millis(1))).with_adapter(ChatAdapter)
}

#[tokio::test]
async fn a_server_streams_and_is_begun_again_only_before_the_first_text() {
    let whole = events(&["[[ ## fr", "uit ## ]]\nba", "nana"], END);
    let server = Server::start(move |call, body| {
        assert_eq!((&body["stream"], &body["stream_options"]["include_usage"]), (&true.into(), &true.into()));
        match call {
            0 => Act::Status(503, "x: y", String::new()),
            1 => Act::Drop,
            _ => Act::Status(200, "x-request-id: 9", whole.clone()),
        }
    })
    .await;
    let cx = quick(&server);
    let seen = seen(&Predict::<Guess>::new(), &cx, guess("bent")).await;
    let last = [
        "self.fruit += \"ba\"",
        "self.fruit += \"nana\"",
        "self.fruit = \"banana\"",
        "GuessOutput { fruit: Banana } with 1 calls",
    ];
    assert_eq!(seen, last);
    let usage = cx.usage();
    assert_eq!((usage.calls, usage.retries, usage.input_tokens, usage.output_tokens), (1, 2, 7, 3));
    assert_eq!(server.calls(), 3);

    let cut = events(&["[[ ## fruit ## ]]\nba"], "");
    let server = Server::start(move |_, _| Act::Status(200, "x: y", cut.clone())).await;
    let seen = self::seen(&Predict::<Guess>::new(), &quick(&server), guess("bent")).await;
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(seen[1].contains("broke in the middle of a reply"), "{seen:?}");
    assert_eq!(server.calls(), 1, "what was shown is not begun again");
}

#[tokio::test]
async fn a_reader_that_does_not_read_makes_the_program_wait_and_dropping_ends_it() {
    let long = format!("[[ ## note ## ]]\n{}", "word ".repeat(500));
    let cx = Context::new(Scripted::answering(move |_| long.clone()).in_chunks(5));
    let mut stream = Predict::<Basket>::new().stream(&cx, basket());
    assert!(stream.next().await.is_some());
    // The call is under way and not settled, as its reply waits to be taken.
    assert_eq!((cx.usage().calls, cx.history(9).exchanges().count()), (1, 0));
    drop(stream);
    assert_eq!(cx.usage().calls, 1, "what may have been paid for stays counted");
}
