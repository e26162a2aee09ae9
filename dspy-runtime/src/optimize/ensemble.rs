//! The best candidates of a search as one program.

use super::compiled::Compiled;
use crate::error::Result;
use crate::module::Module;
use crate::strategy::Ensemble;

impl<P: Module> Compiled<P> {
    /// The best candidates as one program that votes, without further cost: as many as are wanted, or as
    /// there are different ones that were scored on every row; the best first.
    ///
    /// # Errors
    ///
    /// When a candidate's state is not of the program.
    pub fn ensemble(&self, programs: usize) -> Result<Ensemble<P>> {
        let whole = |rows: &[Option<f64>]| rows.iter().all(Option::is_some);
        let mut ranked: Vec<_> = self.candidates.iter().filter(|candidate| whole(&candidate.rows)).collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut different: Vec<&crate::predict::ProgramState> = Vec::new();
        for candidate in ranked {
            if !different.contains(&&candidate.state) {
                different.push(&candidate.state);
            }
        }
        let chosen = different.into_iter().take(programs);
        Ok(Ensemble::new(chosen.map(|state| self.program.with_state(state)).collect::<Result<_>>()?))
    }
}
