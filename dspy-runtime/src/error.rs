//! The one error type of this crate.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::problem::Problem;
pub(crate) use crate::problem::snippet;

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error: the fault, its place and the way out.
///
/// The text never holds a key, a header or a prompt. A reply that could not be read also keeps its
/// [`problems`](Error::problems).
///
/// # What to ask
///
/// [`kind`](Error::kind) is the class. For each question that a caller has there is one predicate. The second to the
/// sixth part the kinds among them: exactly one of them holds.
///
/// | question | predicate | kinds |
/// |---|---|---|
/// | May the same call succeed a moment later? | [`is_retryable`](Error::is_retryable) | `RateLimit`, `Server`, `Timeout`, `Transport`, `Decode`, unless the answer would be no other |
/// | is it mine to fix: my code, settings, account, data or files? | [`is_mine`](Error::is_mine) | `NotConfigured`, `Auth`, `Billing`, `ContextWindow`, `InvalidRequest`, `Unsupported`, `CallBound`, `Data`, `Metric`, `Artifact`, `Io`, `Declaration`, `Program` |
/// | Did it come of what the model answered? | [`is_of_model`](Error::is_of_model) | `Parse`, `Code`, `ContentFilter` |
/// | Did the provider fail, or the way to it? | [`is_of_provider`](Error::is_of_provider) | `RateLimit`, `Server`, `Timeout`, `Transport`, `Cancelled`, `Decode` |
/// | Is the budget spent? | [`is_budget`](Error::is_budget) | `Budget` |
/// | Is it a fault of this library? | [`is_internal`](Error::is_internal) | `Internal` |
///
/// [`is_parse`](Error::is_parse) tells a reply that cannot be read from the rest of what models answer.
///
/// # The text
///
/// `{}` says the error's own part, and [`source`](StdError::source) has the rest, so that no part is said twice in a
/// chain such as `anyhow` prints. `{:#}` says the whole chain in one line, and so does `{:?}`, which is what a `main`
/// that returns an error prints. An error that is only handed on, by [`Error::program`] or `?`, has no part of its own
/// and speaks in the words of the one inside, which [`cause`](Error::cause) gives.
///
/// # Example
///
/// ```
/// use dspy::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Program, "the order number is missing").context("ticket 17");
/// assert_eq!(error.to_string(), "ticket 17: the order number is missing");
/// assert!(error.is_mine() && !error.is_retryable());
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
    says: Says,
}

/// The amount of its source that an error's message states.
#[derive(Clone, Copy)]
enum Says {
    /// Nothing.
    Own,
    /// Its words, and not what is beneath it.
    ItsWords,
    /// Everything that is of use.
    All,
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
    /// The call was cancelled by whoever made it, or on the way.
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
    /// A program, signature or set of tools that is declared so that no call of it can be answered; nothing was sent.
    Declaration,
    /// Code that a model wrote and that did not run to an answer.
    Code,
    /// An error or a panic of the user's own code.
    Program,
    /// A case that cannot happen: a fault of this library.
    Internal,
}

/// Whose an error is.
#[derive(PartialEq)]
enum Side {
    Caller,
    Model,
    Provider,
    Budget,
    Library,
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
            Self::Declaration => "declaration",
            Self::Code => "code",
            Self::Program => "program",
            Self::Internal => "internal",
        }
    }

    fn side(self) -> Side {
        match self {
            Self::NotConfigured
            | Self::Auth
            | Self::Billing
            | Self::ContextWindow
            | Self::InvalidRequest
            | Self::Unsupported
            | Self::CallBound
            | Self::Data
            | Self::Metric
            | Self::Artifact
            | Self::Io
            | Self::Declaration
            | Self::Program => Side::Caller,
            Self::Parse | Self::Code | Self::ContentFilter => Side::Model,
            Self::RateLimit
            | Self::Server
            | Self::Timeout
            | Self::Transport
            | Self::Cancelled
            | Self::Decode => Side::Provider,
            Self::Budget => Side::Budget,
            Self::Internal => Side::Library,
        }
    }
}

