//! The one error type of this crate.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::problem::Problem;

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, and what to do about it.
///
/// The text never holds a key, a header or a prompt. Ask for the class with [`Error::kind`] or one
/// of the predicates; a reply that could not be read also keeps its [`problems`](Error::problems).
///
/// # Example
///
/// ```
/// use dspy::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Program, "the order number is missing").context("ticket 17");
/// assert_eq!(error.to_string(), "ticket 17: the order number is missing");
/// assert!(!error.is_retryable());
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    problems: Vec<Problem>,
    first_problems: Vec<Problem>,
    status: Option<u16>,
    code: Option<String>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    retries: u32,
    unsent: bool,
    trouble: Option<Trouble>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// A failure that is waited for in a way of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No connection came about in time.
    Unreached,
    /// Nothing listens at an address of this machine.
    NobodyHere,
    /// The server still loads its model.
    Starting,
    /// The answer would be no other the next time.
    Settled,
}

/// The classes of errors.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// No model, no key or an unusable setting; nothing was sent.
    NotConfigured,
    /// The provider refused the key.
    Auth,
    /// The account behind the key cannot pay.
    Billing,
    /// Too many requests or tokens; worth another try later.
    RateLimit,
    /// The prompt does not fit the model.
    ContextWindow,
    /// The provider does not accept this request.
    InvalidRequest,
    /// The model cannot take something in the call, such as an image or a parameter. As far as that is
    /// known before, nothing was sent.
    Unsupported,
    /// The provider withheld the reply.
    ContentFilter,
    /// The provider failed.
    Server,
    /// No answer in time.
    Timeout,
    /// The connection could not be made or broke.
    Transport,
    /// The call was given up by whoever made it, or on the way.
    Cancelled,
    /// The provider answered something that is not its protocol.
    Decode,
    /// A reply that is not the declared outputs.
    Parse,
    /// The budget is spent; the call was not made.
    Budget,
    /// One run of a program made more calls than the plan allows for.
    CallBound,
    /// A value, row or file of data that cannot be used.
    Data,
    /// A metric that failed or returned something that is not a score.
    Metric,
    /// An artifact that does not belong to this program, model or format.
    Artifact,
    /// A file that cannot be read or written.
    Io,
    /// An error that the user's own program made.
    Program,
}

