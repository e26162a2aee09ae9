//! An optimizer whose own type is forgotten.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Compiled, Optimizer, Plan};
use crate::context::Context;
use crate::data::TuningRows;
use crate::error::Result;
use crate::module::Module;
use crate::signature::Row;

/// An optimizer whose own type is forgotten.
pub(crate) trait AnyOptimizer<R, P>: Send + Sync {
    fn plan(&self, cx: &Context, program: &P, splits: TuningRows<'_, R>) -> Plan;

    fn compile<'a>(
        &'a self,
        cx: &'a Context,
        program: P,
        rows: TuningRows<'a, R>,
    ) -> BoxFuture<'a, Result<Compiled<P>>>;
}

impl<R: Row, P: Module, T: Optimizer<R, P> + Send + Sync> AnyOptimizer<R, P> for T
where
    R::Input: Into<P::Input>,
{
    fn plan(&self, cx: &Context, program: &P, splits: TuningRows<'_, R>) -> Plan {
        Optimizer::plan(self, cx, program, splits)
    }

    fn compile<'a>(
        &'a self,
        cx: &'a Context,
        program: P,
        rows: TuningRows<'a, R>,
    ) -> BoxFuture<'a, Result<Compiled<P>>> {
        Optimizer::compile(self, cx, program, rows).boxed()
    }
}
