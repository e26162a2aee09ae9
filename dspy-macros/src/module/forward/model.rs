//! The parts of a `#[module]` block: the heads of its functions, and of `forward` every part.

use proc_macro2::Ident;
use syn::{Generics, Path, Signature, Token, Type};

use crate::krate::Krate;

/// An `impl` block, without the bodies.
pub(crate) struct BlockModel {
    pub(crate) krate: Krate,
    pub(crate) generics: Generics,
    pub(crate) trait_: Option<Path>,
    pub(crate) self_ty: Type,
    pub(crate) methods: Vec<Signature>,
    /// The hash of all that is written in it.
    pub(crate) wiring: String,
}

/// A `forward` of the right shape.
pub(crate) struct ForwardModel<'a> {
    pub(crate) head: &'a Signature,
    pub(crate) inputs: Vec<Argument<'a>>,
    pub(crate) output: &'a Type,
}

/// An argument after the context.
pub(crate) struct Argument<'a> {
    /// Nothing for a pattern, which is fine as long as it is the only argument.
    pub(crate) name: Option<&'a Ident>,
    pub(crate) ty: &'a Type,
}

impl BlockModel {
    /// The name of the type, `Support` in `impl<T> my::Support<T>`.
    pub(crate) fn ident(&self) -> Option<&Ident> {
        match &self.self_ty {
            Type::Path(path) => path.path.segments.last().map(|last| &last.ident),
            _ => None,
        }
    }

    /// Returns whether the user has written a `call`, which is an error of its own.
    pub(crate) fn has_own_call(&self) -> bool {
        self.methods.iter().any(|method| method.ident == "call")
    }

    /// Returns the program's `forward`. A second one is an error of rustc's.
    pub(crate) fn forward(&self) -> Option<&Signature> {
        self.methods.iter().find(|method| method.ident == "forward")
    }
}

impl Argument<'_> {
    /// The `&` of an argument that should be owned.
    pub(crate) fn borrow(&self) -> Option<&Token![&]> {
        match self.ty {
            Type::Reference(reference) => Some(&reference.and_token),
            _ => None,
        }
    }
}
