//! Bedrock by the credentials of an AWS account: signatures and streams, as boto3 has them.
//!
//! `tests/fixtures/cloud/record.py` wrote what it sends, and what it reads of the recorded stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use dspy::lm::{
    AwsCredentials, Bedrock, CacheTtl, Chunk, FinishReason, LanguageModel, Message, Request, Secret, ToolSpec,
};
use dspy::media::Audio;
use dspy::{Error, ErrorKind};
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::server::{Came, Canned, Wire};
use super::*;

const ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SESSION: &str = "IQoJb3JpZ2luX2VjEXAMPLE/+=";
const STREAM: &[u8] = include_bytes!("../../fixtures/wire/bedrock.eventstream");

fn recorded() -> Value {
    serde_json::from_str(include_str!("../../fixtures/cloud/requests.json")).expect("JSON")
}

fn credentials() -> AwsCredentials {
    AwsCredentials::new(ID, Secret::new(SECRET))
}

fn at(id: &str, url: &str) -> Bedrock {
    Bedrock::at(id.parse().expect("a name"), url).expect("an address")
}

fn model(url: &str) -> Bedrock {
    at("bedrock/us.amazon.nova-lite-v1:0", url)
        .region("eu-west-1")
        .expect("a region")
        .credentials(credentials())
}

/// The headers by which a request that came would be signed at the time that it names.
fn signed_again(came: &Came, credentials: &AwsCredentials, url: &str) -> Vec<(String, String)> {
    let time = came.header("x-amz-date").expect("a time");
    let number = |from: usize, to: usize| time[from..to].parse::<i64>().expect("digits");
    // Days since 1970 of a day of our calendar.
    let (year, month, day) = (number(0, 4), number(4, 6), number(6, 8));
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    let seconds = days * 86_400 + number(9, 11) * 3_600 + number(11, 13) * 60 + number(13, 15);
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).expect("after 1970"));
    let path = came.line.strip_prefix("POST ").expect("a post");
    let body = serde_json::to_vec(&came.body).expect("JSON");
    let url = format!("{url}{path}");
    let headers = dspy::__private::signed(credentials, "eu-west-1", at, &url, "application/json", &body)
        .expect("signed");
    headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[test]
fn a_signature_is_that_of_boto3() {
    let recorded = recorded();
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(recorded["time"].as_u64().expect("seconds"));
    let requests = recorded["bedrock"].as_array().expect("requests");
    assert_eq!(requests.len(), 3);
    for request in requests {
        let word = |value: &Value| value.as_str().expect("a text").to_owned();
        let credentials = match request["headers"].get("x-amz-security-token") {
            Some(token) => credentials().session_token(Secret::new(word(token))),
            None => credentials(),
        };
        let (url, body) = (word(&request["url"]), word(&request["body"]));
        let kind = word(&request["headers"]["content-type"]);
        let headers = dspy::__private::signed(&credentials, "eu-west-1", at, &url, &kind, body.as_bytes());
        let headers = headers.expect("signed").into_iter();
        let mut headers: Value = headers.map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        headers["content-type"] = kind.into();
        assert_eq!(headers, request["headers"], "{url}");
    }
}

