//! The requests of optimizers to a model, and the views they show it.

mod copied;
mod grounded;
mod material;

use std::fmt::Write;

pub(super) use copied::{is_copied, is_same};
pub(super) use grounded::{Grounding, Wanted, instructions};
pub(super) use material::{Labelled, Material};

use crate::context::Context;
use crate::error::Result;
use crate::evaluate::Judged;
use crate::module;
use crate::module::outline::steps;
pub(super) use crate::module::outline::{outline, signature};
use crate::predict::Predict;
use crate::signature::{Row, Signature};
use crate::value::Record;

/// Rows as a model reads them: one JSON object a line, inputs and labels.
pub(super) fn lines<'a, R: Row>(rows: impl Iterator<Item = &'a R>) -> String {
    let schema = R::schema();
    let shown = || schema.inputs().chain(schema.outputs()).map(|field| field.name());
    let line = |row: &R| Some(row.to_record().ok()?.only(shown()).to_string());
    rows.filter_map(line).collect::<Vec<_>>().join("\n")
}

/// Records, the same way.
pub(super) fn records<'a>(records: impl Iterator<Item = &'a Record>) -> String {
    records.map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// An instruction as it is used: without the fence or the quotes that a model may put around it. Nothing,
/// if nothing is left.
pub(super) fn cleaned(text: &str) -> Option<String> {
    let mut text = text.trim();
    if let Some(inner) = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")) {
        // The first line may name a language.
        text = inner.split_once('\n').map_or(inner, |(first, rest)| match first.trim().contains(' ') {
            true => inner,
            false => rest,
        });
    }
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let text = quoted.filter(|inner| !inner.contains('"')).unwrap_or(text).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Asks all of them at the same time; the answers are in their order.
///
/// A question is an input and its rollout: equal questions with other rollouts are wanted to be answered
/// otherwise. A question that could not be answered has an error in its place.
pub(super) async fn ask<S: Signature>(
    cx: &Context,
    name: &str,
    questions: Vec<(S::Input, u64)>,
) -> Vec<Result<S::Output>> {
    let predict = Predict::<S>::new();
    module::each(&predict, |_, predictor, _| predictor.name(name));
    let asked = questions.into_iter().map(|(input, rollout)| {
        let (predict, cx) = (&predict, cx.with_temperature(1.0).with_rollout(rollout));
        async move { predict.call(&cx, input).await.map(|answer| answer.into_output()) }
    });
    futures_util::future::join_all(asked).await
}

/// A run: its score, what was said of it, and what each step was given and answered.
pub(super) fn shown(judged: &Judged) -> String {
    let mut text = match &judged.score {
        Ok(score) => format!("score {}: {}\n", score.value, score.feedback.as_deref().unwrap_or("-")),
        Err(error) => format!("score 0: {error:#}\n"),
    };
    text.push_str(&steps(&judged.trace));
    if let Some(output) = &judged.output {
        let _ = writeln!(text, "outcome: {output}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_loses_its_wrapping_and_nothing_else() {
        assert_eq!(cleaned("```text\nBe brief.\n```").as_deref(), Some("Be brief."));
        assert_eq!(cleaned("```\nBe brief.\n```").as_deref(), Some("Be brief."));
        assert_eq!(cleaned(" \"Be brief.\" ").as_deref(), Some("Be brief."));
        assert_eq!(cleaned("You are a bot: do it.").as_deref(), Some("You are a bot: do it."));
        assert_eq!(cleaned("\"a\" or \"b\"").as_deref(), Some("\"a\" or \"b\""));
        assert_eq!(cleaned("``` ```"), None);
    }
}
