use expect_test::{Expect, expect};
use quote::ToTokens;
use syn::{Attribute, parse_quote};

use crate::docs::Text;

fn check(attrs: &[Attribute], expected: &Expect) {
    expected.assert_eq(&Text::of_docs(attrs).to_token_stream().to_string());
}

#[test]
fn one_space_goes_and_deeper_ones_stay() {
    let attrs: [Attribute; 4] = [
        parse_quote!(#[doc = ""]),
        parse_quote!(#[doc = " a"]),
        parse_quote!(#[doc = "    b"]),
        parse_quote!(#[doc = " "]),
    ];
    check(&attrs, &expect![[r#""a\n   b""#]]);
}

#[test]
fn blocks_lose_their_stars_and_their_indentation() {
    check(&[parse_quote!(#[doc = "\n     * a\n     *   b\n     "])], &expect![[r#""a\n  b""#]]);
    check(&[parse_quote!(#[doc = " a\n\n       b\n     c\n "])], &expect![[r#""a\n\n  b\nc""#]]);
    check(&[parse_quote!(#[doc = "\n * one\n * two"])], &expect![[r#""one\ntwo""#]]);
}

#[test]
fn macros_are_kept_for_rustc() {
    let attrs: [Attribute; 4] = [
        parse_quote!(#[doc = " a"]),
        parse_quote!(#[doc = include_str!("b.md")]),
        parse_quote!(#[doc(hidden)]),
        parse_quote!(#[doc = " c"]),
    ];
    check(&attrs, &expect![[r#":: core :: concat ! ("a\n" , include_str ! ("b.md") , "\nc")"#]]);
    assert!(!Text::of_docs(&attrs[1..2]).is_blank());
    assert!(Text::of_docs(&attrs[2..3]).is_blank());
}
