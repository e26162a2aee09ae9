//! Strategies: programs that are made of other programs and run them more than once.
//!
//! Each is a [`Module`](crate::Module) itself, so that it is called, evaluated, searched and saved like the
//! programs in it, and strategies go into strategies.
//!
//! | strategy | asks | gives |
//! |---|---|---|
//! | [`BestOfN`] | one program several times | the output with the highest reward |
//! | [`Ensemble`] | several programs of one type, at the same time | what most of them say |
//! | [`MultiChain`] | a chain of thought several times, then one that compares | what the comparison says |
//! | [`Refine`] | one program again and again, each time with advice on the attempt before | the output with the highest reward |
//! | [`OrElse`] | one program, and another where it fails | what the first that does not fail gives |
//!
//! [`Module::batch`](crate::Module::batch) runs any of them on many inputs.

mod attempts;
mod best_of_n;
mod ensemble;
mod majority;
mod multi_chain;
mod or_else;
mod refine;
mod reward;

pub use best_of_n::BestOfN;
pub use ensemble::Ensemble;
pub use majority::{majority, majority_by};
pub use multi_chain::MultiChain;
pub use or_else::OrElse;
pub use refine::Refine;
