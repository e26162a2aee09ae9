//! The parts of a `predict!`.

use proc_macro2::Ident;
use syn::{Expr, LitStr, Type};

use crate::ident::plain_name;
use crate::krate::Krate;

/// A call with its signature.
pub(crate) struct InlineModel {
    pub(crate) krate: Krate,
    pub(crate) cx: Expr,
    pub(crate) instructions: Option<LitStr>,
    pub(crate) inputs: Vec<InlineField>,
    pub(crate) outputs: Vec<InlineField>,
}

/// `name: Type "description" = value`, of which only the name must be.
pub(crate) struct InlineField {
    pub(crate) ident: Ident,
    pub(crate) ty: Option<Type>,
    pub(crate) desc: Option<LitStr>,
    /// Of an input, in place of the variable of the same name.
    pub(crate) value: Option<Expr>,
}

impl InlineModel {
    /// Returns the model's instructions.
    pub(crate) fn instructions(&self) -> String {
        let names = |fields: &[InlineField]| {
            let names: Vec<_> =
                fields.iter().map(|field| format!("`{}`", plain_name(&field.ident))).collect();
            names.join(", ")
        };
        match &self.instructions {
            Some(text) => text.value(),
            // As `DynPredict::parse` in the runtime has it.
            None => format!("Work out {} from {}.", names(&self.outputs), names(&self.inputs)),
        }
    }
}
