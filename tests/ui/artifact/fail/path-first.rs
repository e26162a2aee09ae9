use dspy::artifact::IncludedArtifact;
use dspy::{ChainOfThought, Predict, include_artifact, module, signature};

/// Say which fruit it is.
#[signature]
struct Guess {
    #[input]
    looks: String,
    #[output(desc = "")]
    fruit: String,
}

#[module]
struct Sorter {
    guess: Predict<Guess>,
    recount: ChainOfThought<Guess>,
}

static SORTER: IncludedArtifact<Sorter> = include_artifact!("../sorter.json", Sorter);

fn main() {
    let _ = &SORTER;
}
