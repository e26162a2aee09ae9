//! Requests that are signed with the credentials of an AWS account, by the fourth version of its signatures.

use std::fmt;
use std::future::Future;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use futures_util::future::{BoxFuture, FutureExt};
use reqwest::Url;

use super::Access;
use super::kept::{Kept, Lasts};
use crate::error::{Error, ErrorKind, Result};
use crate::lm::Secret;
use crate::lm::env::variable;
use crate::lm::http::{Call, Head};

/// The credentials of an AWS account, with the feature `aws`: a key and its secret, and of temporary ones a session
/// token.
///
/// # Example
///
/// ```
/// use dspy::lm::{AwsCredentials, Bedrock, Secret};
///
/// let credentials = AwsCredentials::new("AKIDEXAMPLE", Secret::new("…")).session_token(Secret::new("…"));
/// let model = Bedrock::new("bedrock/amazon.nova-lite-v1:0".parse()?, "eu-west-1")?.credentials(credentials);
/// # let _ = model;
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone)]
pub struct AwsCredentials {
    key_id: String,
    secret: Secret,
    session_token: Option<Secret>,
    expires: Option<SystemTime>,
}

const ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const SESSION: &str = "AWS_SESSION_TOKEN";

/// The name of the service in signatures.
const SERVICE: &str = "bedrock";

impl AwsCredentials {
    /// Takes the id of a key, and the key.
    pub fn new(key_id: impl Into<String>, secret: Secret) -> Self {
        Self { key_id: key_id.into(), secret, session_token: None, expires: None }
    }

    /// Adds the token of a session, which temporary credentials have.
    #[must_use]
    pub fn session_token(mut self, token: Secret) -> Self {
        self.session_token = Some(token);
        self
    }

    /// Sets the time of their end. Others are asked for a minute before, where they have a source.
    #[must_use]
    pub fn until(mut self, end: SystemTime) -> Self {
        self.expires = Some(end);
        self
    }

    /// Reads `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and `AWS_SESSION_TOKEN` where it is set.
    ///
    /// # Errors
    ///
    /// When one of the first two is not set.
    pub fn from_env() -> Result<Self> {
        let missing = |name: &str| {
            let message = format!("no credentials of an AWS account; set {name}");
            Error::new(ErrorKind::NotConfigured, message)
        };
        let key_id = variable(ID).ok_or_else(|| missing(ID))?;
        let secret = variable(SECRET).ok_or_else(|| missing(SECRET))?;
        let session_token = variable(SESSION).map(Secret::new);
        Ok(Self { session_token, ..Self::new(key_id, Secret::new(secret)) })
    }
}

impl fmt::Debug for AwsCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsCredentials").field("expires", &self.expires).finish_non_exhaustive()
    }
}

impl Lasts for AwsCredentials {
    const NAME: &'static str = "the session of the AWS credentials";

    fn expires(&self) -> Option<SystemTime> {
        self.expires
    }

    fn secrets(&self) -> Vec<Secret> {
        let id = Secret::new(self.key_id.as_str());
        [id, self.secret.clone()].into_iter().chain(self.session_token.clone()).collect()
    }
}

/// Signs calls for a region.
#[derive(Clone)]
pub(in crate::lm) struct Signed {
    credentials: Kept<AwsCredentials>,
    region: Option<String>,
}

impl Signed {
    pub(in crate::lm) fn one(credentials: AwsCredentials) -> Self {
        Self { credentials: Kept::one(credentials), region: None }
    }

    pub(in crate::lm) fn from<F, Fut>(source: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<AwsCredentials>> + Send + 'static,
    {
        Self { credentials: Kept::from(source), region: None }
    }

    pub(in crate::lm) fn in_region(self, region: Option<String>) -> Self {
        Self { region, ..self }
    }
}

impl Access for Signed {
    fn headers<'a>(
        &'a self,
        call: &'a Call,
        url: &'a Url,
    ) -> BoxFuture<'a, Result<Vec<(&'static str, String)>>> {
        async {
            let region = self.region.as_deref().ok_or_else(|| {
                let message = "a request to this address cannot be signed without a region of AWS; set it with \
                               `Bedrock::region`";
                Error::new(ErrorKind::NotConfigured, message)
            })?;
            let credentials = self.credentials.get().await?;
            let content_type = call.content_type.as_deref().unwrap_or_default();
            signed(&credentials, region, SystemTime::now(), url.as_str(), content_type, &call.body)
        }
        .boxed()
    }

    fn renews<'a>(&'a self, head: &'a Head) -> BoxFuture<'a, bool> {
        let named = head.error_type.as_deref().unwrap_or_default();
        let has_run_out = head.status.as_u16() == 401 || named.starts_with("ExpiredToken");
        async move { has_run_out && self.credentials.let_go().await }.boxed()
    }

    fn is_secret_in(&self, text: &str) -> bool {
        self.credentials.is_secret_in(text)
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed").field("region", &self.region).finish_non_exhaustive()
    }
}

/// Returns the headers that sign a post to an address at a time.
///
/// # Errors
///
/// When it cannot be signed.
pub fn signed(
    credentials: &AwsCredentials,
    region: &str,
    at: SystemTime,
    url: &str,
    content_type: &str,
    body: &[u8],
) -> Result<Vec<(&'static str, String)>> {
    // No reason of theirs may show what was to be signed.
    let unsigned =
        |what: &str| Error::new(ErrorKind::NotConfigured, format!("the request cannot be signed: {what}"));
    let AwsCredentials { key_id, secret, session_token, .. } = credentials;
    let session = session_token.as_ref().map(|token| token.reveal().to_owned());
    let identity = Credentials::new(key_id, secret.reveal(), session, None, "dspy").into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(at)
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| unsigned("its parameters"))?;
    let headers = [("content-type", content_type)];
    let request = SignableRequest::new("POST", url, headers.into_iter(), SignableBody::Bytes(body))
        .map_err(|_| unsigned("its address"))?;
    let signed =
        sign(request, &params.into()).map_err(|_| unsigned("is there a line break in the credentials?"))?;
    let (instructions, _) = signed.into_parts();
    let header = |(name, value): (&str, &str)| {
        let known = ["authorization", "x-amz-date", "x-amz-security-token"];
        Some((known.into_iter().find(|known| *known == name)?, value.to_owned()))
    };
    Ok(instructions.headers().filter_map(header).collect())
}

/// Returns the credentials of the environment, if it has any.
pub(in crate::lm) fn variables() -> Option<Result<AwsCredentials>> {
    let is_set = variable(ID).is_some() || variable(SECRET).is_some();
    is_set.then(AwsCredentials::from_env)
}
