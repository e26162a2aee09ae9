//! The last resort: a panic in a macro becomes an error like any other.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::diag::Diagnostics;
use crate::show;

/// Expands, and when that panics keeps the user's item and asks for a report.
///
/// A derive has no item to keep: rustc does.
pub(crate) fn guarded(
    input: &TokenStream,
    keep: Option<&TokenStream>,
    expand: impl FnOnce() -> TokenStream,
) -> TokenStream {
    // What the closure touched is dropped with it, so nothing half done is seen afterwards.
    let expansion = catch_unwind(AssertUnwindSafe(expand)).unwrap_or_else(|panic| {
        let mut diagnostics = Diagnostics::default();
        diagnostics
            .error_at(
                Span::call_site(),
                format!("the macro failed, which is a mistake in it and not in your code: {}", said(&*panic)),
            )
            .help("please report it, with the item below");
        let errors = diagnostics.into_tokens();
        quote!(#errors #keep)
    });
    show::show(input, &expansion);
    expansion
}

fn said(panic: &(dyn Any + Send)) -> &str {
    if let Some(text) = panic.downcast_ref::<&str>() {
        text
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text
    } else {
        "it did not say why"
    }
}
