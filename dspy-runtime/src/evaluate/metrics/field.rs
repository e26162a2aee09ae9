//! Metrics that compare a field of the row with a field of the outputs.

use std::marker::PhantomData;

use futures_util::future::{BoxFuture, FutureExt, ready};
use serde::Serialize;
use serde_json::Value;

use crate::error::Result;
use crate::evaluate::{AnyMetric, Metric, Score};
use crate::trace::Trace;

/// A comparison of what is wanted with what came.
struct Compared<F, T> {
    name: String,
    compare: F,
    types: PhantomData<fn() -> T>,
}

impl<F, R, O> Metric<R, O> for Compared<F, (R, O)>
where
    F: Fn(&R, &O) -> Result<Score> + Send + Sync + 'static,
    R: 'static,
    O: 'static,
{
    fn score<'a>(&'a self, row: &'a R, output: &'a O, _: &'a Trace) -> BoxFuture<'a, Result<Score>> {
        ready((self.compare)(row, output)).boxed()
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// A metric by its name and its comparison of two values.
pub(super) fn comparing<R, O, A, B>(
    name: &str,
    wanted: impl Fn(&R) -> &A + Send + Sync + 'static,
    given: impl Fn(&O) -> &B + Send + Sync + 'static,
    compare: impl Fn(Value, Value) -> Result<Score> + Send + Sync + 'static,
) -> AnyMetric<R, O>
where
    R: 'static,
    O: 'static,
    A: Serialize + ?Sized + 'static,
    B: Serialize + ?Sized + 'static,
{
    judging(name, move |row: &R, output: &O| {
        compare(serde_json::to_value(wanted(row))?, serde_json::to_value(given(output))?)
    })
}

/// A metric by its name and what it does.
pub(super) fn judging<R: 'static, O: 'static>(
    name: &str,
    compare: impl Fn(&R, &O) -> Result<Score> + Send + Sync + 'static,
) -> AnyMetric<R, O> {
    AnyMetric::new(Compared::<_, (R, O)> { name: name.to_owned(), compare, types: PhantomData })
}
