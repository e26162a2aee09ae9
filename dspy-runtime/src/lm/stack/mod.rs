//! Models around models. Each is whole by itself; from the outside in they are meant to stand as
//! [`Fallback`] or [`Balanced`], [`Breaker`], [`Retry`], [`Limited`], provider.

mod balanced;
mod breaker;
mod fallback;
mod limit;
mod retry;

pub use balanced::Balanced;
pub use breaker::Breaker;
pub use fallback::Fallback;
pub use limit::{Limited, LimitedEmbedder, Limiter, RateLimit};
pub use retry::Retry;
pub(crate) use retry::{Patience, Tries, patiently, telling};
