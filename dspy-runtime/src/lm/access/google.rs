//! The credentials of Google Cloud that a machine has.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gcp_auth::TokenProvider;
use tokio::sync::OnceCell;

use super::AccessToken;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::Secret;
use crate::lm::http::check_elsewhere;

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The token that comes next.
type Next = Pin<Box<dyn Future<Output = Result<AccessToken>> + Send>>;

/// A source of tokens for [`Vertex`](crate::lm::Vertex) by the credentials that this machine has, with the feature
/// `gcp`: the key of a service account in `GOOGLE_APPLICATION_CREDENTIALS`, those of `gcloud auth
/// application-default login`, the service account of the machine in Google Cloud, or else what `gcloud` itself has.
/// They are looked for at the first call, by the crate [gcp_auth](https://docs.rs/gcp_auth).
///
/// # Example
///
/// ```
/// use dspy::lm::{Vertex, google_credentials};
///
/// let vertex = Vertex::new("my-project", "europe-west4")?.tokens(google_credentials());
/// let model = vertex.gemini("gemini-3.5-flash")?;
/// # let _ = model;
/// # Ok::<(), dspy::Error>(())
/// ```
pub fn google_credentials() -> impl Fn() -> Next + Send + Sync + 'static {
    let found: Arc<OnceCell<Arc<dyn TokenProvider>>> = Arc::default();
    move || {
        let found = found.clone();
        Box::pin(async move {
            check_elsewhere("Google's servers of tokens")?;
            let provider =
                found.get_or_try_init(gcp_auth::provider).await.map_err(|error| unfound(&error))?;
            let token = provider.token(&[SCOPE]).await.map_err(|error| refused(&error))?;
            let seconds = u64::try_from(token.expires_at().timestamp()).unwrap_or_default();
            let end = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            Ok(AccessToken::new(Secret::new(token.as_str())).until(end))
        })
    }
}

/// Its words, without those that may quote a file of keys.
fn said(error: &gcp_auth::Error) -> String {
    match error {
        gcp_auth::Error::Json(what, _) => (*what).to_owned(),
        other => other.to_string(),
    }
}

fn unfound(error: &gcp_auth::Error) -> Error {
    let message = format!(
        "no credentials of Google Cloud: {}; set GOOGLE_APPLICATION_CREDENTIALS to the key file of a service \
         account, or run `gcloud auth application-default login`",
        said(error)
    );
    Error::new(ErrorKind::NotConfigured, message)
}

fn refused(error: &gcp_auth::Error) -> Error {
    let message = format!(
        "Google gave no token for the credentials of this machine: {}; do they still hold, and may they have the scope \
         {SCOPE}?",
        said(error)
    );
    Error::new(ErrorKind::Auth, message)
}
