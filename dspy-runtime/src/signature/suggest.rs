//! "Did you mean …": the nearest of a few names.

use strsim::osa_distance;

/// The candidate that a misspelled name most likely means, if one is near enough, whatever the case of letters.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (name.chars().count() / 3).max(1);
    let name = name.to_lowercase();
    candidates
        // Two neighbours that are swapped count once, because that is how fingers slip.
        .map(|candidate| (osa_distance(&name, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let fields = || ["ticket_text", "policy_context", "queue"].into_iter();
        assert_eq!(nearest("ticket_txt", fields()), Some("ticket_text"));
        assert_eq!(nearest("quuee", fields()), Some("queue"));
        assert_eq!(nearest("Queue", fields()), Some("queue"));
        assert_eq!(nearest("resolution", fields()), None);
    }
}
