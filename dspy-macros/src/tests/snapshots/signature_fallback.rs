::core::compile_error! {
    "unknown option `descr` for `#[input]`\n= help: did you mean `desc`?"
}
::core::compile_error! {
    "a signature cannot have a type parameter; its schema is fixed when the program is compiled\n= help: write one signature for each type, or give the field an enum of what it may be"
}
::core::compile_error! {
    "field `queue` has no role; mark it `#[input]` or `#[output]`\n= help: `#[meta]` keeps a field in the data and away from the model"
}
///The inputs of [`Triage`].
#[allow(dead_code)]
struct TriageInput<
    T: ::core::marker::Send + ::core::marker::Sync + ::core::clone::Clone + 'static,
> {
    ///The field `ticket_text`.
    ticket_text: T,
}
const _: () = {
    #[automatically_derived]
    impl<
        T: ::core::marker::Send + ::core::marker::Sync + ::core::clone::Clone + 'static,
    > renamed::__private::Fields for TriageInput<T> {
        type Answer = Self;
        fn into_answer(self) -> Self {
            self
        }
        fn write(&self, _: &mut renamed::__private::Writer) {
            ::core::unimplemented!()
        }
        fn read(_: &mut renamed::__private::Reader) -> ::core::option::Option<Self> {
            ::core::unimplemented!()
        }
    }
    #[automatically_derived]
    impl<
        T: ::core::marker::Send + ::core::marker::Sync + ::core::clone::Clone + 'static,
    > ::core::clone::Clone for TriageInput<T> {
        fn clone(&self) -> Self {
            ::core::unimplemented!()
        }
    }
    #[automatically_derived]
    impl<
        T: ::core::marker::Send + ::core::marker::Sync + ::core::clone::Clone + 'static,
    > ::core::fmt::Debug for TriageInput<T> {
        fn fmt(&self, _: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::unimplemented!()
        }
    }
    #[automatically_derived]
    impl<
        T: ::core::marker::Send + ::core::marker::Sync + ::core::clone::Clone + 'static,
    > renamed::__private::serde::Serialize for TriageInput<T> {
        fn serialize<__S: renamed::__private::serde::Serializer>(
            &self,
            _: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            ::core::unimplemented!()
        }
    }
    #[automatically_derived]
    impl<
        '__de,
        T: ::core::marker::Send + ::core::marker::Sync + ::core::clone::Clone + 'static,
    > renamed::__private::serde::Deserialize<'__de> for TriageInput<T> {
        fn deserialize<__D: renamed::__private::serde::Deserializer<'__de>>(
            _: __D,
        ) -> ::core::result::Result<Self, __D::Error> {
            ::core::unimplemented!()
        }
    }
};
///The outputs of [`Triage`].
#[allow(dead_code)]
struct TriageOutput {
    ///The field `queue`.
    queue: Queue,
}
const _: () = {
    #[automatically_derived]
    impl renamed::__private::Fields for TriageOutput {
        type Answer = Self;
        fn into_answer(self) -> Self {
            self
        }
        fn write(&self, _: &mut renamed::__private::Writer) {
            ::core::unimplemented!()
        }
        fn read(_: &mut renamed::__private::Reader) -> ::core::option::Option<Self> {
            ::core::unimplemented!()
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for TriageOutput {
        fn clone(&self) -> Self {
            ::core::unimplemented!()
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for TriageOutput {
        fn fmt(&self, _: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::unimplemented!()
        }
    }
    #[automatically_derived]
    impl renamed::__private::serde::Serialize for TriageOutput {
        fn serialize<__S: renamed::__private::serde::Serializer>(
            &self,
            _: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            ::core::unimplemented!()
        }
    }
    #[automatically_derived]
    impl<'__de> renamed::__private::serde::Deserialize<'__de> for TriageOutput {
        fn deserialize<__D: renamed::__private::serde::Deserializer<'__de>>(
            _: __D,
        ) -> ::core::result::Result<Self, __D::Error> {
            ::core::unimplemented!()
        }
    }
};
#[allow(deprecated)]
const _: () = {
    #[automatically_derived]
    impl<
        T: ::core::marker::Send + ::core::marker::Sync + ::core::clone::Clone + 'static,
    > renamed::__private::Fields for Triage<T> {
        type Answer = Self;
        fn into_answer(self) -> Self {
            self
        }
        fn write(&self, _: &mut renamed::__private::Writer) {
            ::core::unimplemented!()
        }
        fn read(_: &mut renamed::__private::Reader) -> ::core::option::Option<Self> {
            ::core::unimplemented!()
        }
    }
    #[automatically_derived]
    impl<
        T: ::core::marker::Send + ::core::marker::Sync + ::core::clone::Clone + 'static,
    > renamed::Signature for Triage<T> {
        type Input = TriageInput<T>;
        type Output = TriageOutput;
        fn schema() -> &'static renamed::__private::Schema {
            ::core::unimplemented!()
        }
    }
    #[automatically_derived]
    impl<
        T: ::core::marker::Send + ::core::marker::Sync + ::core::clone::Clone + 'static,
    > renamed::signature::Row for Triage<T> {
        fn input(&self) -> TriageInput<T> {
            ::core::unimplemented!()
        }
        fn output(&self) -> TriageOutput {
            ::core::unimplemented!()
        }
    }
};