#[tokio::test]
async fn requests_are_those_of_boto3_and_signed() {
    let recorded = recorded();
    let read = |place: usize| {
        let request = &recorded["bedrock"][place];
        let body: Value = serde_json::from_str(request["body"].as_str().expect("a text")).expect("JSON");
        (request["line"].as_str().expect("a line").to_owned(), body)
    };

    let wire = Wire::start(|_| Canned::json(200, &json!({}))).await;
    let mut request = plain();
    request.sampling = sampled();
    request.sampling.seed = None;
    let _ = model(&wire.url()).complete(&request).await;
    let came = wire.last();
    assert_eq!((came.line.clone(), came.body.clone()), read(0));
    for (name, value) in signed_again(&came, &credentials(), &wire.url()) {
        assert_eq!(came.header(&name), Some(&*value), "{name}");
    }

    let mut content = dspy::lm::Content::from("What is said here? ");
    content.push_media(Audio::bytes(*b"RIFF\x04\0\0\0WAVE").expect("a sound").media().clone());
    let mut request = Request::from(vec![Message::system("Be brief.").cached(), Message::user(content)]);
    request.sampling.cache_ttl = Some(CacheTtl::Hour);
    request.tools = vec![ToolSpec::new("find_parcel", "Says where a parcel is.", parameters())];
    let temporary = credentials().session_token(Secret::new(SESSION));
    let claude = at("bedrock/us.anthropic.claude-opus-4-6-v1", &wire.url()).strict_tools();
    let claude = claude.credentials(temporary.clone()).region("eu-west-1").expect("a region");
    let _ = claude.complete(&request).await;
    let came = wire.last();
    assert_eq!((came.line.clone(), came.body.clone()), read(1));
    assert_eq!(came.header("x-amz-security-token"), Some(SESSION));
    for (name, value) in signed_again(&came, &temporary, &wire.url()) {
        assert_eq!(came.header(&name), Some(&*value), "{name}");
    }

    let arn = "bedrock/arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0";
    let nova = at(arn, &wire.url());
    let request = plain();
    nova.key(Secret::new("k")).stream(&request).collect::<Vec<_>>().await;
    let came = wire.last();
    assert_eq!((came.line.clone(), came.body.clone()), read(2));
    assert_eq!(came.header("authorization"), Some("Bearer k"), "a key goes before credentials");
}

/// The chunks of a stream that comes as these bytes.
async fn streamed(bytes: &'static [u8]) -> Vec<dspy::Result<Chunk>> {
    let wire = Wire::start(move |_| Canned::bytes(bytes)).await;
    let (model, request) = (model(&wire.url()), plain());
    model.stream(&request).collect().await
}

#[tokio::test]
async fn a_stream_reads_as_boto3_reads_it() {
    let events: Vec<Value> = include_str!("../../fixtures/cloud/events.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let all = |pointer: &str| {
        let found = events.iter().filter_map(|event| event.pointer(pointer)?.as_str());
        found.map(str::to_owned).collect::<Vec<_>>()
    };
    let (mut texts, mut thoughts, mut end) = (Vec::new(), Vec::new(), None);
    for chunk in streamed(STREAM).await {
        match chunk.expect("a chunk") {
            Chunk::Text(text) => texts.push(text),
            Chunk::Reasoning(text) => thoughts.push(text),
            Chunk::End(reply) => end = Some(reply),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(texts, all("/contentBlockDelta/delta/text"));
    assert_eq!(thoughts, all("/contentBlockDelta/delta/reasoningContent/text"));
    let reply = end.expect("an end");
    assert_eq!(reply.text, texts.concat());
    assert_eq!(
        (reply.finish.clone(), all("/messageStop/stopReason")),
        (FinishReason::ToolCalls, vec!["tool_use".into()])
    );
    assert_eq!(
        calls(&reply),
        [("t1", "find_parcel", &json!({"number": 7})), ("t2", "list_parcels", &json!({}))]
    );
    let usage = &events.last().expect("the last")["metadata"]["usage"];
    assert_eq!(usage["cacheDetails"][0]["inputTokens"], 20);
    let counts = reply.usage;
    assert_eq!((counts.input_tokens, counts.output_tokens), (140, 30));
    assert_eq!(
        (counts.cached_input_tokens, counts.cache_write_tokens, counts.hour_cache_write_tokens),
        (70, 30, 20)
    );

    // The turn goes back as it came, its thought with the signature.
    let sent = body(|url| at("bedrock/us.anthropic.claude-opus-4-6-v1", url), &with_tools(&reply)).await;
    let turn = &sent["messages"][1]["content"];
    assert_eq!(
        turn[0],
        json!({"reasoningContent": {"reasoningText": {"text": "A capital.", "signature": "c2ln"}}})
    );
    assert_eq!(turn[2]["toolUse"], json!({"toolUseId": "t1", "name": "find_parcel", "input": {"number": 7}}));
}

#[tokio::test]
async fn a_reply_is_streamed_only_where_that_is_asked_for() {
    let wire = Wire::start(|_| Canned::json(200, &json!({}))).await;
    let claude = at("bedrock/us.anthropic.claude-opus-4-6-v1", &wire.url());
    let _ = claude.complete(&plain()).await;
    assert!(wire.last().line.ends_with("/converse"), "{}", wire.last().line);
}

/// A message of an event stream, and what comes before it of the recorded one: so many messages.
fn broken_off(after: usize, kind: &str, name: &str, payload: &Value) -> Vec<u8> {
    use aws_smithy_eventstream::frame::write_message_to;
    use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
    let header =
        |name: &str, value: &str| Header::new(name.to_owned(), HeaderValue::String(value.to_owned().into()));
    let message = Message::new(payload.to_string().into_bytes())
        .add_header(header(":message-type", kind))
        .add_header(header(&format!(":{kind}-type"), name));
    let mut bytes = messages(STREAM).into_iter().take(after).flatten().copied().collect();
    write_message_to(&message, &mut bytes).expect("a message");
    bytes
}

/// The messages of a stream, by the lengths with which they begin.
pub fn messages(mut stream: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let Some(length) = stream.first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).expect("it fits");
        let (message, rest) = stream.split_at_checked(length).unwrap_or((stream, &[]));
        (found, stream) = ([found, vec![message]].concat(), rest);
    }
    found
}

