//! Running a gate.

use super::Gate;
use super::verdict::{Verdict, decide};
use crate::context::{Budget, Context, Scope};
use crate::data::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::{Evaluate, Report};
use crate::lm::Lm;
use crate::module::Module;
use crate::signature::Row;

impl<R: Row, O: Send + Sync + 'static> Gate<R, O> {
    /// Runs both programs over the rows and decides.
    ///
    /// A request that both programs make alike is made once and its reply given to both. Programs that are one and the
    /// same, in their version, their states, their calls and their outputs, are reported as such: the
    /// decision is to keep.
    ///
    /// # Errors
    ///
    /// When there are no rows, or the gate cannot decide as it is set: a confidence that is none, or a limit on cost
    /// where the context has no price of its model. Rows that fail count as wrong; rows that were not run leave it
    /// undecided.
    pub async fn compare<P>(
        &self,
        cx: &Context,
        baseline: &P,
        candidate: &P,
        rows: &Rows<R>,
    ) -> Result<Verdict>
    where
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        self.compare_models(cx, (baseline, cx.lm()), (candidate, cx.lm()), rows).await
    }

    /// Compares programs that run with a model each, as where one was [trained](crate::optimize::Finetune) for the
    /// candidate. All else is as the context has it.
    ///
    /// # Errors
    ///
    /// As [`compare`](Gate::compare), and where a limit on cost lacks the price of either model.
    ///
    /// # Example
    ///
    /// ```
    /// # use dspy::gate::Decision;
    /// # use dspy::lm::{ModelId, Scripted};
    /// # use dspy::{Context, Gate, Lm, Predict, Rows, signature};
    /// # /// Name the capital of a country.
    /// # #[signature]
    /// # struct Capital {
    /// #     #[input]
    /// #     country: String,
    /// #     /// Its name alone.
    /// #     #[output]
    /// #     capital: String,
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// # let csv: String = (0..40).map(|i| format!("Italy{},Rome\n", " ".repeat(i))).collect();
    /// # let rows = Rows::<Capital>::from_csv(&format!("country,capital\n{csv}"), "capitals.csv")?;
    /// let says = |name: &str, word: &'static str| {
    ///     let lm = Scripted::answering(move |_| format!("[[ ## capital ## ]]\n{word}"));
    ///     Lm::from(lm.named(ModelId::new("test", name)))
    /// };
    /// let (small, trained) = (says("small", "Paris"), says("trained", "Rome"));
    /// let program = Predict::<Capital>::new();
    /// let gate = Gate::new(|row: &Capital, out: &CapitalOutput| row.capital == out.capital);
    /// let cx = Context::new(small.clone());
    /// let verdict = gate.compare_models(&cx, (&program, &small), (&program, &trained), &rows).await?;
    /// assert_eq!(verdict.decision, Decision::Promote);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn compare_models<P>(
        &self,
        cx: &Context,
        (baseline, before): (&P, &Lm),
        (candidate, after): (&P, &Lm),
        rows: &Rows<R>,
    ) -> Result<Verdict>
    where
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        self.can_run(&cx.with_lm(after.clone()))?;
        let (evaluate, cx) = self.begin(&cx.with_lm(before.clone()))?;
        let cx = cx.scoped(Scope::sharing_from_here);
        let same = before.id() == after.id();
        let before = evaluate.run(&cx, baseline, rows).await?;
        let paid = cx.usage().calls;
        let after = evaluate.run(&cx.with_lm(after.clone()), candidate, rows).await?;
        let outcomes = |report: &Report| -> Vec<_> {
            report.rows().iter().map(|row| (row.row, row.score, row.output.clone())).collect()
        };
        // What a program has beside its states may differ where these do not; then so do its calls or its outputs.
        let alike = same
            && cx.usage().calls == paid
            && baseline.state() == candidate.state()
            && baseline.version() == candidate.version()
            && outcomes(&before) == outcomes(&after);
        let verdict = Verdict { usage: cx.usage(), ..decide(&self.rules, &self.limits, before, after)? };
        Ok(if alike { verdict.of_one_program() } else { verdict })
    }

    /// The verdict on a program that is baseline and candidate in one, which is run once.
    #[cfg(feature = "app")]
    pub(crate) async fn compare_to_itself<P>(
        &self,
        cx: &Context,
        program: &P,
        rows: &Rows<R>,
    ) -> Result<Verdict>
    where
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        let (evaluate, cx) = self.begin(cx)?;
        let report = evaluate.run(&cx, program, rows).await?;
        let verdict = decide(&self.rules, &self.limits, report.clone(), report)?;
        Ok(Verdict { usage: cx.usage(), ..verdict }.of_one_program())
    }

    /// Returns the evaluation, and the context that counts the gate's spending, if it can decide as it
    /// is set.
    fn begin(&self, cx: &Context) -> Result<(Evaluate<R, O>, Context)> {
        self.can_run(cx)?;
        let evaluate = Evaluate::with_metric(self.metric.clone())
            .with_slice(self.slice.clone())
            .keep_exchanges(self.keep_exchanges)
            .progress(self.progress)
            .with_concurrency(self.concurrency);
        Ok((evaluate, cx.with_budget(Budget::unlimited())))
    }

    /// Checks that it can decide in this context as it is set.
    fn can_run(&self, cx: &Context) -> Result<()> {
        self.check()?;
        if self.limits.on_cost() && cx.prices().of_lm(cx.lm()).is_none() {
            return Err(Error::new(
                ErrorKind::NotConfigured,
                format!(
                    "a limit on cost needs the price of {}, which is not known: set it with \
                     `Context::with_prices`, or limit tokens with `max_tokens_ratio`",
                    cx.lm().id()
                ),
            ));
        }
        Ok(())
    }

    /// Decides from two runs that have been made, as [`Report::load`] reads them, without any call: by the scores and
    /// slices that they have. [`Evaluate::rescore`] gives them others.
    ///
    /// # Errors
    ///
    /// When the runs are not over the same rows or were judged by several metrics, when the gate has slices and
    /// the runs have none, and as [`compare`](Gate::compare) where the gate cannot decide as it is set.
    ///
    /// # Example
    ///
    /// ```
    /// # use dspy::gate::Decision;
    /// # use dspy::lm::Scripted;
    /// # use dspy::{Context, Evaluate, Gate, Predict, Rows, signature};
    /// # /// Name the capital of a country.
    /// # #[signature]
    /// # struct Capital {
    /// #     #[input]
    /// #     country: String,
    /// #     /// Its name alone.
    /// #     #[output]
    /// #     capital: String,
    /// # }
    /// # fn exact(row: &Capital, out: &CapitalOutput) -> bool { row.capital == out.capital }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// # let rows = Rows::<Capital>::from_csv("country,capital\nFrance,Paris\nItaly,Rome\n", "capitals.csv")?;
    /// # let cx = Context::new(Scripted::answering(|_| "[[ ## capital ## ]]\nParis".into()));
    /// # let program = Predict::<Capital>::new();
    /// let evaluate = Evaluate::new(exact);
    /// let before = evaluate.run(&cx, &program, &rows).await?;
    /// let after = evaluate.run(&cx, &program, &rows).await?;
    /// let verdict = Gate::new(exact).decide(&before, &after)?;
    /// assert_eq!(verdict.decision, Decision::Keep);
    /// # Ok(())
    /// # }
    /// ```
    pub fn decide(&self, before: &Report, after: &Report) -> Result<Verdict> {
        self.check()?;
        if self.slice.is_some() && before.rows().iter().any(|row| row.slice.is_none()) {
            return Err(Error::data(
                "the gate has slices and the runs have none; `Evaluate::new(metric).slice(…).rescore(…)` gives them \
                 slices without a call",
            ));
        }
        decide(&self.rules, &self.limits, before.clone(), after.clone())
    }

    fn check(&self) -> Result<()> {
        let (confidence, percentile) = (self.rules.confidence, self.limits.percentile);
        if !(confidence > 0.5 && confidence < 1.0) {
            let message = format!("a confidence is above 0.5 and below 1, as 0.95; it is {confidence}");
            return Err(Error::new(ErrorKind::NotConfigured, message));
        }
        if !(percentile > 0.0 && percentile <= 1.0) {
            let message = format!("a percentile is above 0 and at most 1, as 0.95; it is {percentile}");
            return Err(Error::new(ErrorKind::NotConfigured, message));
        }
        Ok(())
    }
}
