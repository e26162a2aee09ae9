//! Rules from two runs of one row.

/// Two runs of the same program on the same input came out differently. Find out which step made the
/// difference, and give each step that could have done better a piece of advice that would have led it from
/// the worse run to the better one. Advice is a rule that holds beyond this input: when something like this
/// comes, do that. It is added to what the step is told already, so say only what is new, and nothing on the
/// form of replies. A step that did well needs none.
#[dspy_macros::signature]
pub(super) struct AdviseSteps {
    /// The steps of the program: name, inputs and outputs with their types, present instructions.
    #[input]
    pub(super) program: String,
    /// The input with its labels.
    #[input]
    pub(super) row: String,
    /// The better run, with its score and what was said of it.
    #[input]
    pub(super) better: String,
    /// The worse run.
    #[input]
    pub(super) worse: String,
    /// For each step that needs it, by its name, the advice.
    #[output]
    pub(super) advice: std::collections::BTreeMap<String, String>,
}

/// A run that says nothing, because it was no worse.
pub(super) const NOTHING: &str = "(no other run)";
