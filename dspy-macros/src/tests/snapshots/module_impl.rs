impl Support {
    async fn forward(&self, cx: &Context, ticket: Ticket) -> Result<Answer> {
        self.run(cx, ticket).await
    }
}
const _: () = {
    struct __Edge<__R>(::core::marker::PhantomData<__R>);
    impl<__T> __Edge<::dspy::Result<__T>> {
        fn run<__F: ::core::future::Future<Output = ::dspy::Result<__T>>>(
            __future: __F,
        ) -> __F {
            __future
        }
    }
    #[allow(dead_code)]
    trait __Otherwise {
        fn run<__F, __T>(_: __F) -> ::core::future::Ready<::dspy::Result<__T>> {
            ::core::unreachable!()
        }
    }
    impl<__R> __Otherwise for __Edge<__R> {}
    #[automatically_derived]
    impl ::dspy::Module for Support {
        type Input = Ticket;
        type Output = Answer;
        fn forward(
            &self,
            __cx: &::dspy::Context,
            __input: Self::Input,
        ) -> impl ::core::future::Future<
            Output = ::dspy::Result<Self::Output>,
        > + ::core::marker::Send {
            let _ = ::core::marker::PhantomData::<
                <Result<Answer> as ::dspy::__private::ForwardResult>::Output,
            >;
            __Edge::<Result<Answer>>::run(<Support>::forward(self, __cx, __input))
        }
    }
};
#[allow(dead_code, private_interfaces, unreachable_pub)]
impl Support {
    /// Runs the program on one input.
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
        input: Ticket,
    ) -> ::dspy::Result<::dspy::Prediction<<Self as ::dspy::Module>::Output>> {
        ::dspy::Module::call(self, cx, input).await
    }
}
