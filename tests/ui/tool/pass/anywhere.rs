//! Names taken, another name for the crate, and lints.
#![deny(warnings, missing_docs, unused_results, elided_lifetimes_in_paths)]
#![allow(non_camel_case_types)]

mod shadows {
    #![allow(dead_code)]
    pub struct Result;
    pub struct Option;
    pub struct String;
    pub struct Value;
    pub struct Box;
}

mod tools {
    #![allow(unused_imports)]
    use super::shadows::*;
    use ::dspy as renamed;

    /// Shouts.
    #[renamed::tool(crate = renamed)]
    #[allow(dead_code)]
    pub(crate) async fn r#loop(
        /// What.
        text: ::std::string::String,
        /// And how often.
        mut times: u8,
        cx: u8,
        from: ::std::option::Option<u8>,
    ) -> ::std::result::Result<::std::string::String, ::std::string::String> {
        times += cx + from.unwrap_or_default();
        Ok(text.repeat(usize::from(times)))
    }

    macro_rules! constant {
        ($(#[$doc:meta])* $name:ident = $value:expr) => {
            $(#[$doc])*
            #[dspy::tool]
            #[allow(dead_code)]
            pub fn $name() -> u8 {
                $value
            }
        };
    }

    constant! {
        /// Gives seven.
        seven = 7
    }
}

fn main() {
    use dspy::tool::Tool;

    let tools: [&dyn Tool; 2] = [&tools::Loop, &tools::Seven];
    let names: Vec<_> = tools.iter().map(|tool| tool.name()).collect();
    assert_eq!(names, ["loop", "seven"]);
    assert_eq!(tools[0].parameters()["properties"]["text"]["description"], "What.");
}
