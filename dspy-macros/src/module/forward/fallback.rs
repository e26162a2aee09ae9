//! The code that a block with mistakes still gives, so that code which calls the program adds no error.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Type;

use super::expand;
use super::model::{BlockModel, ForwardModel};
use crate::module::call;

/// The module with nothing behind it, as far as its types are known.
pub(crate) fn module(model: &BlockModel, forward: Option<ForwardModel<'_>>) -> TokenStream {
    match forward.and_then(mended) {
        Some(forward) => {
            let stub = quote!(async { ::core::unimplemented!() });
            expand::with_body(model, &forward, &stub, !model.has_own_call())
        }
        None if model.has_own_call() || model.trait_.is_some() || model.ident().is_none() => {
            TokenStream::new()
        }
        None => call::any(&model.krate, &model.generics, &model.self_ty),
    }
}

// The parts of `forward` that still say what goes in and what comes out.
fn mended(mut forward: ForwardModel<'_>) -> Option<ForwardModel<'_>> {
    let head = forward.head;
    let typed = forward.inputs.iter().all(|input| !matches!(input.ty, Type::ImplTrait(_)));
    let named = forward.inputs.len() == 1 || forward.inputs.iter().all(|input| input.name.is_some());
    let placed = head.receiver().is_some() && !forward.inputs.is_empty();
    if !(typed && named && placed && head.generics.params.is_empty()) {
        return None;
    }
    for input in &mut forward.inputs {
        if let Type::Reference(reference) = input.ty {
            input.ty = &reference.elem;
        }
    }
    Some(forward)
}
