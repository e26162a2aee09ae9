//! Names that models can call a tool by: letters, digits, `_` and `-`, at most 64 of them.

use sha2::{Digest, Sha256};

use crate::tool::is_name;

const MOST: usize = 64;

/// The name of a tool for models. Whatever had to be changed is distinguished by a hash of the name that it had, so
/// that two tools never meet in one name.
pub(super) fn for_models(prefix: &str, name: &str) -> String {
    let whole = format!("{prefix}{name}");
    if is_name(&whole) {
        return whole;
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let hash: String =
        Sha256::digest(whole.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let kept: String =
        whole.chars().map(|c| if fits(c) { c } else { '_' }).take(MOST - hash.len() - 1).collect();
    format!("{kept}_{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_models_take_stays() {
        assert_eq!(for_models("", "read_file"), "read_file");
        assert_eq!(for_models("files_", "read-file"), "files_read-file");
    }

    #[test]
    fn another_is_mapped_to_one_of_its_own() {
        let (dot, slash) = (for_models("", "files.read"), for_models("", "files/read"));
        assert!(dot.starts_with("files_read_") && slash.starts_with("files_read_"));
        assert_ne!(dot, slash);
        let long = for_models("", &"a".repeat(200));
        assert_eq!(long.len(), MOST);
        assert_ne!(long, for_models("", &"a".repeat(201)));
        assert!(for_models("", "Straße").is_ascii() && !for_models("", "").is_empty());
    }
}
