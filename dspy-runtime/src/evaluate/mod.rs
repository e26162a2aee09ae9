//! How good a program is: metrics, evaluation over rows, and the report.

mod adapter_probe;
mod any_metric;
mod journal;
mod judge;
mod metric;
pub mod metrics;
mod page;
mod report;
mod rescore;
mod row;
mod run;
mod saved;
mod scorer;

pub use crate::context::Repeats;
pub use crate::score::{IntoScore, Score};
pub use adapter_probe::{AdapterComparison, AdapterProbe, AdapterResult};
pub use any_metric::AnyMetric;
pub(crate) use judge::{Judged, judge};
pub use metric::{Metric, Named, named};
pub(crate) use page::RowsPage;
pub use report::{Report, SliceScore};
pub use row::RowReport;
pub use run::Evaluate;
pub(crate) use scorer::Scorer;
