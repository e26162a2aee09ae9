//! A server at an address.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::common::client_side_sse::ExponentialBackoff;
use rmcp::transport::streamable_http_client::{StreamableHttpClient, StreamableHttpClientTransportConfig};

use super::McpServer;
use super::connection::{Hello, McpConnection};
use super::oauth::{Asking, McpOauth};
use super::secrets::Secrets;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::Secret;
use crate::lm::http::{Timeouts, check, client_builder};

/// Calls have limits of their own, and the stream of a session stays open for as long as it lasts.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(10),
    first_byte: None,
    call: Duration::from_secs(365 * 24 * 3600),
};
/// The number of times to ask for an answer whose connection broke.
const RECONNECTS: usize = 3;
/// The size of a page that is no JSON that is read.
const DIAGNOSTIC: usize = 4096;

pub(super) async fn connect(
    server: &McpServer,
    url: &str,
    bearer: Option<&Secret>,
    headers: &[(String, Secret)],
    oauth: Option<&McpOauth>,
) -> Result<McpConnection> {
    let unusable = |what: String| Error::new(ErrorKind::NotConfigured, format!("{}: {what}", server.shown()));
    let address =
        Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let address = address.ok_or_else(|| {
        unusable("its address must be an HTTP one, such as https://example.com/mcp".to_owned())
    })?;
    check(&address)?;
    let client = client_builder(&address, TIMEOUTS).and_then(|builder| {
        // A token is for the one who was named.
        builder.redirect(Policy::none()).build().map_err(|error| error.without_url().to_string())
    });
    let client = client.map_err(|reason| unusable(format!("no HTTP client: {reason}")))?;

    let mut sent = HashMap::new();
    for (name, value) in headers {
        let read = HeaderName::try_from(name.as_str()).ok().zip(HeaderValue::try_from(value.reveal()).ok());
        let (name, mut value) =
            read.ok_or_else(|| unusable(format!("the header `{name}` cannot be sent")))?;
        value.set_sensitive(true);
        sent.insert(name, value);
    }
    let mut config = StreamableHttpClientTransportConfig::with_uri(url)
        .custom_headers(sent)
        .max_sse_event_size(server.max_bytes)
        .max_json_response_size(server.max_bytes)
        .max_error_response_size(DIAGNOSTIC)
        .max_concurrent_requests(64);
    // An answer that broke off is asked for again, but not for ever.
    let mut again = ExponentialBackoff::default();
    (again.max_times, again.base_duration) = (Some(RECONNECTS), Duration::from_millis(250));
    config.retry_config = Arc::new(again);
    if let Some(token) = bearer {
        if HeaderValue::try_from(token.reveal()).is_err() {
            return Err(unusable("the token cannot be sent; is there a line break in it?".to_owned()));
        }
        config = config.auth_header(token.reveal());
    }
    let secrets = server.secrets();
    let Some(oauth) = oauth else { return open(server, client, config, &secrets).await };
    let asking = Asking { shown: &server.shown(), url: &address, client: &client, secrets: &secrets };
    if let Some(known) = oauth.known(&asking).await? {
        match open(server, known, config.clone(), &secrets).await {
            // What was given once no longer holds.
            Err(error) if error.kind() == ErrorKind::Auth && error.status() != Some(403) => {}
            connected => return connected,
        }
    }
    open(server, oauth.asked(&asking).await?, config, &secrets).await
}

async fn open<C: StreamableHttpClient + Sync>(
    server: &McpServer,
    client: C,
    config: StreamableHttpClientTransportConfig,
    secrets: &Secrets,
) -> Result<McpConnection> {
    let transport = StreamableHttpClientTransport::with_client(client, config);
    Ok(McpConnection::open(server, transport, None, Hello::New, secrets.clone()).await?)
}

/// The address without what may be secret in it.
pub(super) fn shown(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else { return "an address that cannot be read".to_owned() };
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}
