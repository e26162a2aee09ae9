//! Images, sounds and files as inputs.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use dspy::adapter::{JsonAdapter, XmlAdapter};
use dspy::data::Record;
use dspy::lm::{ModelId, OpenAi, Request, Response, Scripted};
use dspy::media::{Audio, File, Image};
use dspy::{Context, ErrorKind, Module, Predict, signature};
use serde_json::{Value, json};

use crate::server::{Act, Server};
use crate::task::built_in;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";
const BASE64: &str = "iVBORw0KGgpyZXN0";

/// Say what the picture shows.
#[signature]
#[derive(Debug, Clone)]
struct Look {
    #[input]
    photo: Image,
    /// What to look for.
    #[input]
    question: String,
    /// In one word.
    #[output]
    thing: String,
}

fn look(photo: Image) -> LookInput {
    LookInput { photo, question: "Who?".into() }
}

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("dspy-media-{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).expect("written");
    path
}

fn fox() -> Scripted {
    Scripted::answering(|_| "[[ ## thing ## ]]\nfox".into())
}

/// What a server is sent as the last message.
async fn sent<M: Module>(program: &M, input: M::Input, adapter: &str) -> Value {
    let seen = Arc::new(Mutex::new(Value::Null));
    let keep = seen.clone();
    let server = Server::start(move |_, body| {
        *keep.lock().expect("no panic") =
            body["messages"].as_array().and_then(|all| all.last()).cloned().unwrap_or_default();
        Act::Say("{\"thing\": \"fox\"}".into())
    })
    .await;
    let cx = Context::new(OpenAi::at(ModelId::new("openai", "m"), &server.url()).expect("an address"));
    let cx = match adapter {
        "json" => cx.with_adapter(JsonAdapter),
        "xml" => cx.with_adapter(XmlAdapter),
        _ => cx,
    };
    program.call(&cx, input).await.expect("answered");
    seen.lock().expect("no panic")["content"].clone()
}

#[tokio::test]
async fn an_image_is_sent_as_a_part_by_every_adapter() {
    let path = file("a.png", PNG);
    let uri = format!("data:image/png;base64,{BASE64}");
    for (adapter, before) in
        [("chat", "[[ ## photo ## ]]\n"), ("json", "[[ ## photo ## ]]\n"), ("xml", "<photo>\n")]
    {
        for (photo, url) in [
            (Image::path(&path), uri.as_str()),
            (Image::bytes(PNG).expect("a PNG"), uri.as_str()),
            (Image::url("https://example.org/a.png?x=1"), "https://example.org/a.png?x=1"),
        ] {
            let content = sent(&Predict::<Look>::new(), look(photo), adapter).await;
            assert_eq!(content[0], json!({"type": "text", "text": before}));
            assert_eq!(content[1], json!({"type": "image_url", "image_url": {"url": url}}));
            assert!(content[2]["text"].as_str().is_some_and(|text| text.contains("Who?")), "{content}");
            assert_eq!(content.as_array().map(Vec::len), Some(3));
        }
    }
    std::fs::remove_file(path).expect("removed");
}

/// Say what is in all of it.
#[signature]
struct Mixed {
    #[input]
    call: Option<Audio>,
    #[input]
    papers: Vec<File>,
    #[output(desc = "")]
    thing: String,
}

#[tokio::test]
async fn sounds_and_files_are_sent_in_the_protocols_form() {
    let path = file("b.pdf", b"%PDF-1.7");
    let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
    let call = Audio::bytes(b"RIFF\0\0\0\0WAVE").expect("a sound");
    let papers = vec![File::path(&path), File::bytes("n.txt", "hi").expect("any file")];
    let content = sent(&Predict::<Mixed>::new(), MixedInput { call: Some(call), papers }, "chat").await;
    std::fs::remove_file(path).expect("removed");
    let parts: Vec<&Value> =
        content.as_array().expect("parts").iter().filter(|part| part["type"] != "text").collect();
    assert_eq!(
        parts[0],
        &json!({"type": "input_audio", "input_audio": {"data": "UklGRgAAAABXQVZF", "format": "wav"}})
    );
    let pdf = format!("data:application/pdf;name={name};base64,JVBERi0xLjc=");
    assert_eq!(parts[1], &json!({"type": "file", "file": {"filename": name, "file_data": pdf}}));
    assert_eq!(parts[2]["file"]["filename"], "n.txt");
    let text: String =
        content.as_array().expect("parts").iter().filter_map(|part| part["text"].as_str()).collect();
    assert!(text.contains("[\"(file 1)\",\"(file 2)\"]\n(file 1): \n(file 2): "), "{text}");
}

