//! Tests of the code that the macros make, as text. `UPDATE_EXPECT=1 cargo test -p dspy-macros` writes
//! it anew.
//!
//! The snapshots are the documentation of the generated code: read their diff.

mod docs;
mod inline;
mod module;
mod recovery;
mod signature;
mod tool;

use expect_test::ExpectFile;
use proc_macro2::TokenStream;

fn check(tokens: &TokenStream, expected: &ExpectFile) {
    let text = tokens.to_string();
    // An expression is printed as that of a function.
    let text = if text.starts_with('{') { format!("fn expression() {text}") } else { text };
    let printed = match syn::parse_file(&text) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => format!("{error}\n{text}\n"),
    };
    expected.assert_eq(&printed);
}

/// The messages of the errors among the tokens.
fn errors(tokens: TokenStream) -> Vec<String> {
    let Ok(file) = syn::parse2::<syn::File>(tokens) else {
        return vec!["no items".to_owned()];
    };
    let message = |item: &syn::Item| match item {
        syn::Item::Macro(item) if item.mac.path.segments.last()?.ident == "compile_error" => {
            let message: syn::LitStr = item.mac.parse_body().ok()?;
            Some(message.value())
        }
        _ => None,
    };
    file.items.iter().filter_map(message).collect()
}
