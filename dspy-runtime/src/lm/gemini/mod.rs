//! Google's Gemini: generateContent.
//!
//! Wire: <https://ai.google.dev/api/generate-content>.

mod batches;
mod body;
mod content;
mod media;
mod models;
mod partial;
mod reply;
mod stream;

pub(super) use reply::read;

use super::http::Post;
use super::provider::{Core, KeyForm, Parameter, Protocol, Reader, Service, Unread, settings};
use super::{BatchApi, JsonSupport, ModelId, Request, Response};
use crate::error::{Error, Result};

/// Google's Gemini: `gemini/gemini-2.5-flash`, and at Vertex AI, where [`Vertex`](super::Vertex) makes it.
///
/// It sends what the user set and nothing else. How long the model is to think is stated to Gemini 3 as a
/// level, as far as the [`Rules`](super::Rules) of the model have it; to Gemini 2.5 as the tokens that Google itself
/// takes for it: none 0, minimal and low 1,024, medium 8,192, high 24,576.
///
/// The address is that of version `v1`, as that of Google's own packages; `GEMINI_BASE_URL` or [`at`](Self::at) sets
/// `https://generativelanguage.googleapis.com/v1beta` for what is there alone.
///
/// # Example
///
/// ```
/// use dspy::lm::{Gemini, ModelId, Retry, Secret};
///
/// let model = Gemini::new(ModelId::new("gemini", "gemini-2.5-flash"))?.key(Secret::new("…")).include_thoughts();
/// let lm = dspy::Lm::from(Retry::new(model));
/// assert_eq!(lm.id().to_string(), "gemini/gemini-2.5-flash");
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Debug)]
pub struct Gemini {
    pub(super) core: Core,
    json: JsonSupport,
    thoughts: bool,
}

const SERVICE: Service = Service {
    address: "https://generativelanguage.googleapis.com/v1",
    address_name: "GEMINI_BASE_URL",
    key_names: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    key_form: KeyForm::Header("x-goog-api-key"),
    or: "",
};

settings!(Gemini);

impl Gemini {
    /// Uses Google's own server, without a key.
    ///
    /// # Errors
    ///
    /// None at present.
    pub fn new(id: ModelId) -> Result<Self> {
        Self::at(id, SERVICE.address)
    }

    /// Uses the server at an address such as `http://127.0.0.1:8000/v1`, without a key.
    ///
    /// # Errors
    ///
    /// When the address is not an HTTP one.
    pub fn at(id: ModelId, base_url: &str) -> Result<Self> {
        SERVICE.at(id, base_url).map(Self::of)
    }

    /// Uses `GEMINI_API_KEY` or else `GOOGLE_API_KEY`, and `GEMINI_BASE_URL` where it is set.
    ///
    /// # Errors
    ///
    /// When the key is missing for Google's own server, or the address is not an HTTP one.
    pub fn from_env(id: ModelId) -> Result<Self> {
        SERVICE.by_env(id).map(Self::of)
    }

    pub(super) fn of(core: Core) -> Self {
        let json = core.rules.json.unwrap_or(JsonSupport::Schema);
        Self { core, json, thoughts: false }
    }

    /// Asks for a summary of what the model thinks.
    #[must_use]
    pub fn include_thoughts(mut self) -> Self {
        self.thoughts = true;
        self
    }

    /// Returns the path of an action of the model, after the base address.
    pub(super) fn path(&self, action: &str) -> Vec<String> {
        vec!["models".to_owned(), format!("{}:{action}", self.core.id.name())]
    }
}

/// Reads a stream.
pub(super) fn reader() -> Box<dyn Reader> {
    Box::new(stream::Stream::default())
}

impl Protocol for Gemini {
    fn core(&self) -> &Core {
        &self.core
    }

    fn own(&self) -> serde_json::Value {
        if self.thoughts { "thoughts".into() } else { serde_json::Value::Null }
    }

    fn takes(&self, parameter: Parameter, request: &Request) -> bool {
        models::takes(&self.core.rules, parameter, request)
    }

    fn advice(&self, _: &Request, error: &Error) -> Option<&'static str> {
        super::vertex::advice(error).filter(|_| self.core.id.provider() == "vertex")
    }

    fn post(&self, request: &Request, streamed: bool) -> Result<Post> {
        let body = body::body(&self.core.rules, request, self.thoughts)?;
        let (action, query) = match streamed {
            true => ("streamGenerateContent", Some("alt=sse")),
            false => ("generateContent", None),
        };
        let body = self.core.bytes(request, &body)?;
        Ok(Post { path: self.path(action), query, headers: Vec::new(), body })
    }

    fn read(&self, _: &Request, body: &[u8]) -> Result<Response, Unread> {
        read(body)
    }

    fn reader(&self, _: &Request) -> Option<Box<dyn Reader>> {
        Some(reader())
    }

    fn shows_reasoning(&self) -> bool {
        self.thoughts
    }

    fn batches(&self) -> Option<&dyn BatchApi> {
        // Vertex AI has batches of its own, which go through files in Google's storage.
        (self.core.id.provider() != "vertex").then_some(self)
    }
}
