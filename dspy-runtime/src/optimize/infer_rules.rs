//! Rules that a model reads out of rows.

use super::bootstrap::{Bootstrap, Wish, bootstrap_options};
use super::compiled::{Compiled, Termination};
use super::driver::{About, Driver, Proposal};
use super::options::{Options, debug, named, options, setters};
use super::plan::Plan;
use super::propose::{self, ask};
use super::{Optimizer, demos};
use crate::context::{Context, Purpose};
use crate::data::TuningRows;
use crate::error::Result;
use crate::evaluate::{AnyMetric, Metric};
use crate::lm::Lm;
use crate::module::Module;
use crate::predict::ProgramState;
use crate::signature::Row;
use dspy_numbers::random::Keyed;

/// Rows that one proposal sees, besides the demonstrations of its predictor.
const SEEN: usize = 20;

/// The heading before the rules in the instructions.
const HEADING: &str = "Keep to these rules:";

/// Read out of solved examples the rules by which they were solved. A rule says what to look at in the inputs
/// and what then follows for the outputs, so that somebody who has never seen an example can decide a new
/// one. Each rule once, in one plain sentence, the ones that decide most examples first; no rule that the
/// examples do not bear out, and none on the form of the reply.
#[dspy_macros::signature]
struct InduceRules {
    /// The step that is to follow the rules: its inputs and outputs with their types.
    #[input]
    step: String,
    /// The instructions that the step has already.
    #[input]
    current_instruction: String,
    /// The inputs of the step and its right answers, one JSON object a line; may be empty.
    #[input]
    examples: String,
    /// Rows of the whole task with their labels, one JSON object a line.
    #[input]
    rows: String,
    /// The most rules that are wanted.
    #[input]
    most: usize,
    /// The rules.
    #[output]
    rules: Vec<String>,
}

/// Bootstraps demonstrations, has a model read rules for each predictor out of them and out of train rows,
/// and appends the rules to the instructions; of several such sets of rules the best is kept.
///
/// Use it when what is right follows from rules that nobody has written down, and a model is good enough to
/// see them in examples. It costs at most the train rows times the rounds for the bootstrap, two candidates
/// and the given number of sets of rules on the validation rows, and one proposal for each set and
/// predictor:
///
/// `runs = train · rounds + (2 + candidates) · validation`, `proposals = candidates · predictors`
///
/// After `InferRules` of DSPy 3, whose 10 candidates of 10 rules are the defaults here. There the program
/// that is given back carries the rules that came last, whichever scored best, and so does the program that
/// was passed in; here it carries the best, and what was passed in is as it was.
///
/// # Example
///
/// ```
/// use dspy::optimize::InferRules;
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
/// let train = Rows::<Fruit>::from_csv("looks,fruit\nlong and yellow,banana\nround and red,apple\n", "train.csv")?;
/// let validation = Rows::from_csv("looks,fruit\na red round thing,apple\n", "validation.csv")?;
/// let optimizer = InferRules::new(|row: &Fruit, out: &FruitOutput| row.fruit == out.fruit).candidates(3).max_rules(4);
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let compiled = optimizer.compile(&cx, Predict::<Fruit>::new(), (&train, &validation)).await?;
/// assert!(compiled.score >= compiled.baseline);
/// # Ok(())
/// # }
/// ```
pub struct InferRules<R, O> {
    metric: AnyMetric<R, O>,
    bootstrap: Bootstrap,
    candidates: usize,
    max_rules: usize,
    proposer: Option<Lm>,
    options: Options,
}

