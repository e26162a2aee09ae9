//! The common settings of an optimizer, set from outside.

use std::path::PathBuf;

use super::{Ace, BootstrapFewShot, Copro, Gepa, InferRules, LabeledFewShot, Mipro, RandomSearch, Simba};
use crate::context::Budget;
use crate::signature::Row;

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
