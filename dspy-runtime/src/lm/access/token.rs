//! Bearer tokens that run out.

use std::fmt;
use std::future::Future;
use std::time::SystemTime;

use futures_util::future::{BoxFuture, FutureExt};
use reqwest::Url;

use super::Access;
use super::kept::{Kept, Lasts};
use crate::error::Result;
use crate::lm::Secret;
use crate::lm::http::{Call, Head};

/// A token to call a provider with, and the time until which it may be used. See [`Vertex`](crate::lm::Vertex) for
/// where it goes.
///
/// # Example
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use dspy::lm::{AccessToken, Secret};
///
/// let token = AccessToken::new(Secret::new("ya29…")).until(SystemTime::now() + Duration::from_secs(3600));
/// assert!(!format!("{token:?}").contains("ya29"));
/// ```
#[derive(Clone, Debug)]
pub struct AccessToken {
    secret: Secret,
    expires: Option<SystemTime>,
}

impl AccessToken {
    /// A token that is used until it is refused.
    pub fn new(secret: Secret) -> Self {
        Self { secret, expires: None }
    }

    /// Sets the time of its end. Another one is asked for a minute before.
    #[must_use]
    pub fn until(mut self, end: SystemTime) -> Self {
        self.expires = Some(end);
        self
    }
}

impl Lasts for AccessToken {
    const NAME: &'static str = "the access token";

    fn expires(&self) -> Option<SystemTime> {
        self.expires
    }

    fn secrets(&self) -> Vec<Secret> {
        vec![self.secret.clone()]
    }
}

/// Calls with a token, `authorization: Bearer …`.
#[derive(Clone)]
pub(in crate::lm) struct Tokens(Kept<AccessToken>);

impl Tokens {
    pub(in crate::lm) fn one(token: AccessToken) -> Self {
        Self(Kept::one(token))
    }

    pub(in crate::lm) fn from<F, Fut>(source: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<AccessToken>> + Send + 'static,
    {
        Self(Kept::from(source))
    }
}

impl Access for Tokens {
    fn headers<'a>(&'a self, _: &'a Call, _: &'a Url) -> BoxFuture<'a, Result<Vec<(&'static str, String)>>> {
        async {
            let token = self.0.get().await?;
            Ok(vec![("authorization", format!("Bearer {}", token.secret.reveal()))])
        }
        .boxed()
    }

    fn renews<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, bool> {
        async { head.status.as_u16() == 401 && self.0.let_go().await }.boxed()
    }

    fn is_secret_in(&self, text: &str) -> bool {
        self.0.is_secret_in(text)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}
