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

/// The proposer and the number of its proposals.
pub(in crate::optimize) struct Proposals<'a> {
    pub(in crate::optimize) proposer: Option<&'a Lm>,
    pub(in crate::optimize) seed: u64,
    /// The number of instructions proposed in all.
    pub(in crate::optimize) most: usize,
}

/// The grounds of proposals, and the number made of each predictor.
pub(in crate::optimize) struct Proposing<'a> {
    settings: &'a Proposals<'a>,
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
        settings: &'a Proposals<'a>,
        driver: &Driver<'_, P, R>,
    ) -> Result<Option<Self>>
    where
        R::Input: Into<P::Input>,
    {
        let tunable = demos::tunable(&driver.program);
        if settings.most == 0
            || tunable.is_empty()
            || driver.proposals_left() <= Grounding::calls(driver.train.len())
        {
            return Ok(None);
        }
        let cx = driver.context(Purpose::Proposer, settings.proposer);
        let outline = propose::outline(&driver.program);
        let grounding = Grounding::new(&cx, &outline, driver.train, settings.seed).await;
        driver.decide(&json!({"data": grounding.data, "program": grounding.program}))?;
        let first = driver.train.first();
        let shown =
            tunable.iter().map(|(_, schema)| first.and_then(|row| demos::labelled(row, schema)).is_some());
        Ok(Some(Self {
            settings,
            grounding,
            material: Material::new(driver.train, settings.seed),
            shown: shown.collect(),
            made: vec![0; tunable.len()],
            asked: vec![0; tunable.len()],
            tunable,
        }))
    }

    /// Returns whether there may be one more proposal.
    pub(in crate::optimize) fn is_open(&self) -> bool {
        self.made.iter().sum::<usize>() < self.settings.most
    }

    /// The predictors that are next in turn, so many and no more than there are proposals left.
    pub(in crate::optimize) fn turns(&self, count: usize) -> Vec<usize> {
        let left = self.settings.most.saturating_sub(self.made.iter().sum());
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
    /// combinations that have new ones, each with its predictor.
    pub(in crate::optimize) async fn next<P: Module, R: Row>(
        &mut self,
        driver: &Driver<'_, P, R>,
        parameters: &mut Parameters,
        from: &[usize],
        whose: &[usize],
        passes: usize,
    ) -> Result<Vec<(usize, Vec<usize>)>>
    where
        R::Input: Into<P::Input>,
    {
        let passes = passes.max(1);
        let affordable = driver.proposals_left() / passes;
        let cx = driver.context(Purpose::Proposer, self.settings.proposer);
        // Of each proposal, the predictor and the text so far.
        let start = |predictor: &usize| (*predictor, parameters.text(*predictor, from).to_owned());
        let mut texts: Vec<(usize, String)> = whose.iter().take(affordable).map(start).collect();
        for pass in 0..passes {
            let mut seen = vec![0; self.tunable.len()];
            let wanted: Vec<Wanted<'_>> = texts
                .iter()
                .map(|(predictor, text)| {
                    let (path, schema) = &self.tunable[*predictor];
                    let first = self.asked[*predictor] + passes * seen[*predictor] + pass;
                    seen[*predictor] += 1;
                    Wanted {
                        path,
                        signature: propose::signature(schema),
                        instructions: text,
                        count: 1,
                        first,
                        demos: if self.shown[*predictor] { Vec::new() } else { parameters.demos(path) },
                    }
                })
                .collect();
            let proposed =
                propose::instructions(&cx, &self.grounding, &wanted, driver.train, &self.material).await;
            for ((_, text), proposed) in texts.iter_mut().zip(proposed) {
                if let Some(new) = proposed.into_iter().next() {
                    *text = new;
                }
            }
        }
        let mut combinations = Vec::new();
        for (predictor, text) in texts {
            self.made[predictor] += 1;
            self.asked[predictor] += passes;
            let place = parameters.add(predictor, text.clone(), from);
            driver.decide(&json!({
                "proposal for": self.tunable[predictor].0, "from": from, "place": place, "instructions": text,
            }))?;
            if let Some(place) = place {
                let mut choices = from.to_vec();
                choices[predictor] = place;
                combinations.push((predictor, choices));
            }
        }
        Ok(combinations)
    }
}
