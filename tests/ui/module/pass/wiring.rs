//! Wiring in places and with names that are not the usual ones.
#![deny(missing_docs, warnings, clippy::pedantic)]

use dspy as renamed;

mod shadows {
    #![allow(dead_code, non_camel_case_types)]

    pub struct String;
    pub struct Option;
    pub struct Result;
    pub struct Vec;
    pub struct Box;
    pub mod std {}
    pub mod core {}
    pub mod dspy {}
}

mod hygiene {
    #![allow(unused_imports)]
    use super::shadows::*;

    /// Write a draft.
    #[::dspy::signature]
    pub struct Draft {
        #[input]
        pub topic: ::std::string::String,
        #[output(desc = "")]
        pub text: ::std::string::String,
    }

    /// Every name that generated code could have used.
    #[::dspy::module(input: ::std::string::String, r#type: u8 -> cx: ::std::string::String, out: u8)]
    #[call(fn next(r#type) -> calls, made)]
    #[call(fn none(&made) -> __unused)]
    #[call(fn add(calls, __unused) -> out)]
    pub struct Program {
        #[call(input as topic -> text as value)]
        draft: ::dspy::Predict<Draft>,
        #[call(value as topic -> text as cx)]
        __again: ::dspy::ChainOfThought<Draft>,
    }

    fn next(number: u8) -> (u8, u8) {
        (number, number + 1)
    }

    fn none(_: &u8) -> u8 {
        0
    }

    fn add(one: u8, other: u8) -> u8 {
        one + other
    }
}

/// Review a text.
#[renamed::signature(crate = renamed)]
pub struct Review {
    /// What is read.
    #[input]
    pub text: String,
    /// What it is found to be.
    #[output]
    pub verdict: bool,
}

/// A program of the crate, with the options behind the wiring.
#[renamed::module(Review: text -> verdict; crate = renamed, no_new)]
#[derive(Debug)]
pub(crate) struct Renamed {
    #[cfg(all())]
    #[call(text -> verdict)]
    review: renamed::Predict<Review>,
    #[cfg(any())]
    #[call(text -> verdict)]
    other: renamed::Predict<Missing>,
}

/// A program of everybody, with types in place.
#[renamed::module(text: String -> first: bool, verdict: bool; crate = renamed)]
pub struct Public {
    #[call(text -> verdict as first)]
    #[call(text -> verdict)]
    review: renamed::Predict<Review>,
}

macro_rules! program {
    ($name:ident, $task:ident, $wire:ident, $field:ident: $ty:ty) => {
        /// A program that a macro makes.
        #[dspy::module($task: $wire -> verdict)]
        pub struct $name {
            #[call($wire -> verdict)]
            $field: $ty,
        }
    };
}

program!(Made, Review, text, review: dspy::Predict<Review>);

fn main() {
    #[dspy::module(Review: text -> verdict)]
    struct Inside {
        #[call(text -> verdict)]
        review: dspy::Predict<Review>,
    }

    let _ = (hygiene::Program::new(), Public::new(), Made::new(), Inside::new());
    let _ = Renamed { review: dspy::Predict::new() };
    let _ = PublicInput { text: String::new() }.text;
}
