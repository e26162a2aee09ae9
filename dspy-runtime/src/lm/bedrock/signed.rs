//! Requests that are signed with the credentials of an AWS account.

use std::future::Future;
use std::sync::Arc;

use super::Bedrock;
use crate::error::Result;
use crate::lm::AwsCredentials;
use crate::lm::access::Signed;

impl Bedrock {
    /// Signs requests with the credentials of an AWS account, in place of a key. With the feature `aws`.
    #[must_use]
    pub fn credentials(self, credentials: AwsCredentials) -> Self {
        self.with(Signed::one(credentials))
    }

    /// Signs requests with credentials that a source gives, such as `aws-config`. It is asked at the first call, a minute
    /// before they end, and when they are refused for having run out; calls at the same time ask once. With the feature
    /// `aws`.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::lm::{AwsCredentials, Bedrock, Secret};
    ///
    /// let model = Bedrock::new("bedrock/amazon.nova-lite-v1:0".parse()?, "eu-west-1")?.credentials_from(|| async {
    ///     // With `aws-config`: let given = provider.provide_credentials().await …
    ///     Ok(AwsCredentials::new("AKIDEXAMPLE", Secret::new("…")).session_token(Secret::new("…")))
    /// });
    /// # let _ = model;
    /// # Ok::<(), dspy::Error>(())
    /// ```
    #[must_use]
    pub fn credentials_from<F, Fut>(self, source: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<AwsCredentials>> + Send + 'static,
    {
        self.with(Signed::from(source))
    }

    /// Sets the region that requests are signed for, where the address does not show it. With the feature `aws`.
    ///
    /// # Errors
    ///
    /// When there is no such region.
    pub fn region(mut self, region: &str) -> Result<Self> {
        super::region::address(region)?;
        self.region = Some(region.to_owned());
        Ok(match self.signed.take() {
            Some(signed) => self.with(signed),
            None => self,
        })
    }

    fn with(mut self, signed: Signed) -> Self {
        let signed = signed.in_region(self.region.clone());
        self.core.key_name = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN".into();
        self.core.access = Some(Arc::new(signed.clone()));
        self.signed = Some(signed);
        self
    }
}
