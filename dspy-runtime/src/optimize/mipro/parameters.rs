//! The parameters of the search: for each tunable predictor its instructions and its demonstrations.

use crate::module::{Module, Predictors};
use crate::optimize::demos;
use crate::predict::ProgramState;

/// The instructions and the sets of demonstrations that there are so far.
pub(in crate::optimize) struct Parameters {
    base: ProgramState,
    paths: Vec<String>,
    /// Of each predictor, its own first.
    instructions: Vec<Vec<Instruction>>,
    /// The state of each set; the first is the program as it came.
    sets: Vec<ProgramState>,
}

/// Instructions of a predictor, and the place of those that they go on from.
struct Instruction {
    text: String,
    parent: usize,
}

impl Parameters {
    pub(in crate::optimize) fn new<P: Module>(program: &P, sets: Vec<ProgramState>) -> Self {
        let (base, paths) = (program.state(), paths(program));
        let own = |path: &String| base.get(path).map(|state| state.instructions.clone()).unwrap_or_default();
        let instructions =
            paths.iter().map(|path| vec![Instruction { text: own(path), parent: 0 }]).collect();
        Self { base, paths, instructions, sets }
    }

    pub(in crate::optimize) fn predictors(&self) -> usize {
        self.paths.len()
    }

    /// The path of a predictor.
    pub(in crate::optimize) fn path(&self, predictor: usize) -> &str {
        self.paths.get(predictor).map_or("", |path| path)
    }

    pub(in crate::optimize) fn has_demos(&self) -> bool {
        self.sets.len() > 1
    }

    /// The program as it came.
    pub(in crate::optimize) fn start(&self) -> Vec<usize> {
        vec![0; 2 * self.paths.len()]
    }

    /// The choices of each parameter: instructions of all predictors, then their demonstrations.
    pub(in crate::optimize) fn cards(&self) -> Vec<usize> {
        let instructions = self.instructions.iter().map(Vec::len);
        instructions.chain(self.paths.iter().map(|_| self.sets.len())).collect()
    }

    /// The instructions of a predictor in a combination.
    pub(in crate::optimize) fn text(&self, predictor: usize, choices: &[usize]) -> &str {
        let chosen = choices.get(predictor).copied().unwrap_or_default();
        self.instructions.get(predictor).and_then(|all| all.get(chosen)).map_or("", |one| &*one.text)
    }

    /// Adds instructions of a predictor that go on from those of a combination; the combination that has them instead, if they
    /// are new.
    pub(in crate::optimize) fn add(
        &mut self,
        predictor: usize,
        text: String,
        from: &[usize],
    ) -> Option<Vec<usize>> {
        let parent = from.get(predictor).copied().unwrap_or_default();
        let all = self.instructions.get_mut(predictor)?;
        if all.iter().any(|known| known.text == text) {
            return None;
        }
        all.push(Instruction { text, parent });
        let mut choices = from.to_vec();
        *choices.get_mut(predictor)? = all.len() - 1;
        Some(choices)
    }

    /// The parts that a combination is made of: what each change of its instructions added, one after the other, and its
    /// demonstrations. The program as it came has none.
    pub(in crate::optimize) fn parts(&self, choices: &[usize]) -> Vec<usize> {
        (0..self.cards().len()).flat_map(|parameter| self.parts_of(parameter, choices[parameter])).collect()
    }

    fn parts_of(&self, parameter: usize, choice: usize) -> Vec<usize> {
        let first: usize = self.cards().iter().take(parameter).map(|card| card - 1).sum();
        let mut parts = Vec::new();
        let mut choice = choice;
        while choice > 0 {
            parts.push(first + choice - 1);
            choice =
                self.instructions.get(parameter).and_then(|all| all.get(choice)).map_or(0, |one| one.parent);
        }
        parts
    }

    /// Returns the number of parts.
    pub(in crate::optimize) fn count(&self) -> usize {
        self.cards().iter().map(|card| card - 1).sum()
    }

    /// The combination that is best by these contributions of the parts, the mean first.
    pub(in crate::optimize) fn best(&self, contributions: &[f64]) -> Vec<usize> {
        let worth = |parameter: usize, choice: usize| -> f64 {
            let parts = self.parts_of(parameter, choice);
            parts.into_iter().filter_map(|part| contributions.get(part + 1)).sum()
        };
        let best = |(parameter, card): (usize, usize)| {
            let better = |best: (usize, f64), choice: usize| {
                let own = worth(parameter, choice);
                if own > best.1 { (choice, own) } else { best }
            };
            (1..card).fold((0, 0.0), better).0
        };
        self.cards().into_iter().enumerate().map(best).collect()
    }

    /// The state that a combination comes to.
    pub(in crate::optimize) fn state(&self, choices: &[usize]) -> ProgramState {
        let mut state = self.base.clone();
        for (index, path) in self.paths.iter().enumerate() {
            let demos = choices.get(self.paths.len() + index).copied().unwrap_or_default();
            let (Some(own), Some(set)) =
                (state.get_mut(path), self.sets.get(demos).and_then(|set| set.get(path)))
            else {
                continue;
            };
            self.text(index, choices).clone_into(&mut own.instructions);
            own.demos.clone_from(&set.demos);
        }
        state
    }

    /// The demonstrations of a predictor in all sets.
    pub(in crate::optimize) fn demos(&self, path: &str) -> Vec<&crate::value::Record> {
        self.sets.iter().skip(1).filter_map(|set| set.get(path)).flat_map(|state| &state.demos).collect()
    }

    pub(in crate::optimize) fn name(&self, choices: &[usize]) -> String {
        let (instructions, demos) = choices.split_at(self.predictors().min(choices.len()));
        let list = |choices: &[usize]| choices.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        format!("instructions {} demos {}", list(instructions), list(demos))
    }
}

fn paths<P: Predictors + ?Sized>(program: &P) -> Vec<String> {
    demos::tunable(program).into_iter().map(|(path, _)| path).collect()
}