impl Problem {
    /// One error for all problems.
    pub(crate) fn error(kind: ErrorKind, problems: Vec<Self>) -> Error {
        Error::new(kind, Self::list(&problems)).with_problems(problems)
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
            says: Says::Own,
        }))
    }

    /// Wraps any error of the user's own code, for `map_err(Error::program)?` in a `forward`.
    pub fn program(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::handing_on(ErrorKind::Program, source)
    }

    /// An error with no part of its own.
    fn handing_on(kind: ErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into();
        let mut error = Self::new(kind, source.to_string()).with_source(source);
        error.0.says = Says::ItsWords;
        error
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

    /// Returns the problems of the fields of a reply or row, one entry a mistake.
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }

    /// Returns the problems of the first reply of a call whose model was asked again; the
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

    /// Returns the time the provider asks to wait before another try.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The error as scripts read it: its kind, the message with its causes, and the fields that were wrong, if any.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let mut told = serde_json::json!({"kind": self.kind().name(), "message": format!("{self:#}")});
        if !self.problems().is_empty() {
            told["problems"] = serde_json::json!(self.problems());
        }
        told
    }

    /// Returns the number of times the call was already made again before this error was final.
    pub fn retries(&self) -> u32 {
        self.0.retries
    }

    /// Returns whether the same call may succeed a moment later.
    pub fn is_retryable(&self) -> bool {
        use ErrorKind::{Decode, RateLimit, Server, Timeout, Transport};
        let may_pass = self.0.trouble != Some(Trouble::Settled);
        may_pass && matches!(self.0.kind, RateLimit | Server | Timeout | Transport | Decode)
    }

    /// Returns whether the error is the caller's to fix: in the code, the settings, the account, the data or
    /// the files.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::Lm;
    ///
    /// let error = Lm::new("builtin/nothing").unwrap_err();
    /// assert!(error.is_mine() && !error.is_of_provider());
    /// ```
    pub fn is_mine(&self) -> bool {
        self.0.kind.side() == Side::Caller
    }

    /// Returns whether the error came of what the model answered, or would not.
    pub fn is_of_model(&self) -> bool {
        self.0.kind.side() == Side::Model
    }

    /// Returns whether the provider failed or could not be reached, or its answer did not come.
    pub fn is_of_provider(&self) -> bool {
        self.0.kind.side() == Side::Provider
    }

    /// Returns whether the error is a fault of this library.
    pub fn is_internal(&self) -> bool {
        self.0.kind.side() == Side::Library
    }

    /// Returns whether a reply could not be read as the declared outputs.
    pub fn is_parse(&self) -> bool {
        self.0.kind == ErrorKind::Parse
    }

    /// Returns whether the budget was spent.
    pub fn is_budget(&self) -> bool {
        self.0.kind.side() == Side::Budget
    }

    /// The error of another crate or of the user's own code that this one was made of, to be recognized by its type.
    ///
    /// It is there even where this error speaks in its words, so that [`source`](StdError::source) goes on beneath it.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::Error;
    ///
    /// let error = Error::program("seven".parse::<u32>().unwrap_err());
    /// assert!(error.cause().is_some_and(|cause| cause.is::<std::num::ParseIntError>()));
    /// ```
    pub fn cause(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds a source as [`with_source`](Self::with_source) does, for an error whose message says all of it
    /// already.
    pub(crate) fn with_told_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.says = Says::All;
        self.with_source(source)
    }

    /// Adds the HTTP status that the provider answered with.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Adds the provider's own word for the error.
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

    /// Adds the provider's name for the call, which is kept as [`with_code`](Self::with_code) keeps a code.
    #[must_use]
    pub fn with_request_id(mut self, id: &str) -> Self {
        self.0.request_id = word(id);
        self
    }

    /// Adds the wait that the provider asks for before another try.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    /// Returns whether a model was asked at all, so that the call may have cost something.
    pub(crate) fn was_sent(&self) -> bool {
        use ErrorKind::{Budget, Declaration, NotConfigured, Unsupported};
        let was_answered = self.0.status.is_some();
        let before = matches!(self.0.kind, Budget | Declaration | NotConfigured | Unsupported);
        !self.0.unsent && (was_answered || !before)
    }

    /// Marks it as of a call that was cancelled before it was made.
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

    /// Returns the error for another call, which waited for the one that failed and was not made itself.
    pub(crate) fn told_again(&self) -> Self {
        let Inner { kind, problems, status, code, request_id, retry_after, trouble, .. } = &*self.0;
        let mut error = Self::new(*kind, format!("{self:#}")).with_retry_after(*retry_after).unsent();
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

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    pub(crate) fn declaration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Declaration, message)
    }

    pub(crate) fn io(action: &str, path: &std::path::Path, source: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("cannot {action} `{}`", path.display())).with_source(source)
    }
}

