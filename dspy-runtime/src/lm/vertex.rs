//! Google's Vertex AI: where its models are, and who may call them.
//!
//! Wire: <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference>, and of Claude
//! <https://docs.claude.com/en/api/claude-on-vertex-ai>.

use std::future::Future;
use std::sync::Arc;

use super::access::{AccessToken, Tokens};
use super::env::variable;
use super::provider::{Core, KeyForm};
use super::{Anthropic, Gemini, Lm, ModelId, Secret};
use crate::error::{Error, ErrorKind, Result};

/// A project at Google's Vertex AI, which makes models of it: [`Gemini`], and [`Anthropic`] for Claude.
///
/// A model is called with a token of Google Cloud that runs out, and so with a source of them:
/// [`tokens`](Self::tokens) takes any, and `google_credentials` is one of the
/// credentials that this machine has, with the feature `gcp`. A token is kept until a minute before its end; one that is
/// refused is let go of, and the call made once more with another. It needs the scope
/// `https://www.googleapis.com/auth/cloud-platform`.
///
/// # Example
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use dspy::lm::{AccessToken, Retry, Secret, Vertex};
///
/// let vertex = Vertex::new("my-project", "europe-west4")?.tokens(|| async {
///     // Such as what `gcp_auth`, or a service of one's own, gives.
///     Ok(AccessToken::new(Secret::new("ya29…")).until(SystemTime::now() + Duration::from_secs(3600)))
/// });
/// let gemini = dspy::Lm::from(Retry::new(vertex.gemini("gemini-3.5-flash")?));
/// let claude = dspy::Lm::from(Retry::new(vertex.claude("claude-sonnet-4-5@20250929")?));
/// assert_eq!(gemini.id().to_string(), "vertex/gemini-3.5-flash");
/// assert_eq!(claude.id().to_string(), "vertex/claude-sonnet-4-5@20250929");
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Vertex {
    /// Of the project in its location.
    address: String,
    tokens: Option<Tokens>,
    is_named: bool,
}

/// The provider in `vertex/name`.
const PROVIDER: &str = "vertex";
const PROJECTS: [&str; 2] = ["GOOGLE_CLOUD_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID"];
const LOCATIONS: [&str; 2] = ["GOOGLE_CLOUD_LOCATION", "CLOUD_ML_REGION"];
const TOKEN: &str = "GOOGLE_ACCESS_TOKEN";
const URL: &str = "VERTEX_BASE_URL";

impl Vertex {
    /// A project in a location: a region such as `europe-west4`, `us` or `eu`, or `global`.
    ///
    /// # Errors
    ///
    /// When one of them cannot be the name of such.
    pub fn new(project: &str, location: &str) -> Result<Self> {
        let host = match location {
            "global" => "aiplatform.googleapis.com".to_owned(),
            "us" | "eu" => format!("aiplatform.{location}.rep.googleapis.com"),
            region => format!("{region}-aiplatform.googleapis.com"),
        };
        Self::at(project, location, &format!("https://{host}/v1"))
    }

    /// A project at another server, such as `http://127.0.0.1:8000/v1`, to which `/projects/…` is added.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn at(project: &str, location: &str, base_url: &str) -> Result<Self> {
        let wrong = |what: &str, name: &str, set: &str, such: &str| {
            let name = crate::error::snippet(name, 40);
            let message = format!("`{name}` is no {what} of Google Cloud; set {set} to one such as {such}");
            Err(Error::new(ErrorKind::NotConfigured, message))
        };
        if !is_project(project) {
            return wrong("project", project, "GOOGLE_CLOUD_PROJECT", "my-project-123");
        }
        if !is_location(location) {
            return wrong("location", location, "GOOGLE_CLOUD_LOCATION", "europe-west4 or global");
        }
        let base = base_url.trim_end_matches('/');
        let address = format!("{base}/projects/{project}/locations/{location}");
        Ok(Self { address, tokens: None, is_named: false })
    }

    /// Uses the project of `GOOGLE_CLOUD_PROJECT` (or `ANTHROPIC_VERTEX_PROJECT_ID`), in `GOOGLE_CLOUD_LOCATION` (or
    /// `CLOUD_ML_REGION`) or else `global`, with the token `GOOGLE_ACCESS_TOKEN`, or where that is not set, with the
    /// feature `gcp`, the credentials that this machine has. `VERTEX_BASE_URL` is the address of another server, for which no token is
    /// looked for.
    ///
    /// # Errors
    ///
    /// When there is no project or, for Google's own server, no token, or one of the names cannot be one.
    pub fn from_env() -> Result<Self> {
        let project = PROJECTS.iter().find_map(|name| variable(name)).ok_or_else(|| {
            let message = "no project of Google Cloud; set GOOGLE_CLOUD_PROJECT";
            Error::new(ErrorKind::NotConfigured, message)
        })?;
        let location = LOCATIONS.iter().find_map(|name| variable(name));
        let location = location.as_deref().unwrap_or("global");
        let url = variable(URL);
        let mut vertex = match &url {
            Some(url) => Self::at(&project, location, url)?,
            None => Self::new(&project, location)?,
        };
        vertex.is_named = true;
        match variable(TOKEN) {
            Some(token) => Ok(vertex.token(Secret::new(token))),
            None if url.is_some() => Ok(vertex),
            None => vertex.found(),
        }
    }

    #[cfg(feature = "gcp")]
    fn found(self) -> Result<Self> {
        Ok(self.tokens(super::google_credentials()))
    }

    #[cfg(not(feature = "gcp"))]
    fn found(self) -> Result<Self> {
        let message = "no token of Google Cloud; set GOOGLE_ACCESS_TOKEN (`gcloud auth print-access-token` prints one), \
                       or build this library with the feature `gcp`, which looks for the credentials of this machine";
        Err(Error::new(ErrorKind::NotConfigured, message))
    }

    /// Sets one token, which is used until it is refused.
    #[must_use]
    pub fn token(mut self, token: Secret) -> Self {
        self.tokens = Some(Tokens::one(AccessToken::new(token)));
        self
    }

    /// Sets the source of tokens. It is asked at the first call, a minute before a token ends, and when one is refused;
    /// calls at the same time ask once.
    #[must_use]
    pub fn tokens<F, Fut>(mut self, source: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<AccessToken>> + Send + 'static,
    {
        self.tokens = Some(Tokens::from(source));
        self
    }

    /// Makes a Gemini of the project, such as `gemini-3.5-flash`. All models of one project share its tokens.
    ///
    /// # Errors
    ///
    /// When the address of the server is not an HTTP one, or the name is none of a model.
    pub fn gemini(&self, name: &str) -> Result<Gemini> {
        self.core(&named(name)?, "google").map(Gemini::of)
    }

    /// Makes a Claude of the project, such as `claude-sonnet-4-5@20250929`.
    ///
    /// # Errors
    ///
    /// As [`gemini`](Self::gemini).
    pub fn claude(&self, name: &str) -> Result<Anthropic> {
        self.core(&named(name)?, "anthropic").map(Anthropic::at_vertex)
    }

    /// Makes the model of `vertex/name`.
    pub(super) fn model(&self, id: &ModelId) -> Result<Lm> {
        let name = id.to_string();
        let name = name.split_once('/').map_or("", |(_, name)| name);
        match name.split_once('-').map_or(name, |(family, _)| family) {
            "gemini" => self.gemini(name).map(Lm::from),
            "claude" => self.claude(name).map(Lm::from),
            _ => {
                let message = format!(
                    "`{id}` is neither a Gemini nor a Claude, the models of Vertex AI that this library calls; write \
                     `vertex/gemini-…` or `vertex/claude-…`"
                );
                Err(Error::new(ErrorKind::NotConfigured, message))
            }
        }
    }

    fn core(&self, id: &ModelId, publisher: &str) -> Result<Core> {
        let address = format!("{}/publishers/{publisher}", self.address);
        let mut core = Core::new(id.clone(), &address, KeyForm::Bearer, TOKEN)?;
        if self.is_named {
            core.transport.address_name = Some(URL);
        }
        if let Some(tokens) = &self.tokens {
            core.access = Some(Arc::new(tokens.clone()));
        }
        Ok(core)
    }
}

