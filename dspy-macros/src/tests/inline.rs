use expect_test::expect_file;
use quote::quote;

use super::check;
use crate::inline::call;

#[test]
fn a_prediction_in_place_is_a_signature_and_its_call() {
    let tokens = call(quote!(cx, "Judge it.", text, stars: u8 "Of five." = row.stars -> good: bool));
    check(&tokens, &expect_file!["snapshots/inline.rs"]);
}
