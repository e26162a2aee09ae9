#[allow(deprecated, unused_lifetimes)]
const _: () = {
    #[allow(unused_imports)]
    use ::dspy::__private::field_access::{Part as __Edge, NoPart as _};
    #[automatically_derived]
    impl ::dspy::__private::Predictors for Support {
        const SHAPE: ::dspy::__private::Shape = ::dspy::__private::Shape::Fields(
            &[("hops", __Edge::<Vec<Predict<Triage>>>::SHAPE)],
        );
        fn visit(&self, __visit: &mut ::dspy::__private::Visit<'_>) {
            let _ = <Vec<Predict<Triage>> as ::dspy::__private::Predictors>::visit;
            __Edge::<Self>::module(__visit);
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
        const CRATE: &'static str = match ::core::option_env!("CARGO_PKG_VERSION") {
            ::core::option::Option::Some(version) => version,
            ::core::option::Option::None => "",
        };
    }
};
