//! The judging of programs: metrics, evaluation over rows, and the report.

mod adapter_probe;
mod journal;
pub mod metrics;
mod page;
mod predictions;
mod report;
mod rescore;
mod row;
mod run;
mod saved;

pub use crate::context::Repeats;
pub use crate::metric::{AnyMetric, Case, Metric, named};
pub use crate::score::{IntoScore, Score};
pub(crate) use adapter_probe::usual_adapters;
pub use adapter_probe::{AdapterComparison, AdapterProbe, AdapterResult};
pub(crate) use page::RowsPage;
pub use report::{Report, SliceScore};
pub use row::RowReport;
pub(crate) use row::{Judged, judge};
pub use run::Evaluate;
