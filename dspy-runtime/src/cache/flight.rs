//! Equal calls that are made at once are one: the first pays, the others wait for its reply.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::OnceCell;

use super::Key;
use crate::error::Result;
use crate::lm::{CacheUse, Response};

/// Calls are one only if they also use the cache alike: one that keeps nothing must not stand for one that does.
type Name = (Key, CacheUse);

/// A call under way; it holds what those who waited are given.
type Cell = OnceCell<Result<Response>>;

/// The calls under way.
#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<HashMap<Name, Weak<Cell>>>);

/// A place in a call under way. The one who pays may go away at any time; then the next one pays.
pub(super) struct Seat<'a> {
    flights: &'a Flights,
    name: Name,
    cell: Arc<Cell>,
}

/// The end of a call.
// It is taken apart where it is made.
#[allow(clippy::large_enum_variant)]
pub(super) enum Landed<'a> {
    /// The answer for the one who paid.
    Paid(Result<Response>),
    /// The answer for one who waited.
    Shared(&'a Result<Response>),
}

impl Flights {
    /// Takes a place in the call under way, or in a new one.
    pub(super) fn join(&self, key: Key, cache: CacheUse) -> Seat<'_> {
        let name = (key, cache);
        let mut under_way = self.under_way();
        let cell = under_way.get(&name).and_then(Weak::upgrade).unwrap_or_else(|| {
            let cell = Arc::default();
            under_way.insert(name, Arc::downgrade(&cell));
            cell
        });
        drop(under_way);
        Seat { flights: self, name, cell }
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Name, Weak<Cell>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat<'_> {
    /// Pays, unless another does and does not go away before the call has landed.
    pub(super) async fn wait(&self, pay: impl Future<Output = Result<Response>>) -> Landed<'_> {
        let mut own = None;
        let pay = async {
            let outcome = pay.await;
            // Whoever comes from here on finds the reply in the cache, or after an error tries anew.
            self.land();
            let shared = match &outcome {
                Ok(response) => Ok(response.clone()),
                Err(error) => Err(error.told_again()),
            };
            own = Some(outcome);
            shared
        };
        let shared = self.cell.get_or_init(|| pay).await;
        own.map_or(Landed::Shared(shared), Landed::Paid)
    }

    fn land(&self) {
        let mut under_way = self.flights.under_way();
        let is_this = |cell: &Weak<_>| std::ptr::eq(cell.as_ptr(), Arc::as_ptr(&self.cell));
        if under_way.get(&self.name).is_some_and(is_this) {
            under_way.remove(&self.name);
        }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        // Under the lock, so that of several who leave at once one sees that it is the last.
        let mut under_way = self.flights.under_way();
        drop(std::mem::take(&mut self.cell));
        if under_way.get(&self.name).is_some_and(|cell| cell.strong_count() == 0) {
            under_way.remove(&self.name);
        }
    }
}
