impl Support {
    async fn forward(&self, cx: &Context, mut text: String, r#type: u8) -> Answered {
        text.push('?');
        self.run(cx, text, r#type).await
    }
}
///The arguments of [`Support`].
#[allow(private_interfaces, unreachable_pub)]
#[allow(
    clippy::pub_underscore_fields,
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
)]
pub struct SupportInput {
    ///The argument `text`.
    pub text: String,
    ///The argument `type`.
    pub r#type: u8,
}
const _: () = {
    #[allow(unused_imports)]
    use ::dspy::__private::field_access::{Field as __Edge, NoField as _};
    #[automatically_derived]
    impl ::core::clone::Clone for SupportInput {
        fn clone(&self) -> Self {
            Self {
                text: __Edge::<String>::copy(&self.text),
                r#type: __Edge::<u8>::copy(&self.r#type),
            }
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for SupportInput {
        fn fmt(&self, __to: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Formatter::debug_struct(__to, "SupportInput")
                .field("text", __Edge::<String>::debug(&self.text))
                .field("type", __Edge::<u8>::debug(&self.r#type))
                .finish()
        }
    }
    #[automatically_derived]
    impl ::dspy::__private::Fields for SupportInput {
        type Answer = Self;
        fn into_answer(self) -> Self {
            self
        }
        fn write(&self, __to: &mut ::dspy::__private::Writer) {
            __Edge::<String>::write(__to, "text", &self.text);
            __Edge::<u8>::write(__to, "type", &self.r#type);
        }
        fn give(self, __to: &mut ::dspy::__private::Writer) {
            __Edge::<String>::give(__to, "text", self.text);
            __Edge::<u8>::give(__to, "type", self.r#type);
        }
        fn read(__from: &mut ::dspy::__private::Reader) -> ::core::option::Option<Self> {
            let __field_0 = __Edge::<String>::read(__from, "text");
            let __field_1 = __Edge::<u8>::read(__from, "type");
            ::core::option::Option::Some(Self {
                text: __field_0?,
                r#type: __field_1?,
            })
        }
        fn described() -> ::core::option::Option<::dspy::__private::Described> {
            ::core::option::Option::Some(
                ::dspy::__private::Described::default()
                    .with(__Edge::<String>::spec(), "text")
                    .with(__Edge::<u8>::spec(), "type"),
            )
        }
    }
    #[automatically_derived]
    impl ::dspy::__private::serde::Serialize for SupportInput {
        fn serialize<__S: ::dspy::__private::serde::Serializer>(
            &self,
            __to: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            ::dspy::__private::serialize(self, __to)
        }
    }
    #[automatically_derived]
    impl<'__de> ::dspy::__private::serde::Deserialize<'__de> for SupportInput {
        fn deserialize<__D: ::dspy::__private::serde::Deserializer<'__de>>(
            __from: __D,
        ) -> ::core::result::Result<Self, __D::Error> {
            ::dspy::__private::deserialize(__from)
        }
    }
    #[allow(dead_code)]
    fn __every_argument_is_a_field() {
        let _ = ::dspy::__private::SchemaBuilder::input::<String>;
        let _ = ::dspy::__private::SchemaBuilder::input::<u8>;
    }
};
const _: () = {
    #[allow(unused_imports)]
    use ::dspy::__private::field_access::{Returned as __Edge, NoReturned as _};
    #[automatically_derived]
    impl ::dspy::Module for Support {
        type Input = SupportInput;
        type Output = <Answered as ::dspy::__private::ForwardResult>::Output;
        const WIRING: &'static str = "a9123d5e7540a212edbaa7a515040197";
        fn forward(
            &self,
            __cx: &::dspy::Context,
            __input: Self::Input,
        ) -> impl ::core::future::Future<
            Output = ::dspy::Result<Self::Output>,
        > + ::core::marker::Send {
            let _ = ::core::marker::PhantomData::<
                <Answered as ::dspy::__private::ForwardResult>::Output,
            >;
            __Edge::<
                Answered,
            >::run(<Support>::forward(self, __cx, __input.text, __input.r#type))
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
        input: impl ::core::convert::Into<SupportInput>,
    ) -> ::dspy::Result<::dspy::Prediction<<Self as ::dspy::Module>::Output>> {
        ::dspy::Module::call(self, cx, ::core::convert::Into::into(input)).await
    }
}
