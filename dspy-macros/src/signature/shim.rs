//! The attribute `#[signature]`: hands the struct to the derive.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use super::lifetime;
use super::model::Role;
use crate::diag::Diagnostics;
use crate::misspelled::{self, Helpers};
use crate::shim;
use crate::tokens::item_keyword;

/// The struct as written, with the derive above it.
pub(crate) fn signature(args: TokenStream, item: TokenStream) -> TokenStream {
    if let Some(error) = not_a_struct(&item) {
        return quote!(#error #item);
    }
    let mut input: DeriveInput = match syn::parse2(item.clone()) {
        Ok(input) => input,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#error #item);
        }
    };
    if let Data::Struct(data) = &mut input.data {
        mend(&mut data.fields);
    }
    let private = shim::krate(&args).private();
    quote! {
        #[derive(#private::Signature)]
        #[dspy(#args)]
        #input
    }
}

// What rustc would report a second time, in its own words, is put right before rustc sees it.
fn mend(fields: &mut Fields) {
    for field in fields {
        let has_role = field.attrs.iter().any(|attr| Role::of(attr).is_some());
        if !has_role {
            misspelled::mend(&mut field.attrs, Helpers(&Role::NAMES));
        }
        lifetime::name_elided(&mut field.ty);
    }
}

fn not_a_struct(item: &TokenStream) -> Option<TokenStream> {
    let keyword: Ident = item_keyword(item)?;
    let kind = match keyword.to_string().as_str() {
        "fn" => "a function; the task is its data, and a `#[module]` holds the steps",
        "impl" => "an impl block; write `#[module]` for a program",
        "trait" => "a trait",
        "mod" => "a module",
        "type" => "a type alias",
        "macro_rules" => "a macro",
        _ => return None,
    };
    let mut diagnostics = Diagnostics::default();
    diagnostics.error(&keyword, format!("`#[signature]` cannot describe {kind}")).help(
        "describe the task by a struct with named fields: `struct Name { #[input] a: A, #[output] b: B }`",
    );
    Some(diagnostics.into_tokens())
}
