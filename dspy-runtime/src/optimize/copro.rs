//! Instructions that are rewritten in the light of how earlier ones scored.

use std::fmt::Write;

use super::compiled::{Compiled, Termination};
use super::driver::{About, Driver, Proposal};
use super::options::{Options, debug, named, options, setters};
use super::plan::Plan;
use super::propose::{self, ask, cleaned};
use super::{Optimizer, demos};
use crate::context::{Context, Purpose};
use crate::data::TuningRows;
use crate::error::Result;
use crate::evaluate::{AnyMetric, Metric};
use crate::lm::Lm;
use crate::module::Module;
use crate::signature::Row;

/// Rewrite the instructions of one step of a language-model program so that it answers better. Earlier
/// versions are listed with what they scored, from the worst to the best; where there are several, find out
/// what the better ones have that the worse ones lack, and go on in that direction with something that is
/// not in the list yet. Write to the model that has to do the step. The names and types of the fields are
/// told to it besides.
#[dspy_macros::signature]
struct RewriteInstruction {
    /// The program's steps.
    #[input]
    program: String,
    /// The step: its inputs and outputs with their types.
    #[input]
    step: String,
    /// Earlier versions, the best one last.
    #[input]
    attempts: String,
    /// The new instructions, and nothing else.
    #[output]
    instruction: String,
}

/// Rewrites the instructions of every predictor several times over: each round a model sees the versions so
/// far with their scores, the best last, and writes as many new ones; predictors are improved in turn, each
/// on top of the best that was found for the others.
///
/// Use it when the metric gives no feedback to reflect on; with feedback, [`Gepa`](crate::Gepa) learns more
/// from a run. The defaults are 10 versions in each of 3 rounds:
///
/// `runs = (1 + depth · breadth · predictors - predictors) · validation`,
/// `proposals = (depth · breadth - 1) · predictors`
///
/// After `COPRO` of Khattab et al., "DSPy: Compiling Declarative Language Model Calls into Self-Improving
/// Pipelines" (2023), with its numbers. There each version also has a prefix for the last output, which no
/// prompt shows, and with several predictors all earlier versions are run again in each round; here there
/// are no prefixes, equal versions are scored once, and the rewrites of a round are asked for at the same
/// time.
///
/// # Example
///
/// ```
/// use dspy::optimize::Copro;
/// use dspy::{Context, Lm, Predict, Rows, signature};
///
/// /// Say which fruit it is.
/// #[signature]
/// struct Fruit {
///     #[input]
///     looks: String,
///     /// What it is.
///     #[output]
///     fruit: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let train = Rows::<Fruit>::from_csv("looks,fruit\nlong and yellow,banana\n", "train.csv")?;
/// let validation = Rows::from_csv("looks,fruit\na red round thing,apple\n", "validation.csv")?;
/// let optimizer = Copro::new(|row: &Fruit, out: &FruitOutput| row.fruit == out.fruit).breadth(3).depth(2);
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let compiled = optimizer.compile(&cx, Predict::<Fruit>::new(), (&train, &validation)).await?;
/// assert!(compiled.score >= compiled.baseline);
/// # Ok(())
/// # }
/// ```
pub struct Copro<R, O> {
    metric: AnyMetric<R, O>,
    breadth: usize,
    depth: usize,
    proposer: Option<Lm>,
    options: Options,
}

/// Instructions of one predictor, and what a program with them scored.
#[derive(Clone, Debug)]
struct Attempt {
    instructions: String,
    score: f64,
    /// Tells whether it was scored on every row, or left before because it would not win.
    whole: bool,
}

