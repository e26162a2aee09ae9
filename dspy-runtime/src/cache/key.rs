//! The key by which two calls are equal.

use std::fmt;
use std::io;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::lm::{LanguageModel, ModelId, Request};

/// The hash of a request and of the model that is asked: SHA-256 of everything that can change the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key([u8; 32]);

/// The parts of a call that are hashed. The request is all of it but how its call uses the cache.
#[derive(Serialize)]
struct Asked<'a> {
    model: (&'a str, &'a str, Option<&'a str>),
    endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<Value>,
    request: &'a Request,
}

impl Key {
    /// Returns the key of one call. However it is made, whole or bit by bit, it has one key.
    pub(crate) fn of(model: &dyn LanguageModel, request: &Request) -> Self {
        let id = model.id();
        let name = (id.provider(), id.name(), id.revision());
        let model = Asked { model: name, endpoint: model.endpoint(), settings: model.settings(), request };
        let mut hash = io::BufWriter::new(Hashing(Sha256::new()));
        // What is hashed are strings and numbers, and the hash takes every byte.
        let _ = serde_json::to_writer(&mut hash, &model);
        let _ = io::Write::flush(&mut hash);
        Self(hash.get_ref().0.clone().finalize().into())
    }

    /// Returns the key of texts that are made vectors of.
    pub(crate) fn of_texts(embedder: &ModelId, texts: &[String]) -> Self {
        let mut hash = Hashing(Sha256::new());
        let _ = serde_json::to_writer(&mut hash, &("embeddings", embedder.to_string(), texts));
        Self(hash.0.finalize().into())
    }

    /// Returns the key of the same request, asked once more for another reply.
    pub(crate) fn again(self, times: u32) -> Self {
        match times {
            0 => self,
            _ => Self(Sha256::new().chain_update(self.0).chain_update(times.to_le_bytes()).finalize().into()),
        }
    }

