//! A warning for each output that the model would know by its name alone.
//!
//! A macro cannot warn on stable Rust. Use of a deprecated constant can: its note is the warning,
//! and the span of its use is the place.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::super::model::{Role, SignatureModel};

/// Code that does nothing, and makes rustc warn.
pub(super) fn warnings(model: &SignatureModel) -> TokenStream {
    let undescribed = model.of_role(Role::Output).filter(|field| field.desc.is_blank() && !field.desc_given);
    undescribed
        .map(|field| {
            let note = format!(
                "the model is told nothing of `{}` but its name and type; write a doc comment above it, \
                 or `#[output(desc = \"\")]` if the name says it all",
                field.name(),
            );
            let name = "output_without_description";
            let (declared, used) =
                (Ident::new(name, Span::call_site()), Ident::new(name, field.ident.span()));
            quote! {
                const _: () = {
                    #[allow(non_upper_case_globals)]
                    #[deprecated(note = #note)]
                    const #declared: () = ();
                    #used
                };
            }
        })
        .collect()
}
