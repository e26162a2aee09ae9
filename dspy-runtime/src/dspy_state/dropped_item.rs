//! The parts that an import leaves out, and reports.

use std::fmt;

/// Something in a file that was left out. `Display` names it, and never shows its value.
///
/// See [`ImportedProgram`](super::ImportedProgram) and [`DspyState::dropped`](super::DspyState::dropped).
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedItem {
    /// The predictor; nothing where it is of none.
    pub path: String,
    /// The part that was left out: `lm.api_key`, `demos[3]`.
    pub item: String,
    /// The reason.
    pub reason: DropReason,
}

/// The reason something was left out.
///
/// See [`DroppedItem`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// It may be a secret.
    Secret,
    /// It says where calls go, which a file must not.
    Address,
    /// A setting of a model; here a context has them.
    Setting,
    /// A value that is not of its field's type.
    Misfit(String),
    /// Nothing here has a use for it.
    Unknown,
}

impl DroppedItem {
    pub(super) fn new(path: &str, item: impl Into<String>, reason: DropReason) -> Self {
        Self { path: path.to_owned(), item: item.into(), reason }
    }
}

impl fmt::Display for DroppedItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        write!(f, "`{}` is left out: {}", self.item, self.reason)
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret => "it may be a secret",
            Self::Address => "it says where calls go",
            Self::Setting => "a context says how a model is called",
            Self::Misfit(why) => why,
            Self::Unknown => "nothing here has a use for it",
        })
    }
}
