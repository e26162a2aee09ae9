//! The end of a search.

use serde_json::{Value, json};

use super::{Candidate, Driver, Estimate};
use crate::artifact::Provenance;
use crate::error::{Error, ErrorKind, Result};
use crate::module::Module;
use crate::optimize::compiled::{Compiled, ExpectedGain};
use crate::optimize::event::SearchEventKind;
use crate::signature::Row;

impl<P: Module, R: Row> Driver<'_, P, R>
where
    R::Input: Into<P::Input>,
{
    /// Returns the place of the best candidate by the rule of the options.
    pub(crate) fn picked(&self) -> Option<usize> {
        let price = self.cx.prices().of(self.cx.lm().id());
        self.options.pick.of(&self.candidates, &Estimate::new(&self.candidates), price.as_ref())
    }

    /// The best candidate by the rule of the options, as a program.
    pub(crate) fn finish(self) -> Result<Compiled<P>> {
        let none = || Error::new(ErrorKind::Budget, "the budget is spent before the baseline was scored");
        let baseline = self.candidates.first().ok_or_else(none)?.score();
        let price = self.cx.prices().of_lm(self.cx.lm());
        let estimate = Estimate::new(&self.candidates);
        let picked = self.options.pick.of(&self.candidates, &estimate, price.as_ref()).ok_or_else(none)?;
        let (gain, deviation) = estimate.gain(picked);
        let (best, score) = (&self.candidates[picked], self.candidates[picked].score());
        let usage = self.service.ledger.usage();
        self.decide(&json!({
            "picked": picked,
            "rule": self.options.pick,
            "score": score,
            "expected gain": gain,
            "termination": self.termination,
            "usage": usage,
        }))?;
        self.tell(|| SearchEventKind::Finished { picked, score, termination: self.termination });
        let provenance = Provenance {
            optimizer: self.about.optimizer.to_owned(),
            settings: self.about.settings.clone(),
            seed: self.options.seed,
            metric: self.metric.clone(),
            data: [("train".into(), self.train.record()?), ("validation".into(), self.validation.record()?)]
                .into(),
            scores: [("baseline on validation".into(), baseline), ("compiled on validation".into(), score)]
                .into(),
            usage,
            adapter: self.cx.adapter().name().to_owned(),
            termination: self.termination.to_string(),
            verdict: Value::Null,
        };
        Ok(Compiled {
            program: self.program.with_state(&best.state)?,
            score,
            baseline,
            termination: self.termination,
            usage,
            spent: self.service.ledger.by_purpose(),
            lm: self.cx.lm().clone(),
            price,
            provenance,
            candidates: self.candidates.iter().map(Candidate::summary).collect(),
            picked,
            expected: ExpectedGain { gain, deviation },
            steps: self.steps,
            latencies: self.candidates.iter().map(|candidate| candidate.scores.latency()).collect(),
        })
    }
}
