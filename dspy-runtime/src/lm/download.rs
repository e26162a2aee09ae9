//! Fetches what is shown by its address, for those who ask for it.

use std::time::Duration;

use reqwest::Url;
use reqwest::redirect::Policy;

use super::http::{Timeouts, check, client_builder, innermost};
use crate::error::{Error, ErrorKind, Result};
use crate::media::{Audio, File, Image, Media};

/// The largest thing that is fetched.
const LARGEST: usize = 64 << 20;
const TIMEOUTS: Timeouts =
    Timeouts { connect: Duration::from_secs(10), first_byte: None, call: Duration::from_secs(120) };

macro_rules! download {
    ($($type:ident),*) => {
        $(impl $type {
            /// Returns the file with its bytes, fetched if it is at an HTTP address: for models that do not
            /// fetch themselves. Nothing else in this library ever downloads what a program shows.
            ///
            /// It fetches whatever the address names, at most 64 MiB; do not take one from people whom you
            /// would not let use your network.
            ///
            /// # Errors
            ///
            /// When the address cannot be fetched, or what is there is of another kind.
            pub async fn download(&self) -> Result<Self> {
                match self.media().url() {
                    Some(url) => fetched(self.media(), url).await.map(Self::of),
                    None => Ok(self.clone()),
                }
            }
        })*
    };
}

download!(Image, Audio, File);

async fn fetched(media: &Media, url: &str) -> Result<Media> {
    let unusable = |reason: String| Error::data(format!("the {} `{url}`: {reason}", media.kind()));
    let url_read = Url::parse(url).map_err(|error| unusable(error.to_string()))?;
    let name = url_read.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    let bytes = bytes(&url_read).await.map_err(|error| error.context(format!("cannot fetch `{url}`")))?;
    Media::fetched(media.kind(), &bytes, name).map_err(unusable)
}

async fn bytes(url: &Url) -> Result<Vec<u8>> {
    check(url)?;
    let broken = |error: reqwest::Error| {
        let error = error.without_url();
        let kind = if error.is_timeout() { ErrorKind::Timeout } else { ErrorKind::Transport };
        Error::new(kind, innermost(&error))
    };
    let builder =
        client_builder(url, TIMEOUTS).map_err(|reason| Error::new(ErrorKind::NotConfigured, reason))?;
    let client = builder.redirect(Policy::limited(5)).build().map_err(broken)?;
    let mut answer = client.get(url.clone()).send().await.map_err(broken)?;
    if !answer.status().is_success() {
        return Err(Error::new(ErrorKind::InvalidRequest, format!("the answer is {}", answer.status())));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(broken)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST {
            return Err(Error::data("it is larger than 64 MiB"));
        }
    }
    Ok(bytes)
}
