//! `DSPY_OFFLINE=1`: nothing leaves the machine.

use std::net::IpAddr;

use reqwest::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::lm::env;

const VARIABLE: &str = "DSPY_OFFLINE";

/// Checks that a request to this address may be made. One to the machine itself may.
pub(crate) fn check(url: &Url) -> Result<()> {
    if is_here(url) { Ok(()) } else { check_elsewhere(url.host_str().unwrap_or("another machine")) }
}

/// Checks as [`check`] does, for an address that is known to be elsewhere.
pub(in crate::lm) fn check_elsewhere(what: &str) -> Result<()> {
    match env::variable(VARIABLE).is_some_and(|value| value != "0") {
        true => {
            let message =
                format!("{VARIABLE} is set, so nothing is sent to {what}; play a cassette, or unset it");
            Err(Error::new(ErrorKind::NotConfigured, message))
        }
        false => Ok(()),
    }
}

pub(super) fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let named = host == "localhost" || host.ends_with(".localhost");
    named || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback() || address.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_here() {
        let here = |url: &str| is_here(&Url::parse(url).expect("an address"));
        assert!(
            here("http://0.0.0.0:8080/v1")
                && here("http://127.0.0.1:80/v1")
                && here("http://[::1]:80/")
                && here("http://localhost:11434")
        );
        assert!(
            !here("https://api.openai.com/v1")
                && !here("http://10.0.0.1/")
                && !here("http://localhost.evil.com")
        );
    }
}
