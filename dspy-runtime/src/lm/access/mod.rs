//! The right to call a provider, where that is no key that lasts.

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "gcp")]
mod google;
mod kept;
mod token;

use std::fmt;

use futures_util::future::BoxFuture;
use reqwest::Url;

#[cfg(feature = "aws")]
pub use aws::AwsCredentials;
#[cfg(feature = "aws")]
pub use aws::signed;
#[cfg(feature = "aws")]
pub(super) use aws::{Signed, variables as aws_variables};
#[cfg(feature = "gcp")]
pub use google::google_credentials;
pub use token::AccessToken;
pub(super) use token::Tokens;

use super::http::{Call, Head};
use crate::error::Result;

/// Shows with each request who makes it.
pub(super) trait Access: fmt::Debug + Send + Sync {
    /// Returns the headers that show it for a call of an address.
    fn headers<'a>(
        &'a self,
        call: &'a Call,
        url: &'a Url,
    ) -> BoxFuture<'a, Result<Vec<(&'static str, String)>>>;

    /// Lets go of what was shown, if it was refused for having run out and another can be had: the call is then made
    /// once more.
    fn renews<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, bool>;

    /// Returns whether a text holds something of it that is secret.
    fn is_secret_in(&self, text: &str) -> bool;
}
