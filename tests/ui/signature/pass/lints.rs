//! Nothing in generated code calls for a lint of the user's.
#![deny(warnings, dead_code, missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications)]
#![deny(unused_lifetimes, unused_results, single_use_lifetimes, elided_lifetimes_in_paths)]
#![deny(clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use dspy::signature;

pub mod task {
    //! A task.

    use dspy::signature;

    /// Answer the question.
    #[signature]
    #[derive(Debug)]
    pub struct Qa {
        /// What is asked.
        #[input(rename = "q")]
        pub question: String,
        /// The answer.
        #[output(check(|text: &String| text.len() < 9, "short"))]
        pub answer: String,
        /// The row.
        #[meta]
        pub id: u8,
    }

    /// Not to be used any more.
    #[deprecated]
    #[signature]
    #[derive(Debug)]
    pub struct Old {
        /// What is asked.
        #[input]
        pub question: String,
        /// The answer.
        #[output]
        #[deprecated]
        pub answer: String,
    }
}

/// Private, and its outputs are never read.
#[signature]
#[allow(clippy::struct_excessive_bools)]
struct Inner {
    #[input(desc = "what is asked")]
    a: bool,
    #[input]
    b: bool,
    #[input]
    c: bool,
    #[input]
    d: bool,
    #[output(desc = "")]
    e: bool,
}

fn main() {
    println!("{}", size_of::<Inner>());
}
