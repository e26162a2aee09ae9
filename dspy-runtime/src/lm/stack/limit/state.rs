//! What a provider says about its own limits.

use std::time::Duration;

/// What the provider will still take, as its reply says.
///
/// Providers name it differently (`x-ratelimit-remaining-requests`, `anthropic-ratelimit-tokens-remaining`, and so
/// on); what one does not say is `None`.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// How many requests.
    pub requests: Option<u64>,
    /// When it takes all requests again.
    pub requests_reset: Option<Duration>,
    /// How many tokens.
    pub tokens: Option<u64>,
    /// When it takes all tokens again.
    pub tokens_reset: Option<Duration>,
}