/// Its own part; with `{:#}` the whole chain in one line.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if f.alternate() {
            let mut beneath = self.source();
            while let Some(error) = beneath {
                write!(f, ": {error}")?;
                beneath = error.source();
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Error");
        shown.field("kind", &self.0.kind).field("message", &format!("{self:#}"));
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
        let cause = self.cause()?;
        match self.0.says {
            Says::Own => Some(cause),
            Says::ItsWords => cause.source(),
            Says::All => None,
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(source: std::io::Error) -> Self {
        Self::handing_on(ErrorKind::Io, source)
    }
}

impl From<serde_json::Error> for Error {
    fn from(source: serde_json::Error) -> Self {
        Self::handing_on(ErrorKind::Data, source)
    }
}

/// A text that is one word, and so neither a message nor a prompt.
fn word(text: &str) -> Option<String> {
    let is_in_word = |c: char| c.is_ascii_alphanumeric() || "._:/-".contains(c);
    (!text.is_empty() && text.chars().all(is_in_word)).then(|| text.chars().take(64).collect())
}

fn _error_is_portable() {
    fn portable<T: Send + Sync + 'static>() {}
    portable::<Error>();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of an error and of all beneath it.
    fn chain(error: &Error) -> Vec<String> {
        let (mut texts, mut next) = (vec![error.to_string()], error.source());
        while let Some(error) = next {
            texts.push(error.to_string());
            next = error.source();
        }
        texts
    }

    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the order has no number")
        }
    }

    impl StdError for Outer {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn no_part_of_a_chain_is_said_twice() {
        let missing = || std::io::Error::new(std::io::ErrorKind::NotFound, "no such file");
        let digit = || "x".parse::<u32>().expect_err("no number");
        let no_json = || serde_json::from_str::<u32>("x").expect_err("no JSON");
        let path = std::path::Path::new("rows.jsonl");
        for (error, said) in [
            (Error::data("row 3 is empty").context("rows.jsonl"), vec!["rows.jsonl: row 3 is empty"]),
            (Error::io("read", path, missing()), vec!["cannot read `rows.jsonl`", "no such file"]),
            (
                Error::io("read", path, missing()).context("the split"),
                vec!["the split: cannot read `rows.jsonl`", "no such file"],
            ),
            (Error::from(missing()), vec!["no such file"]),
            (Error::from(no_json()), vec!["expected value at line 1 column 1"]),
            (Error::program("no such order"), vec!["no such order"]),
            (
                Error::program(Outer(digit())).context("ticket 17"),
                vec!["ticket 17: the order has no number", "invalid digit found in string"],
            ),
            (
                Error::data("the file is damaged").with_source(Error::io("read", path, missing())),
                vec!["the file is damaged", "cannot read `rows.jsonl`", "no such file"],
            ),
        ] {
            assert_eq!(chain(&error), said);
            let whole = said.join(": ");
            assert_eq!(format!("{error:#}"), whole, "the whole chain in one line");
            assert!(
                format!("{error:?}").contains(&format!("{whole:?}")),
                "what `main` prints has it: {error:?}"
            );
        }
        assert!(Error::program(Outer(digit())).cause().is_some_and(|cause| cause.is::<Outer>()));
        assert!(Error::from(missing()).cause().is_some_and(|cause| cause.is::<std::io::Error>()));
    }

    #[test]
    fn an_error_is_on_one_side() {
        use ErrorKind::{
            Artifact, Auth, Billing, Budget, CallBound, Cancelled, Code, ContentFilter, ContextWindow, Data,
            Declaration, Decode, Internal, InvalidRequest, Io, Metric, NotConfigured, Parse, Program,
            RateLimit, Server, Timeout, Transport, Unsupported,
        };
        for kind in [
            Artifact,
            Auth,
            Billing,
            Budget,
            CallBound,
            Cancelled,
            Code,
            ContentFilter,
            ContextWindow,
            Data,
            Declaration,
            Decode,
            Internal,
            InvalidRequest,
            Io,
            Metric,
            NotConfigured,
            Parse,
            Program,
            RateLimit,
            Server,
            Timeout,
            Transport,
            Unsupported,
        ] {
            let error = Error::new(kind, "it failed");
            let sides = [
                error.is_mine(),
                error.is_of_model(),
                error.is_of_provider(),
                error.is_budget(),
                error.is_internal(),
            ];
            assert_eq!(sides.into_iter().filter(|is| *is).count(), 1, "{kind}");
            assert!(error.is_of_provider() || !error.is_retryable(), "{kind}");
            assert_eq!(serde_json::to_value(kind).expect("a word"), kind.name());
        }
    }
}
