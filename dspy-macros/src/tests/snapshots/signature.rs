///The inputs of [`Triage`].
#[allow(
    clippy::pub_underscore_fields,
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
)]
pub struct TriageInput {
    /// The customer's message.
    pub ticket_text: String,
}
///The outputs of [`Triage`].
#[allow(
    clippy::pub_underscore_fields,
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
)]
pub struct TriageOutput {
    ///Where it goes.
    pub queue: Queue,
}
#[allow(deprecated)]
const _: () = {
    #[allow(unused_imports)]
    use ::dspy::__private::field_access::{Field as __Edge, NoField as _};
    #[automatically_derived]
    impl ::core::clone::Clone for TriageInput {
        fn clone(&self) -> Self {
            Self {
                ticket_text: __Edge::<String>::copy(&self.ticket_text),
            }
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for TriageInput {
        fn fmt(&self, __to: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Formatter::debug_struct(__to, "TriageInput")
                .field("ticket_text", __Edge::<String>::debug(&self.ticket_text))
                .finish()
        }
    }
    #[automatically_derived]
    impl ::dspy::__private::Fields for TriageInput {
        type Answer = Self;
        fn into_answer(self) -> Self {
            self
        }
        fn write(&self, __to: &mut ::dspy::__private::Writer) {
            __Edge::<String>::write(__to, "ticket_text", &self.ticket_text);
        }
        fn give(self, __to: &mut ::dspy::__private::Writer) {
            __Edge::<String>::give(__to, "ticket_text", self.ticket_text);
        }
        fn read(__from: &mut ::dspy::__private::Reader) -> ::core::option::Option<Self> {
            let __field_0 = __Edge::<String>::read(__from, "ticket_text");
            ::core::option::Option::Some(Self { ticket_text: __field_0? })
        }
        fn described() -> ::core::option::Option<::dspy::__private::Described> {
            ::core::option::Option::Some(
                ::dspy::__private::Described::inputs(
                    <Triage as ::dspy::Signature>::schema(),
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::dspy::__private::serde::Serialize for TriageInput {
        fn serialize<__S: ::dspy::__private::serde::Serializer>(
            &self,
            __to: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            ::dspy::__private::serialize(self, __to)
        }
    }
    #[automatically_derived]
    impl<'__de> ::dspy::__private::serde::Deserialize<'__de> for TriageInput {
        fn deserialize<__D: ::dspy::__private::serde::Deserializer<'__de>>(
            __from: __D,
        ) -> ::core::result::Result<Self, __D::Error> {
            ::dspy::__private::deserialize(__from)
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<String> for TriageInput {
        fn from(__value: String) -> Self {
            Self { ticket_text: __value }
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<&str> for TriageInput {
        fn from(__value: &str) -> Self {
            Self {
                ticket_text: ::core::convert::From::from(__value),
            }
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for TriageOutput {
        fn clone(&self) -> Self {
            Self {
                queue: __Edge::<Queue>::copy(&self.queue),
            }
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for TriageOutput {
        fn fmt(&self, __to: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Formatter::debug_struct(__to, "TriageOutput")
                .field("queue", __Edge::<Queue>::debug(&self.queue))
                .finish()
        }
    }
    #[automatically_derived]
    impl ::dspy::__private::Fields for TriageOutput {
        type Answer = Self;
        fn into_answer(self) -> Self {
            self
        }
        fn write(&self, __to: &mut ::dspy::__private::Writer) {
            __Edge::<Queue>::write(__to, "to", &self.queue);
        }
        fn give(self, __to: &mut ::dspy::__private::Writer) {
            __Edge::<Queue>::give(__to, "to", self.queue);
        }
        fn read(__from: &mut ::dspy::__private::Reader) -> ::core::option::Option<Self> {
            let __field_0 = __Edge::<Queue>::read(__from, "to");
            ::core::option::Option::Some(Self { queue: __field_0? })
        }
        fn described() -> ::core::option::Option<::dspy::__private::Described> {
            ::core::option::Option::Some(
                ::dspy::__private::Described::outputs(
                    <Triage as ::dspy::Signature>::schema(),
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::dspy::__private::serde::Serialize for TriageOutput {
        fn serialize<__S: ::dspy::__private::serde::Serializer>(
            &self,
            __to: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            ::dspy::__private::serialize(self, __to)
        }
    }
    #[automatically_derived]
    impl<'__de> ::dspy::__private::serde::Deserialize<'__de> for TriageOutput {
        fn deserialize<__D: ::dspy::__private::serde::Deserializer<'__de>>(
            __from: __D,
        ) -> ::core::result::Result<Self, __D::Error> {
            ::dspy::__private::deserialize(__from)
        }
    }
    #[automatically_derived]
    impl ::dspy::__private::Fields for Triage {
        type Answer = Self;
        fn into_answer(self) -> Self {
            self
        }
        fn write(&self, __to: &mut ::dspy::__private::Writer) {
            __Edge::<String>::write(__to, "ticket_text", &self.ticket_text);
            __Edge::<Queue>::write(__to, "to", &self.queue);
            __Edge::<u8>::write(__to, "type", &self.r#type);
        }
        fn give(self, __to: &mut ::dspy::__private::Writer) {
            __Edge::<String>::give(__to, "ticket_text", self.ticket_text);
            __Edge::<Queue>::give(__to, "to", self.queue);
            __Edge::<u8>::give(__to, "type", self.r#type);
        }
        fn read(__from: &mut ::dspy::__private::Reader) -> ::core::option::Option<Self> {
            let __field_0 = __Edge::<String>::read(__from, "ticket_text");
            let __field_1 = __Edge::<Queue>::read(__from, "to");
            let __field_2 = __Edge::<u8>::read(__from, "type");
            ::core::option::Option::Some(Self {
                ticket_text: __field_0?,
                queue: __field_1?,
                r#type: __field_2?,
            })
        }
        fn task() -> ::core::option::Option<&'static ::dspy::__private::Schema> {
            ::core::option::Option::Some(<Self as ::dspy::Signature>::schema())
        }
    }
    #[automatically_derived]
    impl ::dspy::Signature for Triage {
        type Input = TriageInput;
        type Output = TriageOutput;
        const NAMES: ::core::option::Option<::dspy::__private::FieldNames> = ::core::option::Option::Some(::dspy::__private::FieldNames {
            inputs: &["ticket_text"],
            first: ::core::option::Option::None,
            outputs: &["to"],
        });
        fn schema() -> &'static ::dspy::__private::Schema {
            static __SCHEMA: ::dspy::__private::OnceLock<::dspy::__private::Schema> = ::dspy::__private::OnceLock::new();
            __SCHEMA
                .get_or_init(|| {
                    ::dspy::__private::SchemaBuilder::new(
                            "Triage",
                            "Decide which queue\na customer message belongs to.",
                        )
                        .input::<String>("ticket_text", "The customer's message.")
                        .output::<Queue>("to", "Where it goes.")
                        .check("an open queue")
                        .meta::<u8>("type")
                        .build()
                })
        }
        fn check(
            __outputs: &::dspy::__private::Checked<'_, TriageOutput>,
            __found: &mut ::dspy::__private::Violations,
        ) {
            let __condition: fn(&Queue) -> bool = is_open;
            __Edge::<
                Queue,
            >::check(
                __found,
                "to",
                __outputs,
                |__output| &__output.queue,
                __condition,
                "an open queue",
            );
        }
    }
    #[automatically_derived]
    impl ::dspy::signature::Row for Triage {
        fn input(&self) -> TriageInput {
            TriageInput {
                ticket_text: __Edge::<String>::copy(&self.ticket_text),
            }
        }
        fn output(&self) -> TriageOutput {
            TriageOutput {
                queue: __Edge::<Queue>::copy(&self.queue),
            }
        }
    }
    let _ = ::core::marker::PhantomData::<Triage>;
};
