#[allow(deprecated, unused_lifetimes)]
const _: () = {
    #[allow(unused_imports)]
    use ::dspy::__private::field_access::{Part as __Edge, NoPart as _};
    #[automatically_derived]
    impl<M: Module> ::dspy::__private::Predictors for Support<M> {
        const SHAPE: ::dspy::__private::Shape = ::dspy::__private::Shape::Fields(
            &[
                ("triage", __Edge::<Predict<Triage>>::SHAPE),
                ("again", __Edge::<Predict<Triage>>::SHAPE),
                ("resolve", __Edge::<M>::SHAPE),
            ],
        );
        fn visit(&self, __visit: &mut ::dspy::__private::Visit<'_>) {
            let _ = <Predict<Triage> as ::dspy::__private::Predictors>::visit;
            let _ = <Predict<Triage> as ::dspy::__private::Predictors>::visit;
            let _ = <M as ::dspy::__private::Predictors>::visit;
            __Edge::<Self>::module(__visit);
            __Edge::<Predict<Triage>>::field(__visit, "triage", &self.triage);
            __Edge::<Predict<Triage>>::field(__visit, "again", &self.again);
            __Edge::<M>::frozen(__visit, "resolve", &self.resolve);
        }
        fn visit_mut(&mut self, __visit: &mut ::dspy::__private::VisitMut<'_>) {
            __Edge::<Predict<Triage>>::field_mut(__visit, "triage", &mut self.triage);
            __Edge::<Predict<Triage>>::field_mut(__visit, "again", &mut self.again);
            __Edge::<M>::frozen_mut(__visit, "resolve", &mut self.resolve);
        }
    }
    #[automatically_derived]
    impl<M: Module> ::dspy::__private::Program for Support<M> {
        const NAME: &'static str = "Support";
        const CRATE: &'static str = match ::core::option_env!("CARGO_PKG_VERSION") {
            ::core::option::Option::Some(version) => version,
            ::core::option::Option::None => "",
        };
    }
    #[automatically_derived]
    impl<M: Module> ::dspy::__private::Build for Support<M>
    where
        for<'__dspy> Predict<Triage>: ::dspy::__private::Build,
        for<'__dspy> M: ::dspy::__private::Build,
    {
        fn build() -> Self {
            Self {
                triage: ::dspy::__private::Build::build(),
                again: ::dspy::__private::Build::build(),
                resolve: ::dspy::__private::Build::build(),
            }
        }
    }
};
#[allow(
    dead_code,
    deprecated,
    unused_lifetimes,
    clippy::new_without_default,
    clippy::must_use_candidate
)]
impl<M: Module> Support<M> {
    /// Makes the program, with every predictor as its signature describes it.
    pub(crate) fn new() -> Self
    where
        for<'__dspy> Predict<Triage>: ::dspy::__private::Build,
        for<'__dspy> M: ::dspy::__private::Build,
    {
        ::dspy::__private::named(<Self as ::dspy::__private::Build>::build())
    }
    /// Makes the program with what an artifact holds: the instructions and
    /// demonstrations that an optimizer found.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, when it is no artifact of this program, or when it
    /// was made for other signatures or another model than this context has. The error
    /// says what differs.
    pub(crate) fn load(
        path: impl ::core::convert::AsRef<::dspy::__private::Path>,
        cx: &::dspy::Context,
    ) -> ::dspy::Result<Self>
    where
        for<'__dspy> Predict<Triage>: ::dspy::__private::Build,
        for<'__dspy> M: ::dspy::__private::Build,
    {
        ::dspy::__private::load(
            <Self as ::dspy::__private::Build>::build(),
            ::core::convert::AsRef::as_ref(&path),
            cx,
        )
    }
}