impl<R: Row, O: Send + Sync + 'static> Copro<R, O> {
    /// Judges by a metric; 10 versions in each of 3 rounds.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self {
            metric: AnyMetric::new(metric),
            breadth: 10,
            depth: 3,
            proposer: None,
            options: Options::default(),
        }
    }

    setters! {
        /// Sets the number of versions that a round has for each predictor; 10 by default, of which the first
        /// round's first is the one that the program came with.
        breadth(versions: usize) => breadth = versions;

        /// Sets the number of rounds; 3 by default.
        depth(rounds: usize) => depth = rounds;

        /// Has another model propose; by default it is the program's own.
        proposer(lm: impl Into<Lm>) => proposer = Some(lm.into());
    }

    options!();

    /// The rewrites of a round for each predictor.
    fn wanted(&self, round: usize) -> usize {
        self.breadth.saturating_sub(usize::from(round == 0))
    }

    fn wanted_in_all(&self) -> usize {
        (0..self.depth).map(|round| self.wanted(round)).sum()
    }

    /// The new versions of a round, by predictor; all of them are asked for at once.
    async fn rewrites<P>(
        &self,
        driver: &Driver<'_, P, R>,
        attempts: &[Vec<Attempt>],
        round: usize,
    ) -> Vec<Vec<String>>
    where
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        let tunable = demos::tunable(&driver.program);
        let each = self.wanted(round).min(driver.proposals_left() / tunable.len().max(1));
        let outline = propose::outline(&driver.program);
        let question = |place: usize, number: usize| {
            let (path, schema) = &tunable[place];
            let input = RewriteInstructionInput {
                program: outline.clone(),
                step: format!("{path}: {}", propose::signature(schema)),
                attempts: ascending(&attempts[place], self.breadth),
            };
            (input, 1 + (round * self.breadth + number) as u64)
        };
        let places = (0..tunable.len()).flat_map(|place| (0..each).map(move |number| (place, number)));
        let questions = places.map(|(place, number)| question(place, number)).collect();
        let cx = driver.context(Purpose::Proposer, self.proposer.as_ref());
        let answers = ask::<RewriteInstruction>(&cx, "copro.rewrite", questions).await;
        let mut answers = answers.into_iter();
        let different = attempts.iter().map(|known| {
            let mut new: Vec<String> = Vec::new();
            for answer in answers.by_ref().take(each) {
                let text = answer.ok().and_then(|answer| cleaned(&answer.instruction));
                let is_new = |text: &String| {
                    !new.contains(text) && known.iter().all(|attempt| attempt.instructions != *text)
                };
                let text = text.filter(is_new);
                new.extend(text);
            }
            new
        });
        different.collect()
    }

    /// Scores the new versions of one predictor on top of the best program so far.
    async fn attempt<P>(
        &self,
        driver: &mut Driver<'_, P, R>,
        path: &str,
        round: usize,
        rewrites: Vec<String>,
    ) -> Result<Vec<Attempt>>
    where
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        let Some(best) = driver.best() else { return Ok(Vec::new()) };
        let (onto, print) = (best.state.clone(), best.fingerprint.clone());
        let parent = driver.candidates().iter().position(|candidate| candidate.fingerprint == print);
        let proposal = |(number, instructions): (usize, &String)| {
            let mut state = onto.clone();
            if let Some(own) = state.get_mut(path) {
                own.instructions.clone_from(instructions);
            }
            let name = format!("{path}, round {}, version {}", round + 1, number + 1);
            Proposal { name, parents: parent.into_iter().collect(), state }
        };
        let places = driver.score(rewrites.iter().enumerate().map(proposal).collect()).await?;
        // What the budget had no room for is not among the places, and is the end of the list.
        let attempt = |(instructions, place): (String, usize)| {
            let candidate = driver.candidate(place);
            Attempt { instructions, score: candidate.score(), whole: candidate.scores.is_whole() }
        };
        Ok(rewrites.into_iter().zip(places).map(attempt).collect())
    }
}

/// The best attempts as a model reads them, the best last; of those that tie the earlier is the better.
///
/// One that was left is worse than each that was not, whatever it scored: the rows that it was run on may
/// have been the easy ones.
fn ascending(attempts: &[Attempt], most: usize) -> String {
    let mut ranked: Vec<&Attempt> = attempts.iter().collect();
    ranked.sort_by(|a, b| b.whole.cmp(&a.whole).then(b.score.total_cmp(&a.score)));
    ranked.truncate(most.max(1));
    let mut text = String::new();
    for (number, Attempt { instructions, score, whole }) in ranked.into_iter().rev().enumerate() {
        let left = if *whole { "" } else { " on some rows, then given up" };
        let _ = writeln!(text, "Version {}, score {score:.3}{left}:\n{}\n", number + 1, instructions.trim());
    }
    text
}

