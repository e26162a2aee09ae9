//! Streams and bodies that break off: no cut gives a value, wherever it is, on any wire.
//!
//! The recordings of `tests/fixtures/wire` have the shapes of the providers' references. Their text is such that any
//! beginning of it could be read as a whole answer. The fuzz target `cuts` feeds others.

use dspy::__private::Wire as Kind;
use dspy::lm::{LanguageModel, ModelId, Request, Response};
use dspy::{Context, Error, ErrorKind, Predict, Result};
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::{StreamExt, stream};

use super::ends::{Capital, CapitalInput, Make, anthropic, bedrock, chat, gemini, responses};
use super::plain;
use super::server::{Canned, Wire};

struct Recording {
    name: &'static str,
    kind: Kind,
    bytes: &'static [u8],
    /// What nothing before may count as whole.
    end: &'static str,
    lm: Make,
}

macro_rules! recording {
    ($name:literal, $kind:ident, $end:literal, $lm:ident) => {
        Recording {
            name: $name,
            kind: Kind::$kind,
            bytes: include_bytes!(concat!("../../fixtures/wire/", $name)),
            end: $end,
            lm: $lm,
        }
    };
}

fn recordings() -> [Recording; 11] {
    [
        recording!("chat.sse", Chat, r#""finish_reason":"stop""#, chat),
        recording!("chat-tools.sse", Chat, r#""finish_reason":"tool_calls""#, chat),
        recording!("chat.json", Chat, r#""total_tokens":70}"#, chat),
        recording!("responses.sse", Responses, "event: response.completed", responses),
        recording!("responses.json", Responses, r#""reasoning_tokens":4}"#, responses),
        recording!("anthropic.sse", Anthropic, "event: message_stop", anthropic),
        recording!("anthropic.json", Anthropic, r#""output_tokens":30}"#, anthropic),
        recording!("gemini.sse", Gemini, r#""finishReason":"STOP""#, gemini),
        recording!("gemini.json", Gemini, r#""responseId":"r1""#, gemini),
        recording!("bedrock.json", Bedrock, r#""totalTokens":70}"#, bedrock),
        recording!("bedrock.eventstream", Bedrock, r#""latencyMs": 700}}"#, bedrock),
    ]
}

/// Where the end of a recording begins.
fn place(bytes: &[u8], end: &str) -> usize {
    let mut places = bytes.windows(end.len());
    places.position(|window| window == end.as_bytes()).expect("the recording has its end")
}

/// What came of a reply until the connection broke, as a model.
#[derive(Debug)]
struct Came {
    id: ModelId,
    kind: Kind,
    bytes: &'static [u8],
}

impl LanguageModel for Came {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn complete<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Response>> {
        let read = self.kind.read(self.bytes, 64).map_err(|why| Error::new(ErrorKind::Decode, why));
        std::future::ready(read).boxed()
    }
}

async fn answer(came: Came) -> Result<String> {
    let input = CapitalInput { country: "France".into() };
    let asked =
        Predict::<Capital>::new().adapter(dspy::adapter::ChatAdapter).call(&Context::new(came), input).await;
    asked.map(|reply| reply.answer.clone())
}

#[tokio::test]
async fn no_cut_at_any_byte_gives_a_value() {
    for Recording { name, kind, bytes, end, .. } in recordings() {
        let whole = kind.read(bytes, bytes.len()).expect(name);
        let mark = place(bytes, end);
        let mut values = 0;
        for cut in 0..bytes.len() {
            let came = Came { id: ModelId::new("test", name), kind, bytes: &bytes[..cut] };
            for piece in [1, 7, 4_096] {
                let Ok(reply) = kind.read(came.bytes, piece) else { continue };
                assert!(cut > mark, "{name}: {cut} of {} bytes are a reply: {reply:?}", bytes.len());
                assert_eq!((&reply.text, &reply.finish), (&whole.text, &whole.finish), "{name}, {cut}");
                assert_eq!(reply.tool_calls, whole.tool_calls, "{name}, {cut}");
            }
            if let Ok(value) = answer(came).await {
                values += 1;
                assert!(cut > mark && value.ends_with("either: {\"no\": 1}."), "{name}, {cut}: {value:?}");
            }
        }
        // After its mark a stream may break without harm; a body may lack no more than a line break.
        assert!(values <= bytes.len() - mark, "{name}");
    }
}

#[tokio::test]
async fn no_connection_that_breaks_gives_a_value() {
    let steps = recordings().into_iter().flat_map(|recording| {
        let count = recording.bytes.len();
        let mark = place(recording.bytes, recording.end);
        let Recording { name, bytes, lm, .. } = recording;
        (0..count).step_by(41).chain([mark]).map(move |cut| (name, lm, &bytes[..cut], cut > mark))
    });
    let tried = stream::iter(steps).map(|(name, lm, came, may_be_whole)| async move {
        let server = Wire::start(move |_| Canned::bytes(came)).await;
        let (lm, request) = (lm(&server.url()), plain());
        let chunks: Vec<_> = lm.model().stream(&request).collect().await;
        let last = chunks.into_iter().next_back().expect("at least an error");
        assert!(may_be_whole || last.is_err(), "{name}: {} bytes are a reply: {last:?}", came.len());
    });
    tried.buffer_unordered(8).collect::<Vec<()>>().await;
}

/// A stream that a server has got wrong: events that are gone, come twice or in another order, and bytes that are
/// others.
fn spoilt(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut events: Vec<Vec<u8>> = match bytes.first() {
        Some(0) => super::aws::messages(bytes).into_iter().map(<[u8]>::to_vec).collect(),
        _ => bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect(),
    };
    for _ in 0..=random.below(3) {
        let (one, other) = (random.below(events.len()), random.below(events.len()));
        match random.below(5) {
            0 if events.len() > 1 => drop(events.remove(one)),
            1 => events.insert(other, events[one].clone()),
            2 => events.swap(one, other),
            3 => {
                let (at, byte) = (random.below(events[one].len()), random.below(256));
                events[one][at] = u8::try_from(byte).expect("a byte");
            }
            _ => {
                let words = ["null", "\"stop\"", "\"\"", "\"length\"", "1", "[]", "{}", "\"index\":1"];
                let from = ["null", "\"stop\"", "\"STOP\"", "\"index\":0", "\"tool_calls\"", "\"end_turn\""];
                let (from, to) = (from[random.below(from.len())], words[random.below(words.len())]);
                events[one] = String::from_utf8_lossy(&events[one]).replacen(from, to, 1).into_bytes();
            }
        }
    }
    events.concat()
}

/// Numbers that are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % most.max(1)
    }
}

#[test]
fn what_a_cut_gives_stays_whatever_comes_after_it() {
    let (mut random, mut values) = (Random(7), 0);
    for Recording { name, kind, bytes, .. } in recordings() {
        for round in 0..400 {
            let came = spoilt(bytes, &mut random);
            let (whole, piece) = (kind.read(&came, 4_096), 1 + random.below(99));
            for cut in (0..came.len()).rev().step_by(1 + random.below(60)).take(40) {
                let Ok(reply) = kind.read(&came[..cut], piece) else { continue };
                values += 1;
                let Ok(whole) = &whole else { continue };
                let both =
                    |reply: &Response| (reply.text.clone(), reply.finish.clone(), reply.tool_calls.clone());
                let shown = String::from_utf8_lossy(&came);
                assert_eq!(both(&reply), both(whole), "{name}, {round}, cut at {cut}:\n{shown}");
            }
        }
    }
    assert!(values > 1_000, "{values} cuts were behind the end of a reply");
}

#[test]
fn every_wire_has_a_recording() {
    for kind in Kind::ALL {
        assert!(recordings().iter().any(|recording| recording.kind == kind), "{kind:?}");
    }
}
