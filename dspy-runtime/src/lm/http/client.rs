//! The HTTP client, and how long it waits.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Proxy, Url};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

/// The time to wait for a provider.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    /// The time for the head of an answer, and then for each part of it; not bounded by itself where it is
    /// not set.
    pub(crate) first_byte: Option<Duration>,
    pub(crate) call: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), first_byte: None, call: Duration::from_secs(600) }
    }
}

pub(super) fn client(url: &Url, timeouts: Timeouts, proxy: Option<Proxy>) -> Result<Client, String> {
    let mut builder = client_builder(url, timeouts)?.redirect(Policy::none());
    builder = proxy.into_iter().fold(builder, ClientBuilder::proxy);
    builder = timeouts.first_byte.into_iter().fold(builder, ClientBuilder::read_timeout);
    builder.build().map_err(|error| innermost(&error))
}

pub(crate) fn client_builder(url: &Url, timeouts: Timeouts) -> Result<ClientBuilder, String> {
    let builder = Client::builder()
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.call)
        .tcp_nodelay(true)
        .tls_backend_preconfigured(tls(url.scheme() == "https").map_err(|error| error.to_string())?);
    Ok(builder)
}

/// The machine's certificates are read only where they are needed; it takes longer than a call.
fn tls(needed: bool) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = match needed {
        true => config.with_platform_verifier()?,
        false => config.with_root_certificates(RootCertStore::empty()),
    };
    Ok(config.with_no_client_auth())
}

pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
