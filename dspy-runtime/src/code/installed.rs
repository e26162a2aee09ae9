//! The interpreter that a program has where none is named.

use std::sync::{Arc, LazyLock};

use super::Interpreter;

/// Returns the Python of programs that name none: `Monty`
/// where the feature is on and its worker of the right version is found, and otherwise the embedded
/// `Python`.
///
/// It is looked for once in a process, by starting `monty --version`; all programs share its workers. With the feature
/// `monty` alone it is `Monty` in any case, whose error says how to get the worker. A program that may not start
/// processes names the embedded one: `Rlm::new(Python::new())`.
///
/// # Example
///
/// ```
/// use dspy::code::{Interpreter, ProgramOfThought, installed};
/// use dspy::signature;
///
/// /// Add up what was bought.
/// #[signature]
/// struct Sum {
///     #[input]
///     receipt: String,
///     /// In cents.
///     #[output]
///     cents: u64,
/// }
///
/// let program = ProgramOfThought::<Sum>::new(installed());
/// assert_eq!(program.runs().interpreter().language(), "Python");
/// ```
#[must_use]
pub fn installed() -> Arc<dyn Interpreter> {
    static FOUND: LazyLock<Arc<dyn Interpreter>> = LazyLock::new(found);
    FOUND.clone()
}

#[cfg(all(feature = "python", feature = "monty"))]
fn found() -> Arc<dyn Interpreter> {
    let monty = super::Monty::new();
    if monty.is_found() { Arc::new(monty) } else { Arc::new(super::Python::new()) }
}

#[cfg(not(feature = "monty"))]
fn found() -> Arc<dyn Interpreter> {
    Arc::new(super::Python::new())
}

#[cfg(not(feature = "python"))]
fn found() -> Arc<dyn Interpreter> {
    Arc::new(super::Monty::new())
}
