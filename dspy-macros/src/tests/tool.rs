use expect_test::expect_file;
use quote::quote;

use super::check;
use crate::tool::attribute;

#[test]
fn a_tool_stands_beside_the_function() {
    let item = quote! {
        /// Says where a parcel is.
        pub async fn find_parcel(
            cx: &Context,
            /// The number on the receipt.
            number: u32,
            places: Option<usize>,
        ) -> Result<String, NoSuchParcel> {
            ask(cx, number, places).await
        }
    };
    check(&attribute(quote!(), item), &expect_file!["snapshots/tool.rs"]);
}
