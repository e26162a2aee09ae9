//! The class of an error, by the provider's words for it and by its status.
//!
//! Words come first: many providers answer 400 to prompts that are too long and to accounts that cannot
//! pay, and 429 to the latter.

use crate::error::ErrorKind;
use crate::error::ErrorKind::{
    Auth, Billing, Cancelled, ContentFilter, ContextWindow, InvalidRequest, NotConfigured, RateLimit, Server,
    Timeout, Unsupported,
};

/// The providers' codes of each class, without case and `_`.
const CODES: [(&[&str], ErrorKind); 11] = [
    (&["insufficientquota", "billingerror", "billinghardlimitreached", "billingnotactive"], Billing),
    (
        &[
            "contextlengthexceeded",
            "exceedcontextsizeerror",
            "requesttoolarge",
            "stringabovemaxlength",
            "modelcontextwindowexceeded",
        ],
        ContextWindow,
    ),
    (
        &["contentfilter", "contentpolicyviolation", "responsibleaipolicyviolation", "safety", "blocked"],
        ContentFilter,
    ),
    (&["invalidprompt"], InvalidRequest),
    (
        &[
            "ratelimitexceeded",
            "ratelimiterror",
            "throttlingexception",
            "toomanyrequestsexception",
            "servicequotaexceededexception",
            "resourceexhausted",
        ],
        RateLimit,
    ),
    (
        &[
            "overloadederror",
            "apierror",
            "servererror",
            "serviceunavailableexception",
            "internalserverexception",
            "modelerrorexception",
            "modelnotreadyexception",
            "modelstreamerrorexception",
            "unavailable",
            "internal",
        ],
        Server,
    ),
    (&["timeouterror", "modeltimeoutexception", "deadlineexceeded"], Timeout),
    (
        &[
            "authenticationerror",
            "permissionerror",
            "invalidapikey",
            "apikeyinvalid",
            "unauthenticated",
            "permissiondenied",
            "accessdeniedexception",
            "unrecognizedclientexception",
            "expiredtokenexception",
        ],
        Auth,
    ),
    (&["unsupportedparameter", "unsupportedvalue", "notsupportederror", "unimplemented"], Unsupported),
    (&["cancelled", "requestcancelled"], Cancelled),
    (&["modelnotfound", "notfounderror", "resourcenotfoundexception"], InvalidRequest),
];

/// The words of those that have no code for it.
const WORDS: [(&str, ErrorKind); 13] = [
    ("prompt is too long", ContextWindow),
    ("maximum context length", ContextWindow),
    ("context length", ContextWindow),
    ("context window", ContextWindow),
    ("context size", ContextWindow),
    ("exceed context limit", ContextWindow),
    ("input token count", ContextWindow),
    ("input is too long", ContextWindow),
    ("too many input tokens", ContextWindow),
    ("reduce the length of the messages", ContextWindow),
    ("credit balance is too low", Billing),
    ("insufficient balance", Billing),
    ("violating our usage policy", ContentFilter),
];

/// The class of a status, of the codes in the body, and of its words.
pub(super) fn of(status: Option<u16>, codes: &[String], message: &str) -> ErrorKind {
    let codes: Vec<String> = codes.iter().filter_map(|code| plain(code)).collect();
    let by_code = codes.iter().find_map(|code| of_code(code));
    // That a server failed says less than its words.
    let told = by_code.filter(|kind| *kind != Server);
    let told = told.or_else(|| of_media(status, message)).or_else(|| of_words(status, message));
    let known = told.or(by_code);
    known.unwrap_or_else(|| match status {
        // An error in the middle of a stream, or inside of a reply that came well, has no status.
        None | Some(200..=299) => codes.iter().find_map(|code| of_request(code)).unwrap_or(Server),
        Some(_) => of_status(status),
    })
}

/// A code without case and `_`. Bedrock: `ThrottlingException:http://…`, or with a namespace before `#`.
fn plain(code: &str) -> Option<String> {
    let code = code.split(':').next()?.rsplit('#').next()?;
    Some(code.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect())
}

fn of_code(code: &str) -> Option<ErrorKind> {
    let known = CODES.iter().find(|(codes, _)| codes.contains(&code)).map(|(_, kind)| *kind);
    // `bio_policy`, `cyber_policy`, `misalignment_policy_violation`, `image_content_policy_violation`.
    let policy = code.ends_with("policy") || code.ends_with("policyviolation");
    known.or(policy.then_some(ContentFilter))
}

/// Codes that name what is wrong with a request: `invalid_image_url`, `image_too_large`, `empty_image_file`,
/// `failed_to_download_image`, `unsupported_image_media_type`, `invalid_request_error`, and Bedrock's
/// `validationException`.
fn of_request(code: &str) -> Option<ErrorKind> {
    let names = code.starts_with("invalid") || code.contains("image") || code == "validationexception";
    names.then_some(InvalidRequest)
}

/// Recognises that the model cannot be shown what the call shows. llama.cpp's server answers 500 to an image
/// (`image input is not supported - hint: …`), OpenRouter 404 (`No endpoints found that support image
/// input`), others 400 (`… is not a multimodal model`, `image_url is only supported by certain models`).
fn of_media(status: Option<u16>, message: &str) -> Option<ErrorKind> {
    if status.is_some_and(|status| !matches!(status, 400 | 404 | 415 | 422 | 500 | 501)) {
        return None;
    }
    let message = message.to_lowercase();
    let is_in = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let media = is_in(&["image", "audio", "video", "vision", "multimodal", "mmproj"]);
    let refused = is_in(&[
        "not support",
        "unsupported",
        "only supported by",
        "not a multimodal",
        "no endpoints found that support",
        "missing data required for",
    ]);
    (media && refused).then_some(Unsupported)
}

/// Only of errors in the request: the words of a rate limit may well speak of input tokens.
fn of_words(status: Option<u16>, message: &str) -> Option<ErrorKind> {
    if status.is_some_and(|status| !matches!(status, 400 | 413 | 422 | 500)) {
        return None;
    }
    let message = message.to_lowercase();
    WORDS.iter().find(|(words, _)| message.contains(words)).map(|(_, kind)| *kind)
}

fn of_status(status: Option<u16>) -> ErrorKind {
    match status {
        Some(300..=399) => NotConfigured,
        Some(401 | 403) => Auth,
        Some(402) => Billing,
        Some(408 | 504) => Timeout,
        Some(413) => ContextWindow,
        Some(429) => RateLimit,
        Some(499) => Cancelled,
        Some(501) => Unsupported,
        Some(400..=499) => InvalidRequest,
        _ => Server,
    }
}
