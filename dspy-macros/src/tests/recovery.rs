//! Whatever is wrong, the user's item comes back.

use proc_macro2::TokenStream;
use quote::quote;

use super::errors;
use crate::guard::guarded;
use crate::{module, signature};

fn keeps(tokens: &TokenStream, item: &TokenStream) -> bool {
    tokens.to_string().contains(&item.to_string())
}

#[test]
fn a_body_that_is_half_typed_is_never_looked_at() {
    let item = quote! {
        impl Support {
            const LIMIT: usize = { 2 };
            fn helper(&self) -> u8 { if x }
            some_macro! { anything }
            async fn forward(&self, cx: &Context, text: String) -> Result<Answer> {
                let queue = self.triage.
            }
            fn after() { match }
        }
    };
    let tokens = module::attribute(quote!(), item.clone());
    assert!(keeps(&tokens, &item), "{tokens}");
    assert!(tokens.to_string().contains(":: Module for Support"), "{tokens}");
    assert!(!tokens.to_string().contains("compile_error"), "{tokens}");
}

#[test]
fn a_head_that_is_half_typed_is_an_error_beside_the_block() {
    for item in [
        quote!(impl Support { async fn forward(&self, cx: ) -> {} }),
        quote!(impl Support),
        quote!(impl),
        quote!(impl Support { async fn forward }),
    ] {
        let tokens = module::attribute(quote!(), item.clone());
        assert!(keeps(&tokens, &item), "{tokens}");
        assert!(tokens.to_string().contains("compile_error"), "{tokens}");
    }
}

#[test]
fn a_struct_that_is_half_typed_is_an_error_beside_it() {
    for item in [quote!(struct), quote!(struct Qa { a: }), quote!(struct Qa { #[input] }), quote!()] {
        for tokens in
            [signature::attribute(quote!(), item.clone()), module::attribute(quote!(), item.clone())]
        {
            assert!(keeps(&tokens, &item), "{tokens}");
            assert!(tokens.to_string().contains("compile_error"), "{tokens}");
        }
    }
}

#[test]
fn every_mistake_is_told_once() {
    let tokens = signature::derive(quote! {
        #[dspy(instructions = 1, crate, inst, crate = dspy, crate = dspy)]
        struct Qa {
            #[input(desc =, rename = "a b", rename("x"), check)]
            a: String,
            #[output(check(|x| x), check(|x| x, ""), check(|x| x, "t", 1), "lit", desc = "a" "b")]
            b: String,
        }
    });
    let heads: Vec<String> = errors(tokens)
        .into_iter()
        .map(|message| message.lines().next().unwrap_or_default().to_owned())
        .collect();
    expect_test::expect![[r#"
        [
            "expected a string for option `instructions`, found an integer",
            "option `crate` needs a value",
            "unknown option `inst` for `#[signature]`",
            "duplicate option `crate`; it can be given once",
            "option `desc` needs a value",
            "option `rename` needs a value",
            "unknown option `check` for `#[input]`",
            "`a b` cannot name a field in a prompt",
            "this check has no text; the model and the errors need words for it",
            "this check has no text; the model and the errors need words for it",
            "option `check` takes a test and its text",
            "expected the name of an option",
            "expected `,` between two options",
            "signature `Qa` has no instructions; add a doc comment above it, it becomes the prompt",
        ]
    "#]]
    .assert_debug_eq(&heads);
}

#[test]
fn a_panic_is_one_error_and_the_item() {
    let item = quote!(
        struct Qa;
    );
    let tokens = guarded(&item, Some(&item), || panic!("no such field"));
    assert!(keeps(&tokens, &item), "{tokens}");
    let errors = errors(tokens);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].contains("no such field") && errors[0].contains("please report it"), "{errors:?}");
}
