#[allow(deprecated, unused_lifetimes)]
const _: () = {
    #[allow(unused_imports)]
    use ::dspy::__private::field_access::{Part as __Edge, NoPart as _};
    #[automatically_derived]
    impl ::dspy::__private::Predictors for Support {
        const SHAPE: ::dspy::__private::Shape = ::dspy::__private::Shape::Fields(
            &[
                ("resolve", __Edge::<ChainOfThought<Resolve>>::SHAPE),
                ("triage", __Edge::<Predict<Triage>>::SHAPE),
            ],
        );
        fn visit(&self, __visit: &mut ::dspy::__private::Visit<'_>) {
            __Edge::<Self>::module(__visit);
            __Edge::<ChainOfThought<Resolve>>::field(__visit, "resolve", &self.resolve);
            __Edge::<Predict<Triage>>::field(__visit, "triage", &self.triage);
        }
        fn visit_mut(&mut self, __visit: &mut ::dspy::__private::VisitMut<'_>) {
            __Edge::<
                ChainOfThought<Resolve>,
            >::field_mut(__visit, "resolve", &mut self.resolve);
            __Edge::<Predict<Triage>>::field_mut(__visit, "triage", &mut self.triage);
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
const _: () = {
    #[automatically_derived]
    impl ::dspy::Module for Support {
        type Input = <Task as ::dspy::Signature>::Input;
        type Output = <Task as ::dspy::Signature>::Output;
        const WIRING: &'static str = "df7ee4e2d76b0f1ecf273cf22b988f87";
        fn forward(
            &self,
            cx: &::dspy::Context,
            input: <Task as ::dspy::Signature>::Input,
        ) -> impl ::core::future::Future<
            Output = ::dspy::Result<Self::Output>,
        > + ::core::marker::Send {
            Self::forward(self, cx, input)
        }
    }
};
#[allow(dead_code, private_interfaces, unreachable_pub)]
impl Support {
    /// Runs the calls of the program, each as soon as its inputs are there; its steps go to
    /// the trace of the call it is in.
    ///
    /// # Errors
    ///
    /// When a call fails; those that still run are cancelled.
    pub async fn forward(
        &self,
        cx: &::dspy::Context,
        input: <Task as ::dspy::Signature>::Input,
    ) -> ::dspy::Result<<Task as ::dspy::Signature>::Output> {
        #[allow(unused_imports)]
        use ::dspy::__private::wiring::{Fails as _, Succeeds as _, Waits as _};
        type __Input1 = <ChainOfThought<Resolve> as ::dspy::Module>::Input;
        type __Input2 = <Predict<Triage> as ::dspy::Module>::Input;
        type __Input = <Task as ::dspy::Signature>::Input;
        let __Input { note: __in_0, limit: __in_1, .. } = input;
        let __from_0 = __in_0;
        let __from_1 = __in_1;
        let (__to_2, __from_2) = ::dspy::__private::wiring::wire();
        let (__to_3, __from_3) = ::dspy::__private::wiring::wire();
        let (__to_4, __from_4) = ::dspy::__private::wiring::wire();
        let (__to_5, __from_5) = ::dspy::__private::wiring::wire();
        let (__to_6, __from_6) = ::dspy::__private::wiring::wire();
        let mut __calls = ::dspy::__private::wiring::Calls::default();
        __calls
            .push(
                ::dspy::__private::wiring::Box::pin(async move {
                    let __made = ::dspy::__private::wiring::Started(
                            normalize(__from_0, &__from_1),
                        )
                        .wait()
                        .await;
                    let __value_0 = ::dspy::__private::wiring::Done::new(__made)
                        .result()?;
                    ::dspy::__private::wiring::send(
                        __to_2,
                        ::core::clone::Clone::clone(&__value_0),
                    );
                    ::dspy::__private::wiring::send(__to_4, __value_0);
                    ::core::result::Result::Ok(())
                }),
            );
        __calls
            .push(
                ::dspy::__private::wiring::Box::pin(async move {
                    let __from_4 = ::dspy::__private::wiring::take(__from_4).await;
                    let __part_2 = &self.triage;
                    let __out = ::dspy::Module::forward(
                            __part_2,
                            cx,
                            __Input2 { ticket_text: __from_4 },
                        )
                        .await?;
                    let __value = ::core::clone::Clone::clone(&__out.queue);
                    ::dspy::__private::wiring::send(
                        __to_3,
                        ::core::clone::Clone::clone(&__value),
                    );
                    ::dspy::__private::wiring::send(__to_5, __value);
                    ::core::result::Result::Ok(())
                }),
            );
        __calls
            .push(
                ::dspy::__private::wiring::Box::pin(async move {
                    let __from_2 = ::dspy::__private::wiring::take(__from_2).await;
                    let __from_3 = ::dspy::__private::wiring::take(__from_3).await;
                    let __part_1 = &self.resolve;
                    let __out = ::dspy::Module::forward(
                            __part_1,
                            cx,
                            __Input1 {
                                ticket_text: __from_2,
                                queue: __from_3,
                            },
                        )
                        .await?;
                    let __value = ::core::clone::Clone::clone(&__out.reasoning);
                    ::dspy::__private::wiring::send(__to_6, __value);
                    ::core::result::Result::Ok(())
                }),
            );
        __calls.finish().await?;
        type __Output = <Task as ::dspy::Signature>::Output;
        let __from_5 = ::dspy::__private::wiring::take(__from_5).await;
        let __from_6 = ::dspy::__private::wiring::take(__from_6).await;
        ::core::result::Result::Ok(__Output {
            queue: __from_5,
            reason: __from_6,
        })
    }
}
#[allow(dead_code, private_interfaces, unreachable_pub)]
impl Support {
    /// Runs the program on one input: a struct of inputs, or the value itself where there is but one.
    ///
    /// The prediction is the output, with what the calls used, their trace and every
    /// repair that was made to a reply.
    ///
    /// # Errors
    ///
    /// When `forward` gives one: a call of the model failed, a reply did not hold what
    /// a signature asks for, or the budget of the context is spent.
    pub async fn call(
        &self,
        cx: &::dspy::Context,
        input: impl ::core::convert::Into<<Task as ::dspy::Signature>::Input>,
    ) -> ::dspy::Result<::dspy::Prediction<<Task as ::dspy::Signature>::Output>> {
        ::dspy::Module::call(self, cx, ::core::convert::Into::into(input)).await
    }
}
