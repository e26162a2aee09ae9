//! The metric for good searches and answers.

use dspy::retrieve::{Bm25, Retrieve};
use dspy::trace::Trace;
use dspy::{Result, Score};

use super::program::{Case, CaseOutput};

/// Returns whether a search has found the policy that applies.
pub fn recall(row: &Case, _: &CaseOutput, trace: &Trace) -> Result<bool> {
    // Outside of a program it stands for every search.
    let any = Retrieve::new(Bm25::<()>::new([])?, 1);
    let mut found = false;
    for hop in trace.steps_of(&any) {
        found |=
            hop.output()?.passages.iter().any(|passage| Some(passage.id.as_str()) == tag(&row.resolution));
    }
    Ok(found)
}

/// Returns whether the answer cites the policy that applies.
pub fn cited(row: &Case, out: &CaseOutput) -> bool {
    tag(&row.resolution).is_some() && tag(&row.resolution) == tag(&out.resolution)
}

/// Half for either, so that a search is worth something even if the answer does not use it yet.
pub fn recall_and_citation(row: &Case, out: &CaseOutput, trace: &Trace) -> Result<Score> {
    let (recall, cited) = (recall(row, out, trace)?, cited(row, out));
    let score = Score::from(0.5 * f64::from(u8::from(recall)) + 0.5 * f64::from(u8::from(cited)));
    Ok(match (recall, cited) {
        (true, true) => score,
        (true, false) => score.because("the policy was found and not cited"),
        (false, _) => score.because("the policy that applies was not found"),
    })
}

/// The first tag in square brackets: `D1`.
fn tag(text: &str) -> Option<&str> {
    text.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(tag, _)| tag)
}
