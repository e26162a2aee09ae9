//! Where a predictor is in its program.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

/// The path of a predictor, which the program that holds it sets.
///
/// A program names its predictors when it is run, behind a shared reference, and may be run by many
/// tasks at once; so the path is swapped, never locked.
pub(crate) struct Place {
    path: ArcSwapOption<Arc<str>>,
    /// The path as long as no program has set one.
    alone: &'static str,
}

impl Place {
    pub(crate) fn new(alone: &'static str) -> Self {
        Self { path: ArcSwapOption::empty(), alone }
    }

    /// The path that a program has set.
    pub(crate) fn set_path(&self) -> Option<Arc<str>> {
        self.path.load().as_deref().cloned()
    }

    pub(crate) fn path(&self) -> Arc<str> {
        self.set_path().unwrap_or_else(|| Arc::from(self.alone))
    }

    pub(crate) fn set(&self, path: &str) {
        if self.path.load().as_deref().is_none_or(|old| **old != *path) {
            self.path.store(Some(Arc::new(Arc::from(path))));
        }
    }
}

impl Clone for Place {
    fn clone(&self) -> Self {
        Self { path: ArcSwapOption::new(self.path.load_full()), alone: self.alone }
    }
}
