//! The memory of a session, counted as it is taken, so that a limit holds before memory is gone.
//!
//! A session has a thread of its own, so its books are that thread's. Each object is counted at what it takes or a
//! little more: 32 bytes an item of a list, for 16 that it has. An object whose last user goes is taken apart without
//! recursion, however deep it is; what only refers to itself is found at the end of the session.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::stop::Stop;
use super::value::Value;
use crate::Limit;

thread_local! {
    static USED: Cell<usize> = const { Cell::new(0) };
    static MOST: Cell<usize> = const { Cell::new(0) };
    /// Values whose objects are to be taken apart.
    static GRAVES: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
    static DIGGING: Cell<bool> = const { Cell::new(false) };
    /// All objects that may be part of a circle.
    static OBJECTS: RefCell<Vec<Weak<dyn Empty>>> = const { RefCell::new(Vec::new()) };
    static PRUNE_AT: Cell<usize> = const { Cell::new(1024) };
}

/// The memory that a run may take beyond the limit where those before have left nothing, so that it can
/// free something.
const RESERVE: usize = 64 << 10;

/// Begins a run of a session that may hold so many bytes.
pub fn begin(bytes: usize) {
    let full = USED.get().saturating_add(RESERVE) > bytes;
    MOST.set(if full { bytes.saturating_add(RESERVE) } else { bytes });
}

/// Says whether so many bytes more may be taken, without taking them.
pub fn room(bytes: usize) -> Result<(), Stop> {
    if USED.get().saturating_add(bytes) > MOST.get() { Err(Stop::Limit(Limit::Memory)) } else { Ok(()) }
}

/// Bytes that are taken until this is dropped.
#[derive(Default)]
pub struct Charge(Cell<usize>);

impl Charge {
    pub fn new(bytes: usize) -> Result<Self, Stop> {
        room(bytes)?;
        USED.set(USED.get() + bytes);
        Ok(Self(Cell::new(bytes)))
    }

    /// Takes or returns memory, so that it holds so many bytes.
    pub fn set(&self, bytes: usize) -> Result<(), Stop> {
        let before = self.0.get();
        if bytes > before {
            room(bytes - before)?;
        }
        USED.set(USED.get() - before + bytes);
        self.0.set(bytes);
        Ok(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        USED.set(USED.get().saturating_sub(self.0.get()));
    }
}

/// The contents of an object.
pub trait Hold: Default + 'static {
    /// Returns the number of bytes it counts for.
    fn weight(&self) -> usize;

    /// The number of bytes that each added thing counts for.
    const EACH: usize;

    /// Gives all values in it away.
    fn give(&mut self, to: &mut Vec<Value>);
}

/// Something that can be emptied to break a circle.
pub trait Empty {
    fn empty(&self);
}

/// An object that holds values, by reference from any number of places.
pub struct Obj<T: Hold> {
    data: RefCell<T>,
    charge: Charge,
}

impl<T: Hold> Obj<T> {
    /// Makes an object, if there is room.
    pub fn new(data: T) -> Result<Rc<Self>, Stop> {
        let charge = Charge::new(data.weight())?;
        let object = Rc::new(Self { data: RefCell::new(data), charge });
        register(Rc::downgrade(&object) as Weak<dyn Empty>);
        Ok(object)
    }

    /// Looks at it. Nothing is run meanwhile, so that nothing changes it.
    pub fn look<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.data.borrow())
    }

    /// Changes it, by up to so many things more.
    pub fn edit<R>(&self, more: usize, change: impl FnOnce(&mut T) -> R) -> Result<R, Stop> {
        let weight = self.data.borrow().weight();
        self.charge.set(weight.saturating_add(more.saturating_mul(T::EACH)))?;
        let made = change(&mut self.data.borrow_mut());
        let weight = self.data.borrow().weight();
        self.charge.set(weight)?;
        Ok(made)
    }
}

impl<T: Hold> Empty for Obj<T> {
    fn empty(&self) {
        let data = self.data.try_borrow_mut().map(|mut data| std::mem::take(&mut *data));
        if let Ok(mut data) = data {
            bury(|graves| data.give(graves));
        }
    }
}

impl<T: Hold> Drop for Obj<T> {
    fn drop(&mut self) {
        bury(|graves| self.data.get_mut().give(graves));
    }
}

/// Drops values one after the other, never one inside of another.
pub fn bury(give: impl FnOnce(&mut Vec<Value>)) {
    // What is given away may itself drop something that is buried.
    let mut given = Vec::new();
    give(&mut given);
    GRAVES.with_borrow_mut(|graves| graves.append(&mut given));
    if DIGGING.replace(true) {
        return;
    }
    while let Some(value) = GRAVES.with_borrow_mut(Vec::pop) {
        drop(value);
    }
    GRAVES.with_borrow_mut(|graves| graves.shrink_to(1024));
    DIGGING.set(false);
}

fn register(object: Weak<dyn Empty>) {
    OBJECTS.with_borrow_mut(|objects| {
        objects.push(object);
        if objects.len() >= PRUNE_AT.get() {
            objects.retain(|object| object.strong_count() > 0);
            PRUNE_AT.set(objects.len().saturating_mul(2).max(1024));
        }
    });
}

/// Empties every object that is left, when a session is over.
pub fn end() {
    for object in OBJECTS.take() {
        if let Some(object) = object.upgrade() {
            object.empty();
        }
    }
}
