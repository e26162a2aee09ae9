/// Says where a parcel is.
#[allow(clippy::needless_pass_by_value)]
pub async fn find_parcel(
    cx: &Context,
    number: u32,
    places: Option<usize>,
) -> Result<String, NoSuchParcel> {
    ask(cx, number, places).await
}
#[allow(dead_code)]
///The tool that calls [`find_parcel`].
#[derive(
    ::core::clone::Clone,
    ::core::marker::Copy,
    ::core::fmt::Debug,
    ::core::default::Default
)]
pub struct FindParcel;
#[allow(deprecated)]
const _: () = {
    #[allow(unused_imports)]
    use ::dspy::__private::field_access::{Field as __Edge, NoField as _};
    #[automatically_derived]
    impl ::dspy::tool::Tool for FindParcel {
        fn name(&self) -> &str {
            "find_parcel"
        }
        fn description(&self) -> &str {
            "Says where a parcel is."
        }
        fn parameters(&self) -> &::dspy::__private::Json {
            static __PARAMETERS: ::dspy::__private::OnceLock<::dspy::__private::Json> = ::dspy::__private::OnceLock::new();
            __PARAMETERS
                .get_or_init(|| {
                    ::dspy::__private::tool::parameters(
                        &::dspy::__private::SchemaBuilder::new(
                                "find_parcel",
                                "Says where a parcel is.",
                            )
                            .input::<u32>("number", "The number on the receipt.")
                            .input::<Option<usize>>("places", "")
                            .build(),
                    )
                })
        }
        fn call<'__call>(
            &'__call self,
            __cx: &'__call ::dspy::Context,
            __arguments: ::dspy::__private::Json,
        ) -> ::dspy::__private::tool::BoxFuture<
            '__call,
            ::dspy::Result<::dspy::__private::Json>,
        > {
            ::dspy::__private::Box::pin(async move {
                #[allow(unused_imports)]
                use ::dspy::tool::answer::{Fails as _, Succeeds as _, Unanswered as _};
                let _ = __cx;
                let mut __from = match ::dspy::__private::tool::arguments(
                    __arguments,
                    &["number", "places"],
                ) {
                    ::core::result::Result::Ok(from) => from,
                    ::core::result::Result::Err(refused) => {
                        return ::core::result::Result::Ok(refused);
                    }
                };
                let __field_0 = __Edge::<u32>::read(&mut __from, "number");
                let __field_1 = __Edge::<Option<usize>>::read(&mut __from, "places");
                let (
                    ::core::option::Option::Some(__field_0),
                    ::core::option::Option::Some(__field_1),
                ) = (__field_0, __field_1) else {
                    return ::core::result::Result::Ok(
                        ::dspy::__private::tool::refused(__from),
                    );
                };
                ::dspy::tool::answer::Answer::new(
                        find_parcel(__cx, __field_0, __field_1).await,
                    )
                    .value()
            })
        }
    }
};
