//! Questions to tokens that no syntax tree is made of.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};

/// Gives every `impl` and `struct` at the top of these tokens a place: the name of what it is for.
///
/// rustc shows items in its help. At their own place they are the macro, which says nothing; a
/// struct's name does. Only the two ends count, so the code inside stays generated code.
pub(crate) fn items_at(span: Span, tokens: TokenStream) -> TokenStream {
    let mut in_head = false;
    let place = |mut token: TokenTree| {
        match &mut token {
            TokenTree::Ident(ident) if ident == "impl" || ident == "struct" => {
                in_head = true;
                ident.set_span(span);
            }
            TokenTree::Group(group) if in_head && group.delimiter() == Delimiter::Brace => {
                in_head = false;
                group.set_span(span);
            }
            _ => {}
        }
        token
    };
    tokens.into_iter().map(place).collect()
}

/// Returns whether an identifier occurs in the tokens, at any depth.
pub(crate) fn mentions(tokens: &TokenStream, name: &Ident) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(&group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// The keyword that says what kind of item this is.
///
/// Reads tokens and not a syntax tree, so that it also answers for an item that is half typed.
pub(crate) fn item_keyword(tokens: &TokenStream) -> Option<Ident> {
    const KINDS: [&str; 9] = ["struct", "enum", "union", "fn", "impl", "trait", "mod", "type", "macro_rules"];
    tokens.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if KINDS.iter().any(|kind| ident == kind) => Some(ident),
        _ => None,
    })
}
