//! The names that providers give to replies and to calls.

use dspy::Lm;
use futures_util::StreamExt;

use super::ends::{Make, anthropic, bedrock, chat, gemini, responses};
use super::plain;
use super::server::{Canned, Wire};

macro_rules! recorded {
    ($name:literal, $lm:ident, $id:expr) => {
        ($name, include_bytes!(concat!("../../fixtures/wire/", $name)).as_slice(), $lm as Make, $id)
    };
}

/// Both names of a reply that came whole or, where it does so, bit by bit.
async fn names(lm: Lm) -> (Option<String>, Option<String>) {
    let request = plain();
    let last = lm.model().stream(&request).collect::<Vec<_>>().await.pop();
    match last.expect("an end").expect("a reply") {
        dspy::lm::Chunk::End(reply) => (reply.id, reply.request_id),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_reply_has_its_own_name_beside_that_of_its_call() {
    for (name, bytes, lm, id) in [
        recorded!("chat.json", chat, Some("chatcmpl-7")),
        recorded!("chat.sse", chat, Some("chatcmpl-7")),
        recorded!("responses.json", responses, Some("resp_1")),
        recorded!("responses.sse", responses, Some("resp_1")),
        recorded!("anthropic.json", anthropic, Some("msg_1")),
        recorded!("anthropic.sse", anthropic, Some("msg_1")),
        recorded!("gemini.json", gemini, Some("r1")),
        recorded!("gemini.sse", gemini, Some("r1")),
        recorded!("bedrock.json", bedrock, None),
        recorded!("bedrock.eventstream", bedrock, None),
    ] {
        let id = id.map(str::to_owned);
        let server = Wire::start(move |_| Canned::bytes(bytes).header("x-request-id: req_7")).await;
        assert_eq!(names(lm(&server.url())).await, (id.clone(), Some("req_7".to_owned())), "{name}");
        let server = Wire::start(move |_| Canned::bytes(bytes)).await;
        assert_eq!(names(lm(&server.url())).await, (id.clone(), id), "{name}");
    }
}
