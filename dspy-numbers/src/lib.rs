//! The arithmetic of `dspy-runtime`: what computes, and knows nothing of models and programs.
//!
//! It is a crate of its own so that development builds can optimise it, and leave the rest as it is. It is made for
//! `dspy-runtime`, and its versions promise nothing to others.
//!
//! ```
//! use dspy_numbers::random::Keyed;
//! use dspy_numbers::statistics;
//!
//! // The same key, the same choices, on every machine.
//! assert_eq!(Keyed::new(7, &["rows"]).sample(1_000, 3), Keyed::new(7, &["rows"]).sample(1_000, 3));
//! // Nine of ten changed rows are for the better: by chance that is once in 93 times.
//! let differences = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0];
//! assert!((statistics::better(&differences).p - 11.0 / 1024.0).abs() < 1e-12);
//! ```

pub mod bag;
pub mod embedding;
mod features;
pub mod near;
pub mod random;
pub mod statistics;
