//! Demonstrations from runs that the metric accepts: the part that several optimizers share.
//!
//! A teacher (the program itself, or another model or state of it) runs on train rows; where the
//! metric accepts the outcome, what each predictor saw and said becomes a demonstration. After
//! Khattab et al., "DSPy: Compiling Declarative Language Model Calls into Self-Improving Pipelines"
//! (2023).

use std::collections::{BTreeSet, HashMap};

use super::demos;
use super::driver::{Driver, Proposal, Run, Split};
use super::labeled_few_shot::sampled;
use super::plan::Demos;
use super::propose::Labelled;
use crate::context::Purpose;
use crate::error::Result;
use crate::lm::Lm;
use crate::module::Module;
use crate::predict::ProgramState;
use crate::signature::Row;
use crate::trace::Trace;
use dspy_numbers::random::Keyed;

/// The settings by which demonstrations are bootstrapped.
#[derive(Clone, Debug)]
pub(super) struct Bootstrap {
    pub(super) max_bootstrapped: usize,
    pub(super) max_labelled: usize,
    pub(super) max_rounds: u64,
    pub(super) threshold: f64,
    pub(super) teacher_lm: Option<Lm>,
    pub(super) teacher_state: Option<ProgramState>,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self {
            max_bootstrapped: 4,
            max_labelled: 16,
            max_rounds: 1,
            threshold: 1.0,
            teacher_lm: None,
            teacher_state: None,
        }
    }
}

/// The wishes of one candidate: demonstrations from so many runs of the teacher, on rows in this order.
pub(super) struct Wish {
    pub(super) name: String,
    pub(super) order: Vec<usize>,
    pub(super) size: usize,
    /// Labelled rows fill them up to this number.
    pub(super) labelled: usize,
}

impl Bootstrap {
    /// The settings as an artifact records them.
    pub(super) fn settings(&self) -> serde_json::Value {
        serde_json::json!({
            "max_bootstrapped_demos": self.max_bootstrapped,
            "max_labeled_demos": self.max_labelled,
            "max_rounds": self.max_rounds,
            "threshold": self.threshold,
            "teacher": self.teacher_lm.as_ref().map(|lm| lm.id().to_string()),
        })
    }

    /// The most demonstrations of one prompt.
    pub(super) fn max_demos(&self) -> Demos {
        Demos { runs: self.max_bootstrapped, rows: self.max_labelled }
    }

    /// The most runs of the teacher over so many train rows.
    pub(super) fn max_runs(&self, rows: usize) -> usize {
        if self.max_bootstrapped == 0 {
            0
        } else {
            rows * usize::try_from(self.max_rounds.max(1)).unwrap_or(usize::MAX)
        }
    }

    /// The lessons that wishes need before anything else.
    pub(super) fn first_runs<P: Module, R: Row>(
        &self,
        driver: &Driver<'_, P, R>,
        wishes: &[Wish],
        seed: u64,
    ) -> Result<Vec<Run<P>>>
    where
        R::Input: Into<P::Input>,
    {
        let lessons = Lessons::new(self, driver, seed);
        lessons.next(wishes).into_iter().map(|row| lessons.lesson(driver, row, 0)).collect()
    }

    /// Fulfils wishes: the candidates in their order, as far as the budget pays for the teacher.
    ///
    /// Each row is taught once a round, whichever wishes need it. A wish for `n` more demonstrations
    /// asks for its next `n` rows at once, which it would need in any case, so nothing is run in vain.
    pub(super) async fn candidates<P: Module, R: Row>(
        &self,
        driver: &mut Driver<'_, P, R>,
        wishes: Vec<Wish>,
        seed: u64,
    ) -> Result<Vec<Proposal>>
    where
        R::Input: Into<P::Input>,
    {
        let mut lessons = Lessons::new(self, driver, seed);
        loop {
            let wanted = lessons.next(&wishes);
            if wanted.is_empty() || !lessons.teach(driver, wanted).await? {
                break;
            }
        }
        let labelled = Labelled::new(driver.train);
        let proposal =
            |wish: &Wish| Proposal::new(wish.name.clone(), lessons.state(driver, wish, &labelled, seed));
        Ok(wishes.iter().map(proposal).collect())
    }
}

/// The runs that the teacher has shown so far.
struct Lessons<'a> {
    settings: &'a Bootstrap,
    teacher: ProgramState,
    /// The accepted run of a row, or `None` after as many rounds as are allowed.
    rows: HashMap<usize, Option<Trace>>,
}

impl<'a> Lessons<'a> {
    fn new<P: Module, R: Row>(settings: &'a Bootstrap, driver: &Driver<'_, P, R>, seed: u64) -> Self
    where
        R::Input: Into<P::Input>,
    {
        let own = driver.program.state();
        let untaught = own.iter().all(|(_, state)| state.demos.is_empty());
        let teacher = match &settings.teacher_state {
            Some(state) => state.clone(),
            None if untaught => sampled(&driver.program, driver.train, settings.max_labelled, seed),
            None => own,
        };
        Self { settings, teacher, rows: HashMap::new() }
    }

    /// The rows that any of the wishes needs next.
    fn next(&self, wishes: &[Wish]) -> BTreeSet<usize> {
        wishes.iter().flat_map(|wish| self.wanted(wish)).collect()
    }

