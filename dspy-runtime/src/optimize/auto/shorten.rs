//! Long instructions without the lines that earn nothing.

use std::sync::Arc;

use serde_json::json;

use crate::error::Result;
use crate::evaluate::Judged;
use crate::module::Module;
use crate::optimize::demos;
use crate::optimize::driver::{Driver, Proposal, Split};
use crate::predict::ProgramState;
use crate::signature::Row;

/// Instructions of fewer lines, or sentences where they are one line, are left as they are.
const LONG: usize = 4;
/// The parts that are left out in turn, at the same time.
const PARTS: usize = 4;
/// The number of times that something is left out.
const TURNS: usize = 3;
/// Sums closer than this are the same.
const CLOSE: f64 = 1e-9;

/// Returns the most candidates that are tried for a number of predictors: each part left out, and then all together that
/// earned nothing.
pub(super) fn most(predictors: usize) -> usize {
    predictors * TURNS * (PARTS + 1)
}

/// Leaves out of the best program's instructions what makes no difference on the rows that it was scored on, as far as the
/// budget reaches.
pub(super) async fn shorten<P: Module, R: Row>(driver: &mut Driver<'_, P, R>) -> Result<()>
where
    R::Input: Into<P::Input>,
{
    let Some(mut lead) = driver.picked() else { return Ok(()) };
    for (path, _) in demos::tunable(&driver.program) {
        for _ in 0..TURNS {
            let state = driver.candidate(lead).state.clone();
            let text = state.get(&path).map(|own| own.instructions.clone()).unwrap_or_default();
            let own = driver.program.state().get(&path).is_some_and(|came| came.instructions == text);
            let pieces = pieces(&text);
            let affordable = driver.runs_left() / driver.validation.len().max(1);
            if own || pieces.len() < LONG || affordable < 2 {
                break;
            }
            let blocks = blocks(pieces.len(), PARTS.min(affordable));
            let without = |left_out: &[&(usize, usize)]| {
                let is_left_out =
                    |place: usize| left_out.iter().any(|block| (block.0..block.1).contains(&place));
                let kept = pieces.iter().enumerate().filter(|(place, _)| !is_left_out(*place));
                changed(&state, &path, kept.map(|(_, piece)| *piece).collect::<String>().trim())
            };
            let states: Vec<ProgramState> = blocks.iter().map(|block| without(&[block])).collect();
            let made = as_good(driver, lead, states).await?;
            let together: Vec<&(usize, usize)> =
                blocks.iter().zip(&made).filter_map(|(block, made)| made.as_ref().map(|_| block)).collect();
            let all = match together.len() > 1 && together.len() < blocks.len() {
                true if driver.runs_left() >= driver.validation.len() => {
                    as_good(driver, lead, vec![without(&together)]).await?.pop().flatten()
                }
                _ => None,
            };
            let best = made.into_iter().flatten().max_by(|a, b| sum(&a.1).total_cmp(&sum(&b.1)));
            let Some((state, runs)) = all.or(best) else { break };
            let mut proposal = Proposal::new(format!("`{path}` shortened"), state);
            proposal.parents = vec![lead];
            let next = driver.admit_runs(proposal, &runs)?;
            driver.decide(&json!({"shortened": path, "from": lead, "to": next}))?;
            let length = |place: usize| {
                driver.candidate(place).state.get(&path).map_or(0, |own| own.instructions.chars().count())
            };
            let (before, after, score) = (length(lead), length(next), driver.candidate(next).score());
            driver.step(format!(
                "shortened the instructions of `{path}` from {before} to {after} characters: {score:.3}"
            ));
            lead = next;
        }
    }
    Ok(())
}

/// A state and its runs on the validation rows.
type Scored = (ProgramState, Vec<Arc<Judged>>);

/// Runs states on the validation rows, beside a candidate that was; those that are as good, with their runs. One that is behind
/// on the first half is not run on the rest.
async fn as_good<P: Module, R: Row>(
    driver: &Driver<'_, P, R>,
    lead: usize,
    states: Vec<ProgramState>,
) -> Result<Vec<Option<Scored>>>
where
    R::Input: Into<P::Input>,
{
    let rows: Vec<usize> = (0..driver.validation.len()).collect();
    let scores = &driver.candidate(lead).scores;
    let mut alive: Vec<Option<Scored>> = states.into_iter().map(|state| Some((state, Vec::new()))).collect();
    let (first, second) = rows.split_at(rows.len() / 2);
    for (part, until) in [(first, first.len()), (second, rows.len())] {
        let mut runs = Vec::new();
        for (state, _) in alive.iter().flatten() {
            runs.extend(driver.runs(state, Split::Validation, part)?);
        }
        let mut judged = driver.run_all(runs).await?.into_iter();
        let bar: f64 = rows.iter().take(until).map(|row| scores.of(*row)).sum();
        for slot in &mut alive {
            if let Some((_, runs)) = slot {
                runs.extend(judged.by_ref().take(part.len()));
                if sum(runs) + CLOSE < bar {
                    *slot = None;
                }
            }
        }
    }
    Ok(alive)
}

fn sum(runs: &[Arc<Judged>]) -> f64 {
    runs.iter().map(|judged| judged.value()).sum()
}

/// A state with other instructions of one predictor.
fn changed(state: &ProgramState, path: &str, instructions: &str) -> ProgramState {
    let mut state = state.clone();
    if let Some(own) = state.get_mut(path) {
        instructions.clone_into(&mut own.instructions);
    }
    state
}

/// The lines of a text with their ends, or its sentences where it is but one line.
fn pieces(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    match lines.iter().filter(|line| !line.trim().is_empty()).count() {
        0..=1 => text.split_inclusive(". ").collect(),
        _ => lines,
    }
}

/// So many pieces in so many blocks of about the same size: the first of each, and the one after its last.
fn blocks(pieces: usize, count: usize) -> Vec<(usize, usize)> {
    let count = count.clamp(1, pieces.max(1));
    (0..count).map(|block| (block * pieces / count, (block + 1) * pieces / count)).collect()
}

#[cfg(test)]
mod tests {
    use super::{blocks, pieces};

    #[test]
    fn a_text_is_the_sum_of_its_pieces() {
        for text in ["", "One line", "One. Two. Three.", "- a\n- b\n\n- c", "Über alles. Ja. \n"] {
            assert_eq!(pieces(text).concat(), text);
        }
        assert_eq!(pieces("- a\n- b. c\n").len(), 2);
        assert_eq!(pieces("One. Two. Three.").len(), 3);
    }

    #[test]
    fn blocks_cover_all_pieces_once() {
        for (count, most) in [(4, 4), (5, 4), (17, 4), (2, 4), (9, 2), (1, 3)] {
            let blocks = blocks(count, most);
            assert!(blocks.iter().all(|(first, end)| first < end), "{blocks:?}");
            assert_eq!(
                (blocks.first().map(|block| block.0), blocks.last().map(|block| block.1)),
                (Some(0), Some(count))
            );
            assert!(blocks.windows(2).all(|pair| pair[0].1 == pair[1].0), "{blocks:?}");
        }
    }
}