#[tokio::test]
async fn exceptions_in_a_stream_keep_their_class() {
    for (name, message, kind) in [
        ("throttlingException", "slow", ErrorKind::RateLimit),
        ("internalServerException", "x", ErrorKind::Server),
        ("modelStreamErrorException", "x", ErrorKind::Server),
        ("serviceUnavailableException", "x", ErrorKind::Server),
        ("validationException", "no such field", ErrorKind::InvalidRequest),
        ("validationException", "Input is too long for requested model.", ErrorKind::ContextWindow),
    ] {
        let bytes = broken_off(7, "exception", name, &json!({"message": message})).leak();
        let error = streamed(bytes).await.pop().expect("an end").expect_err(name);
        assert_eq!((error.kind(), error.code()), (kind, Some(name)), "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
    // The last of the recording is what it took.
    let (told, more) = (messages(STREAM).len() - 1, json!({"contentBlockIndex": 4, "delta": {"text": "x"}}));
    let goes_on = broken_off(told, "event", "contentBlockDelta", &more);
    let error = streamed(goes_on.leak()).await.pop().expect("an end").expect_err("it goes on after its end");
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    let untyped = broken_off(3, "riddle", "x", &json!({})).leak();
    let error = streamed(untyped).await.pop().expect("an end").expect_err("no known type");
    assert!(error.to_string().contains("is of no known type"), "{error}");
}

#[tokio::test]
async fn no_cut_and_no_changed_byte_of_a_stream_is_a_reply() {
    for cut in 0..STREAM.len() {
        let read = dspy::__private::Wire::Bedrock.read(&STREAM[..cut], 97);
        assert!(read.is_err(), "{cut} bytes are a reply");
    }
    let whole = dspy::__private::Wire::Bedrock.read(STREAM, 1).expect("whole");
    for place in 0..STREAM.len() {
        let mut changed = STREAM.to_vec();
        changed[place] ^= 0x20;
        let read = dspy::__private::Wire::Bedrock.read(&changed, 4_096);
        assert!(
            read.is_err(),
            "byte {place} may be another: {:?}, {:?}",
            read.map(|reply| reply.text),
            whole.text
        );
    }
}

/// Credentials by number, and how many were given.
fn source() -> (impl Fn() -> std::future::Ready<dspy::Result<AwsCredentials>> + Send + Sync, Arc<AtomicUsize>)
{
    let given = Arc::new(AtomicUsize::new(0));
    let counted = given.clone();
    let source = move || {
        let number = counted.fetch_add(1, Ordering::SeqCst);
        std::future::ready(Ok(credentials().session_token(Secret::new(format!("session-token-{number}")))))
    };
    (source, given)
}

/// Refuses every session but this one.
async fn only(session: &'static str) -> Wire {
    Wire::start(move |came| match came.header("x-amz-security-token") == Some(session) {
        true => Canned::json(
            200,
            &json!({"output": {"message": {"content": [{"text": "Hello."}]}}, "stopReason": "end_turn"}),
        ),
        false => {
            let message = format!(
                "The security token {:?} included in the request is expired",
                came.header("x-amz-security-token")
            );
            Canned::json(403, &json!({"message": message}))
                .header("x-amzn-errortype: ExpiredTokenException:http://x/")
        }
    })
    .await
}

#[tokio::test]
async fn credentials_that_have_run_out_are_asked_for_once_more() {
    let wire = only("session-token-1").await;
    let (source, given) = source();
    let model = model(&wire.url()).credentials_from(source);
    for _ in 0..2 {
        assert_eq!(model.complete(&plain()).await.expect("a reply").text, "Hello.");
    }
    assert_eq!((wire.count(), given.load(Ordering::SeqCst)), (3, 2));
    assert!(model.is_secret_in("session-token-0") && model.is_secret_in(SECRET));

    let wire = only("none").await;
    let (source, given) = self::source();
    let model = self::model(&wire.url()).credentials_from(source);
    let error = model.complete(&plain()).await.expect_err("no session will do");
    assert_eq!((wire.count(), given.load(Ordering::SeqCst)), (2, 2), "once more, and not for ever");
    assert_eq!((error.kind(), error.status()), (ErrorKind::Auth, Some(403)));
    let text = format!("{error:#} {error:?} {model:?}");
    assert!(text.contains("have run out; get others, with their AWS_SESSION_TOKEN"), "{text}");
    assert!(!text.contains("session-token") && !text.contains(SECRET) && !text.contains(ID), "{text}");
}

#[tokio::test]
async fn what_is_wrong_with_credentials_is_told_before_anything_is_sent() {
    let wire = Wire::start(|_| Canned::json(200, &json!({}))).await;
    let nowhere = at("bedrock/us.amazon.nova-lite-v1:0", &wire.url()).credentials(credentials());
    let error = nowhere.complete(&plain()).await.expect_err("no region");
    assert_eq!(error.kind(), ErrorKind::NotConfigured);
    assert!(error.to_string().contains("`Bedrock::region`"), "{error}");

    let past = credentials().until(SystemTime::now() - Duration::from_secs(60));
    let error =
        model(&wire.url()).credentials(past).complete(&plain()).await.expect_err("they are of yesterday");
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(error.to_string().contains("the session of the AWS credentials has run out"), "{error}");

    let failing = || std::future::ready(Err(Error::new(ErrorKind::Auth, "the vault is closed")));
    let error = model(&wire.url()).credentials_from(failing).complete(&plain()).await.expect_err("no source");
    assert_eq!(format!("{error:#}"), "the source of the session of the AWS credentials: the vault is closed");

    let cut = AwsCredentials::new(ID, Secret::new(SECRET)).session_token(Secret::new("a\nb"));
    let error = model(&wire.url()).credentials(cut).complete(&plain()).await.expect_err("two lines");
    assert_eq!(error.kind(), ErrorKind::NotConfigured, "{error}");
    for region in ["mars-1", "eu-west-1.evil.example/"] {
        let error = Bedrock::new("bedrock/m".parse().expect("a name"), region).expect_err("no region");
        assert!(error.to_string().contains("is no region of AWS"), "{error}");
    }
    assert_eq!(wire.count(), 0, "nothing is sent");
}

#[tokio::test]
async fn what_an_account_may_not_do_is_told_with_what_it_needs() {
    for (status, exception, says) in [
        (403, "AccessDeniedException", "`bedrock:InvokeModelWithResponseStream`"),
        (403, "UnrecognizedClientException", "AWS does not know the credentials"),
        (403, "InvalidSignatureException", "the secret is not that of the key"),
    ] {
        let wire = Wire::start(move |_| {
            let echo = json!({"message": format!("{ID} is not authorized")});
            Canned::json(status, &echo).header(&format!("x-amzn-errortype: {exception}"))
        })
        .await;
        let error = model(&wire.url()).complete(&plain()).await.expect_err(exception);
        assert_eq!(error.kind(), ErrorKind::Auth);
        let text = format!("{error:#}");
        assert!(
            text.contains(says) && text.contains("check AWS_ACCESS_KEY_ID") && !text.contains(ID),
            "{text}"
        );
    }
}