    /// The rows that a wish needs next: as many untaught ones, in its order, as it lacks demonstrations.
    fn wanted(&self, wish: &Wish) -> Vec<usize> {
        let mut lacking = wish.size;
        let mut rows = Vec::new();
        for row in &wish.order {
            match self.rows.get(row) {
                _ if rows.len() >= lacking => break,
                Some(Some(_)) => lacking -= 1,
                Some(None) => {}
                None => rows.push(*row),
            }
        }
        rows
    }

    /// Teaches rows, round after round; false when the budget ended it.
    async fn teach<P: Module, R: Row>(
        &mut self,
        driver: &mut Driver<'_, P, R>,
        rows: BTreeSet<usize>,
    ) -> Result<bool>
    where
        R::Input: Into<P::Input>,
    {
        let mut open: Vec<usize> = rows.into_iter().collect();
        for round in 0..self.settings.max_rounds.max(1) {
            let work: Result<Vec<_>> =
                open.iter().map(|row| Ok(vec![self.lesson(driver, *row, round)?])).collect();
            let settled = driver.settle("bootstrap", work?).await?;
            let whole = settled.len() == open.len();
            for judged in settled.into_iter().flatten() {
                if judged.score.as_ref().is_ok_and(|score| score.value >= self.settings.threshold) {
                    self.rows.insert(judged.index, Some(judged.trace.clone()));
                }
            }
            if !whole {
                return Ok(false);
            }
            open.retain(|row| !self.rows.contains_key(row));
        }
        self.rows.extend(open.into_iter().map(|row| (row, None)));
        Ok(true)
    }

    /// One run of the teacher on a row, which must not be among its demonstrations. After the first
    /// round it runs at temperature 1, to come to another outcome.
    fn lesson<P: Module, R: Row>(&self, driver: &Driver<'_, P, R>, row: usize, round: u64) -> Result<Run<P>>
    where
        R::Input: Into<P::Input>,
    {
        let state = demos::without_row(&self.teacher, &driver.train[row]);
        let program = driver.program.with_state(&state)?;
        let run = Run::new(state.fingerprint().into(), program, Split::Train, row);
        Ok(Run { rollout: round, lm: self.settings.teacher_lm.clone(), purpose: Purpose::Teacher, ..run })
    }

    /// The state that a wish comes to: demonstrations from accepted runs, then labelled rows.
    fn state<P: Module, R: Row>(
        &self,
        driver: &Driver<'_, P, R>,
        wish: &Wish,
        labelled: &Labelled,
        seed: u64,
    ) -> ProgramState
    where
        R::Input: Into<P::Input>,
    {
        let accepted = |row: &&usize| self.rows.get(*row).is_some_and(Option::is_some);
        let taught: Vec<usize> = wish.order.iter().filter(accepted).take(wish.size).copied().collect();
        let tunable = demos::tunable(&driver.program);
        let mut state = driver.program.state();
        for (path, _) in &tunable {
            let demos = taught.iter().filter_map(|row| {
                let trace = self.rows.get(row)?.as_ref()?;
                demos::from_trace(
                    trace,
                    path,
                    &mut Keyed::new(seed, &["bootstrap", &wish.name, path, &row.to_string()]),
                )
            });
            let demos = demos.collect();
            if let Some(state) = state.get_mut(path) {
                state.demos = demos;
            }
        }
        let drawn = Keyed::new(seed, &["bootstrap", &wish.name, "labelled"]).bits();
        let material = labelled.shuffled(drawn);
        let rest: Vec<&R> = material.all(&taught).map(|row| &driver.train[row]).collect();
        demos::add_labelled(&mut state, &tunable, rest.into_iter(), |has| wish.labelled.saturating_sub(has));
        state
    }
}

/// The builder methods for [`Bootstrap`], the same on the optimizers that bootstrap.
macro_rules! bootstrap_options {
    () => {
        crate::optimize::options::setters! {
            /// The most demonstrations from accepted runs for each predictor; 4 by default.
            max_bootstrapped_demos(demos: usize) => bootstrap.max_bootstrapped = demos;

            /// Labelled rows fill each predictor's demonstrations up to this number, a row of every label before two of one;
            /// 16 by default, 48 for [`RandomSearch`](crate::RandomSearch).
            max_labeled_demos(demos: usize) => bootstrap.max_labelled = demos;

            /// Sets the number of times a row may be tried; 1 by default. After the first time the teacher
            /// runs at temperature 1.
            max_rounds(rounds: u64) => bootstrap.max_rounds = rounds;

            /// The score from which on a run is a demonstration; 1 by default, fully right.
            threshold(score: f64) => bootstrap.threshold = score;

            /// Has another model run the teacher; by default it is the program's own.
            teacher(lm: impl Into<crate::lm::Lm>) => bootstrap.teacher_lm = Some(lm.into());

            /// Gives the teacher these states; by default it is the program with labelled demonstrations,
            /// or as it came if it has demonstrations already.
            teacher_state(state: crate::predict::ProgramState) => bootstrap.teacher_state = Some(state);
        }
    };
}

pub(super) use bootstrap_options;
