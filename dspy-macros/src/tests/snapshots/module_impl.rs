impl Support {
    async fn forward(&self, cx: &Context, ticket: Ticket) -> Result<Answer> {
        self.run(cx, ticket).await
    }
}
const _: () = {
    #[allow(unused_imports)]
    use ::dspy::__private::field_access::{Returned as __Edge, NoReturned as _};
    #[automatically_derived]
    impl ::dspy::Module for Support {
        type Input = Ticket;
        type Output = Answer;
        const WIRING: &'static str = "ffc0c94f4a280967303d756967db81ec";
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
        input: impl ::core::convert::Into<Ticket>,
    ) -> ::dspy::Result<::dspy::Prediction<<Self as ::dspy::Module>::Output>> {
        ::dspy::Module::call(self, cx, ::core::convert::Into::into(input)).await
    }
}
