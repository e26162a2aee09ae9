//! The number of tokens that a search takes, as far as that can be known before it.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::adapter::Adapter;
use crate::context::Context;
use crate::data::{Rows, TuningRows};
use crate::figure::count;
use crate::module::{self, Predictors};
use crate::optimize::demos;
use crate::prompt::Message;
use crate::signature::{Row, Schema};
use crate::value::Record;

/// An estimate of the tokens of prompts and replies together.
///
/// It rests on the prompts and labels of the rows at hand, four bytes a token, so it holds for English text and
/// within a factor of about two. What a program passes from one predictor to the next is not known before it
/// runs, unless the rows have a field of that name. Only a [budget](crate::Budget::with_tokens) is a bound.
///
/// # Example
///
/// ```
/// use dspy::context::Price;
/// use dspy::optimize::Plan;
///
/// fn dollars(plan: &Plan, price: Price) -> f64 {
///     let tokens = plan.tokens();
///     price.of(tokens.input.expected, tokens.output.expected)
/// }
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TokenEstimate {
    /// Tokens of the prompts.
    pub input: Tokens,
    /// Tokens of the replies.
    pub output: Tokens,
}

/// The number of tokens that something takes.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// With the shortest row in every call, without a demonstration, in the fewest calls.
    pub least: u64,
    /// With rows of mean length and as many demonstrations as a prompt may show.
    pub expected: u64,
    /// With the longest row in every call, all demonstrations, and replies as long as `max_tokens` of the
    /// context allows, in the most calls. `None` for replies where the context does not set it.
    pub most: Option<u64>,
}

/// The bytes of as many calls of a run as it has predictors, each with its share of the calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Sizes {
    /// The tokens in the prompts in any case.
    fixed: f64,
    /// The tokens that a row adds to them.
    row: Spread,
    /// The tokens that a demonstration adds to the prompts that rows can demonstrate.
    demo: Spread,
    /// The tokens that one adds to the others, which are demonstrated by runs alone.
    run_demo: Spread,
    reply: Spread,
    /// The number of these predictors.
    predictors: f64,
    /// The number of rows to demonstrate.
    train: usize,
    /// The most tokens of one reply.
    longest_reply: Option<u64>,
}

/// The most demonstrations of one prompt beside those that the program came with: from runs, and from rows
/// where there are not as many of those.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(in crate::optimize) struct Demos {
    pub(in crate::optimize) runs: usize,
    pub(in crate::optimize) rows: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
struct Spread {
    least: f64,
    mean: f64,
    most: f64,
}

/// Rows beyond these are not looked at.
const SAMPLE: usize = 200;

/// Bytes of a token, for English text.
const BYTES: f64 = 4.0;

/// The size of a proposal, in bytes beside the prompt and the rows of its subject.
const ASKED: f64 = 1_200.0;
const PROPOSED: f64 = 800.0;

/// The number of rows that a proposal shows.
const SHOWN: f64 = 10.0;

impl Sizes {
    pub(super) fn of<P: Predictors + ?Sized, R: Row>(
        cx: &Context,
        program: &P,
        splits: TuningRows<'_, R>,
    ) -> Self {
        let records = sample(splits.validation);
        let (train, longest_reply) = (splits.train.len(), cx.sampling().max_tokens.map(u64::from));
        let mut sizes = Self { train, longest_reply, ..Self::default() };
        let asked: Vec<_> = module::calls(program);
        let asked = || asked.iter().filter(|(predictor, _)| !predictor.schema().is_of_tool());
        // A predictor that a run calls more often than others counts for more of what a call has on average.
        let each = asked().count() as f64 / asked().map(|(_, times)| *times as f64).sum::<f64>().max(1.0);
        for (predictor, times) in asked() {
            let share = *times as f64 * each;
            let (adapter, schema, state) = (predictor.adapter(cx), predictor.schema(), predictor.state());
            sizes.predictors += 1.0;
            sizes.fixed += share * bytes(&adapter.fixed(schema, &state.instructions, &state.demos));
            sizes.row += Spread::of(&records, |record| share * input(adapter, schema, record));
            sizes.reply += Spread::of(&records, |record| share * output(adapter, schema, record));
            let demo = Spread::of(&records, |record| {
                share * (input(adapter, schema, record) + output(adapter, schema, record))
            });
            match splits.train.first().is_some_and(|row| demos::labelled(row, schema).is_some()) {
                true => sizes.demo += demo,
                false => sizes.run_demo += demo,
            }
        }
        sizes
    }

