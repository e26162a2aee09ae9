//! Keeps one mistake in the type of a field one error.
//!
//! A field's value is written, read, cloned and printed, by several impls. A type that can do
//! none of it would be an error at each of these places. So generated code does all of it
//! through a type of its own, `__Edge::<T>::write(…)`: Rust prefers the inherent function, which
//! does the work, and where its bounds do not hold takes the one of a trait, which does nothing
//! and is never run, because one assertion, on the type in the user's struct, has failed.

use proc_macro2::TokenStream;
use quote::quote;

use crate::krate::Krate;

/// The edge between the typed fields of a struct and records; once for each `const _` block.
pub(crate) fn fields(krate: &Krate) -> TokenStream {
    let private = krate.private();
    quote! {
        struct __Edge<__T>(::core::marker::PhantomData<__T>);
        #[allow(dead_code)]
        impl<__T> __Edge<__T>
        where
            __T: #private::serde::Serialize
                + #private::serde::de::DeserializeOwned
                + ::core::clone::Clone
                + ::core::fmt::Debug,
        {
            fn write(__to: &mut #private::Writer, __name: &'static str, __value: &__T) {
                __to.field(__name, __value);
            }
            fn read(__from: &mut #private::Reader, __name: &'static str) -> ::core::option::Option<__T> {
                __from.field(__name)
            }
            fn copy(__value: &__T) -> __T {
                ::core::clone::Clone::clone(__value)
            }
            fn debug(__value: &__T) -> &dyn ::core::fmt::Debug {
                __value
            }
            fn check(
                __found: &mut #private::Violations,
                __name: &'static str,
                __value: &__T,
                __test: fn(&__T) -> bool,
                __text: &'static str,
            ) {
                __found.check(__name, __value, __test, __text);
            }
        }
        #[allow(dead_code)]
        trait __Otherwise<__T> {
            fn write(_: &mut #private::Writer, _: &'static str, _: &__T) {}
            fn read(_: &mut #private::Reader, _: &'static str) -> ::core::option::Option<__T> {
                ::core::option::Option::None
            }
            fn copy(_: &__T) -> __T {
                ::core::unreachable!()
            }
            fn debug(_: &__T) -> &dyn ::core::fmt::Debug {
                &()
            }
            fn check(
                _: &mut #private::Violations,
                _: &'static str,
                _: &__T,
                _: fn(&__T) -> bool,
                _: &'static str,
            ) {
            }
        }
        impl<__T> __Otherwise<__T> for __Edge<__T> {}
    }
}

/// The same for the fields of a program, and the two visits of its predictors.
pub(crate) fn parts(krate: &Krate) -> TokenStream {
    let private = krate.private();
    let functions = ["field", "frozen"].map(|name| {
        let name = quote::format_ident!("{name}");
        let name_mut = quote::format_ident!("{name}_mut");
        let work = quote! {
            fn #name(__visit: &mut #private::Visit<'_>, __name: &'static str, __part: &__T) {
                __visit.#name(__name, __part);
            }
            fn #name_mut(__visit: &mut #private::VisitMut<'_>, __name: &'static str, __part: &mut __T) {
                __visit.#name(__name, __part);
            }
        };
        let nothing = quote! {
            fn #name(_: &mut #private::Visit<'_>, _: &'static str, _: &__T) {}
            fn #name_mut(_: &mut #private::VisitMut<'_>, _: &'static str, _: &mut __T) {}
        };
        (work, nothing)
    });
    let (work, nothing): (Vec<_>, Vec<_>) = functions.into_iter().unzip();
    quote! {
        struct __Edge<__T>(::core::marker::PhantomData<__T>);
        #[allow(dead_code)]
        impl<__T: #private::Predictors> __Edge<__T> {
            #(#work)*
        }
        #[allow(dead_code)]
        trait __Otherwise<__T> {
            #(#nothing)*
        }
        impl<__T> __Otherwise<__T> for __Edge<__T> {}
    }
}

/// The same for what `forward` returns.
pub(crate) fn result(krate: &Krate) -> TokenStream {
    quote! {
        struct __Edge<__R>(::core::marker::PhantomData<__R>);
        impl<__T> __Edge<#krate::Result<__T>> {
            fn run<__F: ::core::future::Future<Output = #krate::Result<__T>>>(__future: __F) -> __F {
                __future
            }
        }
        #[allow(dead_code)]
        trait __Otherwise {
            fn run<__F, __T>(_: __F) -> ::core::future::Ready<#krate::Result<__T>> {
                ::core::unreachable!()
            }
        }
        impl<__R> __Otherwise for __Edge<__R> {}
    }
}
