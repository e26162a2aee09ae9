//! Keeps one mistake in a type of the user's one error.
//!
//! A field's value is written, read, cloned and printed by several impls. A type that can do none of it
//! would be an error at each of these places. So generated code does all of it through a type of this
//! module, `Field::<T>::write(…)`: Rust prefers the inherent function, which does the work, and where
//! its bounds do not hold takes that of the trait, which does nothing and is never run, because one
//! assertion, on the type in the user's struct, has failed.

use std::fmt::Debug;
use std::future::{Future, Ready};
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Result;
use crate::module::shape::Shape;
use crate::module::{Module, Predictors, Visit, VisitMut};
use crate::signature::{Checked, Reader, TypeSpec, Violations, Writer};

/// The value of a signature's field.
pub struct Field<T>(PhantomData<T>);

impl<T: JsonSchema> Field<T> {
    pub fn spec() -> TypeSpec {
        TypeSpec::of::<T>()
    }
}

impl<T: Serialize + DeserializeOwned + Clone + Debug + 'static> Field<T> {
    pub fn write(to: &mut Writer, name: &str, value: &T) {
        to.field(name, value);
    }

    pub fn give(to: &mut Writer, name: &str, value: T) {
        to.give(name, value);
    }

    pub fn read(from: &mut Reader, name: &str) -> Option<T> {
        from.field(name)
    }

    pub fn copy(value: &T) -> T {
        value.clone()
    }

    pub fn debug(value: &T) -> &dyn Debug {
        value
    }

    pub fn check<O>(
        found: &mut Violations,
        name: &str,
        outputs: &Checked<'_, O>,
        field: fn(&O) -> &T,
        test: fn(&T) -> bool,
        text: &str,
    ) {
        match outputs {
            Checked::All(outputs) => found.check(name, field(outputs), test, text),
            Checked::One { name: one, value } if *one == name => {
                if let Ok(value) = T::deserialize(*value) {
                    found.check(name, &value, test, text);
                }
            }
            Checked::One { .. } => {}
        }
    }
}

/// A stand-in for [`Field`] after an error.
pub trait NoField<T> {
    fn spec() -> TypeSpec {
        TypeSpec::from_schema(true.into())
    }

    fn write(_: &mut Writer, _: &str, _: &T) {}

    fn give(_: &mut Writer, _: &str, _: T) {}

    fn read(_: &mut Reader, _: &str) -> Option<T> {
        None
    }

    fn copy(_: &T) -> T {
        unreachable!("a program with this type is not compiled")
    }

    fn debug(_: &T) -> &dyn Debug {
        &()
    }

    fn check<O>(
        _: &mut Violations,
        _: &str,
        _: &Checked<'_, O>,
        _: fn(&O) -> &T,
        _: fn(&T) -> bool,
        _: &str,
    ) {
    }
}

impl<T> NoField<T> for Field<T> {}

/// A field of a module.
pub struct Part<T>(PhantomData<T>);

impl<T: Predictors> Part<T> {
    pub const SHAPE: Shape = T::SHAPE;

    pub fn field(visit: &mut Visit<'_>, name: &str, part: &T) {
        visit.field(name, part);
    }

    pub fn field_mut(visit: &mut VisitMut<'_>, name: &str, part: &mut T) {
        visit.field(name, part);
    }

    pub fn frozen(visit: &mut Visit<'_>, name: &str, part: &T) {
        visit.frozen(name, part);
    }

    pub fn frozen_mut(visit: &mut VisitMut<'_>, name: &str, part: &mut T) {
        visit.frozen(name, part);
    }
}

/// The program itself, if it has a `forward`.
impl<T: Module> Part<T> {
    pub fn module(visit: &mut Visit<'_>) {
        visit.module::<T>();
    }
}

/// A stand-in for [`Part`] after an error, and for a struct that only holds predictors.
pub trait NoPart<T> {
    const SHAPE: Shape = Shape::Unknown;

    fn module(_: &mut Visit<'_>) {}

    fn field(_: &mut Visit<'_>, _: &str, _: &T) {}

    fn field_mut(_: &mut VisitMut<'_>, _: &str, _: &mut T) {}

    fn frozen(_: &mut Visit<'_>, _: &str, _: &T) {}

    fn frozen_mut(_: &mut VisitMut<'_>, _: &str, _: &mut T) {}
}

impl<T> NoPart<T> for Part<T> {}

/// The return type of a `forward`.
pub struct Returned<R>(PhantomData<R>);

impl<T> Returned<Result<T>> {
    pub fn run<F: Future<Output = Result<T>>>(future: F) -> F {
        future
    }
}

/// A stand-in for [`Returned`] after an error.
pub trait NoReturned {
    fn run<F, T>(_: F) -> Ready<Result<T>> {
        unreachable!("a program with this type is not compiled")
    }
}

impl<R> NoReturned for Returned<R> {}
