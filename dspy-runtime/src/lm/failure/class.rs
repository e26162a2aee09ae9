//! The class of an error, by the provider's words for it and by its status.
//!
//! Words come first: many providers answer 400 to prompts that are too long and to accounts that cannot
//! pay, and 429 to the latter.

use crate::error::ErrorKind;
use crate::error::ErrorKind::{
    Auth, Billing, Cancelled, ContentFilter, ContextWindow, InvalidRequest, NotConfigured, RateLimit, Server,
    Timeout, Unsupported,
};

/// What providers call it, without case and `_`.
const CODES: [(&[&str], ErrorKind); 10] = [
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

/// What stands in the words of those that have no code for it.
const WORDS: [(&str, ErrorKind); 12] = [
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
];

/// The class of a status, of the codes in the body, and of its words.
pub(super) fn of(status: Option<u16>, codes: &[String], message: &str) -> ErrorKind {
    let by_code = codes.iter().find_map(|code| of_code(code));
    by_code.or_else(|| of_words(status, message)).unwrap_or_else(|| of_status(status))
}

fn of_code(code: &str) -> Option<ErrorKind> {
    // Bedrock: `ThrottlingException:http://…`, or with a namespace before `#`.
    let code = code.split(':').next()?.rsplit('#').next()?;
    let plain: String = code.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
    CODES.iter().find(|(codes, _)| codes.contains(&plain.as_str())).map(|(_, kind)| *kind)
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
