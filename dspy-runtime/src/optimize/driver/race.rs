//! Candidates side by side on the validation rows, each until it cannot win.

use std::sync::Arc;

use super::candidate::Scores;
use super::service::Flight;
use super::{Driver, Run, Split};
use crate::error::Result;
use crate::evaluate::Judged;
use crate::module::Module;
use crate::optimize::event::SearchEventKind;
use crate::optimize::racing::{Race, Standing};
use crate::progress::Progress;
use crate::signature::Row;

impl<P: Module, R: Row> Driver<'_, P, R>
where
    R::Input: Into<P::Input>,
{
    /// Runs candidates on the validation rows, in rounds, leaving those that fall behind.
    ///
    /// A decision rests on a whole round and on nothing that came after it. A candidate that will surely go
    /// on does not wait for the others, so that no place among the calls in flight stands empty at the end
    /// of a round.
    pub(super) async fn race(&self, wave: &[(Arc<str>, P)], progress: &mut Progress) -> Result<Vec<Scores>> {
        let rows = self.validation.len();
        let earlier = self.scores_by_row();
        let best: Option<Vec<f64>> = self.best().map(|best| best.scores.whole().collect());
        let race = Race {
            racing: self.options.racing,
            earlier: &earlier,
            best: best.as_deref(),
            range: self.options.score_range,
            rows,
        };
        let (order, ends) = race.schedule();
        let mut heat = Heat::new(order, wave.len());
        let mut flight = self.service.flight();
        for (round, end) in ends.iter().enumerate() {
            heat.begin_round(*end);
            start(&mut flight, wave, heat.due(*end, |_| true));
            while !heat.round_is_over() {
                let Some((candidate, judged)) = flight.next().await? else { break };
                progress.add(judged.value());
                heat.add(candidate, &judged);
                if let Some(next) = ends.get(round + 1) {
                    let sure = race.surely_go_on(&heat.standings, *end);
                    start(&mut flight, wave, heat.due(*next, |candidate| sure[candidate]));
                }
            }
            self.tell(|| heat.told());
            if *end < rows {
                heat.alive = race.go_on(&heat.order, &heat.so_far());
            }
        }
        Ok(heat.scores)
    }

    /// Returns the scores of every distinct candidate on each row.
    fn scores_by_row(&self) -> Vec<Vec<f64>> {
        let mut by_row = vec![Vec::new(); self.validation.len()];
        for (place, candidate) in self.candidates.iter().enumerate() {
            if self.candidates[..place].iter().any(|other| other.fingerprint == candidate.fingerprint) {
                continue;
            }
            for (row, score) in candidate.scores.rows().enumerate() {
                by_row[row].extend(score);
            }
        }
        by_row
    }
}

/// Starts runs of candidates on rows.
fn start<P: Module, R: Row>(flight: &mut Flight<P, R>, wave: &[(Arc<str>, P)], due: Vec<(usize, usize)>)
where
    R::Input: Into<P::Input>,
{
    for (candidate, row) in due {
        let (key, program) = &wave[candidate];
        flight.start(candidate, Run::new(key.clone(), program.clone(), Split::Validation, row));
    }
}

/// The runners of a round, and their progress.
struct Heat {
    /// The rows in the order in which they are visited, and the place of each row in it.
    order: Vec<usize>,
    places: Vec<usize>,
    /// The end of the round.
    end: usize,
    alive: Vec<bool>,
    /// The number of rows, in their order, that were started for each candidate.
    started: Vec<usize>,
    scores: Vec<Scores>,
    /// The standing of each candidate on the rows up to the end of the round.
    standings: Vec<Standing>,
}

impl Heat {
    fn new(order: Vec<usize>, candidates: usize) -> Self {
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, row)| places[*row] = place);
        Self {
            places,
            end: 0,
            alive: vec![true; candidates],
            started: vec![0; candidates],
            scores: vec![Scores::new(order.len()); candidates],
            standings: vec![Standing::default(); candidates],
            order,
        }
    }

    fn begin_round(&mut self, end: usize) {
        self.end = end;
        let round = &self.order[..end];
        self.standings = self
            .scores
            .iter()
            .zip(&self.alive)
            .map(|(scores, alive)| Standing {
                runs: *alive,
                sum: round.iter().map(|row| scores.of(*row)).sum(),
                open: round.iter().filter(|row| !scores.has(**row)).count(),
            })
            .collect();
    }

    /// The runs up to a place in the order that were not started yet, row by row.
    fn due(&mut self, until: usize, whose: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
        let mut due = Vec::new();
        for (candidate, started) in self.started.iter_mut().enumerate() {
            if self.alive[candidate] && *started < until && whose(candidate) {
                due.extend(self.order[*started..until].iter().map(|row| (candidate, *row)));
                *started = until;
            }
        }
        due
    }

    fn add(&mut self, candidate: usize, judged: &Judged) {
        let scores = &mut self.scores[candidate];
        scores.add(judged);
        if self.places[judged.index] < self.end {
            let standing = &mut self.standings[candidate];
            standing.sum += scores.of(judged.index);
            standing.open -= 1;
        }
    }

    fn round_is_over(&self) -> bool {
        self.standings.iter().all(|standing| !standing.runs || standing.open == 0)
    }

    /// The scores of the round that is over, in the order of the rows.
    fn so_far(&self) -> Vec<Option<Vec<f64>>> {
        let round = &self.order[..self.end];
        let scores = self.scores.iter().zip(&self.alive);
        scores
            .map(|(scores, alive)| alive.then(|| round.iter().map(|row| scores.of(*row)).collect()))
            .collect()
    }

    #[allow(clippy::cast_precision_loss)]
    fn told(&self) -> SearchEventKind {
        let running = || self.standings.iter().filter(|standing| standing.runs);
        let best = running().map(|standing| standing.sum).fold(f64::NEG_INFINITY, f64::max);
        SearchEventKind::Round {
            candidates: running().count(),
            rows: self.end,
            of: self.order.len(),
            score: best / self.end as f64,
        }
    }
}
