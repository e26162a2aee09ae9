//! Tools over HTTP, as a route of a service.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};

use super::handler::Handler;

/// Answers requests of MCP, and can be asked to end.
#[derive(Clone)]
pub(crate) struct Endpoint {
    answer: Arc<dyn Fn(Request<Body>) -> BoxFuture<'static, Response> + Send + Sync>,
    end: Arc<dyn Fn() + Send + Sync>,
}

impl Endpoint {
    pub(crate) fn new(handler: Handler, guarded: bool, max_body: usize) -> Self {
        let config = StreamableHttpServerConfig::default()
            .with_max_request_body_bytes(max_body)
            .with_sse_retry(Some(Duration::from_secs(1)));
        // What has no token is open to the pages that a browser on this machine shows, unless they are kept out; a
        // page has none.
        let config = match guarded {
            true => config.disable_allowed_hosts(),
            false => config.enforce_origin_validation(),
        };
        let token = config.cancellation_token.clone();
        let make = move || Ok::<Handler, std::io::Error>(handler.clone());
        let service = StreamableHttpService::new(make, Arc::<LocalSessionManager>::default(), config);
        let answer = move |request| -> BoxFuture<'static, Response> {
            let service = service.clone();
            Box::pin(async move { service.handle(request).await.map(Body::new).into_response() })
        };
        Self { answer: Arc::new(answer), end: Arc::new(move || token.cancel()) }
    }

    pub(crate) async fn answer(&self, request: Request<Body>) -> Response {
        (self.answer)(request).await
    }

    /// Ends the sessions, whose streams would else stay open.
    pub(crate) fn end(&self) {
        (self.end)();
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").finish_non_exhaustive()
    }
}
