//! The regions of AWS.

use crate::error::{Error, ErrorKind, Result};

/// The ends of the addresses of Amazon's parts of the world, each by the beginning of its regions; the longest counts.
/// As botocore 1.44.8 has them.
const PARTS: [(&[&str], &str); 8] = [
    (&["us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-"], "amazonaws.com"),
    (&["us-gov-"], "amazonaws.com"),
    (&["cn-"], "amazonaws.com.cn"),
    (&["eusc-de-"], "amazonaws.eu"),
    (&["us-iso-"], "c2s.ic.gov"),
    (&["us-isob-"], "sc2s.sgov.gov"),
    (&["eu-isoe-"], "cloud.adc-e.uk"),
    (&["us-isof-"], "csp.hci.ic.gov"),
];

/// The address of Bedrock in a region.
///
/// # Errors
///
/// When there is no such region.
pub(super) fn address(region: &str) -> Result<String> {
    let end = end(region).ok_or_else(|| {
        let found = crate::error::snippet(region, 40);
        let message = format!(
            "`{found}` is no region of AWS; set one such as us-east-1, or the address of another server"
        );
        Error::new(ErrorKind::NotConfigured, message)
    })?;
    Ok(format!("https://bedrock-runtime.{region}.{end}"))
}

/// The region in an address of Bedrock.
#[cfg(feature = "aws")]
pub(super) fn of(address: &str) -> Option<String> {
    let host = address.split_once("://")?.1.split(['/', ':']).next()?;
    let region = host.split('.').find(|part| end(part).is_some())?;
    host.starts_with("bedrock-runtime").then(|| region.to_owned())
}

fn end(region: &str) -> Option<&'static str> {
    let starts = |starts: &&&str| region.starts_with(**starts);
    let found = PARTS.iter().filter_map(|(begins, end)| Some((begins.iter().find(starts)?, end)));
    let (begin, end) = found.max_by_key(|(begin, _)| begin.len())?;
    // `central-1`.
    let (place, number) = region.strip_prefix(begin)?.split_once('-')?;
    let is_place = !place.is_empty() && place.chars().all(|c| c.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    (is_place && is_number).then_some(*end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_its_address() {
        for (region, address_) in [
            ("us-east-1", "https://bedrock-runtime.us-east-1.amazonaws.com"),
            ("ap-southeast-10", "https://bedrock-runtime.ap-southeast-10.amazonaws.com"),
            ("us-gov-west-1", "https://bedrock-runtime.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", "https://bedrock-runtime.cn-north-1.amazonaws.com.cn"),
            ("eusc-de-east-1", "https://bedrock-runtime.eusc-de-east-1.amazonaws.eu"),
            ("us-isob-east-1", "https://bedrock-runtime.us-isob-east-1.sc2s.sgov.gov"),
        ] {
            assert_eq!(address(region).expect(region), address_);
            #[cfg(feature = "aws")]
            assert_eq!(of(address_).as_deref(), Some(region));
        }
        #[cfg(feature = "aws")]
        assert_eq!(of("http://127.0.0.1:8000"), None);
    }

    #[test]
    fn what_is_no_region_is_told() {
        for region in
            ["", "mars-1", "us-east", "us-east-1a", "us east 1", "eu-west-1.evil.example/x", "EU-WEST-1"]
        {
            let error = address(region).expect_err(region);
            assert_eq!(error.kind(), ErrorKind::NotConfigured);
            assert!(error.to_string().contains("is no region of AWS; set one such as us-east-1"), "{error}");
        }
    }
}
