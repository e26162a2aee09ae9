#![deny(warnings)]

use dspy::{Signature, signature};

/// Answer the question.
///
///     indented
///
/// In one word.
///
#[signature]
struct Lines {
    /**
     * What is
     *   asked.
     */
    #[input]
    question: String,
    /** The answer. */
    #[output]
    answer: String,
}

/**
    Answer the question.

      Indented.
*/
#[signature]
struct Block {
    /// From the docs.
    #[input(desc = "From the option.")]
    question: String,
    #[output(desc = concat!("From", " a macro."))]
    answer: String,
}

/// Before.
#[doc = concat!("Made by ", "a macro.")]
/// After.
#[signature]
struct Macro {
    #[input]
    question: String,
    #[output(desc = "")]
    answer: String,
}

/// Not this.
#[signature(instructions = "But this.")]
struct Given {
    #[input]
    question: String,
    #[output(desc = "")]
    answer: String,
}

fn main() {
    let description = |schema: &dspy::signature::Schema, name: &str| schema.field(name).unwrap().description().to_owned();
    assert_eq!(Lines::schema().instructions(), "Answer the question.\n\n    indented\n\nIn one word.");
    assert_eq!(description(Lines::schema(), "question"), "What is\n  asked.");
    assert_eq!(description(Lines::schema(), "answer"), "The answer.");
    assert_eq!(Block::schema().instructions(), "Answer the question.\n\n  Indented.");
    assert_eq!(description(Block::schema(), "question"), "From the option.");
    assert_eq!(description(Block::schema(), "answer"), "From a macro.");
    assert_eq!(Macro::schema().instructions(), "Before.\nMade by a macro.\nAfter.");
    assert_eq!(Given::schema().instructions(), "But this.");
    let _ = (LinesInput { question: String::new() }, BlockInput { question: String::new() });
}