impl<R: Row, O: Send + Sync + 'static> InferRules<R, O> {
    /// Judges by a metric; tries 10 sets of at most 10 rules.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self {
            metric: AnyMetric::new(metric),
            bootstrap: Bootstrap::default(),
            candidates: 10,
            max_rules: 10,
            proposer: None,
            options: Options::default(),
        }
    }

    setters! {
        /// Sets the number of sets of rules that are tried; 10 by default.
        candidates(sets: usize) => candidates = sets;

        /// The most rules of a set for one predictor; 10 by default.
        max_rules(rules: usize) => max_rules = rules;

        /// Has another model read out the rules; by default it is the program's own.
        proposer(lm: impl Into<Lm>) => proposer = Some(lm.into());
    }

    bootstrap_options!();
    options!();

    /// The sets of rules on top of a state, each for all predictors, as many as the budget pays for.
    async fn with_rules<P>(&self, driver: &Driver<'_, P, R>, onto: &ProgramState) -> Result<Vec<Proposal>>
    where
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        let tunable = demos::tunable(&driver.program);
        let sets = self.candidates.min(driver.proposals_left() / tunable.len().max(1));
        let question = |set: usize, place: usize| {
            let (path, schema) = &tunable[place];
            let own = onto.get(path);
            let mut random = Keyed::new(self.options.seed, &["infer rules", path, &set.to_string()]);
            let rows = random.sample(driver.train.len(), SEEN);
            let shown = own.map(|own| own.demos.as_slice()).unwrap_or_default();
            let order = random.sample(shown.len(), SEEN);
            let input = InduceRulesInput {
                step: format!("{path}: {}", propose::signature(schema)),
                current_instruction: own.map(|own| own.instructions.clone()).unwrap_or_default(),
                examples: propose::records(order.iter().map(|demo| &shown[*demo])),
                rows: propose::lines(rows.iter().map(|row| &driver.train[*row])),
                most: self.max_rules,
            };
            (input, 1 + set as u64)
        };
        let places = (0..sets).flat_map(|set| (0..tunable.len()).map(move |place| (set, place)));
        let questions = places.map(|(set, place)| question(set, place)).collect();
        let cx = driver.context(Purpose::Proposer, self.proposer.as_ref());
        let mut answers = ask::<InduceRules>(&cx, "infer_rules.induce", questions).await.into_iter();
        let mut proposals = Vec::new();
        for set in 1..=sets {
            let mut state = onto.clone();
            for ((path, _), answer) in tunable.iter().zip(answers.by_ref()) {
                let rules = answer.map(|answer| listed(&answer.rules, self.max_rules)).unwrap_or_default();
                if let Some(own) = state.get_mut(path).filter(|_| !rules.is_empty()) {
                    own.instructions = format!("{}\n\n{HEADING}\n{rules}", own.instructions.trim_end());
                }
            }
            if state != *onto {
                proposals.push(Proposal::new(format!("rules {set}"), state));
            }
        }
        driver.decide(&serde_json::json!({"sets asked for": sets, "sets that came": proposals.len()}))?;
        Ok(proposals)
    }
}

/// Rules as they stand in instructions: a line each, none twice.
fn listed(rules: &[String], most: usize) -> String {
    let mut kept: Vec<String> = Vec::new();
    for rule in rules {
        // A rule in two lines would look like two.
        let rule = rule.split_whitespace().collect::<Vec<_>>().join(" ");
        let rule = rule.trim_start_matches(['-', '*', '•', ' ']).to_owned();
        if !rule.is_empty() && !kept.contains(&rule) {
            kept.push(rule);
        }
    }
    kept.iter().take(most).map(|rule| format!("- {rule}")).collect::<Vec<_>>().join("\n")
}

impl<R: Row, P: Module> Optimizer<R, P> for InferRules<R, P::Output>
where
    R::Input: Into<P::Input>,
{
    fn plan(&self, cx: &Context, program: &P, splits: TuningRows<'_, R>) -> Plan {
        let (predictors, candidates) = (demos::tunable(program).len(), 2 + self.candidates);
        let rows = splits.validation.len();
        Plan::new(cx, program, splits, &self.options, self.metric.calls(cx))
            .with_demos(self.bootstrap.max_demos())
            .with("bootstrap from train rows", self.bootstrap.max_runs(splits.train.len()))
            .with_runs(format!("score {candidates} candidates on validation"), rows, candidates * rows)
            .with_proposals(
                "read rules out of rows",
                self.candidates * predictors,
                cx.settings().calls_with(cx.adapter()),
            )
    }

    async fn compile(&self, cx: &Context, program: P, rows: TuningRows<'_, R>) -> Result<Compiled<P>> {
        let TuningRows { train, validation } = rows;
        let mut settings = self.bootstrap.settings();
        settings["candidates"] = self.candidates.into();
        settings["max_rules"] = self.max_rules.into();
        settings["proposer"] = named(self.proposer.as_ref());
        let about = About { optimizer: "InferRules", settings };
        let mut driver = Driver::new(cx, program, (train, validation), &self.metric, &self.options, about)?;
        driver.baseline().await?;
        let (order, size) = ((0..train.len()).collect(), self.bootstrap.max_bootstrapped);
        let wish = Wish { name: "bootstrap".to_owned(), order, size, labelled: self.bootstrap.max_labelled };
        let mut candidates = self.bootstrap.candidates(&mut driver, vec![wish], self.options.seed).await?;
        let onto = candidates.last().map_or_else(|| driver.program.state(), |made| made.state.clone());
        let rules = self.with_rules(&driver, &onto).await?;
        let asked = self.candidates * demos::tunable(&driver.program).len();
        if driver.proposals_left() == 0 && rules.len() < self.candidates && asked > 0 {
            driver.stop(Termination::BudgetSpent);
        }
        candidates.extend(rules);
        driver.score(candidates).await?;
        driver.finish()
    }
}

debug!(InferRules: candidates, max_rules, bootstrap, options);

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn rules_are_a_line_each_and_none_stands_twice() {
        let rules =
            ["- Red is ripe.", "Red is\nripe.", "", "Blue is cold.", "Green is not."].map(str::to_owned);
        assert_eq!(listed(&rules, 2), "- Red is ripe.\n- Blue is cold.");
        assert_eq!(listed(&[], 2), "");
    }
}
