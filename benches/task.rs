//! The tasks that are measured: one field, and eight typed ones.

use dspy::data::Record;
use dspy::predict::PredictorState;
use dspy::signature;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Answer the question.
#[signature]
pub struct One {
    #[input]
    pub question: String,
    #[output(desc = "")]
    pub answer: String,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    Calm,
    Angry,
    Glad,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    pub city: String,
    pub code: u32,
}

/// Read the facts out of the message.
#[signature]
pub struct Eight {
    #[input]
    pub message: String,
    #[output(desc = "")]
    pub name: String,
    #[output(desc = "")]
    pub age: u8,
    #[output(desc = "")]
    pub mood: Mood,
    #[output(desc = "")]
    pub urgent: bool,
    #[output(desc = "")]
    pub amount: f64,
    #[output(desc = "")]
    pub tags: Vec<String>,
    #[output(desc = "")]
    pub place: Place,
    #[output(desc = "")]
    pub note: Option<String>,
}

pub const ONE_REPLY: &str = "[[ ## answer ## ]]\nParis\n\n[[ ## completed ## ]]";

pub const EIGHT_REPLY: &str = "[[ ## name ## ]]\nAda\n\n[[ ## age ## ]]\n36\n\n[[ ## mood ## ]]\nglad\n\n[[ ## urgent ## ]]\ntrue\n\n\
    [[ ## amount ## ]]\n12.5\n\n[[ ## tags ## ]]\n[\"a\", \"b\", \"c\"]\n\n[[ ## place ## ]]\n{\"city\": \"Paris\", \"code\": 75001}\n\n\
    [[ ## note ## ]]\nnull\n\n[[ ## completed ## ]]";

pub fn question() -> OneInput {
    OneInput { question: "What is the capital of France?".into() }
}

pub fn message() -> EightInput {
    EightInput {
        message: "I am Ada, 36, and glad to have my 12.50 back. Please hurry to 75001 Paris.".into(),
    }
}

/// A state with so many demonstrations of a realistic length.
pub fn demonstrated(count: usize) -> PredictorState {
    let mut state = PredictorState::new("Answer the question.");
    state.demos = (0..count)
        .map(|number| {
            let question =
                format!("Question {number}: {}", "what is to be said about this matter? ".repeat(5));
            Record::from_iter([("question", question), ("answer", format!("answer {number}"))])
        })
        .collect();
    state
}
