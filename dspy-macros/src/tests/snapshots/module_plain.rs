#[allow(deprecated, unused_lifetimes)]
const _: () = {
    struct __Edge<__T>(::core::marker::PhantomData<__T>);
    #[allow(dead_code)]
    impl<__T: ::dspy::__private::Predictors> __Edge<__T> {
        fn field(
            __visit: &mut ::dspy::__private::Visit<'_>,
            __name: &'static str,
            __part: &__T,
        ) {
            __visit.field(__name, __part);
        }
        fn field_mut(
            __visit: &mut ::dspy::__private::VisitMut<'_>,
            __name: &'static str,
            __part: &mut __T,
        ) {
            __visit.field(__name, __part);
        }
        fn frozen(
            __visit: &mut ::dspy::__private::Visit<'_>,
            __name: &'static str,
            __part: &__T,
        ) {
            __visit.frozen(__name, __part);
        }
        fn frozen_mut(
            __visit: &mut ::dspy::__private::VisitMut<'_>,
            __name: &'static str,
            __part: &mut __T,
        ) {
            __visit.frozen(__name, __part);
        }
    }
    #[allow(dead_code)]
    trait __Otherwise<__T> {
        fn field(_: &mut ::dspy::__private::Visit<'_>, _: &'static str, _: &__T) {}
        fn field_mut(
            _: &mut ::dspy::__private::VisitMut<'_>,
            _: &'static str,
            _: &mut __T,
        ) {}
        fn frozen(_: &mut ::dspy::__private::Visit<'_>, _: &'static str, _: &__T) {}
        fn frozen_mut(
            _: &mut ::dspy::__private::VisitMut<'_>,
            _: &'static str,
            _: &mut __T,
        ) {}
    }
    impl<__T> __Otherwise<__T> for __Edge<__T> {}
    #[automatically_derived]
    impl ::dspy::__private::Predictors for Support {
        fn visit(&self, __visit: &mut ::dspy::__private::Visit<'_>) {
            let _ = <Vec<Predict<Triage>> as ::dspy::__private::Predictors>::visit;
            __Edge::<Vec<Predict<Triage>>>::field(__visit, "hops", &self.hops);
            let _ = &self.policies;
        }
        fn visit_mut(&mut self, __visit: &mut ::dspy::__private::VisitMut<'_>) {
            __Edge::<Vec<Predict<Triage>>>::field_mut(__visit, "hops", &mut self.hops);
            let _ = &self.policies;
        }
    }
    #[automatically_derived]
    impl ::dspy::__private::Program for Support {
        const NAME: &'static str = "Support";
    }
};