fn named(name: &str) -> Result<ModelId> {
    format!("{PROVIDER}/{name}").parse()
}

/// The name of a model as it stands in its address, with its version.
pub(super) fn versioned(id: &ModelId) -> String {
    match id.revision() {
        Some(revision) => format!("{}@{revision}", id.name()),
        None => id.name().to_owned(),
    }
}

/// Returns advice for a call that Vertex AI refused.
pub(super) fn advice(error: &Error) -> Option<&'static str> {
    match (error.status()?, error.code().unwrap_or_default()) {
        (_, "ACCESS_TOKEN_SCOPE_INSUFFICIENT") => {
            Some("the token needs the scope https://www.googleapis.com/auth/cloud-platform")
        }
        (_, "SERVICE_DISABLED") => Some("enable the API aiplatform.googleapis.com in the project"),
        (401, _) => Some("the token is no longer, or not, one of Google Cloud"),
        (403, _) => Some("who has the token needs the role `roles/aiplatform.user` in the project"),
        (404, _) => {
            Some("is the model's name right, and is the model in this location and enabled for the project?")
        }
        _ => None,
    }
}

/// Six to thirty characters, or a number; older ones may begin with a domain, as `example.com:project`.
fn is_project(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':');
    !name.is_empty() && name.len() <= 63 && name.chars().all(fits)
}

/// `global`, `us`, `eu`, or an area and a number such as `europe-west4`.
fn is_location(name: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
    let numbered = |name: &str| {
        let (area, place) = name.split_once('-')?;
        let place = place.trim_end_matches(|c: char| c.is_ascii_digit());
        Some(is_word(area) && is_word(place) && name.ends_with(|c: char| c.is_ascii_digit()))
    };
    matches!(name, "global" | "us" | "eu") || numbered(name).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_has_its_own_server() {
        for (location, address) in [
            ("europe-west4", "https://europe-west4-aiplatform.googleapis.com/v1"),
            ("global", "https://aiplatform.googleapis.com/v1"),
            ("eu", "https://aiplatform.eu.rep.googleapis.com/v1"),
        ] {
            let vertex = Vertex::new("my-project", location).expect(location);
            assert_eq!(vertex.address, format!("{address}/projects/my-project/locations/{location}"));
        }
    }

    #[test]
    fn what_is_no_place_is_told_with_what_to_set() {
        for (project, location, says) in [
            ("my project", "global", "set GOOGLE_CLOUD_PROJECT"),
            ("", "global", "set GOOGLE_CLOUD_PROJECT"),
            ("p/../q", "global", "set GOOGLE_CLOUD_PROJECT"),
            ("p", "mars", "set GOOGLE_CLOUD_LOCATION"),
            ("p", "europe-west", "set GOOGLE_CLOUD_LOCATION"),
            ("p", "evil.example/x1", "set GOOGLE_CLOUD_LOCATION"),
            ("p", "", "set GOOGLE_CLOUD_LOCATION"),
        ] {
            let error = Vertex::new(project, location).expect_err("no place");
            assert_eq!(error.kind(), ErrorKind::NotConfigured);
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
