//! "Did you mean": the nearest of a few valid names.

/// The candidate nearest to what was typed, when one is near enough to be what was meant.
pub(crate) fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the letters may be wrong: `descr` is near `desc`, `pin` is not near `plain`.
    let limit = (typed.chars().count() / 3).max(1);
    let typed = typed.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| match cut_short(&typed, candidate) {
            true => (1, candidate),
            // Two neighbours that are swapped count once, because that is how fingers slip.
            false => (strsim::osa_distance(&typed, candidate), candidate),
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The help line for an unknown name: the nearest valid one, or all of them.
pub(crate) fn help<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(typed, candidates.clone()) {
        return format!("did you mean `{near}`?");
    }
    let all: Vec<String> = candidates.into_iter().map(|name| format!("`{name}`")).collect();
    match all.as_slice() {
        [only] => format!("the only option is {only}"),
        _ => format!("expected one of {}", all.join(", ")),
    }
}

// One is the beginning of the other: `description` is meant to be `desc`, `inst` is not finished.
fn cut_short(typed: &str, candidate: &str) -> bool {
    typed.len() > 1 && (candidate.starts_with(typed) || typed.starts_with(candidate))
}

#[cfg(test)]
mod tests {
    use super::{help, nearest};

    #[test]
    fn a_slip_of_the_finger_is_near() {
        let roles = ["input", "output", "meta"];
        for (typed, meant) in [
            ("ouput", Some("output")),
            ("outptu", Some("output")),
            ("Input", Some("input")),
            ("inputs", Some("input")),
            ("out", Some("output")),
            ("serde", None),
            ("test", None),
        ] {
            assert_eq!(nearest(typed, roles), meant, "{typed}");
        }
    }

    #[test]
    fn without_a_near_name_all_are_listed() {
        assert_eq!(help("descr", ["desc", "rename"]), "did you mean `desc`?");
        assert_eq!(help("max", ["desc", "rename"]), "expected one of `desc`, `rename`");
        assert_eq!(help("max", ["desc"]), "the only option is `desc`");
    }
}
