//! The expansion of a correct `forward` into the module.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Visibility, parse_quote};

use super::model::{BlockModel, ForwardModel};
use super::result;
use crate::field_access;
use crate::gathered::{Gathered, Side};
use crate::ident::{companion, local};
use crate::module::call;
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

/// Writes the module with another body for `Module::forward`, and without `call` where the user has one.
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
    let call = match with_call {
        true => {
            let krate = &model.krate;
            let output = quote!(<Self as #krate::Module>::Output);
            call::method(krate, &model.generics, &model.self_ty, &input, &output)
        }
        false => TokenStream::new(),
    };
    quote! {
        #companion
        const _: () = {
            #implementation
        };
        #call
    }
}

// Never less visible than the program itself, which an `impl` block knows nothing about.
fn gathered(model: &BlockModel, forward: &ForwardModel<'_>) -> (TokenStream, TokenStream) {
    let Some(program) = model.ident() else {
        return Default::default();
    };
    let public: Visibility = parse_quote!(pub);
    let inputs = Gathered { krate: &model.krate, program, vis: &public, side: Side::Input };
    let fields = forward.inputs.iter().filter_map(|input| Some((input.name?, input.ty)));
    let item = inputs.item(&fields.collect::<Vec<_>>());
    (item, companion(program, Side::Input.suffix()).to_token_stream())
}

fn implement(
    model: &BlockModel,
    forward: &ForwardModel<'_>,
    input: &TokenStream,
    run: &TokenStream,
) -> TokenStream {
    let krate = &model.krate;
    let private = krate.private();
    let (self_ty, output, wiring) = (&model.self_ty, forward.output, &model.wiring);
    let (impl_generics, _, where_clause) = model.generics.split_for_impl();
    let (cx, value) = (local("cx"), local("input"));
    // At the user's `forward`: that is what is not `Send`, when it is not.
    let future = quote_spanned! {forward.head.ident.span()=>
        impl ::core::future::Future<Output = #krate::Result<Self::Output>> + ::core::marker::Send
    };
    let edge = field_access::result(krate);
    let asserted = result::asserted(output, &private);
    let output = result::ok_type(output)
        .map_or_else(|| quote!(<#output as #private::ForwardResult>::Output), ToTokens::to_token_stream);
    let module = quote! {
        #[automatically_derived]
        impl #impl_generics #krate::Module for #self_ty #where_clause {
            type Input = #input;
            type Output = #output;
            const WIRING: &'static str = #wiring;
            fn forward(&self, #cx: &#krate::Context, #value: Self::Input) -> #future {
                #asserted
                #run
            }
        }
    };
    let module = items_at(self_ty.span(), module);
    quote!(#edge #module)
}
