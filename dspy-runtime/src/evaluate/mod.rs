//! How good a program is: metrics, evaluation over rows, and the report.

mod any_metric;
mod metric;
pub mod metrics;
mod pool;
mod progress;
mod report;
mod run;
mod score;
mod scorer;

pub use any_metric::AnyMetric;
pub use metric::{Metric, Named, named};
pub(crate) use progress::Progress;
pub use report::{Report, RowReport, SliceScore};
pub use run::Evaluate;
pub(crate) use run::{Judged, judge};
pub use score::{IntoScore, Score};
pub(crate) use scorer::Scorer;