impl ErrorKind {
    /// The class in one word: `rate_limit`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::Auth => "auth",
            Self::Billing => "billing",
            Self::RateLimit => "rate_limit",
            Self::ContextWindow => "context_window",
            Self::InvalidRequest => "invalid_request",
            Self::Unsupported => "unsupported",
            Self::ContentFilter => "content_filter",
            Self::Server => "server",
            Self::Timeout => "timeout",
            Self::Transport => "transport",
            Self::Cancelled => "cancelled",
            Self::Decode => "decode",
            Self::Parse => "parse",
            Self::Budget => "budget",
            Self::CallBound => "call_bound",
            Self::Data => "data",
            Self::Metric => "metric",
            Self::Artifact => "artifact",
            Self::Io => "io",
            Self::Program => "program",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Error {
    /// Makes an error of a class.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            problems: Vec::new(),
            first_problems: Vec::new(),
            status: None,
            code: None,
            request_id: None,
            retry_after: None,
            retries: 0,
            unsent: false,
            trouble: None,
            source: None,
        }))
    }

    /// Wraps any error of the user's own code, for `map_err(Error::program)?` in a `forward`.
    pub fn program(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into();
        Self::new(ErrorKind::Program, source.to_string()).with_source(source)
    }

    /// Puts what was being done in front of the message: `context: message`.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }

    /// The class of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was wrong with the fields of a reply or row, one entry a mistake.
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }

    /// What was wrong with the first reply of a call whose model was asked again; the
    /// [`problems`](Error::problems) are those of the last.
    pub fn first_problems(&self) -> &[Problem] {
        &self.0.first_problems
    }

    /// The HTTP status that the provider answered with.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The provider's own word for what went wrong, such as `insufficient_quota`.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The provider's name for the call, which its support asks for.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the provider asks to wait before another try.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many times the call was already made again before this error was given up on.
    pub fn retries(&self) -> u32 {
        self.0.retries
    }

    /// Whether the same call may succeed a moment later.
    pub fn is_retryable(&self) -> bool {
        use ErrorKind::{Decode, RateLimit, Server, Timeout, Transport};
        let may_pass = self.0.trouble != Some(Trouble::Settled);
        may_pass && matches!(self.0.kind, RateLimit | Server | Timeout | Transport | Decode)
    }

    /// Whether a reply could not be read as the declared outputs.
    pub fn is_parse(&self) -> bool {
        self.0.kind == ErrorKind::Parse
    }

    /// Whether the budget was spent.
    pub fn is_budget(&self) -> bool {
        self.0.kind == ErrorKind::Budget
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same with the HTTP status that the provider answered with.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// The same with the provider's own word for what went wrong.
    ///
    /// It is cut at 64 characters, and one that is not a word of letters, digits and `._:/-` is left out:
    /// what is longer than a code or is not one may hold anything.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Billing, "the account is empty").with_code("insufficient_quota");
    /// assert_eq!(error.code(), Some("insufficient_quota"));
    /// ```
    #[must_use]
    pub fn with_code(mut self, code: &str) -> Self {
        self.0.code = word(code);
        self
    }

    /// The same with the provider's name for the call, which is kept as [`with_code`](Self::with_code)
    /// keeps a code.
    #[must_use]
    pub fn with_request_id(mut self, id: &str) -> Self {
        self.0.request_id = word(id);
        self
    }

    /// The same with the wait that the provider asks for before another try.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    /// Whether a model was asked at all, so that the call may have cost something.
    pub(crate) fn was_sent(&self) -> bool {
        use ErrorKind::{Budget, NotConfigured, Unsupported};
        let was_answered = self.0.status.is_some();
        !self.0.unsent && (was_answered || !matches!(self.0.kind, Budget | NotConfigured | Unsupported))
    }

    /// Of a call that was given up before it was made.
    pub(crate) fn unsent(mut self) -> Self {
        self.0.unsent = true;
        self
    }

    pub(crate) fn with_trouble(mut self, trouble: Trouble) -> Self {
        self.0.trouble = Some(trouble);
        self
    }

    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.0.trouble
    }

    /// The same for another call, which waited for the one that failed and was not made itself.
    pub(crate) fn told_again(&self) -> Self {
        let Inner { kind, message, problems, status, code, request_id, retry_after, trouble, .. } = &*self.0;
        let mut error = Self::new(*kind, message.clone()).with_retry_after(*retry_after).unsent();
        error.0.problems.clone_from(problems);
        (error.0.status, error.0.code, error.0.request_id) = (*status, code.clone(), request_id.clone());
        error.0.trouble = *trouble;
        error
    }

    pub(crate) fn with_retries(mut self, retries: u32) -> Self {
        self.0.retries = retries;
        self
    }

    pub(crate) fn with_problems(mut self, problems: Vec<Problem>) -> Self {
        self.0.problems = problems;
        self
    }

    pub(crate) fn with_first_problems(mut self, problems: Vec<Problem>) -> Self {
        self.0.first_problems = problems;
        self
    }

    pub(crate) fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    pub(crate) fn io(action: &str, path: &std::path::Path, source: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("cannot {action} `{}`: {source}", path.display()))
            .with_source(source)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Error");
        shown.field("kind", &self.0.kind).field("message", &self.0.message);
        if let Some(status) = &self.0.status {
            shown.field("status", status);
        }
        if let Some(code) = &self.0.code {
            shown.field("code", code);
        }
        if let Some(id) = &self.0.request_id {
            shown.field("request_id", id);
        }
        shown.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl From<std::io::Error> for Error {
    fn from(source: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, source.to_string()).with_source(source)
    }
}

impl From<serde_json::Error> for Error {
    fn from(source: serde_json::Error) -> Self {
        Self::new(ErrorKind::Data, source.to_string()).with_source(source)
    }
}

/// A text that is one word, and so neither a message nor a prompt.
fn word(text: &str) -> Option<String> {
    let is_in_word = |c: char| c.is_ascii_alphanumeric() || "._:/-".contains(c);
    (!text.is_empty() && text.chars().all(is_in_word)).then(|| text.chars().take(64).collect())
}

/// A snippet of text for an error message: one line, at most `max` characters.
pub(crate) fn snippet(text: &str, max: usize) -> Cow<'_, str> {
    let text = text.trim();
    let short = text.chars().nth(max).is_none();
    if short && !text.contains(['\n', '\r']) {
        return Cow::Borrowed(text);
    }
    let mut line: String = text.chars().take(max).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if !short {
        line.push('…');
    }
    Cow::Owned(line)
}

fn _error_is_portable() {
    fn portable<T: Send + Sync + 'static>() {}
    portable::<Error>();
}