#[tokio::test]
async fn what_a_model_cannot_take_is_an_error_before_the_call() {
    let error = Predict::<Look>::new()
        .call(&built_in(), look(Image::bytes(PNG).expect("a PNG")))
        .await
        .expect_err("text alone");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.to_string(),
        "self: builtin/lexical@1 cannot be shown image/png, 12 bytes: it takes text alone"
    );

    let server = Server::start(|_, _| Act::Hang).await;
    let cx = Context::new(OpenAi::at(ModelId::new("openai", "m"), &server.url()).expect("an address"));
    for (call, reason) in [
        (
            Audio::url("https://example.org/a.wav"),
            "chat completions take no audio by its address; `download` it first",
        ),
        (Audio::bytes(b"OggS").expect("a sound"), "chat completions take WAV and MP3 alone, not audio/ogg"),
    ] {
        let input = MixedInput { call: Some(call), papers: Vec::new() };
        let error = Predict::<Mixed>::new().call(&cx, input).await.expect_err("no such part");
        assert!(error.kind() == ErrorKind::Unsupported && error.to_string().ends_with(reason), "{error}");
    }
    assert_eq!((server.calls(), cx.usage().calls), (0, 0), "nothing was sent or charged");
}

#[tokio::test]
async fn a_budget_of_tokens_is_no_limit_for_an_image_and_says_so() {
    let cx = Context::new(fox()).with_budget(dspy::Budget::unlimited().with_tokens(1_000_000));
    let mut sampling = dspy::lm::Sampling::default();
    sampling.max_tokens = Some(10);
    let image = Image::bytes(PNG).expect("a PNG");
    let error =
        Predict::<Look>::new().call(&cx.with_sampling(sampling), look(image)).await.expect_err("unknown");
    assert_eq!((error.kind(), cx.usage().calls), (ErrorKind::NotConfigured, 0));
    assert!(error.to_string().contains("how many tokens image/png, 12 bytes has; budget calls"), "{error}");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_an_error_with_its_path() {
    let cx = Context::new(fox());
    let error =
        Predict::<Look>::new().call(&cx, look(Image::path("no/such.png"))).await.expect_err("no file");
    assert!(
        error.kind() == ErrorKind::Io && error.to_string().contains("cannot read `no/such.png`"),
        "{error}"
    );
    let path = file("c.png", b"root:x:0:0");
    let error = Predict::<Look>::new().call(&cx, look(Image::path(&path))).await.expect_err("no image");
    std::fs::remove_file(&path).expect("removed");
    assert!(error.to_string().contains(&format!("`{}`: the bytes are no PNG", path.display())), "{error}");
    assert!(serde_json::from_str::<Image>("\"data:image/png;base64,*\"").is_err());
    assert_eq!(cx.usage().calls, 0);
}

#[tokio::test]
async fn bytes_are_shared_by_all_that_is_sent_again_and_never_printed() {
    let mut large = PNG.to_vec();
    large.resize(3_000_000, 7);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = seen.clone();
    let cx = Context::new(Scripted::new(move |call, request: &Request| {
        keep.lock().expect("no panic").push(request.clone());
        Ok(Response::new(if call < 2 { "?" } else { "[[ ## thing ## ]]\nfox" }))
    }))
    .with_parse_retries(2);
    let program = Predict::<Look>::new();
    let mut state = program.state();
    let demo = Image::bytes(&large[..2_000_000]).expect("a PNG");
    let mut demo = Record::from_iter([("photo", serde_json::to_value(demo).expect("a text"))]);
    demo.insert("question", "Who?");
    demo.insert("thing", "hen");
    state.get_mut("self").expect("one predictor").demos.push(demo);
    let program = program.with_state(&state).expect("its own path");
    let long = "word ".repeat(400_000);
    let input = LookInput { photo: Image::bytes(&large).expect("a PNG"), question: long };
    let reply = program.call(&cx, input.clone()).await.expect("the third reply is right");
    program.call(&cx, input).await.expect("answered");

    let seen = seen.lock().expect("no panic");
    let places = |request: &Request| -> Vec<_> {
        let bytes = request.messages.media().map(|media| media.base64().expect("read").as_ptr());
        let texts = request.messages.iter().filter(|message| message.text().len() > 1_000_000);
        bytes.chain(texts.map(|message| message.text().as_ptr())).collect()
    };
    let first = places(&seen[0]);
    assert_eq!(first.len(), 3, "the demonstration's image, the input's, and the long text");
    assert!(seen[1..3].iter().all(|again| places(again) == first), "asked again with the same bytes");
    assert_eq!(places(&seen[3])[0], first[0], "a demonstration is written once for all calls");
    let kept: Vec<_> = cx.history(4).exchanges().map(|exchange| places(exchange.request())).collect();
    assert_eq!(kept[0], first, "the history holds the same bytes");

    let step = reply.trace().steps().next().expect("one step");
    for printed in [
        format!("{:?}", reply.trace()).replace("word ", ""),
        format!("{:?}", cx.history(4)).replace("word ", ""),
        cx.history(4).to_string().replace("word ", ""),
        format!("{:?} {:?} {:?}", step.input, program.state(), program).replace("word ", ""),
        format!("{:?}", reply.trace().steps_of(&program).next().expect("one").input().expect("typed").photo),
    ] {
        assert!(printed.len() < 20_000, "{} bytes: {}", printed.len(), &printed[..2_000]);
        assert!(printed.contains("3.0 MB") && printed.contains("image/png"), "{printed}");
    }
}

#[tokio::test]
async fn nothing_is_downloaded_unless_asked_for() {
    let server = Server::start(|_, _| Act::Drop).await;
    let photo = Image::url(format!("http://{}/a.png", server.address));
    Predict::<Look>::new().call(&Context::new(fox()), look(photo)).await.expect("the address is passed on");
    assert_eq!(server.calls(), 0);

    let address = crate::server::fixed("HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n", PNG).await;
    let url = format!("http://{address}/pictures/a.png");
    let image = Image::url(&url).download().await.expect("it is there");
    assert_eq!((image.media().media_type(), image.media().base64()), (Some("image/png"), Some(BASE64)));
    let file = File::url(&url).download().await.expect("it is there");
    assert_eq!(file.media().file_name().as_deref(), Some("a.png"));
    let error = Audio::url(&url).download().await.expect_err("no sound");
    assert!(error.to_string().contains("/pictures/a.png`: the bytes are no WAV"), "{error}");
}

#[tokio::test]
async fn images_are_trained_on_and_sounds_are_not() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("finetune-media.jsonl");
    let row =
        Look { photo: Image::bytes(PNG).expect("an image"), question: "Who?".into(), thing: "fox".into() };
    let rows = dspy::Rows::from(vec![row]);
    let export = dspy::optimize::FinetuneExport::new(|row: &Look, out: &LookOutput| row.thing == out.thing);
    let wrote = export
        .write(&Context::new(fox()), &Predict::<Look>::new(), &rows, &path)
        .await
        .expect("it is written");
    assert_eq!(wrote.lines, 1);
    let line: Value =
        serde_json::from_str(&std::fs::read_to_string(&path).expect("it is there")).expect("JSON");
    let parts = line["messages"][1]["content"].as_array().expect("parts");
    let url = format!("data:image/png;base64,{BASE64}");
    assert!(parts.contains(&json!({"type": "image_url", "image_url": {"url": url}})), "{parts:?}");
    let _ = std::fs::remove_file(&path);

    /// Say what is heard.
    #[signature]
    struct Hear {
        #[input]
        sound: Audio,
        /// In one word.
        #[output]
        thing: String,
    }
    let row = Hear { sound: Audio::bytes(b"RIFF\0\0\0\0WAVEfmt ").expect("a sound"), thing: "fox".into() };
    let rows = dspy::Rows::from(vec![row]);
    let export = dspy::optimize::FinetuneExport::new(|row: &Hear, out: &HearOutput| row.thing == out.thing);
    let error = export.write(&Context::new(fox()), &Predict::<Hear>::new(), &rows, &path).await;
    let error = error.expect_err("no model is trained on sounds");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(!path.exists(), "whole or not at all");
}
