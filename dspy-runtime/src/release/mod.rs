//! The way of a compiled program into production: versions, promotion, rollback.
//!
//! A [`Store`] keeps artifacts by program, version of the program, and exact model revision; one of them is
//! current for each. A release becomes current when the gate says so, or with a reason that is written down.
//! It makes no LM calls. [`Live`] is the current release in a service, and [`Drift`] says when it no longer
//! is what it was.
//!
//! ```
//! use dspy::release::Store;
//! use dspy::{Artifact, Context, Lm, Module, Predict, signature};
//!
//! /// Answer the question.
//! #[signature]
//! struct Answer {
//!     #[input]
//!     question: String,
//!     /// One word.
//!     #[output]
//!     word: String,
//! }
//!
//! # let folder = std::env::temp_dir().join(format!("dspy-release-doc-{}", std::process::id()));
//! # let folder = folder.as_path();
//! let cx = Context::new(Lm::new("builtin/lexical")?);
//! let store = Store::open(folder)?;
//! let release = store.add(&Artifact::new(&Predict::<Answer>::new(), cx.lm().id()))?;
//! assert!(store.promote(&release).is_err(), "no gate has judged it");
//! store.promote_anyway(&release, "the first one, nothing to compare it with")?;
//!
//! let artifact = store.current::<Predict<Answer>>(cx.lm().id())?;
//! let program = artifact.apply(Predict::<Answer>::new(), &cx)?;
//! # assert_eq!(program.state(), Predict::<Answer>::new().state());
//! println!("{}", store.matrix()?);
//! for event in store.history(release.key())? {
//!     println!("{event}");
//! }
//! # std::fs::remove_dir_all(folder)?;
//! # Ok::<(), dspy::Error>(())
//! ```

mod clock;
mod directory;
mod drift;
mod history;
mod key;
mod live;
mod matrix;
mod missing;
mod source;
mod store;

pub use directory::Directory;
pub use drift::{Drift, DriftState, WatchedMean};
pub use history::{Change, Event, Release, Shelf, VersionEntry};
pub use key::Key;
pub use live::{Follow, Live, Snapshot};
pub use matrix::{Matrix, MatrixCell};
pub use source::ArtifactStore;
pub use store::Store;
