//! A hash of tokens, for telling apart the versions of a program.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use crate::hash;

/// Operators of several characters, but not `<<` and `>>`, which also open and close generics.
const OPERATORS: [&str; 20] = [
    "..=", "...", "&&", "||", "==", "!=", "<=", ">=", "->", "=>", "::", "..", "+=", "-=", "*=", "/=", "%=",
    "&=", "|=", "^=",
];

/// The hash of tokens as rustc reads them, 32 hexadecimal digits: white space, comments and doc comments
/// do not count.
pub(crate) fn fingerprint(tokens: &TokenStream) -> String {
    let mut text = String::new();
    write(tokens, &mut text);
    hash::hex(&text).chars().take(32).collect()
}

// One space between tokens, so that no two lists of tokens are one text. Positions and the spaces of the
// source, which printing a stream would keep, do not come in.
fn write(tokens: &TokenStream, out: &mut String) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut rest = tokens.as_slice();
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (TokenTree::Punct(mark), [TokenTree::Group(group), after @ ..])
                if mark.as_char() == '#' && is_doc(&group.stream()) =>
            {
                after
            }
            (TokenTree::Group(group), _) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("⟨", "⟩"),
                };
                out.push_str(open);
                out.push(' ');
                write(&group.stream(), out);
                out.push_str(close);
                out.push(' ');
                after
            }
            (TokenTree::Punct(_), _) => {
                let operator = operator(rest);
                out.push_str(&operator);
                // A lifetime is a mark and a name.
                if operator != "'" {
                    out.push(' ');
                }
                rest.get(operator.chars().count()..).unwrap_or_default()
            }
            (token, _) => {
                out.push_str(&token.to_string());
                out.push(' ');
                after
            }
        };
    }
}

// The longest operator that begins here.
fn operator(tokens: &[TokenTree]) -> String {
    let mut joined = String::new();
    for token in tokens.iter().take(3) {
        let TokenTree::Punct(punct) = token else { break };
        joined.push(punct.as_char());
        if punct.spacing() == Spacing::Alone {
            break;
        }
    }
    let known = OPERATORS.iter().find(|operator| joined.starts_with(**operator));
    known.map_or_else(|| joined.chars().take(1).collect(), |operator| (*operator).to_owned())
}

fn is_doc(attribute: &TokenStream) -> bool {
    matches!(attribute.clone().into_iter().next(), Some(TokenTree::Ident(ident)) if ident == "doc")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str) -> String {
        fingerprint(&source.parse().expect("tokens"))
    }

    #[test]
    fn white_space_and_comments_do_not_count() {
        let plain = of("impl A { fn f(&self) -> Vec<Vec<u8>> { self.a(x, \"b c\")?.b::<'a, T>() } }");
        let other = of(
            "impl A {\n // why\n /// docs\n fn f( & self )->Vec< Vec<u8 > >\n{ self . a(x,\"b c\") ? .b :: < 'a,T > ( ) } }",
        );
        assert_eq!(plain, other);
        assert_eq!(plain.len(), 32);
    }

    #[test]
    fn every_token_counts() {
        let all = [
            "a + b", "a - b", "a + c", "a && b", "a & & b", "(a) b", "(a b)", "{a b}", "\"a b\"", "'a",
            "a == b",
        ];
        for (index, left) in all.iter().enumerate() {
            for right in &all[index + 1..] {
                assert_ne!(of(left), of(right), "{left} and {right}");
            }
        }
    }
}
