//! One call as a future.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericParam, Type};

use super::expand::WiredProgram;
use super::graph::{At, End, Graph};
use super::model::{Call, Step};
use crate::ident::{argument, local};
use crate::krate::Krate;
use crate::tokens::mentions;

/// The two ends of one edge: of a channel, or what is left of it when the value is there at once.
pub(super) struct Ends {
    pub(super) to: Ident,
    pub(super) from: Ident,
}

impl Ends {
    /// The ends of the edge to the use of this number.
    ///
    /// The end that is read has the span of the wire's name, hygiene and all: where the value has
    /// another type, rustc says so there, as about code of the user's.
    pub(super) fn of(number: usize, use_: &End<'_>) -> Self {
        let from = format_ident!("__from_{number}", span = use_.wire.span());
        Self { to: local(&format!("to_{number}")), from }
    }
}

/// Brings the conversions of functions' results into scope.
pub(super) fn traits(krate: &Krate, calls: &[Call]) -> TokenStream {
    if !calls.iter().any(|call| matches!(call.step, Step::Function(_))) {
        return TokenStream::new();
    }
    let private = krate.private();
    quote! {
        #[allow(unused_imports)]
        use #private::wiring::{Fails as _, Succeeds as _, Waits as _};
    }
}

/// The alias of a part's input, by which a struct literal can name it, and how the literal does.
///
/// Where a field is missing rustc points at the literal's name, so that has the place of the
/// predictor's.
pub(super) fn alias(
    wired: WiredProgram<'_>,
    index: usize,
    ident: &Ident,
    ty: &Type,
) -> (TokenStream, TokenStream) {
    let krate = wired.krate.at(ty.span());
    let input = quote_spanned!(ty.span()=> <#ty as #krate::Module>::Input);
    let name = format_ident!("__Input{index}", span = ident.span());
    let tokens = ty.to_token_stream();
    // An item sees no parameters of the `impl` that it is in.
    let mut params: Vec<(TokenStream, &Ident)> = Vec::new();
    for param in &wired.original.generics.params {
        match param {
            GenericParam::Type(param) => params.push((param.ident.to_token_stream(), &param.ident)),
            GenericParam::Const(param) => {
                let (ident, ty) = (&param.ident, &param.ty);
                params.push((quote!(const #ident: #ty), ident));
            }
            GenericParam::Lifetime(_) => {}
        }
    }
    params.retain(|(_, ident)| mentions(&tokens, ident));
    if params.is_empty() {
        return (quote!(type #name = #input;), quote!(#name));
    }
    let (declared, given): (Vec<_>, Vec<_>) = params.into_iter().unzip();
    let alias = quote!(type #name<#(#declared),*> = #input;);
    (alias, quote!(#name::<#(#given),*>))
}

/// The future of one call, boxed.
pub(super) fn future(wired: WiredProgram<'_>, call: &Call, index: usize, graph: &Graph<'_>) -> TokenStream {
    let krate = wired.krate;
    let private = krate.private();
    let waits = graph.uses.iter().enumerate().filter(|(_, end)| {
        end.at == At::Call(index) && graph.maker(end.wire).is_some_and(|maker| maker.at != At::Program)
    });
    let waits = waits.map(|(number, end)| {
        let from = Ends::of(number, end).from;
        quote!(let #from = #private::wiring::take(#from).await;)
    });
    let run = match &call.step {
        Step::Field { ident, ty } => {
            let input = alias(wired, index, ident, ty).1;
            field(krate, call, index, ident, &input, graph)
        }
        Step::Function(path) => function(krate, call, index, &path.to_token_stream(), graph),
    };
    let span = match &call.step {
        Step::Field { ident, .. } => ident.span(),
        Step::Function(path) => path.span(),
    };
    let body = quote! {
        #(#waits)*
        #run
        ::core::result::Result::Ok(())
    };
    // At the user's name of the call: that is what is not `Send`, when it is not.
    let private = krate.private_at(span);
    quote_spanned!(span=> #private::wiring::Box::pin(async move { #body }))
}

fn field(
    krate: &Krate,
    call: &Call,
    index: usize,
    ident: &Ident,
    input: &TokenStream,
    graph: &Graph<'_>,
) -> TokenStream {
    let (cx, out) = (argument("cx"), local("out"));
    let forward = krate.at(ident.span());
    let forward = quote_spanned!(ident.span()=> #forward::Module::forward);
    let fields = taken(call, index, graph).map(|(wire, from)| {
        let field = &wire.to;
        quote!(#field: #from)
    });
    // Where the field is no module rustc says so of this local and of the literal: at one place, and so once.
    let part = format_ident!("__part_{index}", span = ident.span());
    let future = quote_spanned!(ident.span()=> #forward(#part, #cx, #input { #(#fields,)* }));
    let sends = given(index, graph).filter_map(|maker| {
        let field = &call.gives.get(maker.index)?.from;
        let (value, copied) = (local("value"), clone_at(field));
        let sends = send(krate, graph, maker, &value);
        // The outputs may be behind a `Deref`, out of which nothing can be moved.
        Some(quote! {
            let #value = #copied(&#out.#field);
            #sends
        })
    });
    let run = quote_spanned!(ident.span()=> #future.await?);
    quote! {
        let #part = &self.#ident;
        let #out = #run;
        #(#sends)*
    }
}

fn function(krate: &Krate, call: &Call, index: usize, path: &TokenStream, graph: &Graph<'_>) -> TokenStream {
    let private = krate.private();
    let made = local("made");
    let arguments = taken(call, index, graph).map(|(wire, from)| match wire.borrowed {
        true => quote!(&#from),
        false => quote!(#from),
    });
    let values: Vec<Ident> = given(index, graph)
        .map(|maker| format_ident!("__value_{}", maker.index, span = maker.wire.span()))
        .collect();
    let call = quote_spanned!(path.span()=> #path(#(#arguments),*));
    let pattern = match values.as_slice() {
        [only] => quote!(#only),
        several => quote!((#(#several),*)),
    };
    let sends = given(index, graph).zip(&values).map(|(maker, value)| send(krate, graph, maker, value));
    quote! {
        let #made = #private::wiring::Started(#call).wait().await;
        let #pattern = #private::wiring::Done::new(#made).result()?;
        #(#sends)*
    }
}

// What a call takes, with the locals that hold the values.
fn taken<'a>(
    call: &'a Call,
    index: usize,
    graph: &'a Graph<'_>,
) -> impl Iterator<Item = (&'a super::model::Wire, Ident)> {
    let uses = graph.uses.iter().enumerate().filter(move |(_, end)| end.at == At::Call(index));
    uses.filter_map(|(number, end)| Some((call.takes.get(end.index)?, Ends::of(number, end).from)))
}

fn given<'a>(index: usize, graph: &'a Graph<'a>) -> impl Iterator<Item = &'a End<'a>> {
    graph.makers.iter().filter(move |maker| maker.at == At::Call(index))
}

fn send(krate: &Krate, graph: &Graph<'_>, maker: &End<'_>, value: &Ident) -> TokenStream {
    let private = krate.private();
    shared(graph, maker, value, |number, value| {
        let to = local(&format!("to_{number}"));
        quote!(#private::wiring::send(#to, #value);)
    })
}

/// One statement for each use of a wire: the last one is given the value, the others a clone.
pub(super) fn shared(
    graph: &Graph<'_>,
    maker: &End<'_>,
    value: &Ident,
    statement: impl Fn(usize, TokenStream) -> TokenStream,
) -> TokenStream {
    let uses: Vec<usize> = graph.uses_of(maker).collect();
    let clone = clone_at(maker.wire);
    let given = |(place, number): (usize, &usize)| match place + 1 == uses.len() {
        true => statement(*number, quote!(#value)),
        false => statement(*number, quote!(#clone(&#value))),
    };
    uses.iter().enumerate().map(given).collect()
}

fn clone_at(wire: &Ident) -> TokenStream {
    quote_spanned!(wire.span()=> ::core::clone::Clone::clone)
}
