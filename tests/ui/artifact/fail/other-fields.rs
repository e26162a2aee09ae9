use dspy::artifact::IncludedArtifact;
use dspy::{ChainOfThought, Predict, include_artifact, module, signature};

/// Say which fruit it is.
#[signature]
struct Guess {
    #[input]
    appearance: String,
    #[output(desc = "")]
    fruit: String,
    #[output(desc = "", rename = "sure")]
    certain: bool,
}

#[module]
struct Sorter {
    guess: Predict<Guess>,
    recount: ChainOfThought<Guess>,
}

static SORTER: IncludedArtifact<Sorter> = include_artifact!(Sorter, "../sorter.json");

fn main() {
    let _ = &SORTER;
}
