//! Other sampling, for a reply that would come back as it was.

use crate::lm::Request;

/// The way the next reply is to differ from one that repeats itself, or that repeats the one before.
#[derive(Clone, Copy, Default)]
pub(super) struct Vary {
    penalty: bool,
    warmer: bool,
}

/// Got SmolLM2 135M out of 12 of 13 endless lists, at temperature 0 as well as at 0.7.
const PENALTY: f64 = 0.5;
const WARM: f64 = 0.7;

impl Vary {
    /// After a reply that went round in circles.
    pub(super) fn out_of_circles(&mut self) {
        self.penalty = true;
    }

    /// After a reply that came back unchanged.
    pub(super) fn warmer(&mut self) {
        self.warmer = true;
    }

    /// Sets the sampling. What the user did not set may be left out by the model.
    pub(super) fn apply(self, request: &mut Request) {
        if self.penalty {
            request.hints.frequency_penalty = Some(PENALTY);
        }
        if self.warmer {
            match &mut request.sampling.temperature {
                Some(set) => *set = set.max(WARM),
                None => request.hints.temperature = Some(WARM),
            }
        }
    }

    /// Returns the parameters that are set, for notes.
    pub(super) fn parameters(self) -> Vec<String> {
        let penalty = self.penalty.then(|| format!("frequency_penalty {PENALTY}"));
        penalty.into_iter().chain(self.warmer.then(|| format!("temperature {WARM}"))).collect()
    }
}

/// The size of the end of a text that is looked at, in characters.
const TAIL: usize = 2_000;
const LEAST_REPEATS: usize = 4;
const LEAST: usize = 80;

/// Returns whether a text that was cut off said the same over and over at its end; numbers that count
/// up are the same.
pub(super) fn goes_in_circles(text: &str) -> bool {
    let mut tail: Vec<char> = Vec::new();
    for c in text.chars().rev() {
        let c = if c.is_ascii_digit() { '0' } else { c };
        if !(c == '0' && tail.last() == Some(&'0')) {
            tail.push(c);
        }
        if tail.len() == TAIL {
            break;
        }
    }
    // For each beginning of the tail, the longest of its ends that it also begins with: what is left is its period.
    let mut borders = vec![0; tail.len()];
    for at in 1..tail.len() {
        let mut border: usize = borders[at - 1];
        while border > 0 && tail[at] != tail[border] {
            border = borders[border - 1];
        }
        borders[at] = border + usize::from(tail[at] == tail[border]);
        let (length, period) = (at + 1, at + 1 - borders[at]);
        if length >= LEAST && length >= LEAST_REPEATS * period {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_over_and_over_is_seen() {
        let list = format!("{{\"items\": [{}\"exp", "\"expensive\",\n      ".repeat(20));
        assert!(goes_in_circles(&list));
        let counted: String = (1..40).map(|n| format!("\"Biology {n}\", ")).collect();
        assert!(goes_in_circles(&counted));
        assert!(goes_in_circles(&format!("{{\"a\": 1,{}", " ".repeat(500))));
    }

    #[test]
    fn a_text_that_goes_on_is_no_circle() {
        let prose = "A hen lays an egg. The egg is sold. With the money the farmer buys a goat, and the goat gives \
                     milk. The milk is sold as well, and so the farm grows from year to year until it ends.";
        assert!(!goes_in_circles(prose));
        assert!(!goes_in_circles(""));
        assert!(!goes_in_circles("a, a, a, a, a"));
        assert!(!goes_in_circles(&"ä".repeat(79)));
    }
}