    /// The tokens of so many LM calls of the program.
    pub(super) fn task(&self, calls: super::Calls, demos: Demos) -> TokenEstimate {
        let (runs, all) = (demos.runs.min(self.train), demos.runs.max(demos.rows).min(self.train));
        let shown = |demo: f64, run_demo: f64| all as f64 * demo + runs as f64 * run_demo;
        let input = Spread {
            least: self.fixed + self.row.least,
            mean: self.fixed + self.row.mean + shown(self.demo.mean, self.run_demo.mean),
            most: self.fixed + self.row.most + shown(self.demo.most, self.run_demo.most),
        };
        self.times(calls, input, self.reply, self.predictors)
    }

    /// The tokens of so many texts that vectors are made of: no more than a prompt shows of a row.
    pub(super) fn vectors(&self, texts: u64) -> TokenEstimate {
        let tokens = |bytes: f64| whole(texts as f64 * bytes / BYTES);
        let own = if texts > 0 { whole(self.fixed / BYTES) } else { 0 };
        let input =
            Tokens { least: 0, expected: tokens(self.row.mean), most: Some(tokens(self.row.most) + own) };
        TokenEstimate { input, output: Tokens { most: Some(0), ..Tokens::default() } }
    }

    /// The tokens of so many proposals, of which each is about one predictor and shows some rows.
    pub(super) fn proposals(&self, calls: super::Calls) -> TokenEstimate {
        let each = self.predictors.max(1.0);
        let shown = |demo: f64| ASKED + (self.fixed + SHOWN * demo) / each;
        let (mean, most) = (self.demo.mean + self.run_demo.mean, self.demo.most + self.run_demo.most);
        let input = Spread { least: ASKED, mean: shown(mean), most: shown(most) };
        let output = Spread { least: PROPOSED / 4.0, mean: PROPOSED, most: PROPOSED };
        self.times(calls, input, output, 1.0)
    }

    fn times(&self, calls: super::Calls, input: Spread, output: Spread, per: f64) -> TokenEstimate {
        let tokens = |calls: u64, bytes: f64| whole(calls as f64 * bytes / per.max(1.0) / BYTES);
        let longest = self.longest_reply.map(|tokens| calls.most.saturating_mul(tokens));
        TokenEstimate {
            input: Tokens {
                least: tokens(calls.least, input.least),
                expected: tokens(calls.expected, input.mean),
                most: Some(tokens(calls.most, input.most)),
            },
            output: Tokens {
                least: tokens(calls.least, output.least),
                expected: tokens(calls.expected, output.mean),
                most: longest,
            },
        }
    }
}

/// The records of rows, evenly spread over all of them.
fn sample<R: Row>(rows: &Rows<R>) -> Vec<Record> {
    let step = rows.len().div_ceil(SAMPLE).max(1);
    rows.iter().step_by(step).filter_map(|row| row.to_record().ok()).collect()
}

fn input(adapter: &Arc<dyn Adapter>, schema: &Schema, record: &Record) -> f64 {
    bytes(&[adapter.input(schema, &record.only(schema.inputs().map(|field| field.name())))])
}

fn output(adapter: &Arc<dyn Adapter>, schema: &Schema, record: &Record) -> f64 {
    bytes(&[adapter.output(schema, &record.only(schema.outputs().map(|field| field.name())))])
}

fn bytes(messages: &[Message]) -> f64 {
    messages.iter().map(|message| message.text().len() as f64).sum()
}

// Casts from a float saturate.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(tokens: f64) -> u64 {
    tokens.ceil() as u64
}

impl Spread {
    fn of(records: &[Record], size: impl Fn(&Record) -> f64) -> Self {
        let sizes: Vec<f64> = records.iter().map(size).collect();
        let least = sizes.iter().copied().fold(f64::INFINITY, f64::min);
        match sizes.len() {
            0 => Self::default(),
            n => Self {
                least,
                mean: sizes.iter().sum::<f64>() / n as f64,
                most: sizes.iter().copied().fold(0.0, f64::max),
            },
        }
    }
}

impl std::ops::AddAssign for Spread {
    fn add_assign(&mut self, other: Self) {
        self.least += other.least;
        self.mean += other.mean;
        self.most += other.most;
    }
}

impl std::ops::Add for TokenEstimate {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { input: self.input + other.input, output: self.output + other.output }
    }
}

impl std::ops::Add for Tokens {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            least: self.least.saturating_add(other.least),
            expected: self.expected.saturating_add(other.expected),
            most: self.most.zip(other.most).map(|(a, b)| a.saturating_add(b)),
        }
    }
}

impl fmt::Display for TokenEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "about {} tokens in and {} out", count(self.input.expected), count(self.output.expected))
    }
}
