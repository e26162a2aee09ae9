//! Run, reflect, change the notes.

use std::sync::Arc;

use serde_json::json;

use super::Settings;
use super::playbook::{Changes, Playbook};
use crate::context::Purpose;
use crate::error::Result;
use crate::evaluate::Judged;
use crate::lm::Lm;
use crate::module::Module;
use crate::optimize::compiled::Termination;
use crate::optimize::driver::{Driver, Proposal, Split};
use crate::optimize::minibatch::minibatch;
use crate::optimize::propose::{self, ask, shown};
use crate::signature::{Row, Schema};

/// Say what one step of a language-model program can learn from judged runs. Where an answer was wrong: what
/// was overlooked, and what would one have to know or do to be right next time? Where it was right: what made
/// it so? Name facts and ways of working that will serve with other inputs too. If notes that the step has
/// misled it, say which, by number.
#[dspy_macros::signature]
struct ReflectForNotes {
    /// The step: its inputs and outputs with their types.
    #[input]
    step: String,
    /// Its instructions, with the notes that it has, by number.
    #[input]
    current_instruction: String,
    /// The runs of the whole program, with what was said of them.
    #[input]
    runs: String,
    /// The rows with their right answers, one JSON object a line.
    #[input]
    labelled: String,
    /// The lessons to learn.
    #[output]
    lessons: String,
}

/// Keep the notes of one step up to date. Take from the lessons what the notes do not say yet, one thing a
/// note, short enough to be read at every call. Revise a note that is nearly right, remove one that is wrong
/// or of no use, and leave all others alone.
#[dspy_macros::signature]
struct KeepNotes {
    /// The step: its inputs and outputs with their types.
    #[input]
    step: String,
    /// The notes so far, by number.
    #[input]
    notes: String,
    /// The lessons learned.
    #[input]
    lessons: String,
    /// About how many more tokens the notes may take.
    #[input]
    room: usize,
    /// New notes.
    #[output]
    add: Vec<String>,
    /// The new text of notes, by their number.
    #[output]
    revise: std::collections::BTreeMap<String, String>,
    /// The numbers of notes to remove.
    #[output]
    remove: Vec<usize>,
}

/// One search.
pub(super) struct Rounds<'a> {
    pub(super) settings: &'a Settings,
    pub(super) seed: u64,
    pub(super) perfect: f64,
    pub(super) tunable: Vec<(String, Arc<Schema>)>,
    pub(super) proposer: Option<&'a Lm>,
}

impl Rounds<'_> {
    pub(super) async fn run<P: Module, R: Row>(&self, driver: &mut Driver<'_, P, R>) -> Result<()>
    where
        R::Input: Into<P::Input>,
    {
        let (own, mut state) = (driver.program.state(), driver.program.state());
        let mut books = vec![Playbook::default(); self.tunable.len()];
        let mut parent = 0;
        for round in 0..self.settings.rounds {
            if driver.best().is_some_and(|best| best.score() >= self.perfect) {
                driver.stop(Termination::Perfect);
                break;
            }
            if self.tunable.is_empty() {
                break;
            }
            if driver.proposals_left() < 2 * self.tunable.len() {
                driver.stop(Termination::BudgetSpent);
                break;
            }
            let batch = minibatch(driver.train.len(), self.settings.minibatch, round, self.seed);
            let program = driver.program.with_state(&state)?;
            let lot = driver.runs(&state, Split::Train, &batch)?;
            let Some(runs) = driver.settle("run rows", vec![lot]).await?.pop() else { break };
            let right =
                |judged: &Arc<Judged>| judged.score.as_ref().is_ok_and(|score| score.value >= self.perfect);
            if runs.iter().all(right) {
                continue;
            }
            let changes = self.changes(driver, &program, &books, &runs, round).await;
            for (((path, _), book), changes) in self.tunable.iter().zip(&mut books).zip(changes) {
                book.change(changes, self.settings.max_tokens);
                let instructions = own.get(path).map_or("", |own| &*own.instructions);
                if let Some(state) = state.get_mut(path) {
                    state.instructions = book.after(instructions);
                }
            }
            driver.decide(&json!({
                "round": round + 1, "rows": batch, "notes": books.iter().map(Playbook::text).collect::<Vec<_>>(),
            }))?;
            if driver.knows(&state) {
                continue;
            }
            let name = format!("round {}", round + 1);
            let proposal = Proposal { name, parents: vec![parent], state: state.clone() };
            match driver.score(vec![proposal]).await?.last() {
                Some(place) => parent = *place,
                None => break,
            }
        }
        Ok(())
    }

    /// Returns the changes to each predictor's notes; first all reflect at the same time, then all decide.
    async fn changes<P: Module, R: Row>(
        &self,
        driver: &Driver<'_, P, R>,
        program: &P,
        books: &[Playbook],
        runs: &[Arc<Judged>],
        round: usize,
    ) -> Vec<Changes>
    where
        R::Input: Into<P::Input>,
    {
        let rollout = 1 + round as u64;
        let cx = driver.context(Purpose::Reflection, self.proposer);
        let texts: Vec<String> = runs.iter().map(|judged| shown(judged)).collect();
        let labelled = propose::lines(runs.iter().map(|judged| &driver.train[judged.index]));
        let present = program.state();
        let step = |place: usize| {
            let (path, schema) = &self.tunable[place];
            format!("{path}: {}", propose::signature(schema))
        };
        let reflect = |place: usize| {
            let own = present.get(&self.tunable[place].0);
            let input = ReflectForNotesInput {
                step: step(place),
                current_instruction: own.map(|own| own.instructions.clone()).unwrap_or_default(),
                runs: texts.join("\n"),
                labelled: labelled.clone(),
            };
            (input, rollout)
        };
        let questions = (0..self.tunable.len()).map(reflect).collect();
        let lessons = ask::<ReflectForNotes>(&cx, "ace.reflect", questions).await;
        let keep = |(place, lessons): (usize, Result<ReflectForNotesOutput>)| {
            let room = self.settings.max_tokens.saturating_sub(books[place].tokens());
            let (notes, lessons) = (books[place].text(), lessons.ok()?.lessons);
            Some((place, (KeepNotesInput { step: step(place), notes, lessons, room }, rollout)))
        };
        let (places, questions): (Vec<usize>, Vec<_>) =
            lessons.into_iter().enumerate().filter_map(keep).unzip();
        let mut changes = vec![Changes::default(); self.tunable.len()];
        let answers = ask::<KeepNotes>(&cx, "ace.keep_notes", questions).await;
        for (place, answer) in places.into_iter().zip(answers) {
            let Ok(KeepNotesOutput { add, revise, remove }) = answer else { continue };
            let number = |text: &str| text.trim_matches(['[', ']', ' ']).parse().ok();
            let revise = revise.into_iter().filter_map(|(note, text)| Some((number(&note)?, text))).collect();
            changes[place] = Changes { add, revise, remove };
        }
        changes
    }
}
