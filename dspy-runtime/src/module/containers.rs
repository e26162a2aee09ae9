//! Collections of modules are visited item by item.

use super::shape::Shape;
use super::{Build, Module, Predictors, Program, Visit, VisitMut};
use crate::context::Context;
use crate::error::Result;

impl<P: Predictors> Predictors for Vec<P> {
    fn visit(&self, visit: &mut Visit<'_>) {
        self.iter().enumerate().for_each(|(index, item)| visit.item(index, item));
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        self.iter_mut().enumerate().for_each(|(index, item)| visit.item(index, item));
    }
}

impl<P: Predictors, const N: usize> Predictors for [P; N] {
    const SHAPE: Shape = Shape::Items(&P::SHAPE, N);

    fn visit(&self, visit: &mut Visit<'_>) {
        self.iter().enumerate().for_each(|(index, item)| visit.item(index, item));
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        self.iter_mut().enumerate().for_each(|(index, item)| visit.item(index, item));
    }
}

impl<P: Predictors> Predictors for Option<P> {
    fn visit(&self, visit: &mut Visit<'_>) {
        self.iter().for_each(|inner| inner.visit(visit));
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        self.iter_mut().for_each(|inner| inner.visit_mut(visit));
    }
}

impl<P: Predictors + ?Sized> Predictors for Box<P> {
    const SHAPE: Shape = P::SHAPE;

    fn visit(&self, visit: &mut Visit<'_>) {
        (**self).visit(visit);
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        (**self).visit_mut(visit);
    }
}

impl<P: Program + ?Sized> Program for Box<P> {
    const NAME: &'static str = P::NAME;
}

impl<M: Module> Module for Box<M> {
    type Input = M::Input;
    type Output = M::Output;

    async fn forward(&self, cx: &Context, input: M::Input) -> Result<M::Output> {
        (**self).forward(cx, input).await
    }
}

impl<P: Build, const N: usize> Build for [P; N] {
    fn build() -> Self {
        std::array::from_fn(|_| P::build())
    }
}

impl<P: Build> Build for Box<P> {
    fn build() -> Self {
        Box::new(P::build())
    }
}
