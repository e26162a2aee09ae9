//! The expansion of the call into an expression: its own signature, and a call of it.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::{InlineField, InlineModel};
use crate::ident::companion;
use crate::signature;

/// The block.
pub(crate) fn call(model: &InlineModel) -> TokenStream {
    let krate = &model.krate;
    let private = krate.private();
    // The outputs are what the user sees of it: `InlinePredictionOutput`.
    let ident = format_ident!("InlinePrediction");
    let instructions = model.instructions();
    let (inputs, outputs) = (members(&model.inputs), members(&model.outputs));
    let roles = model.outputs.iter().map(role);
    let impls = signature::derive(quote! {
        #[dspy(crate = #krate, instructions = #instructions)]
        struct #ident {
            #(#[input] #inputs,)*
            #(#roles #outputs,)*
        }
    });
    let values = model.inputs.iter().map(value);
    let (input, cx) = (companion(&ident, "Input"), &model.cx);
    quote! {{
        #[allow(dead_code)]
        struct #ident {
            #(#inputs,)*
            #(#outputs,)*
        }
        #impls
        #private::predict::<#ident>(&#cx, #input { #(#values,)* })
    }}
}

fn members(fields: &[InlineField]) -> Vec<TokenStream> {
    let member = |field: &InlineField| {
        let ident = &field.ident;
        let ty = field.ty.as_ref().map_or_else(|| text(ident), ToTokens::to_token_stream);
        let desc = field.desc.as_ref().map(|desc| quote!(#[doc = #desc]));
        quote!(#desc #ident: #ty)
    };
    fields.iter().map(member).collect()
}

// A quick trial is not asked for descriptions.
fn role(output: &InlineField) -> TokenStream {
    if output.desc.is_some() { quote!(#[output]) } else { quote!(#[output(desc = "")]) }
}

// At the name, where rustc speaks of the type that nobody wrote.
fn text(ident: &Ident) -> TokenStream {
    quote_spanned!(ident.span()=> ::std::string::String)
}

// By reference, as `format!` takes its arguments: the variable can be used afterwards.
fn value(field: &InlineField) -> TokenStream {
    let ident = &field.ident;
    let value = field.value.as_ref().map_or_else(|| ident.to_token_stream(), ToTokens::to_token_stream);
    let span = value.span();
    match &field.ty {
        Some(ty) => quote_spanned!(span=> #ident: <#ty as ::core::clone::Clone>::clone(&#value)),
        None => quote_spanned! {span=>
            #ident: ::std::string::String::from(
                ::core::convert::AsRef::<::core::primitive::str>::as_ref(&#value),
            )
        },
    }
}
