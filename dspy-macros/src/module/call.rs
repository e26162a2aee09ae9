//! `call`, which users of a program write.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Generics;

use crate::krate::Krate;

/// The inherent function.
///
/// It is public like `Module::call`, which it stands for; a lint about types that are less so
/// would speak of code that nobody wrote.
pub(crate) fn method(
    krate: &Krate,
    generics: &Generics,
    self_ty: &impl ToTokens,
    input: &TokenStream,
    output: &TokenStream,
) -> TokenStream {
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    quote! {
        #[allow(dead_code, private_interfaces, unreachable_pub)]
        impl #impl_generics #self_ty #where_clause {
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
                cx: &#krate::Context,
                input: impl ::core::convert::Into<#input>,
            ) -> #krate::Result<#krate::Prediction<#output>> {
                #krate::Module::call(self, cx, ::core::convert::Into::into(input)).await
            }
        }
    }
}

/// Writes the call of a program whose inputs are unknown: it takes everything.
pub(crate) fn any(krate: &Krate, generics: &Generics, self_ty: &impl ToTokens) -> TokenStream {
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    quote! {
        #[allow(dead_code)]
        impl #impl_generics #self_ty #where_clause {
            #[doc(hidden)]
            pub async fn call<__I>(&self, _: &#krate::Context, _: __I) -> #krate::Result<()> {
                ::core::unimplemented!()
            }
        }
    }
}
