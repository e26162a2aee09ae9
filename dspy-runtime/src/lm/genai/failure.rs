//! An error of the crate as one of ours.
//!
//! Its texts hold bodies, and so prompts; none of them is shown.

use ::genai::Error as Theirs;
use ::genai::webc::Error as Web;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use super::Genai;
use crate::error::{Error, ErrorKind};
use crate::lm::failure::{Asked, Failure};
use crate::lm::http::Head;
use crate::lm::provider::Unread;
use crate::lm::{LanguageModel, Request};

/// The error, by the status and the body where there are any.
pub(super) fn error(error: &Theirs, model: &Genai, request: &Request) -> Error {
    let (kind, what) = match error {
        Theirs::HttpError { status, body, headers, .. } => {
            return refused(*status, headers, body, model, request);
        }
        Theirs::WebModelCall { webc_error, .. } | Theirs::WebAdapterCall { webc_error, .. } => {
            match webc_error {
                Web::ResponseFailedStatus { status, body, headers } => {
                    return refused(*status, headers, body, model, request);
                }
                Web::Reqwest(error) if error.is_timeout() => (ErrorKind::Timeout, "no answer in time"),
                Web::Reqwest(_) => (ErrorKind::Transport, "the provider cannot be reached"),
                _ => (ErrorKind::Decode, "the answer is not the provider's protocol"),
            }
        }
        Theirs::RequiresApiKey { .. }
        | Theirs::NoAuthResolver { .. }
        | Theirs::NoAuthData { .. }
        | Theirs::Resolver { .. } => (ErrorKind::NotConfigured, "there is no key for the provider"),
        Theirs::ChatResponseGeneration { .. }
        | Theirs::NoChatResponse { .. }
        | Theirs::InvalidJsonResponseElement { .. } => {
            (ErrorKind::Decode, "the answer is not the provider's protocol")
        }
        Theirs::AdapterNotSupported { .. } | Theirs::MessageContentTypeNotSupported { .. } => {
            (ErrorKind::Unsupported, "the crate genai has no way to send this to the provider")
        }
        Theirs::ChatResponse { .. } => (ErrorKind::Server, "the provider failed"),
        _ => (ErrorKind::InvalidRequest, "the crate genai does not take this request"),
    };
    Error::new(kind, format!("{}: {what}", model.id()))
}

/// The error of an answer that is no reply.
pub(super) fn unread(unread: Unread, model: &Genai, request: &Request) -> Error {
    asked(model, request, |asked| unread.error(asked))
}

fn refused(status: StatusCode, headers: &HeaderMap, body: &str, model: &Genai, request: &Request) -> Error {
    asked(model, request, |asked| Failure::read(body.as_bytes()).error_of(&Head::of(status, headers), asked))
}

fn asked(model: &Genai, request: &Request, error: impl FnOnce(&Asked<'_>) -> Error) -> Error {
    let at = model.id().to_string();
    let is_secret = |text: &str| model.is_secret_in(text);
    error(&Asked { at: &at, is_secret: &is_secret, key_name: "its key", request })
}
