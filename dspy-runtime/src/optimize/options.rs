//! The settings that every optimizer has, as its own methods and set from outside.

use std::path::PathBuf;

use super::event::Observer;
use super::pick::Pick;
use super::racing::Racing;
use super::{Ace, BootstrapFewShot, Copro, Gepa, InferRules, LabeledFewShot, Mipro, RandomSearch, Simba};
use crate::context::Budget;
use crate::signature::Row;

/// Seed, budget, concurrency and the bound of one run.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) seed: u64,
    pub(super) budget: Budget,
    pub(super) concurrency: usize,
    pub(super) calls_per_row: Option<u64>,
    pub(super) racing: Racing,
    pub(super) score_range: (f64, f64),
    pub(super) pick: Pick,
    pub(super) journal: Option<PathBuf>,
    pub(super) observer: Option<Observer>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            budget: Budget::unlimited(),
            concurrency: 16,
            calls_per_row: None,
            racing: Racing::default(),
            score_range: (0.0, 1.0),
            pick: Pick::default(),
            journal: None,
            observer: None,
        }
    }
}

/// The builder methods for [`Options`], the same on every optimizer.
macro_rules! settings {
    () => {
        /// The seed of all random choices; 0 by default.
        #[must_use]
        pub fn seed(mut self, seed: u64) -> Self {
            self.options.seed = seed;
            self
        }

        /// A hard limit on what is spent; when it is reached, the best program so far is the result. A
        /// limit on calls stops at the same place at any concurrency; one on tokens, money or time
        /// depends on what the replies cost.
        #[must_use]
        pub fn budget(mut self, budget: crate::context::Budget) -> Self {
            self.options.budget = budget;
            self
        }

        /// How many runs of the program are under way at once; 16 by default. The result does not
        /// depend on it.
        #[must_use]
        pub fn concurrency(mut self, runs: usize) -> Self {
            self.options.concurrency = runs;
            self
        }

        /// The most LM calls that one run of the program may make. By default each predictor is called
        /// once, and once more for each reply that is asked for again; say more for a program that
        /// calls a predictor in a loop.
        #[must_use]
        pub fn calls_per_row(mut self, calls: u64) -> Self {
            self.options.calls_per_row = Some(calls);
            self
        }

        /// How candidates that fall behind are left; by default where they surely cannot win.
        #[must_use]
        pub fn racing(mut self, racing: crate::optimize::Racing) -> Self {
            self.options.racing = racing;
            self
        }

        /// The least and the most that the metric gives for a row; from 0 to 1 by default. A score
        /// outside of it is an error.
        #[must_use]
        pub fn score_range(mut self, range: std::ops::RangeInclusive<f64>) -> Self {
            self.options.score_range = (*range.start(), *range.end());
            self
        }

        /// By which rule the result is picked; by default the best mean score.
        #[must_use]
        pub fn pick(mut self, rule: crate::optimize::Pick) -> Self {
            self.options.pick = rule;
            self
        }

        /// Keeps a journal of all that is paid for and decided. A search that finds the journal of one
        /// that was stopped goes on where that was, to the same result, and pays for nothing again.
        #[must_use]
        pub fn journal(mut self, path: impl Into<std::path::PathBuf>) -> Self {
            self.options.journal = Some(path.into());
            self
        }
    };
}

/// The same, with the methods of [`Optimizer`](crate::optimize::Optimizer) for whom has not imported it.
macro_rules! options {
    () => {
        crate::optimize::options::settings!();

        /// Tells of the search while it goes on, in place of the progress that is shown on standard error by
        /// default: bars on a terminal, and lines elsewhere. It is called between calls of the model and should be quick.
        #[must_use]
        pub fn observe(
            mut self,
            observe: impl Fn(&crate::optimize::SearchEvent) + Send + Sync + 'static,
        ) -> Self {
            self.options.observer = Some(crate::optimize::event::Observer::new(observe));
            self
        }

        /// The most LM calls that [`compile`](Self::compile) can make, without making any.
        pub fn plan<P>(
            &self,
            cx: &crate::context::Context,
            program: &P,
            splits: &crate::data::Splits<R>,
        ) -> crate::optimize::Plan
        where
            P: crate::module::Module<Output = O>,
            R::Input: Into<P::Input>,
        {
            crate::optimize::Optimizer::plan(self, cx, program, splits)
        }

        /// Tunes a program: learns from the train rows, chooses by the validation rows.
        ///
        /// # Errors
        ///
        /// When the program fails on every validation row, makes more calls than planned for, or the
        /// budget cannot pay for scoring it as it came.
        pub async fn compile<P>(
            &self,
            cx: &crate::context::Context,
            program: P,
            train: &crate::data::Rows<R>,
            validation: &crate::data::Rows<R>,
        ) -> crate::error::Result<crate::optimize::Compiled<P>>
        where
            P: crate::module::Module<Output = O>,
            R::Input: Into<P::Input>,
        {
            crate::optimize::Optimizer::compile(self, cx, program, train, validation).await
        }
    };
}

pub(super) use {options, settings};

/// What every optimizer can be told, as a command line or a configuration tells it; what is `None` stays as
/// it is.
///
/// # Example
///
/// ```
/// use dspy::optimize::{Configure, SearchSettings};
/// use dspy::{Budget, RandomSearch, signature};
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
/// let mut settings = SearchSettings::default();
/// settings.seed = Some(7);
/// settings.budget = Some(Budget::calls(2_000));
/// let optimizer = RandomSearch::new(|row: &Fruit, out: &FruitOutput| row.fruit == out.fruit).configure(&settings);
/// # let _ = optimizer;
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchSettings {
    /// The seed of all random choices.
    pub seed: Option<u64>,
    /// A hard limit on what is spent.
    pub budget: Option<Budget>,
    /// How many runs are under way at once.
    pub concurrency: Option<usize>,
    /// Where the journal is kept, from which a search that was stopped goes on.
    pub journal: Option<PathBuf>,
    /// Whether progress is shown on standard error. `Some(false)` takes the place of
    /// what [`observe`](crate::RandomSearch::observe) was given.
    pub progress: Option<bool>,
}

/// An optimizer whose common settings can be set from outside: all that tune a program as it is.
pub trait Configure: Sized {
    /// The same optimizer with these settings.
    #[must_use]
    fn configure(self, settings: &SearchSettings) -> Self;
}

macro_rules! configure {
    ($($optimizer:ident),*) => {
        $(impl<R: Row, O: Send + Sync + 'static> Configure for $optimizer<R, O> {
            fn configure(mut self, settings: &SearchSettings) -> Self {
                if let Some(seed) = settings.seed {
                    self = self.seed(seed);
                }
                if let Some(budget) = settings.budget {
                    self = self.budget(budget);
                }
                if let Some(runs) = settings.concurrency {
                    self = self.concurrency(runs);
                }
                if let Some(journal) = &settings.journal {
                    self = self.journal(journal);
                }
                if settings.progress == Some(false) {
                    self = self.observe(|_| {});
                }
                self
            }
        })*
    };
}

configure!(Ace, BootstrapFewShot, Copro, Gepa, InferRules, LabeledFewShot, Mipro, RandomSearch, Simba);
