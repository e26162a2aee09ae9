//! `#[module]`: on a struct it finds the predictors, on an `impl` block it runs them.

mod call;
mod forward;
mod program;
mod wiring;

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) use program::derive;

use crate::diag::Diagnostics;
use crate::tokens::item_keyword;

/// The attribute, on either kind of item.
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let Some(keyword) = item_keyword(&item) else {
        return program::attribute(args, item);
    };
    match keyword.to_string().as_str() {
        "impl" => forward::attribute(args, item),
        "struct" | "enum" | "union" => program::attribute(args, item),
        kind => {
            let kind = match kind {
                "fn" => "a function",
                "trait" => "a trait",
                "mod" => "a Rust module",
                "type" => "a type alias",
                _ => "a macro",
            };
            let mut diagnostics = Diagnostics::default();
            diagnostics
                .error(
                    &keyword,
                    format!("`#[module]` stands on a struct or on its `impl` block, not on {kind}"),
                )
                .help("put the predictors into a struct, and `async fn forward` into its `impl` block");
            let errors = diagnostics.into_tokens();
            quote!(#errors #item)
        }
    }
}