impl<R: Row, P: Module> Optimizer<R, P> for Copro<R, P::Output>
where
    R::Input: Into<P::Input>,
{
    fn plan(&self, cx: &Context, program: &P, splits: TuningRows<'_, R>) -> Plan {
        let rewrites = demos::tunable(program).len() * self.wanted_in_all();
        let rows = splits.validation.len();
        Plan::new(cx, program, splits, &self.options, self.metric.calls(cx))
            .with_runs("score the baseline on validation", rows, rows)
            .with(format!("score {rewrites} rewrites on validation"), rewrites * rows)
            .with_optional_proposals("rewrite instructions", rewrites, cx.settings().calls_with(cx.adapter()))
    }

    async fn compile(&self, cx: &Context, program: P, rows: TuningRows<'_, R>) -> Result<Compiled<P>> {
        let TuningRows { train, validation } = rows;
        let settings = serde_json::json!({
            "breadth": self.breadth,
            "depth": self.depth,
            "proposer": named(self.proposer.as_ref()),
        });
        let about = About { optimizer: "Copro", settings };
        let mut driver = Driver::new(cx, program, (train, validation), &self.metric, &self.options, about)?;
        driver.baseline().await?;
        let perfect = self.options.score_range.1;
        let tunable = demos::tunable(&driver.program);
        let (own, baseline) = (driver.program.state(), driver.scored(0).0);
        let first = |(path, _): &(String, _)| {
            let instructions = own.get(path).map(|own| own.instructions.clone()).unwrap_or_default();
            vec![Attempt { instructions, score: baseline, whole: true }]
        };
        let mut attempts: Vec<Vec<Attempt>> = tunable.iter().map(first).collect();
        for round in 0..self.depth {
            if driver.best().is_some_and(|best| best.score() >= perfect) {
                driver.stop(Termination::Perfect);
                break;
            }
            if self.wanted(round) > 0 && driver.proposals_left() < tunable.len().max(1) {
                driver.stop(Termination::BudgetSpent);
                break;
            }
            // A rewrite that cannot be scored is not worth asking for.
            if driver.runs_left() < validation.len() {
                driver.stop(Termination::BudgetSpent);
                break;
            }
            let rewrites = self.rewrites(&driver, &attempts, round).await;
            driver.decide(&serde_json::json!({"round": round + 1, "rewrites": rewrites}))?;
            for (place, rewrites) in rewrites.into_iter().enumerate() {
                let made = self.attempt(&mut driver, &tunable[place].0, round, rewrites).await?;
                attempts[place].extend(made);
            }
        }
        driver.finish()
    }
}

debug!(Copro: breadth, depth, options);

#[cfg(test)]
mod tests {
    use super::{Attempt, ascending};

    #[test]
    fn attempts_are_shown_from_the_worst_to_the_best() {
        let attempt = |text: &str, score| Attempt { instructions: text.to_owned(), score, whole: true };
        let attempts = [attempt("a", 0.5), attempt("b", 0.0), attempt("c", 1.0), attempt("d", 0.5)];
        let shown = ascending(&attempts, 3);
        assert_eq!(
            shown,
            "Version 1, score 0.500:\nd\n\nVersion 2, score 0.500:\na\n\nVersion 3, score 1.000:\nc\n\n"
        );
    }

    #[test]
    fn an_attempt_that_was_given_up_is_not_shown_as_the_best() {
        let attempt = |text: &str, score, whole| Attempt { instructions: text.to_owned(), score, whole };
        let attempts = [attempt("whole", 0.5, true), attempt("lucky", 0.9, false)];
        assert_eq!(
            ascending(&attempts, 3),
            "Version 1, score 0.900 on some rows, then given up:\nlucky\n\nVersion 2, score 0.500:\nwhole\n\n"
        );
    }
}
