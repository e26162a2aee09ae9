//! Proposals that are no instructions.

use std::collections::HashSet;

/// The number of words in a row that count as taken over.
const RUN: usize = 3;
/// The share of a proposal's runs that a writer may take over. Instructions that quote an example or two stay far below.
const MOST: f64 = 0.6;

/// Returns whether a proposal repeats the present instructions, word for word.
pub(in crate::optimize) fn is_same(proposal: &str, present: &str) -> bool {
    words(proposal) == words(present)
}

/// Returns whether a proposal is mostly taken over from the examples that its writer was shown, word for
/// word. Small models answer "write better instructions" with one of the rows: Qwen2.5-Coder 0.5B in two of
/// three proposals on banking77.
pub(in crate::optimize) fn is_copied(proposal: &str, shown: &str) -> bool {
    let (said, shown) = (words(proposal), words(shown));
    let run = RUN.min(said.len());
    if run == 0 {
        return false;
    }
    let known: HashSet<&[String]> = shown.windows(run).collect();
    let copied = said.windows(run).filter(|run| known.contains(run)).count();
    copied as f64 > MOST * said.windows(run).count() as f64
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::{is_copied, is_same};

    const SHOWN: &str = "{\"text\":\"What age do you need to be?\",\"intent\":\"age_limit\"}\n\
                         {\"text\":\"My card was swallowed by a machine in the street.\",\"intent\":\"card_swallowed\"}";

    #[test]
    fn a_row_is_no_instruction() {
        assert!(is_copied("What age do you need to be?", SHOWN));
        assert!(is_copied("age_limit", SHOWN));
        assert!(is_copied("My card was swallowed by a machine in the street. Age_limit.", SHOWN));
    }

    #[test]
    fn other_case_and_points_are_no_other_instructions() {
        assert!(is_same("sort a message  to a bank", "Sort a message to a bank."));
        assert!(!is_same("Sort messages to a bank.", "Sort a message to a bank."));
    }

    #[test]
    fn an_instruction_may_quote() {
        let quoting = "Sort the message. One such as \"What age do you need to be?\" is about age_limit; one about a \
                       machine that kept a card is card_swallowed.";
        assert!(!is_copied(quoting, SHOWN));
        assert!(!is_copied("Sort a message to a bank.", SHOWN));
        assert!(!is_copied("Think first.", SHOWN) && !is_copied("", SHOWN) && !is_copied("Think.", ""));
    }
}
