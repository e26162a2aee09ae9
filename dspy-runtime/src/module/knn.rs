//! Demonstrations chosen for each call.

use std::fmt;

use super::shape::Shape;
use super::{Module, Predictors, Program, Visit, VisitMut, visit};
use crate::context::Context;
use crate::error::Result;

/// A program whose predictors show, at each call, only those `k` of their demonstrations whose inputs are
/// nearest to the call's, the nearest last.
///
/// Near is by the context's [embedder](Context::with_embedder). By default that is the built-in one, which goes by
/// words and parts of words and makes no call; another one is called once for each call of a predictor, for its
/// inputs, within the budget. The vectors of the demonstrations are made at the first call and kept with the state;
/// they are charged to the context and are in no call's own usage. A predictor that has no more than `k`
/// demonstrations shows all of them, in their order. Files are not looked at. The
/// demonstrations are those of the [state](Module::state), so an artifact holds all of them; it is applied to
/// a program that is wrapped with the same `k`. [`KnnFewShot`](crate::optimize::KnnFewShot) fills them from rows.
///
/// # Example
///
/// ```
/// use dspy::data::Record;
/// use dspy::module::Knn;
/// use dspy::{Context, Lm, Module, Predict, signature};
///
/// /// Say which fruit it is.
/// #[signature]
/// struct Fruit {
///     #[input]
///     looks: String,
///     /// What it is.
///     #[output]
///     fruit: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let program = Knn::new(Predict::<Fruit>::new(), 1);
/// let mut state = program.state();
/// for (looks, fruit) in [("long and yellow", "banana"), ("round and red", "apple")] {
///     let demo = Record::from_iter([("looks", looks), ("fruit", fruit)]);
///     state.get_mut("self").expect("the one predictor").demos.push(demo);
/// }
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let reply = program.with_state(&state)?.call(&cx, FruitInput { looks: "red, round".into() }).await?;
/// assert_eq!(reply.fruit, "apple");
/// assert!(!cx.history(1).to_string().contains("banana"), "only the nearest is shown");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Knn<P> {
    program: P,
    k: usize,
}

impl<P: Module> Knn<P> {
    /// A program whose predictors show the nearest `k` of their demonstrations; those that are frozen show
    /// all of theirs.
    #[must_use]
    pub fn new(mut program: P, k: usize) -> Self {
        visit::each_mut(&mut program, |_, predictor, frozen| {
            if !frozen {
                predictor.show_nearest(k);
            }
        });
        Self { program, k }
    }

    /// Returns the number of demonstrations that a call shows, at most.
    pub fn k(&self) -> usize {
        self.k
    }

    /// The program inside. It shows the nearest demonstrations, too.
    pub fn program(&self) -> &P {
        &self.program
    }
}

impl<P: Module> Module for Knn<P> {
    type Input = P::Input;
    type Output = P::Output;

    async fn forward(&self, cx: &Context, input: P::Input) -> Result<P::Output> {
        self.program.forward(cx, input).await
    }
}

impl<P: Predictors> Predictors for Knn<P> {
    const SHAPE: Shape = P::SHAPE;

    fn visit(&self, visit: &mut Visit<'_>) {
        self.program.visit(visit);
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        self.program.visit_mut(visit);
    }
}

crate::module::inherent!([P: Module] Knn<P>, call);

impl<P> Program for Knn<P> {
    const NAME: &'static str = "Knn";
}

impl<P: fmt::Debug> fmt::Debug for Knn<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Knn").field("k", &self.k).field("program", &self.program).finish()
    }
}
