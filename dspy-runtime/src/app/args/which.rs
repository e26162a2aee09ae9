//! Words and numbers that stand for something.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::adapter::{ChatAdapter, JsonAdapter, TwoStep, XmlAdapter};
use crate::context::Context;
use crate::error::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::app) enum Split {
    Train,
    Validation,
    Test,
}

/// The adapters that have a name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::app) enum AdapterName {
    Json,
    Chat,
    Xml,
    TwoStep,
}

impl AdapterName {
    /// The context with this adapter.
    pub(in crate::app) fn set(self, cx: &Context) -> Context {
        match self {
            Self::Json => cx.with_adapter(JsonAdapter),
            Self::Chat => cx.with_adapter(ChatAdapter),
            Self::Xml => cx.with_adapter(XmlAdapter),
            Self::TwoStep => cx.with_adapter(TwoStep::new()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::app) enum Auto {
    Light,
    Medium,
    Heavy,
}

/// A state of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) enum Which {
    Baseline,
    Current,
    Version(u32),
    File(PathBuf),
}

impl FromStr for Which {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "baseline" => Ok(Self::Baseline),
            "current" => Ok(Self::Current),
            _ => match text.strip_prefix('v').unwrap_or(text).parse() {
                Ok(version) => Ok(Self::Version(version)),
                Err(_) if text.contains(['.', '/', '\\']) => Ok(Self::File(text.into())),
                Err(_) => Err(Error::data(format!(
                    "`{text}` is no version; write `baseline`, `current`, a number, or the path of a file"
                ))),
            },
        }
    }
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Baseline => f.write_str("baseline"),
            Self::Current => f.write_str("current"),
            Self::Version(version) => write!(f, "version {version}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_words_numbers_or_files() {
        let which = |text: &str| text.parse::<Which>();
        assert_eq!(which("v3").ok(), Some(Which::Version(3)));
        assert_eq!(which("released.json").ok(), Some(Which::File("released.json".into())));
        assert!(which("newest").is_err());
    }
}
