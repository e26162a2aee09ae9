//! `DSPY_MACROS_DEBUG=Support cargo check` prints what the macros make of `Support`.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use crate::tokens::item_keyword;

const VARIABLE: &str = "DSPY_MACROS_DEBUG";

/// Prints an expansion when the variable names its item, or is `*`.
pub(crate) fn show(input: &TokenStream, expansion: &TokenStream) {
    let Ok(wanted) = std::env::var(VARIABLE) else { return };
    if wanted == "*" || names(input, &wanted) {
        let mut text = format!("// {VARIABLE}={wanted}\n");
        print(expansion, 0, &mut text);
        eprintln!("{}", text.trim_end());
    }
}

// The name after `struct` or `fn`; in an `impl` block, and in what is no item, a name before the first
// braces.
fn names(input: &TokenStream, wanted: &str) -> bool {
    let keyword = item_keyword(input).map(|keyword| keyword.to_string());
    let head = input.clone().into_iter().take_while(
        |token| !matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace),
    );
    let idents = head.filter_map(|token| match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    });
    let mut idents = idents.skip_while(|ident| keyword.as_ref().is_some_and(|keyword| ident != keyword));
    match keyword.as_deref() {
        Some("struct" | "enum" | "union" | "fn") => idents.nth(1).is_some_and(|name| name == wanted),
        _ => idents.any(|name| name == wanted),
    }
}

// Lines and indentation; rustfmt does the rest where someone wants it.
fn print(tokens: &TokenStream, depth: usize, out: &mut String) {
    let mut fresh = true;
    let mut joined = true;
    for token in tokens.clone() {
        if fresh {
            out.push_str(&"    ".repeat(depth));
        } else if !joined {
            out.push(' ');
        }
        (fresh, joined) = (false, false);
        match token {
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Brace && !group.stream().is_empty() =>
            {
                out.push_str("{\n");
                print(&group.stream(), depth + 1, out);
                out.push_str(&"    ".repeat(depth));
                out.push_str("}\n");
                fresh = true;
            }
            TokenTree::Punct(punct) => {
                out.push(punct.as_char());
                joined = punct.spacing() == Spacing::Joint || matches!(punct.as_char(), '&' | '#' | '!');
                if punct.as_char() == ';' {
                    out.push('\n');
                    fresh = true;
                }
            }
            other => out.push_str(&other.to_string()),
        }
    }
    if !fresh {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn an_item_is_known_by_its_name() {
        let item = quote!(
            pub struct Support {
                triage: Predict<Triage>,
            }
        );
        assert!(names(&item, "Support") && !names(&item, "Triage") && !names(&item, "struct"));
        let block = quote!(
            impl<T> my::Support<T> {
                fn forward() {}
            }
        );
        assert!(names(&block, "Support") && !names(&block, "forward"));
        assert!(names(&quote!(Support, "a.json"), "Support"));
        assert!(names(
            &quote!(
                async fn find() {
                    Find
                }
            ),
            "find"
        ));
    }

    #[test]
    fn an_expansion_is_printed_in_lines() {
        let mut text = String::new();
        print(&quote!(impl A { fn b(&self) { let c = a::d(1); c } }), 0, &mut text);
        assert_eq!(
            text,
            "impl A {\n    fn b (& self) {\n        let c = a :: d (1) ;\n        c\n    }\n}\n"
        );
    }
}
