//! The expansion of the wiring into `forward`.
//!
//! Every call is a future of its own. A wire between two of them is a channel for one value, so a call
//! starts the moment the last of its inputs is there.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Type};

use super::graph::{At, Graph, same};
use super::model::{Call, Step, Task, Wire, Wiring};
use super::step;
use super::step::Ends;
use crate::gathered::{Gathered, Side};
use crate::ident::{argument, companion, local, local_at};
use crate::krate::Krate;
use crate::module::call;
use crate::token_hash;
use crate::tokens::items_at;

/// The program around the wiring.
#[derive(Clone, Copy)]
pub(crate) struct WiredProgram<'a> {
    pub(crate) krate: &'a Krate,
    pub(crate) original: &'a DeriveInput,
    pub(crate) wiring: &'a Wiring,
}

/// `forward`, `call` and `impl Module`, and for types in place the structs of inputs and outputs.
pub(crate) fn module(wired: WiredProgram<'_>, calls: &[Call]) -> TokenStream {
    with_body(wired, &body(wired, calls))
}

/// Writes a stub with an empty body, for a program with mistakes.
pub(crate) fn stub(wired: WiredProgram<'_>) -> TokenStream {
    let (cx, input) = (argument("cx"), argument("input"));
    with_body(wired, &quote!(let _ = (#cx, #input); ::core::unimplemented!()))
}

fn with_body(wired: WiredProgram<'_>, body: &TokenStream) -> TokenStream {
    let WiredProgram { krate, original, wiring } = wired;
    let companions = match wiring.task {
        Task::InPlace => companions(wired),
        Task::Signature(_) => TokenStream::new(),
    };
    let (input, output) = (side(wired, Side::Input), side(wired, Side::Output));
    let (ident, vis) = (&original.ident, &original.vis);
    let written = token_hash::fingerprint(&written(original));
    let (impl_generics, ty_generics, where_clause) = original.generics.split_for_impl();
    let (cx, value) = (argument("cx"), argument("input"));
    // At the types of the user's, which may be none that a program can have.
    let place = wiring.task.span(ident);
    let forward = quote_spanned! {place=>
        fn forward(
            &self,
            #cx: &#krate::Context,
            #value: #input,
        ) -> impl ::core::future::Future<Output = #krate::Result<Self::Output>> + ::core::marker::Send {
            Self::forward(self, #cx, #value)
        }
    };
    let result = krate.at(place);
    let result = quote_spanned!(place=> #result::Result<#output>);
    let module = quote! {
        #[automatically_derived]
        impl #impl_generics #krate::Module for #ident #ty_generics #where_clause {
            type Input = #input;
            type Output = #output;
            const WIRING: &'static str = #written;
            #forward
        }
    };
    let module = items_at(ident.span(), module);
    let call = call::method(krate, &original.generics, &quote!(#ident #ty_generics), &input, &output);
    quote! {
        #companions
        const _: () = {
            #module
        };
        #[allow(dead_code, private_interfaces, unreachable_pub)]
        impl #impl_generics #ident #ty_generics #where_clause {
            /// Runs the calls of the program, each as soon as its inputs are there; its steps go to
            /// the trace of the call it is in.
            ///
            /// # Errors
            ///
            /// When a call fails; those that still run are cancelled.
            #vis async fn forward(
                &self,
                #cx: &#krate::Context,
                #value: #input,
            ) -> #result {
                #body
            }
        }
        #call
    }
}

// All that the wiring follows from: the lists, and which parts they call.
fn written(original: &DeriveInput) -> TokenStream {
    let says = |attr: &&Attribute| attr.path().is_ident("dspy") || attr.path().is_ident("call");
    let mut tokens: TokenStream = original.attrs.iter().filter(says).map(ToTokens::to_token_stream).collect();
    if let Data::Struct(data) = &original.data {
        for field in &data.fields {
            let (attrs, ident, ty) = (field.attrs.iter().filter(says), &field.ident, &field.ty);
            tokens.extend(quote!(#(#attrs)* #ident: #ty,));
        }
    }
    tokens
}

// The type of the program's input or output.
fn side(wired: WiredProgram<'_>, side: Side) -> TokenStream {
    let mut name = side.ident();
    match &wired.wiring.task {
        Task::Signature(path) => {
            let krate = wired.krate.at(path.span());
            name.set_span(path.span());
            quote_spanned!(path.span()=> <#path as #krate::Signature>::#name)
        }
        Task::InPlace => companion(&wired.original.ident, side.suffix()).to_token_stream(),
    }
}

fn companions(wired: WiredProgram<'_>) -> TokenStream {
    let WiredProgram { krate, original, wiring } = wired;
    let one = |side, wires: &[Wire]| {
        let gathered = Gathered { krate, program: &original.ident, vis: &original.vis, side };
        let mut fields: Vec<(&Ident, &Type)> = Vec::new();
        for wire in wires {
            // A second one of the same name is reported already.
            let known = fields.iter().any(|(ident, _)| same(ident, &wire.from));
            fields.extend(wire.ty.as_ref().filter(|_| !known).map(|ty| (&wire.from, ty)));
        }
        gathered.item(&fields)
    };
    let (input, output) = (one(Side::Input, &wiring.inputs), one(Side::Output, &wiring.outputs));
    quote!(#input #output)
}

fn body(wired: WiredProgram<'_>, calls: &[Call]) -> TokenStream {
    let WiredProgram { krate, wiring, .. } = wired;
    let private = krate.private();
    let graph = Graph::new(wiring, calls);
    let (inputs, types) = (taken_apart(wired, &graph), types(wired, calls));
    let channels = graph
        .uses
        .iter()
        .enumerate()
        .filter(|(_, end)| graph.maker(end.wire).is_some_and(|maker| maker.at != At::Program));
    let channels = channels.map(|(number, end)| {
        let Ends { to, from } = Ends::of(number, end);
        quote!(let (#to, #from) = #private::wiring::wire();)
    });
    // In the order of the data, so that rustc knows the type of a wire before anything uses it.
    let futures = graph.order().0.into_iter().filter_map(|index| {
        let call = calls.get(index)?;
        Some(step::future(wired, call, index, &graph))
    });
    let outputs = outputs(wired, &graph);
    let traits = step::traits(krate, calls);
    let running = local("calls");
    quote! {
        #traits
        #types
        #inputs
        #(#channels)*
        let mut #running = #private::wiring::Calls::default();
        #(#running.push(#futures);)*
        #running.finish().await?;
        #outputs
    }
}

// A struct literal takes no `<P as Module>::Input`, but an alias of it.
fn types(wired: WiredProgram<'_>, calls: &[Call]) -> TokenStream {
    let alias = |(index, call): (usize, &Call)| match &call.step {
        Step::Field { ident, ty } => step::alias(wired, index, ident, ty).0,
        Step::Function(_) => TokenStream::new(),
    };
    calls.iter().enumerate().map(alias).collect()
}

// Moved to the last place that uses it, cloned to the others.
fn taken_apart(wired: WiredProgram<'_>, graph: &Graph<'_>) -> TokenStream {
    let (alias, name) = side_alias(wired, Side::Input);
    let value = argument("input");
    let mut fields = TokenStream::new();
    let mut copies = TokenStream::new();
    for maker in graph.makers.iter().filter(|maker| maker.at == At::Program) {
        let Some(wire) = wired.wiring.inputs.get(maker.index) else { continue };
        let (field, whole) = (&wire.from, local_at(&format!("in_{}", maker.index), maker.wire));
        fields.extend(quote!(#field: #whole,));
        copies.extend(step::shared(graph, maker, &whole, |number, value| {
            let from = graph.uses.get(number).map(|end| Ends::of(number, end).from);
            quote!(let #from = #value;)
        }));
    }
    quote! {
        #alias
        let #name { #fields .. } = #value;
        #copies
    }
}

fn outputs(wired: WiredProgram<'_>, graph: &Graph<'_>) -> TokenStream {
    let private = wired.krate.private();
    let (alias, name) = side_alias(wired, Side::Output);
    let mut takes = TokenStream::new();
    let mut fields = TokenStream::new();
    for (number, end) in graph.uses.iter().enumerate().filter(|(_, end)| end.at == At::Program) {
        let Some(wire) = wired.wiring.outputs.get(end.index) else { continue };
        let (field, from) = (&wire.to, Ends::of(number, end).from);
        if graph.maker(end.wire).is_some_and(|maker| maker.at != At::Program) {
            takes.extend(quote!(let #from = #private::wiring::take(#from).await;));
        }
        fields.extend(quote!(#field: #from,));
    }
    quote! {
        #alias
        #takes
        ::core::result::Result::Ok(#name { #fields })
    }
}

fn side_alias(wired: WiredProgram<'_>, side_of: Side) -> (TokenStream, Ident) {
    let ty = side(wired, side_of);
    let place = wired.wiring.task.span(&wired.original.ident);
    let name = format_ident!("__{}", side_of.suffix(), span = place);
    (quote!(type #name = #ty;), name)
}
