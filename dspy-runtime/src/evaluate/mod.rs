//! How good a program is: metrics, evaluation over rows, and the report.

mod metric;
mod pool;
mod progress;
mod report;
mod run;
mod score;

pub(crate) use metric::Scorer;
pub use metric::{Metric, Named, named};
pub(crate) use progress::Progress;
pub use report::{Report, RowReport, SliceScore};
pub use run::Evaluate;
pub(crate) use run::{Judged, Slice, by, judge};
pub use score::{IntoScore, Score};
