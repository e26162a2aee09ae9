//! The model of the wiring.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Path, Type};

use crate::ident::plain_name;

/// The inputs and outputs of the whole program.
pub(crate) struct Wiring {
    pub(crate) task: Task,
    /// From the fields of the input to wires.
    pub(crate) inputs: Vec<Wire>,
    /// From wires to the fields of the output.
    pub(crate) outputs: Vec<Wire>,
}

/// The place of the types of the program's inputs and outputs.
pub(crate) enum Task {
    /// In a signature.
    Signature(Path),
    /// In the list itself.
    InPlace,
}

/// One name in a list: a wire, or a wire and the field at its other end.
pub(crate) struct Wire {
    /// The source of the value.
    pub(crate) from: Ident,
    /// The target of the value: what stands after `as`, else the same name.
    pub(crate) to: Ident,
    /// The type, where types stand in the list.
    pub(crate) ty: Option<Type>,
    /// Tells whether a function is given a reference to it.
    pub(crate) borrowed: bool,
}

/// One `#[call(…)]`.
pub(crate) struct Call {
    pub(crate) step: Step,
    /// From wires to the fields of the part's input.
    pub(crate) takes: Vec<Wire>,
    /// From the fields of the part's output to wires.
    pub(crate) gives: Vec<Wire>,
}

/// The target of a call.
pub(crate) enum Step {
    /// The module in a field.
    Field { ident: Ident, ty: Box<Type> },
    /// A function.
    Function(Path),
}

impl Call {
    /// Returns the call's name in messages and in the table.
    pub(crate) fn name(&self) -> String {
        match &self.step {
            Step::Field { ident, .. } => plain_name(ident),
            Step::Function(path) => path.to_token_stream().to_string().replace(' ', ""),
        }
    }
}

impl Task {
    /// The place to speak of what the program takes and gives as a whole.
    pub(crate) fn span(&self, program: &Ident) -> Span {
        match self {
            Self::Signature(path) => path.span(),
            Self::InPlace => program.span(),
        }
    }
}
