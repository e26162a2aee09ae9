//! The parts of a `#[module]` struct.

use proc_macro2::Ident;
use syn::{Attribute, DeriveInput, GenericArgument, PathArguments, Type};

use crate::krate::Krate;
use crate::module::wiring::{Call, WiredProgram, Wiring};

/// A program, as far as it could be read.
pub(crate) struct ProgramModel {
    /// The struct as the derive was given it.
    pub(crate) original: DeriveInput,
    pub(crate) krate: Krate,
    /// The user writes the constructors.
    pub(crate) no_new: bool,
    pub(crate) fields: Vec<PartModel>,
    pub(crate) wiring: Wired,
    pub(crate) calls: Vec<Call>,
    /// Tells whether there is no `#[call]` but these.
    pub(crate) all_calls_read: bool,
}

/// The wiring from which `forward` follows, or its absence.
pub(crate) enum Wired {
    /// The user writes it, in a `#[module]` block.
    No,
    Yes(Wiring),
    /// There is wiring, but it cannot be read.
    Broken,
}

/// A field of a program.
pub(crate) struct PartModel {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) kind: PartKind,
    /// The first `#[call]` on it.
    pub(crate) call: Option<Attribute>,
}

/// The kind of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartKind {
    /// Predictors, or a module that holds some.
    Learned,
    /// Predictors that no optimizer may change.
    Frozen,
    /// No predictors: data, a retriever.
    Plain,
}

impl PartKind {
    /// Every attribute of a field.
    pub(crate) const NAMES: [&'static str; 3] = ["call", "frozen", "plain"];
}

impl ProgramModel {
    pub(crate) fn ident(&self) -> &Ident {
        &self.original.ident
    }

    /// The wiring with the program around it, if there is any that can be read.
    pub(crate) fn wired(&self) -> Option<WiredProgram<'_>> {
        match &self.wiring {
            Wired::Yes(wiring) => Some(WiredProgram { krate: &self.krate, original: &self.original, wiring }),
            Wired::No | Wired::Broken => None,
        }
    }

    /// Returns whether the program can be made from nothing.
    ///
    /// How many predictors a `Vec` holds, or what a `#[plain]` field is, only the user knows.
    pub(crate) fn builds_itself(&self) -> bool {
        !self.no_new && self.fields.iter().all(|part| part.kind != PartKind::Plain && !is_open(&part.ty))
    }
}

// A collection: its type does not say what is in it.
fn is_open(ty: &Type) -> bool {
    const OPEN: [&str; 8] =
        ["BTreeMap", "BTreeSet", "HashMap", "HashSet", "IndexMap", "Option", "Vec", "VecDeque"];
    match ty {
        Type::Group(group) => is_open(&group.elem),
        Type::Paren(paren) => is_open(&paren.elem),
        Type::Array(array) => is_open(&array.elem),
        Type::Slice(_) => true,
        Type::Tuple(tuple) => tuple.elems.iter().any(is_open),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            if OPEN.iter().any(|open| last.ident == open) {
                return true;
            }
            // `Box<Vec<…>>` is as open as what it holds.
            let PathArguments::AngleBracketed(arguments) = &last.arguments else {
                return false;
            };
            let transparent = ["Arc", "Box"].iter().any(|name| last.ident == name);
            transparent
                && arguments.args.iter().any(|argument| match argument {
                    GenericArgument::Type(ty) => is_open(ty),
                    _ => false,
                })
        }),
        _ => false,
    }
}
