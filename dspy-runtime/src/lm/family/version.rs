//! Names of models, taken apart: `gpt-6.1-sol` is of the family `gpt-`, of version 6.1 and of the kind `sol`.

use super::table::Family;

/// The parts of a model's name besides its family.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named<'a> {
    /// `None` where the name has no number, and so means the newest.
    pub(super) version: Option<(u16, u16)>,
    /// The part after the number.
    kind: &'a str,
}

/// The parts of a name, if it is of the family.
pub(super) fn named<'a>(name: &'a str, family: &Family) -> Option<Named<'a>> {
    let rest = match family.anywhere {
        // Amazon puts regions and vendors before it.
        true => name.split_once(family.stem)?.1,
        false => name.strip_prefix(family.stem)?,
    };
    let numbered =
        rest.strip_prefix('v').filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    let Some((major, rest)) = number(numbered.unwrap_or(rest)) else {
        return (!family.numbered).then_some(Named { version: None, kind: rest });
    };
    let minor = rest.strip_prefix(family.point).or_else(|| rest.strip_prefix('.')).and_then(number);
    let (minor, kind) = minor.map_or((0, rest), |(minor, kind)| (minor, kind));
    Some(Named { version: Some((major, minor)), kind })
}

/// A number at the beginning, and what comes after it. One of three digits or more is a date or a size.
fn number(text: &str) -> Option<(u16, &str)> {
    let digits = text.find(|other: char| !other.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(digits).filter(|(digits, _)| digits.len() < 3)?;
    Some((digits.parse().ok()?, rest))
}

impl Named<'_> {
    /// Returns whether the name has a kind, such as `pro` or `flash-lite`; every name has the empty one.
    pub(super) fn has(&self, word: &str) -> bool {
        let is_edge =
            |rest: &str| rest.is_empty() || rest.starts_with(|next: char| !next.is_ascii_alphanumeric());
        let starts = self.kind.match_indices(word).map(|(at, _)| at);
        let mut found =
            starts.filter_map(|at| Some((self.kind.get(..at)?, self.kind.get(at + word.len()..)?)));
        word.is_empty()
            || found.any(|(before, after)| is_edge(after) && (before.is_empty() || before.ends_with('-')))
    }
}
