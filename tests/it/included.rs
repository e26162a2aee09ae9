//! Artifacts in the program's binary.

use dspy::artifact::IncludedArtifact;
use dspy::{Artifact, ChainOfThought, Module, Predict, include_artifact, module, signature};
use expect_test::expect_file;

use crate::task::{Sorter, always, built_in};

fn tuned() -> Sorter {
    let mut state = Sorter::new().state();
    let guess = state.get_mut("guess").expect("it is there");
    guess.instructions = "Say \"which\"\nfruit it is:\tä \u{1} \\ 🍎.".to_owned();
    guess.demos.push(dspy::data::Record::from_iter([("looks", "red"), ("fruit", "apple")]));
    Sorter::new().with_state(&state).expect("its own paths")
}

#[test]
fn the_file_is_what_this_program_writes() {
    let text = Artifact::new(&tuned(), built_in().lm().id()).to_json().expect("no secret in it");
    expect_file!["included.json"].assert_eq(&text);
}

static SORTER: IncludedArtifact<Sorter> = include_artifact!(Sorter, "included.json");

#[test]
fn an_included_artifact_loads_without_a_file() {
    let sorter = SORTER.load(&built_in()).expect("it fits");
    assert_eq!(sorter.state(), tuned().state());
    assert_eq!(SORTER.artifact().expect("it is whole").program(), "Sorter");
    assert_eq!(format!("{SORTER:?}"), "IncludedArtifact { program: \"Sorter\", .. }");
}

#[test]
fn another_model_is_found_when_it_is_loaded() {
    let error = SORTER.load(&dspy::Context::new(always("apple"))).expect_err("another model").to_string();
    assert!(error.contains("compiled for the model builtin/lexical@1"), "{error}");
}

/// Say which fruit it is.
#[signature]
struct Numbered {
    #[input]
    looks: u8,
    #[output(desc = "")]
    fruit: crate::task::Fruit,
}

#[module]
#[derive(Debug)]
struct OtherTypes {
    guess: Predict<Numbered>,
    recount: ChainOfThought<crate::task::Guess>,
}

#[test]
fn another_type_is_found_when_it_is_loaded() {
    const OTHER: IncludedArtifact<OtherTypes> = include_artifact!(OtherTypes, "included.json");
    let error = OTHER.load(&built_in()).expect_err("another type").to_string();
    assert!(error.contains("predictor `guess`: field `looks` was string, now integer (0 to 255)"), "{error}");
}
