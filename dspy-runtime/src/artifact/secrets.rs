//! The check that nothing that looks like a key is written to a file.

use crate::error::{Error, ErrorKind};

/// Beginnings of keys that providers give out, and how many key characters must follow.
const KEYS: [(&str, usize, &str); 9] = [
    ("sk-", 20, "an API key (sk-…)"),
    ("AKIA", 16, "an AWS access key"),
    ("AIza", 30, "a Google API key"),
    ("ghp_", 30, "a GitHub token"),
    ("github_pat_", 30, "a GitHub token"),
    ("glpat-", 20, "a GitLab token"),
    ("hf_", 30, "a Hugging Face token"),
    ("xoxb-", 20, "a Slack token"),
    ("Bearer ", 20, "an authorization header"),
];

/// Names the kind of secret that a text seems to hold.
pub(crate) fn find(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    let is_key = |rest: &str, length| {
        rest.bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
            .take(length)
            .count()
            == length
    };
    let found = |&&(start, length, _): &&(&str, usize, &str)| {
        let own_word = |at: usize| !text[..at].ends_with(|before: char| before.is_ascii_alphanumeric());
        text.match_indices(start).any(|(at, _)| own_word(at) && is_key(&text[at + start.len()..], length))
    };
    KEYS.iter().find(found).map(|(_, _, kind)| *kind)
}

pub(super) fn refused(kind: &str) -> Error {
    let message = format!(
        "{kind} would be in the artifact, in an instruction or a demonstration; take it out of the data"
    );
    Error::new(ErrorKind::Artifact, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_and_words_are_not() {
        assert_eq!(find("my key is sk-abcdefghijklmnopqrstuvwx"), Some("an API key (sk-…)"));
        assert_eq!(
            find("\"Authorization: Bearer abcdefghijklmnopqrstuvwxyz\""),
            Some("an authorization header")
        );
        assert_eq!(find("-----BEGIN RSA PRIVATE KEY-----"), Some("a private key"));
        assert_eq!(find("a task-oriented, risk-averse answer about the Bearer of bad news"), None);
        assert_eq!(find("risk-abcdefghijklmnopqrstuvwxyz"), None);
    }
}
