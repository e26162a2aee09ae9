//! The settings that every optimizer has.

use crate::context::Budget;

/// Seed, budget, concurrency and the bound of one run.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) seed: u64,
    pub(super) budget: Budget,
    pub(super) concurrency: usize,
    pub(super) calls_per_row: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 0, budget: Budget::unlimited(), concurrency: 16, calls_per_row: None }
    }
}

/// The builder methods for [`Options`], the same on every optimizer.
macro_rules! options {
    () => {
        /// The seed of all random choices; 0 by default.
        #[must_use]
        pub fn seed(mut self, seed: u64) -> Self {
            self.options.seed = seed;
            self
        }

        /// A hard limit on LM calls; when it is reached, the best program so far is the result.
        #[must_use]
        pub fn budget(mut self, budget: crate::context::Budget) -> Self {
            self.options.budget = budget;
            self
        }

        /// How many runs of the program are under way at once; 16 by default. The result does not
        /// depend on it.
        #[must_use]
        pub fn concurrency(mut self, runs: usize) -> Self {
            self.options.concurrency = runs;
            self
        }

        /// The most LM calls that one run of the program may make. By default each predictor is called
        /// once, and once more for each reply that is asked for again; say more for a program that
        /// calls a predictor in a loop.
        #[must_use]
        pub fn calls_per_row(mut self, calls: u64) -> Self {
            self.options.calls_per_row = Some(calls);
            self
        }

        /// The most LM calls that [`compile`](Self::compile) can make, without making any.
        pub fn plan<P>(
            &self,
            cx: &crate::context::Context,
            program: &P,
            splits: &crate::data::Splits<R>,
        ) -> crate::optimize::Plan
        where
            P: crate::module::Module<Output = O>,
            R::Input: Into<P::Input>,
        {
            crate::optimize::Optimizer::plan(self, cx, program, splits)
        }

        /// Tunes a program: learns from the train rows, chooses by the validation rows.
        ///
        /// # Errors
        ///
        /// When the program fails on every validation row, makes more calls than planned for, or the
        /// budget cannot pay for scoring it as it came.
        pub async fn compile<P>(
            &self,
            cx: &crate::context::Context,
            program: P,
            train: &crate::data::Rows<R>,
            validation: &crate::data::Rows<R>,
        ) -> crate::error::Result<crate::optimize::Compiled<P>>
        where
            P: crate::module::Module<Output = O>,
            R::Input: Into<P::Input>,
        {
            crate::optimize::Optimizer::compile(self, cx, program, train, validation).await
        }
    };
}

pub(super) use options;