    /// From its digits.
    pub(crate) fn from_hex(hex: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if hex.len() != 64 || !hex.is_ascii() {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A hash that can be written to.
struct Hashing(Sha256);

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lm::{
        CacheTtl, CacheUse, Effort, ExtraBody, Lexical, Lm, Message, Messages, ModelId, OpenAi,
        ResponseFormat, Sampling, ToolCall, ToolChoice, ToolSpec, Verbosity,
    };
    use dspy_numbers::random::Keyed;

    #[test]
    fn a_key_survives_its_digits() {
        let key = Key([7; 32]);
        assert_eq!(Key::from_hex(&key.to_string()), Some(key));
        assert_eq!(Key::from_hex("zz"), None);
        assert_eq!(Key::from_hex(&"é".repeat(32)), None);
    }

    fn plain() -> Request {
        Request::from(vec![Message::system("Be brief."), Message::user("Hi.")])
    }

    fn server(model: ModelId, url: &str) -> Lm {
        Lm::from(OpenAi::at(model, url).expect("an address"))
    }

    #[test]
    fn another_model_revision_or_address_is_another_call() {
        let url = "http://127.0.0.1:1/v1";
        let id = || ModelId::new("openai", "a");
        let models = [
            server(id(), url),
            server(ModelId::new("openai", "b"), url),
            server(ModelId::new("vllm", "a"), url),
            server(id().with_revision("1"), url),
            server(id().with_revision("2"), url),
            server(id(), "http://127.0.0.1:2/v1"),
        ];
        let keys: std::collections::HashSet<_> =
            models.iter().map(|lm| Key::of(lm.model(), &plain())).collect();
        assert_eq!(keys.len(), models.len());
        let again = server(id(), "http://somebody:secret@127.0.0.1:1/v1?key=secret");
        assert_eq!(Key::of(again.model(), &plain()), Key::of(models[0].model(), &plain()));
        let with = |extra| {
            let model = OpenAi::at(id(), url).expect("an address").extra_body(extra);
            Key::of(Lm::from(model.expect("an object")).model(), &plain())
        };
        let cold = Sampling { temperature: Some(0.0), ..Sampling::default() };
        let cold = Lm::from(OpenAi::at(id(), url).expect("an address").defaults(cold));
        let known = Key::of(models[0].model(), &plain());
        let keys =
            [known, with(json!({"top_k": 1})), with(json!({"top_k": 2})), Key::of(cold.model(), &plain())];
        assert_eq!(std::collections::HashSet::from(keys).len(), 4, "what is always sent is a part of it");
        assert_eq!(with(json!({})), known);
        let retried = Lm::from(crate::lm::Retry::new(models[0].clone()));
        assert_eq!(Key::of(retried.model(), &plain()), Key::of(models[0].model(), &plain()));
    }

    #[test]
    fn models_that_share_calls_are_told_apart_by_each_of_them() {
        use crate::lm::{Balanced, Fallback};
        let at = |port: u16| server(ModelId::new("openai", "a"), &format!("http://127.0.0.1:{port}/v1"));
        let models = [
            Lm::from(Fallback::new(at(1))),
            Lm::from(Fallback::new(at(2))),
            Lm::from(Fallback::new(at(1)).or(at(2))),
            Lm::from(Fallback::new(at(1)).or(at(3))),
            Lm::from(Balanced::new(at(1), 1.0).with(at(2), 1.0)),
            Lm::from(Balanced::new(at(1), 1.0).with(at(2), 2.0)),
        ];
        let keys: std::collections::HashSet<_> =
            models.iter().map(|lm| Key::of(lm.model(), &plain())).collect();
        assert_eq!(keys.len(), models.len());
        let again = Lm::from(Fallback::new(at(1)).or(at(2)));
        assert!(keys.contains(&Key::of(again.model(), &plain())));
    }

    /// Everything that can change a reply, each in one of several states.
    fn drawn(random: &mut Keyed) -> (Request, Vec<usize>) {
        let mut choices = Vec::new();
        let mut pick = |n: usize| {
            choices.push(random.below(n));
            choices.last().copied().unwrap_or_default()
        };
        let tool = |name: &str| ToolSpec::new(name, "", json!({"type": "object"}));
        let answered = |id: &str| Message::tool(&ToolCall::new(id, "look", 1.into()), "x");
        let last = [
            Message::user("Hi."),
            Message::user("Hi"),
            Message::assistant("Hi."),
            answered("1"),
            answered("2"),
            Message::assistant("").with_tool_calls(vec![ToolCall::new("1", "look", 1.into())]),
        ];
        let mut request = plain();
        request.messages.push(last[pick(last.len())].clone());
        request.rollout = pick(2) as u64;
        request.tools =
            [vec![], vec![tool("a")], vec![tool("b")], vec![tool("a"), tool("b")]][pick(4)].clone();
        request.tool_choice = [None, Some(ToolChoice::Auto), Some(ToolChoice::Required)][pick(3)].clone();
        let schema = |title: &str| {
            let format = json!({"name": "out", "schema": {"type": "object", "title": title}, "strict": true});
            ResponseFormat::JsonSchema(
                serde_json::from_value::<crate::lm::JsonFormat>(format).expect("one").into(),
            )
        };
        let formats = [ResponseFormat::Text, ResponseFormat::JsonObject, schema("a"), schema("b")];
        request.format = formats[pick(4)].clone();
        let sampling = &mut request.sampling;
        sampling.temperature = [None, Some(0.0), Some(1.0)][pick(3)];
        sampling.top_p = [None, Some(0.5)][pick(2)];
        sampling.max_tokens = [None, Some(1), Some(2)][pick(3)];
        sampling.seed = [None, Some(0)][pick(2)];
        sampling.stop =
            [vec![], vec!["a".into()], vec!["a".into(), "b".into()], vec!["ab".into()]][pick(4)].clone();
        sampling.n = [None, Some(1), Some(2)][pick(3)];
        sampling.logprobs = [None, Some(0)][pick(2)];
        sampling.reasoning_effort = [None, Some(Effort::Low), Some(Effort::High)][pick(3)];
        sampling.frequency_penalty = [None, Some(0.5)][pick(2)];
        sampling.presence_penalty = [None, Some(0.5)][pick(2)];
        sampling.verbosity = [None, Some(Verbosity::Low)][pick(2)];
        sampling.service_tier = [None, Some("flex".to_owned())][pick(2)].clone();
        sampling.parallel_tool_calls = [None, Some(true), Some(false)][pick(3)];
        sampling.cache_ttl = [None, Some(CacheTtl::Hour)][pick(2)];
        let kwargs = [json!({}), json!({"enable_thinking": false})][pick(2)].clone();
        sampling.chat_template_kwargs = kwargs.as_object().cloned().unwrap_or_default();
        let extra = [json!({}), json!({"top_k": 1}), json!({"top_k": 2})][pick(3)].clone();
        sampling.extra_body = ExtraBody::new(extra).expect("an object");
        (request, choices)
    }

    #[test]
    fn keys_are_equal_where_requests_are_and_only_there() {
        let model = Lexical::new();
        let mut random = Keyed::new(3, &["keys"]);
        let mut seen = std::collections::HashMap::new();
        for _ in 0..5_000 {
            let (mut request, choices) = drawn(&mut random);
            // What cannot change the reply: how the cache is used, and which messages others share.
            request.cache = [CacheUse::ReadWrite, CacheUse::Refresh][random.below(2)];
            let mut messages: Vec<_> = request.messages.iter().cloned().collect();
            let own = messages.split_off(random.below(messages.len() + 1));
            request.messages = Messages::new(messages.into(), own);
            let known = seen.entry(Key::of(&model, &request)).or_insert_with(|| choices.clone());
            assert_eq!(*known, choices);
        }
        for _ in 0..500 {
            let (request, choices) = drawn(&mut random);
            let at = random.below(choices.len());
            let (other, changed) = drawn(&mut random);
            let equal = Key::of(&model, &request) == Key::of(&model, &other);
            assert_eq!(equal, choices == changed, "{at}");
            let copy: Request =
                serde_json::from_str(&serde_json::to_string(&request).expect("JSON")).expect("it");
            assert_eq!(Key::of(&model, &copy), Key::of(&model, &request));
        }
    }
}
