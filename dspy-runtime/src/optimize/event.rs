//! The events of a search, for whoever watches.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::compiled::Termination;
use crate::lm::TrainingState;

/// Something that happened in a search, with where it stands: what optimizers show to `observe`.
///
/// Events come in the order in which the search takes note of results, which does not depend on which of
/// them came first; so they are the same at any concurrency.
///
/// # Example
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use dspy::optimize::{LabeledFewShot, SearchEvent, SearchEventKind};
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
/// let names = Arc::new(Mutex::new(Vec::new()));
/// let seen = names.clone();
/// let optimizer = LabeledFewShot::new(|row: &Fruit, out: &FruitOutput| row.fruit == out.fruit)
///     .observe(move |event: &SearchEvent| {
///         if let SearchEventKind::Candidate { name, .. } = &event.kind {
///             seen.lock().expect("nobody panicked").push(name.clone());
///         }
///     });
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// optimizer.compile(&cx, Predict::<Fruit>::new(), (&train, &validation)).await?;
/// assert_eq!(names.lock().expect("nobody panicked")[0], "baseline");
/// # Ok(())
/// # }
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchEvent {
    /// The event.
    pub kind: SearchEventKind,
    /// The LM calls that were spent so far, for every purpose.
    pub calls: u64,
    /// The LM calls that are left of the budget, if it limits them.
    pub calls_left: Option<u64>,
    /// The best candidate so far and its score.
    pub best: Option<(usize, f64)>,
}

/// An event of a search.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchEventKind {
    /// Candidates were run on some more validation rows.
    Round {
        /// The number of candidates still in the race.
        candidates: usize,
        /// The number of rows they have been run on now.
        rows: usize,
        /// The number of validation rows.
        of: usize,
        /// The highest of their mean scores on these rows.
        score: f64,
    },
    /// A candidate was scored.
    Candidate {
        /// Its place among the candidates.
        place: usize,
        /// The way it was made.
        name: String,
        /// The places of the candidates that it was made from.
        parents: Vec<usize>,
        /// Its mean score.
        score: f64,
        /// On how many rows; fewer than there are if it could not win any more.
        rows: usize,
    },
    /// A model is being trained.
    Training {
        /// The provider's name for the job.
        job: String,
        /// The progress of the job.
        state: TrainingState,
        /// The latest that the provider says of it.
        says: Option<String>,
    },
    /// The search did something, for a reason.
    Step {
        /// The step and its reason.
        text: String,
    },
    /// The search is over.
    Finished {
        /// The place of the candidate that was picked.
        picked: usize,
        /// Its score.
        score: f64,
        /// The reason the search ended.
        termination: Termination,
    },
}

/// The function that gets the events.
#[derive(Clone)]
pub(super) struct Observer(Arc<dyn Fn(&SearchEvent) + Send + Sync>);

impl Observer {
    pub(super) fn new(observe: impl Fn(&SearchEvent) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }

    pub(super) fn tell(&self, event: &SearchEvent) {
        (self.0)(event);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
