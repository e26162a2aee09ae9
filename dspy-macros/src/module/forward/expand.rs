//! From a correct `forward` to the module.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Visibility, parse_quote};

use super::model::{BlockModel, ForwardModel};
use super::result;
use crate::companion::{Companion, CompanionField};
use crate::edge;
use crate::ident::{companion, local, plain_name};
use crate::tokens::items_at;

/// `impl Module`, `call`, and for several arguments the struct that holds them.
pub(crate) fn module(model: &BlockModel, forward: &ForwardModel<'_>) -> TokenStream {
    let (self_ty, output) = (&model.self_ty, forward.output);
    let (cx, input) = (local("cx"), local("input"));
    let arguments = match forward.inputs.as_slice() {
        [_] => quote!(#input),
        several => {
            let names = several.iter().filter_map(|input| input.name);
            quote!(#(#input.#names),*)
        }
    };
    let run = quote!(__Edge::<#output>::run(<#self_ty>::forward(self, #cx, #arguments)));
    with_body(model, forward, &run, true)
}

/// The same, with another body for `Module::forward`, and without `call` where the user has one.
pub(crate) fn with_body(
    model: &BlockModel,
    forward: &ForwardModel<'_>,
    run: &TokenStream,
    with_call: bool,
) -> TokenStream {
    let (companion, input) = match forward.inputs.as_slice() {
        [only] => (TokenStream::new(), only.ty.to_token_stream()),
        _ => gathered(model, forward),
    };
    let implementation = implement(model, forward, &input, run);
    let call = if with_call { call(model, &input) } else { TokenStream::new() };
    quote! {
        #companion
        const _: () = {
            #implementation
        };
        #call
    }
}

// Several arguments become one struct, so that a program has one input like any signature.
fn gathered(model: &BlockModel, forward: &ForwardModel<'_>) -> (TokenStream, TokenStream) {
    let Some(program) = model.ident() else {
        return Default::default();
    };
    let ident = companion(program, "Input");
    // Never less visible than the program itself, which an `impl` block knows nothing about.
    let public: Visibility = parse_quote!(pub);
    let fields = forward.inputs.iter().filter_map(|input| {
        let name = input.name?;
        let doc = format!("The argument `{}`.", plain_name(name));
        Some(CompanionField {
            attrs: quote!(#[doc = #doc]),
            vis: &public,
            ident: name,
            ty: input.ty,
            name: plain_name(name),
        })
    });
    let doc = format!("What [`{}`] takes.", plain_name(program));
    let inputs = Companion {
        krate: &model.krate,
        attrs: quote!(#[doc = #doc] #[allow(private_interfaces, unreachable_pub)]),
        vis: &public,
        ident: ident.clone(),
        fields: fields.collect(),
    };
    let private = model.krate.private();
    let edge = edge::fields(&model.krate);
    let types = forward.inputs.iter().map(|input| input.ty);
    let (item, impls) = (inputs.item(), inputs.impls());
    let tokens = quote! {
        #item
        const _: () = {
            #edge
            #impls
            #[allow(dead_code)]
            fn __every_argument_is_a_field() {
                #(let _ = #private::SchemaBuilder::input::<#types>;)*
            }
        };
    };
    (tokens, ident.to_token_stream())
}

fn implement(
    model: &BlockModel,
    forward: &ForwardModel<'_>,
    input: &TokenStream,
    run: &TokenStream,
) -> TokenStream {
    let krate = &model.krate;
    let private = krate.private();
    let (self_ty, output) = (&model.self_ty, forward.output);
    let (impl_generics, _, where_clause) = model.generics.split_for_impl();
    let (cx, value) = (local("cx"), local("input"));
    // At the user's `forward`: that is what is not `Send`, when it is not.
    let future = quote_spanned! {forward.head.ident.span()=>
        impl ::core::future::Future<Output = #krate::Result<Self::Output>> + ::core::marker::Send
    };
    let edge = edge::result(krate);
    let asserted = result::asserted(output, &private);
    let output = result::ok_type(output)
        .map_or_else(|| quote!(<#output as #private::ForwardResult>::Output), ToTokens::to_token_stream);
    let module = quote! {
        #[automatically_derived]
        impl #impl_generics #krate::Module for #self_ty #where_clause {
            type Input = #input;
            type Output = #output;
            fn forward(&self, #cx: &#krate::Context, #value: Self::Input) -> #future {
                #asserted
                #run
            }
        }
    };
    let module = items_at(self_ty.span(), module);
    quote!(#edge #module)
}

/// `call`, which users of the program write.
///
/// It is public like `Module::call`, which it stands for; a lint about types that are less so
/// would speak of code that nobody wrote.
fn call(model: &BlockModel, input: &TokenStream) -> TokenStream {
    let krate = &model.krate;
    let self_ty = &model.self_ty;
    let (impl_generics, _, where_clause) = model.generics.split_for_impl();
    quote! {
        #[allow(dead_code, private_interfaces, unreachable_pub)]
        impl #impl_generics #self_ty #where_clause {
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
                cx: &#krate::Context,
                input: #input,
            ) -> #krate::Result<#krate::Prediction<<Self as #krate::Module>::Output>> {
                #krate::Module::call(self, cx, input).await
            }
        }
    }
}
