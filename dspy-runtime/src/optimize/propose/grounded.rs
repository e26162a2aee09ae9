//! Instructions proposed from the data, the program and examples.
//!
//! After Opsahl-Ong et al., "Optimizing Instructions and Demonstrations for Multi-Stage Language Model
//! Programs" (2024): the data and the program are described first, then each proposal sees both, examples,
//! the present instructions and one tip of its own. There five pieces of the data are described in one summary, and a
//! proposal sees the demonstrations of one set; here all of up to a hundred rows are described, the notes are shown besides
//! their summary, and each proposal sees rows of its own, a row of every label before two of one.

use super::{Material, ask, cleaned, is_copied, is_same, lines, records};
use crate::context::Context;
use crate::signature::Row;
use crate::value::Record;
use dspy_numbers::random::Keyed;

/// Rows that one observation sees.
const SEEN: usize = 10;
/// Observations, at most.
const OBSERVATIONS: usize = 10;
/// Rows that one proposal sees.
const SHOWN: usize = 32;
/// Demonstrations that one proposal sees where rows do not show what a step was given and said.
const DEMOS: usize = 12;

/// The tips that set proposals for one predictor apart.
const TIPS: [&str; 6] = [
    "",
    "Name what tells the possible outputs apart, so that hard cases can be decided.",
    "Keep it short and plain: only what changes the answer.",
    "Write it as a checklist that can be gone through in order.",
    "Say what must not be done; think of the mistakes a hurried worker would make.",
    "Put yourself in the place of an expert in this field and pass on what experts know.",
];

/// Look at rows of a data set and note what somebody who has to solve such rows should know: topics, form,
/// length, language, how inputs and outputs belong together, what is hard. Short notes, no examples copied.
#[dspy_macros::signature]
struct ObserveData {
    /// Rows of the data set, one JSON object a line.
    #[input]
    rows: String,
    /// The notes.
    #[output]
    observations: String,
}

/// Sum up what several people noted about the same data set, in two to four sentences.
#[dspy_macros::signature]
struct SumUpData {
    /// The notes of each of them.
    #[input]
    notes: String,
    /// The subject of the data, and the points that matter for solving it.
    #[output]
    summary: String,
}

/// Describe what a program of several language-model steps does as a whole, and what each step contributes,
/// in two to five sentences.
#[dspy_macros::signature]
struct DescribeProgram {
    /// The steps in order: name, inputs and outputs with their types, present instructions.
    #[input]
    steps: String,
    /// The inputs and outputs of the program, one JSON object a line.
    #[input]
    example: String,
    /// The description.
    #[output]
    description: String,
}

/// Write better instructions for one step of a language-model program. They are shown to the model before
/// the inputs, together with the names and types of the fields; so say how to come to right outputs, not
/// what the form of the reply is. Keep every rule of the present instructions that is still right.
#[dspy_macros::signature]
struct ProposeInstruction {
    /// The subject of the data.
    #[input]
    data: String,
    /// The task of the program.
    #[input]
    program: String,
    /// The step: its name, inputs and outputs with their types.
    #[input]
    step: String,
    /// Examples, one JSON object a line.
    #[input]
    examples: String,
    /// A hint on style; may be empty.
    #[input]
    tip: String,
    /// The present instructions of the step.
    // Last: small models go on from what they read last, and would write another row.
    #[input]
    current_instruction: String,
    /// The new instructions, and nothing else.
    #[output]
    instruction: String,
}

/// The grounds of proposals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::optimize) struct Grounding {
    pub(in crate::optimize) data: String,
    pub(in crate::optimize) program: String,
}

/// A proposal that is wanted for a predictor.
pub(in crate::optimize) struct Wanted<'a> {
    pub(in crate::optimize) path: &'a str,
    /// Its signature in a line.
    pub(in crate::optimize) signature: String,
    pub(in crate::optimize) instructions: &'a str,
    /// Its number among all that are asked for the predictor in a search.
    pub(in crate::optimize) number: usize,
    /// Demonstrations of this predictor, where rows do not have all of its fields.
    pub(in crate::optimize) demos: Vec<&'a Record>,
}

impl Grounding {
    /// The calls that describing data of so many rows takes.
    pub(in crate::optimize) fn calls(rows: usize) -> usize {
        rows.div_ceil(SEEN).min(OBSERVATIONS) + 2
    }

    /// Describes the data and the program. What a model cannot say is left empty.
    pub(in crate::optimize) async fn new<R: Row>(cx: &Context, outline: &str, rows: &[R], seed: u64) -> Self {
        let order = Keyed::new(seed, &["grounding", "rows"]).sample(rows.len(), SEEN * OBSERVATIONS);
        let seen = order.chunks(SEEN).map(|chunk| lines(chunk.iter().map(|row| &rows[*row])));
        let observe = seen.map(|rows| (ObserveDataInput { rows }, 0)).collect();
        let example = lines(order.iter().take(1).map(|row| &rows[*row]));
        let describe = vec![(DescribeProgramInput { steps: outline.to_owned(), example }, 0)];
        let (observed, described) = futures_util::future::join(
            ask::<ObserveData>(cx, "propose.observe", observe),
            ask::<DescribeProgram>(cx, "propose.describe", describe),
        )
        .await;
        let notes: Vec<String> = observed.into_iter().flatten().map(|note| note.observations).collect();
        let sum_up = vec![(SumUpDataInput { notes: notes.join("\n\n") }, 0)];
        let summary = ask::<SumUpData>(cx, "propose.sum_up", sum_up).await.into_iter().flatten().next();
        let summary = summary.map(|summary| summary.summary).unwrap_or_default();
        Self {
            data: std::iter::once(summary).chain(notes).collect::<Vec<_>>().join("\n\n"),
            program: described
                .into_iter()
                .flatten()
                .next()
                .map(|found| found.description)
                .unwrap_or_default(),
        }
    }
}

/// Proposes instructions, all at the same time; nothing in the place of those that did not come, are the present ones or the
/// examples over again.
pub(in crate::optimize) async fn instructions<R: Row>(
    cx: &Context,
    grounding: &Grounding,
    wanted: &[Wanted<'_>],
    rows: &[R],
    material: &Material,
) -> Vec<Option<String>> {
    let question = |wanted: &Wanted<'_>| {
        let number = wanted.number;
        let shown = material.rows(number, SHOWN, &[]);
        let of_rows = lines(shown.iter().filter_map(|row| rows.get(*row)));
        let demos = wanted.demos.iter().cycle().skip(number * DEMOS).take(DEMOS.min(wanted.demos.len()));
        let input = ProposeInstructionInput {
            data: grounding.data.clone(),
            program: grounding.program.clone(),
            step: format!("{}: {}", wanted.path, wanted.signature),
            current_instruction: wanted.instructions.to_owned(),
            examples: [records(demos.copied()), of_rows].join("\n").trim().to_owned(),
            tip: TIPS[number % TIPS.len()].to_owned(),
        };
        (input, 1 + number as u64)
    };
    let questions: Vec<_> = wanted.iter().map(question).collect();
    let shown = questions.iter().map(|(input, _)| format!("{}\n{}", input.step, input.examples));
    let shown: Vec<String> = shown.collect();
    let answers = ask::<ProposeInstruction>(cx, "propose.instruction", questions).await;
    let answers = answers.into_iter().zip(wanted).zip(shown);
    let proposals = answers.map(|((answer, wanted), shown)| {
        let text = cleaned(&answer.ok()?.instruction)?;
        (!is_same(&text, wanted.instructions) && !is_copied(&text, &shown)).then_some(text)
    });
    proposals.collect()
}
