//! The support for the `forward` of a wired program: wires that carry one value, and the calls between.

use std::error::Error as StdError;
use std::future::{Future, Ready, pending, ready};

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::oneshot;

use crate::error::{Error, Result};

pub use crate::returned::Returned as Done;
pub use std::boxed::Box;

/// A wire from one call to another.
pub fn wire<T>() -> (oneshot::Sender<T>, oneshot::Receiver<T>) {
    oneshot::channel()
}

/// Puts the value on a wire.
pub fn send<T>(to: oneshot::Sender<T>, value: T) {
    // Nobody waits for it any more when another call has failed.
    let _ = to.send(value);
}

/// Waits for the value of a wire.
///
/// A wire that will never have one belongs to a call that failed, whose error ends this future too.
pub async fn take<T>(from: oneshot::Receiver<T>) -> T {
    match from.await {
        Ok(value) => value,
        Err(_) => pending().await,
    }
}

/// The calls of a program while they run.
#[derive(Default)]
pub struct Calls<'a>(FuturesUnordered<BoxFuture<'a, Result<()>>>);

impl<'a> Calls<'a> {
    pub fn push(&mut self, call: BoxFuture<'a, Result<()>>) {
        self.0.push(call);
    }

    /// Runs all of them; the first error ends the others.
    pub async fn finish(mut self) -> Result<()> {
        while let Some(outcome) = self.0.next().await {
            outcome?;
        }
        Ok(())
    }
}

/// The value that a function has returned: its result, or a future of it.
pub struct Started<T>(pub T);

impl<F: Future> Started<F> {
    pub fn wait(self) -> F {
        self.0
    }
}

/// The case of a function that is not `async`.
pub trait Waits<T> {
    fn wait(self) -> Ready<T>;
}

impl<T> Waits<T> for Started<T> {
    fn wait(self) -> Ready<T> {
        ready(self.0)
    }
}

impl<T> Done<Result<T>> {
    pub fn result(mut self) -> Result<T> {
        self.take()?
    }
}

/// The case of errors that are not of this crate.
pub trait Fails<T> {
    fn result(self) -> Result<T>;
}

impl<T, E: Into<Box<dyn StdError + Send + Sync>>> Fails<T> for Done<Result<T, E>> {
    fn result(mut self) -> Result<T> {
        self.take()?.map_err(Error::program)
    }
}

/// The case of a function that cannot fail. Behind a reference, so that Rust looks at the others first.
pub trait Succeeds<T> {
    fn result(&mut self) -> Result<T>;
}

impl<T> Succeeds<T> for Done<T> {
    fn result(&mut self) -> Result<T> {
        self.take()
    }
}
