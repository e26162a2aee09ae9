//! New instructions, round after round, each going on from the best so far.

use std::sync::Arc;

use serde_json::json;

use super::parameters::Parameters;
use crate::context::Purpose;
use crate::error::Result;
use crate::lm::Lm;
use crate::module::Module;
use crate::optimize::demos;
use crate::optimize::driver::Driver;
use crate::optimize::propose::{self, Grounding, Material, Wanted};
use crate::signature::{Row, Schema};

/// The grounds of proposals, and the number made of each predictor.
pub(in crate::optimize) struct Proposing<'a> {
    proposer: Option<&'a Lm>,
    /// The number of instructions proposed in all.
    most: usize,
    tunable: Vec<(String, Arc<Schema>)>,
    grounding: Grounding,
    material: Material,
    /// Tells whether rows have all fields of a predictor.
    shown: Vec<bool>,
    made: Vec<usize>,
    /// The number of times a model was asked for them.
    asked: Vec<usize>,
}

impl<'a> Proposing<'a> {
    /// Describes the data and the program, if the budget pays for that and for a proposal.
    pub(in crate::optimize) async fn new<P: Module, R: Row>(
        driver: &Driver<'_, P, R>,
        proposer: Option<&'a Lm>,
        most: usize,
        seed: u64,
    ) -> Result<Option<Self>>
    where
        R::Input: Into<P::Input>,
    {
        let tunable = demos::tunable(&driver.program);
        if most == 0 || tunable.is_empty() || driver.proposals_left() <= Grounding::calls(driver.train.len())
        {
            return Ok(None);
        }
        let cx = driver.context(Purpose::Proposer, proposer);
        let outline = propose::outline(&driver.program);
        let grounding = Grounding::new(&cx, &outline, driver.train, seed).await;
        driver.decide(&json!({"data": grounding.data, "program": grounding.program}))?;
        let first = driver.train.first();
        let shown =
            tunable.iter().map(|(_, schema)| first.and_then(|row| demos::labelled(row, schema)).is_some());
        Ok(Some(Self {
            proposer,
            most,
            grounding,
            material: Material::new(driver.train, seed),
            shown: shown.collect(),
            made: vec![0; tunable.len()],
            asked: vec![0; tunable.len()],
            tunable,
        }))
    }

    /// The train rows in the order in which proposals are shown them.
    pub(in crate::optimize) fn material(&self) -> &Material {
        &self.material
    }

    /// The predictors that are next in turn, so many and no more than there are proposals left.
    pub(in crate::optimize) fn turns(&self, count: usize) -> Vec<usize> {
        let left = self.most.saturating_sub(self.made.iter().sum());
        let mut made = self.made.clone();
        let mut turns = Vec::new();
        for _ in 0..count.min(left) {
            if let Some(next) = (0..made.len()).min_by_key(|place| made[*place]) {
                made[next] += 1;
                turns.push(next);
            }
        }
        turns
    }

    /// Proposes instructions for predictors, each going on from a combination, as far as the budget pays for them; the
    /// combinations that have new ones.
    pub(in crate::optimize) async fn next<P: Module, R: Row>(
        &mut self,
        driver: &Driver<'_, P, R>,
        parameters: &mut Parameters,
        from: &[usize],
        whose: &[usize],
        passes: usize,
    ) -> Result<Vec<Vec<usize>>>
    where
        R::Input: Into<P::Input>,
    {
        let passes = passes.max(1);
        let affordable = driver.proposals_left() / passes;
        let cx = driver.context(Purpose::Proposer, self.proposer);
        // Of each proposal, the predictor and the text so far.
        let start = |predictor: &usize| (*predictor, parameters.text(*predictor, from).to_owned());
        let mut texts: Vec<(usize, String)> = whose.iter().take(affordable).map(start).collect();
        for pass in 0..passes {
            let mut seen = vec![0; self.tunable.len()];
            let wanted: Vec<Wanted<'_>> = texts
                .iter()
                .map(|(predictor, text)| {
                    let (path, schema) = &self.tunable[*predictor];
                    let number = self.asked[*predictor] + passes * seen[*predictor] + pass;
                    seen[*predictor] += 1;
                    Wanted {
                        path,
                        signature: propose::signature(schema),
                        instructions: text,
                        number,
                        demos: if self.shown[*predictor] { Vec::new() } else { parameters.demos(path) },
                    }
                })
                .collect();
            let proposed =
                propose::instructions(&cx, &self.grounding, &wanted, driver.train, &self.material).await;
            for ((_, text), proposed) in texts.iter_mut().zip(proposed) {
                if let Some(new) = proposed {
                    *text = new;
                }
            }
        }
        let mut combinations = Vec::new();
        for (predictor, text) in texts {
            self.made[predictor] += 1;
            self.asked[predictor] += passes;
            let combination = parameters.add(predictor, text.clone(), from);
            let place = combination.as_ref().map(|choices| choices[predictor]);
            driver.decide(&json!({
                "proposal for": self.tunable[predictor].0, "from": from, "place": place, "instructions": text,
            }))?;
            combinations.extend(combination);
        }
        Ok(combinations)
    }
}
