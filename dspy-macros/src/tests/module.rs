use expect_test::expect_file;
use quote::quote;

use super::check;
use crate::module::{attribute, derive};

#[test]
fn the_attribute_adds_clone_and_hands_the_struct_to_the_derive() {
    let item = quote! {
        struct Support {
            triage: Predict<Triage>,
            #[plian]
            policies: Policies,
        }
    };
    let tokens = attribute(quote!(no_new), item);
    check(&tokens, &expect_file!["snapshots/module_attribute.rs"]);
}

#[test]
fn the_derive_finds_predictors_and_makes_constructors() {
    let tokens = derive(quote! {
        #[dspy()]
        pub(crate) struct Support<M: Module> {
            triage: Predict<Triage>,
            again: Predict<Triage>,
            #[frozen]
            resolve: M,
        }
    });
    check(&tokens, &expect_file!["snapshots/module_struct.rs"]);
}

#[test]
fn a_plain_field_is_read_and_leaves_construction_to_the_user() {
    let tokens = derive(quote! {
        #[dspy()]
        struct Support {
            hops: Vec<Predict<Triage>>,
            #[plain]
            policies: Policies,
        }
    });
    check(&tokens, &expect_file!["snapshots/module_plain.rs"]);
}

#[test]
fn forward_becomes_the_module() {
    let item = quote! {
        impl Support {
            async fn forward(&self, cx: &Context, ticket: Ticket) -> Result<Answer> {
                self.run(cx, ticket).await
            }
        }
    };
    check(&attribute(quote!(), item), &expect_file!["snapshots/module_impl.rs"]);
}

#[test]
fn several_arguments_become_one_struct() {
    let item = quote! {
        impl Support {
            async fn forward(&self, cx: &Context, mut text: String, r#type: u8) -> Answered {
                text.push('?');
                self.run(cx, text, r#type).await
            }
        }
    };
    check(&attribute(quote!(), item), &expect_file!["snapshots/module_arguments.rs"]);
}

#[test]
fn wiring_becomes_forward() {
    let tokens = derive(quote! {
        #[dspy(Task: note, limit -> queue, because as reason; no_new)]
        #[call(fn normalize(note, &limit) -> clean)]
        pub struct Support {
            #[call(clean as ticket_text, queue -> reasoning as because)]
            resolve: ChainOfThought<Resolve>,
            #[call(clean as ticket_text -> queue)]
            triage: Predict<Triage>,
        }
    });
    check(&tokens, &expect_file!["snapshots/module_wiring.rs"]);
}

#[test]
fn the_data_flow_is_in_the_documentation() {
    let item = quote! {
        /// Sorts tickets.
        #[call(fn text::normalize(note, &limit) -> clean)]
        pub struct Support {
            #[cfg(feature = "fast")]
            #[call(clean as ticket_text -> queue)]
            triage: Predict<Triage>,
            #[cfg(not(feature = "fast"))]
            #[call(clean as ticket_text -> queue)]
            triage: ChainOfThought<Triage>,
        }
    };
    let tokens = attribute(quote!(Task: note, r#limit -> queue), item);
    check(&tokens, &expect_file!["snapshots/module_wiring_attribute.rs"]);
}
