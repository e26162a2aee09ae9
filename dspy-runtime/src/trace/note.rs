//! Notes about a call that went well.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something about a call that its outputs do not show.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// A demonstration lacks fields, so it was left out of the prompt.
    DemoLeftOut {
        /// Its place in the predictor's state, from 0.
        demo: usize,
        /// The fields that it lacks.
        lacks: Vec<String>,
    },
    /// A reply came out of a [`Cache`](crate::cache::Cache), and cost nothing.
    FromCache,
    /// An answer in free text was read by a second call.
    Extracted {
        /// The model that read it.
        by: String,
    },
    /// The call was part of one of several attempts of a [strategy](crate::strategy).
    Attempt {
        /// The number, counted from 1.
        number: u32,
        /// Tells whether what the attempt gave went on; calls of other attempts have led to nothing.
        chosen: bool,
    },
    /// The prompt had this advice in it, from an attempt before at the same input, as [`Refine`](crate::strategy::Refine)
    /// gives it.
    Advised {
        /// The advice.
        advice: String,
    },
    /// The earliest turns of an [agent](crate::agent) are not in the prompt, which would be too long with them.
    TurnsLeftOut {
        /// The number of turns.
        turns: usize,
    },
    /// A reply was not waited for after this field, which does not meet its conditions.
    StoppedEarly {
        /// The field.
        field: String,
    },
    /// A reply could not be read, and was asked for again in another form.
    AskedInForm {
        /// The name of the adapter.
        form: String,
    },
    /// A reply said the same over and over, or came back unchanged, and was asked for again with other sampling, as far
    /// as the model takes it.
    Varied {
        /// The parameters sent, such as `frequency_penalty 0.5`.
        parameters: Vec<String>,
    },
    /// The server refused to hold the model to a form, and was asked again for less. Later calls through the same
    /// [`Lm`](crate::Lm) ask for less at once.
    FormRefused {
        /// The form, such as `a JSON schema`.
        form: String,
        /// The model.
        model: String,
    },
    /// A parameter was set and not sent, because the model does not take it.
    ParameterDropped {
        /// The parameter.
        parameter: String,
        /// The model.
        model: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DemoLeftOut { demo, lacks } => {
                write!(f, "demonstration {} is left out: it lacks `{}`", demo + 1, lacks.join("`, `"))
            }
            Self::FromCache => f.write_str("a reply came from the cache"),
            Self::Extracted { by } => write!(f, "the answer was read by {by}"),
            Self::Attempt { number, chosen: true } => write!(f, "attempt {number}, the one that was chosen"),
            Self::Attempt { number, chosen: false } => write!(f, "attempt {number}, which was not chosen"),
            Self::Advised { advice } => write!(f, "it was advised: {advice}"),
            Self::TurnsLeftOut { turns: 1 } => f.write_str("the earliest turn is left out of the prompt"),
            Self::TurnsLeftOut { turns } => {
                write!(f, "the earliest {turns} turns are left out of the prompt")
            }
            Self::StoppedEarly { field } => {
                write!(f, "a reply was stopped at `{field}`, which does not meet its conditions")
            }
            Self::AskedInForm { form } => write!(f, "it was asked for again as {form}"),
            Self::Varied { parameters } => {
                write!(f, "it was asked for again with `{}`", parameters.join("` and `"))
            }
            Self::FormRefused { form, model } => {
                write!(f, "{model} cannot be held to {form}, says its server; it was asked again for less")
            }
            Self::ParameterDropped { parameter, model } => {
                write!(f, "`{parameter}` was not sent: {model} does not take it")
            }
        }
    }
}
