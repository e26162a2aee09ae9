fn expression() {
    #[allow(dead_code)]
    struct InlinePrediction {
        text: ::std::string::String,
        ///Of five.
        stars: u8,
        good: bool,
    }
    ///The inputs of [`InlinePrediction`].
    #[allow(
        clippy::pub_underscore_fields,
        clippy::struct_excessive_bools,
        clippy::struct_field_names,
    )]
    struct InlinePredictionInput {
        ///The field `text`.
        text: ::std::string::String,
        ///Of five.
        stars: u8,
    }
    ///The outputs of [`InlinePrediction`].
    #[allow(
        clippy::pub_underscore_fields,
        clippy::struct_excessive_bools,
        clippy::struct_field_names,
    )]
    struct InlinePredictionOutput {
        ///The field `good`.
        good: bool,
    }
    #[allow(deprecated)]
    const _: () = {
        #[allow(unused_imports)]
        use ::dspy::__private::field_access::{Field as __Edge, NoField as _};
        #[automatically_derived]
        impl ::core::clone::Clone for InlinePredictionInput {
            fn clone(&self) -> Self {
                Self {
                    text: __Edge::<::std::string::String>::copy(&self.text),
                    stars: __Edge::<u8>::copy(&self.stars),
                }
            }
        }
        #[automatically_derived]
        impl ::core::fmt::Debug for InlinePredictionInput {
            fn fmt(&self, __to: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Formatter::debug_struct(__to, "InlinePredictionInput")
                    .field("text", __Edge::<::std::string::String>::debug(&self.text))
                    .field("stars", __Edge::<u8>::debug(&self.stars))
                    .finish()
            }
        }
        #[automatically_derived]
        impl ::dspy::__private::Fields for InlinePredictionInput {
            type Answer = Self;
            fn into_answer(self) -> Self {
                self
            }
            fn write(&self, __to: &mut ::dspy::__private::Writer) {
                __Edge::<::std::string::String>::write(__to, "text", &self.text);
                __Edge::<u8>::write(__to, "stars", &self.stars);
            }
            fn give(self, __to: &mut ::dspy::__private::Writer) {
                __Edge::<::std::string::String>::give(__to, "text", self.text);
                __Edge::<u8>::give(__to, "stars", self.stars);
            }
            fn read(
                __from: &mut ::dspy::__private::Reader,
            ) -> ::core::option::Option<Self> {
                let __field_0 = __Edge::<::std::string::String>::read(__from, "text");
                let __field_1 = __Edge::<u8>::read(__from, "stars");
                ::core::option::Option::Some(Self {
                    text: __field_0?,
                    stars: __field_1?,
                })
            }
            fn described() -> ::core::option::Option<::dspy::__private::Described> {
                ::core::option::Option::Some(
                    ::dspy::__private::Described::inputs(
                        <InlinePrediction as ::dspy::Signature>::schema(),
                    ),
                )
            }
        }
        #[automatically_derived]
        impl ::dspy::__private::serde::Serialize for InlinePredictionInput {
            fn serialize<__S: ::dspy::__private::serde::Serializer>(
                &self,
                __to: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                ::dspy::__private::serialize(self, __to)
            }
        }
        #[automatically_derived]
        impl<'__de> ::dspy::__private::serde::Deserialize<'__de>
        for InlinePredictionInput {
            fn deserialize<__D: ::dspy::__private::serde::Deserializer<'__de>>(
                __from: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                ::dspy::__private::deserialize(__from)
            }
        }
        #[automatically_derived]
        impl ::core::clone::Clone for InlinePredictionOutput {
            fn clone(&self) -> Self {
                Self {
                    good: __Edge::<bool>::copy(&self.good),
                }
            }
        }
        #[automatically_derived]
        impl ::core::fmt::Debug for InlinePredictionOutput {
            fn fmt(&self, __to: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Formatter::debug_struct(__to, "InlinePredictionOutput")
                    .field("good", __Edge::<bool>::debug(&self.good))
                    .finish()
            }
        }
        #[automatically_derived]
        impl ::dspy::__private::Fields for InlinePredictionOutput {
            type Answer = Self;
            fn into_answer(self) -> Self {
                self
            }
            fn write(&self, __to: &mut ::dspy::__private::Writer) {
                __Edge::<bool>::write(__to, "good", &self.good);
            }
            fn give(self, __to: &mut ::dspy::__private::Writer) {
                __Edge::<bool>::give(__to, "good", self.good);
            }
            fn read(
                __from: &mut ::dspy::__private::Reader,
            ) -> ::core::option::Option<Self> {
                let __field_0 = __Edge::<bool>::read(__from, "good");
                ::core::option::Option::Some(Self { good: __field_0? })
            }
            fn described() -> ::core::option::Option<::dspy::__private::Described> {
                ::core::option::Option::Some(
                    ::dspy::__private::Described::outputs(
                        <InlinePrediction as ::dspy::Signature>::schema(),
                    ),
                )
            }
        }
        #[automatically_derived]
        impl ::dspy::__private::serde::Serialize for InlinePredictionOutput {
            fn serialize<__S: ::dspy::__private::serde::Serializer>(
                &self,
                __to: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                ::dspy::__private::serialize(self, __to)
            }
        }
        #[automatically_derived]
        impl<'__de> ::dspy::__private::serde::Deserialize<'__de>
        for InlinePredictionOutput {
            fn deserialize<__D: ::dspy::__private::serde::Deserializer<'__de>>(
                __from: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                ::dspy::__private::deserialize(__from)
            }
        }
        #[automatically_derived]
        impl ::dspy::__private::Fields for InlinePrediction {
            type Answer = Self;
            fn into_answer(self) -> Self {
                self
            }
            fn write(&self, __to: &mut ::dspy::__private::Writer) {
                __Edge::<::std::string::String>::write(__to, "text", &self.text);
                __Edge::<u8>::write(__to, "stars", &self.stars);
                __Edge::<bool>::write(__to, "good", &self.good);
            }
            fn give(self, __to: &mut ::dspy::__private::Writer) {
                __Edge::<::std::string::String>::give(__to, "text", self.text);
                __Edge::<u8>::give(__to, "stars", self.stars);
                __Edge::<bool>::give(__to, "good", self.good);
            }
            fn read(
                __from: &mut ::dspy::__private::Reader,
            ) -> ::core::option::Option<Self> {
                let __field_0 = __Edge::<::std::string::String>::read(__from, "text");
                let __field_1 = __Edge::<u8>::read(__from, "stars");
                let __field_2 = __Edge::<bool>::read(__from, "good");
                ::core::option::Option::Some(Self {
                    text: __field_0?,
                    stars: __field_1?,
                    good: __field_2?,
                })
            }
            fn task() -> ::core::option::Option<&'static ::dspy::__private::Schema> {
                ::core::option::Option::Some(<Self as ::dspy::Signature>::schema())
            }
        }
        #[automatically_derived]
        impl ::dspy::Signature for InlinePrediction {
            type Input = InlinePredictionInput;
            type Output = InlinePredictionOutput;
            const NAMES: ::core::option::Option<::dspy::__private::FieldNames> = ::core::option::Option::Some(::dspy::__private::FieldNames {
                inputs: &["text", "stars"],
                first: ::core::option::Option::None,
                outputs: &["good"],
            });
            fn schema() -> &'static ::dspy::__private::Schema {
                static __SCHEMA: ::dspy::__private::OnceLock<
                    ::dspy::__private::Schema,
                > = ::dspy::__private::OnceLock::new();
                __SCHEMA
                    .get_or_init(|| {
                        ::dspy::__private::SchemaBuilder::new(
                                "InlinePrediction",
                                "Judge it.",
                            )
                            .input::<::std::string::String>("text", "")
                            .input::<u8>("stars", "Of five.")
                            .output::<bool>("good", "")
                            .build()
                    })
            }
        }
        #[automatically_derived]
        impl ::dspy::signature::Row for InlinePrediction {
            fn input(&self) -> InlinePredictionInput {
                InlinePredictionInput {
                    text: __Edge::<::std::string::String>::copy(&self.text),
                    stars: __Edge::<u8>::copy(&self.stars),
                }
            }
            fn output(&self) -> InlinePredictionOutput {
                InlinePredictionOutput {
                    good: __Edge::<bool>::copy(&self.good),
                }
            }
        }
        let _ = ::core::marker::PhantomData::<InlinePrediction>;
    };
    ::dspy::__private::predict::<
        InlinePrediction,
    >(
        &cx,
        InlinePredictionInput {
            text: ::std::string::String::from(
                ::core::convert::AsRef::<::core::primitive::str>::as_ref(&text),
            ),
            stars: <u8 as ::core::clone::Clone>::clone(&row.stars),
        },
    )
}
