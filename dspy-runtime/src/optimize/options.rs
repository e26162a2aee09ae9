//! The settings that every optimizer has, as its own methods and set from outside.

use std::path::PathBuf;

use serde_json::Value;

use super::event::Observer;
use super::pick::Pick;
use super::racing::Racing;
use super::{
    Ace, Auto, BootstrapFewShot, Copro, Finetune, Gepa, InferRules, LabeledFewShot, Mipro, RandomSearch,
    Simba,
};
use crate::context::Budget;
use crate::lm::Lm;
use crate::signature::Row;

/// Seed, budget, concurrency and the bound of one run.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) seed: u64,
    pub(super) budget: Budget,
    pub(super) concurrency: Option<usize>,
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
            concurrency: None,
            calls_per_row: None,
            racing: Racing::default(),
            score_range: (0.0, 1.0),
            pick: Pick::default(),
            journal: None,
            observer: None,
        }
    }
}

/// Builder methods that set a field each.
macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident($value:ident: $type:ty) => $($field:ident).+ = $set:expr;)*) => {
        $(
            $(#[$doc])*
            #[must_use]
            pub fn $name(mut self, $value: $type) -> Self {
                self.$($field).+ = $set;
                self
            }
        )*
    };
}

/// `Debug` of an optimizer: what it is set to, and not the metric.
macro_rules! debug {
    ($optimizer:ident: $($field:ident),*) => {
        impl<R, O> std::fmt::Debug for $optimizer<R, O> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($optimizer))
                    $(.field(stringify!($field), &self.$field))*
                    .finish_non_exhaustive()
            }
        }
    };
}

/// The name of the model that proposes, as journals and artifacts record it.
pub(super) fn named(proposer: Option<&Lm>) -> Value {
    proposer.map(|lm| lm.id().to_string()).into()
}

/// The builder methods for [`Options`] that every optimizer has.
macro_rules! common_settings {
    () => {
        crate::optimize::options::setters! {
            /// The seed of all random choices; 0 by default.
            seed(seed: u64) => options.seed = seed;

            /// A hard limit on what is spent; when it is reached, the best program so far is the result. A
            /// limit on calls stops at the same place at any concurrency; one on tokens, money or time
            /// depends on what the replies cost.
            budget(budget: crate::context::Budget) => options.budget = budget;

            /// Sets the number of runs of the program under way at once; by default 16, or as many as the model
            /// [wants](crate::lm::LanguageModel::calls_at_once). The result does not depend on it.
            concurrency(runs: usize) => options.concurrency = Some(runs);

            /// The most LM calls that one run of the program may make. By default each predictor is called
            /// once, and once more for each reply that is asked for again; say more for a program that
            /// calls a predictor in a loop.
            calls_per_row(calls: u64) => options.calls_per_row = Some(calls);

            /// The least and the most that the metric gives for a row; from 0 to 1 by default. A score
            /// outside of it is an error.
            score_range(range: std::ops::RangeInclusive<f64>) => options.score_range = (*range.start(), *range.end());

            /// Keeps a journal of all that is paid for and decided. A search that finds the journal of one
            /// that was stopped goes on where that was, to the same result, and pays for nothing again.
            journal(path: impl Into<std::path::PathBuf>) => options.journal = Some(path.into());
        }
    };
}

/// Adds the shared options, and those of a search that has many candidates to choose from.
macro_rules! settings {
    () => {
        crate::optimize::options::common_settings!();

        crate::optimize::options::setters! {
            /// Sets the way candidates that fall behind are left; by default where they surely cannot win,
            /// and by halving in [`RandomSearch`](crate::RandomSearch).
            racing(racing: crate::optimize::Racing) => options.racing = racing;

            /// By which rule the result is picked; by default the best mean score.
            pick(rule: crate::optimize::Pick) => options.pick = rule;
        }
    };
}

/// Adds the options, and the methods of [`Optimizer`](crate::optimize::Optimizer) for those who have not
/// imported it.
macro_rules! options {
    () => {
        crate::optimize::options::settings!();
        crate::optimize::options::methods!();
    };
}

/// The methods of [`Optimizer`](crate::optimize::Optimizer) for whom has not imported it, and `observe`.
macro_rules! methods {
    () => {
        crate::optimize::options::setters! {
            /// Tells of the search while it goes on, in place of the progress that is shown on standard error by
            /// default: bars on a terminal, and lines elsewhere. It is called between calls of the model and should be quick.
            observe(observe: impl Fn(&crate::optimize::SearchEvent) + Send + Sync + 'static) => options.observer = Some(crate::optimize::event::Observer::new(observe));
        }

        /// The most LM calls that [`compile`](Self::compile) can make, without making any.
        pub fn plan<'a, P>(
            &self,
            cx: &crate::context::Context,
            program: &P,
            rows: impl Into<crate::data::TuningRows<'a, R>>,
        ) -> crate::optimize::Plan
        where
            P: crate::module::Module<Output = O>,
            R: 'a,
            R::Input: Into<P::Input>,
        {
            crate::optimize::Optimizer::plan(self, cx, program, rows.into())
        }

        /// Tunes a program: learns from the train rows, chooses by the validation rows; `&splits`, or
        /// `(&train, &validation)`.
        ///
        /// # Errors
        ///
        /// When the program fails on every validation row, makes more calls than planned for, or the
        /// budget cannot pay for scoring it as it came.
        pub async fn compile<'a, P>(
            &self,
            cx: &crate::context::Context,
            program: P,
            rows: impl Into<crate::data::TuningRows<'a, R>>,
        ) -> crate::error::Result<crate::optimize::Compiled<P>>
        where
            P: crate::module::Module<Output = O>,
            R: 'a,
            R::Input: Into<P::Input>,
        {
            crate::optimize::Optimizer::compile(self, cx, program, rows.into()).await
        }
    };
}

pub(super) use {common_settings, debug, methods, options, setters, settings};

/// The settings that every optimizer takes, from a command line or a configuration; what is `None` stays as
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
    /// The number of runs under way at once.
    pub concurrency: Option<usize>,
    /// The path of the journal, from which a search that was stopped goes on.
    pub journal: Option<PathBuf>,
    /// Tells whether progress is shown on standard error. `Some(false)` takes the place of
    /// what [`observe`](crate::RandomSearch::observe) was given.
    pub progress: Option<bool>,
}

/// An optimizer whose common settings can be set from outside: all that tune a program as it is.
pub trait Configure: Sized {
    /// Returns the optimizer with these settings.
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

configure!(
    Ace,
    Auto,
    BootstrapFewShot,
    Copro,
    Finetune,
    Gepa,
    InferRules,
    LabeledFewShot,
    Mipro,
    RandomSearch,
    Simba
);
