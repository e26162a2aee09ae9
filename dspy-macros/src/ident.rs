//! Names: as the prompt shows them, and as generated code uses them.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::ext::IdentExt;

/// The name of a field in prompts, rows and artifacts: `r#type` is `type` there.
pub(crate) fn plain_name(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// A name made from the user's struct, `TriageInput` from `Triage`, in its place in the source.
pub(crate) fn companion(ident: &Ident, suffix: &str) -> Ident {
    format_ident!("{}{}", ident.unraw(), suffix, span = ident.span())
}

/// A local variable of generated code, which no name of the user's can meet.
///
/// Hygiene alone is not enough: a pattern `x` means the constant `x` when the user has one,
/// hence the underscores.
pub(crate) fn local(name: &str) -> Ident {
    format_ident!("__{}", name, span = Span::mixed_site())
}

/// An argument of a function that users see, which has no underscores for that.
pub(crate) fn argument(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// A local, with the place of something of the user's, where rustc will speak of it.
pub(crate) fn local_at(name: &str, place: &Ident) -> Ident {
    format_ident!("__{}", name, span = Span::mixed_site().located_at(place.span()))
}

/// The locals of a list of fields, one each.
pub(crate) fn locals(count: usize) -> Vec<Ident> {
    (0..count).map(|index| local(&format!("field_{index}"))).collect()
}
