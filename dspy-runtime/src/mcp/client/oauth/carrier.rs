//! The requests to authorization servers, by our client.

use std::error::Error as StdError;

use reqwest::{Client, Url};
use rmcp::transport::auth::{OAuthHttpClient, OAuthHttpClientFuture, OAuthHttpRequest};

use crate::lm::http::check;

/// More bytes than any answer of an authorization server has.
const LARGEST: usize = 1 << 20;

/// Makes requests as this library makes all of them: it follows nobody to another address.
pub(super) struct Carrier(Client);

impl Carrier {
    pub(super) fn new(client: Client) -> Self {
        Self(client)
    }
}

type Failure = Box<dyn StdError + Send + Sync>;

impl OAuthHttpClient for Carrier {
    fn execute(&self, request: OAuthHttpRequest) -> OAuthHttpClientFuture<'_> {
        Box::pin(async move {
            let OAuthHttpRequest { request, timeout, .. } = request;
            let url: Url = request.uri().to_string().parse()?;
            check(&url).map_err(|error| Failure::from(error.to_string()))?;
            let mut request = reqwest::Request::try_from(request)?;
            *request.timeout_mut() = timeout;
            let mut answer = self.0.execute(request).await.map_err(reqwest::Error::without_url)?;
            let mut head = http::Response::builder().status(answer.status()).version(answer.version());
            for (name, value) in answer.headers() {
                head = head.header(name, value);
            }
            let mut body = Vec::new();
            while let Some(bytes) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
                if body.len() + bytes.len() > LARGEST {
                    return Err(Failure::from("the answer of the authorization server is too large"));
                }
                body.extend_from_slice(&bytes);
            }
            Ok(head.body(body)?)
        })
    }
}
