use expect_test::expect_file;
use quote::quote;

use super::check;
use crate::signature::{attribute, derive};

#[test]
fn the_attribute_hands_the_struct_to_the_derive() {
    let item = quote! {
        /// Decide which queue a customer message belongs to.
        #[derive(PartialEq)]
        pub struct Triage {
            #[input]
            pub ticket_text: &str,
            #[ouput(desc = "Where it goes.")]
            pub queue: Queue,
        }
    };
    let tokens = attribute(quote!(instructions = "Sort it."), item);
    check(&tokens, &expect_file!["snapshots/signature_attribute.rs"]);
}

#[test]
fn the_derive_makes_companions_and_impls() {
    let tokens = derive(quote! {
        /// Decide which queue
        /// a customer message belongs to.
        #[dspy()]
        pub struct Triage {
            /// The customer's message.
            #[input]
            pub ticket_text: String,
            #[output(rename = "to", desc = "Where it goes.", check(is_open, "an open queue"))]
            pub queue: Queue,
            #[meta]
            pub r#type: u8,
        }
    });
    check(&tokens, &expect_file!["snapshots/signature.rs"]);
}

#[test]
fn after_an_error_the_same_names_exist() {
    let tokens = derive(quote! {
        /// Decide which queue a customer message belongs to.
        #[dspy(crate = renamed)]
        struct Triage<T> {
            #[input(descr = "The customer's message.")]
            ticket_text: T,
            queue: Queue,
        }
    });
    check(&tokens, &expect_file!["snapshots/signature_fallback.rs"]);
}
