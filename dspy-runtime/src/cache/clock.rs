//! The time of day, for files that outlive a process and for tests that simulate it.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// The time of day, which goes on with tokio's time where that is simulated.
#[derive(Debug)]
pub(super) struct Clock {
    wall: SystemTime,
    begun: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        Self { wall: SystemTime::now(), begun: Instant::now() }
    }
}

impl Clock {
    /// The later of both: simulated time runs ahead of the day, and a machine that sleeps falls behind it.
    pub(super) fn now(&self) -> SystemTime {
        let passed = self.wall.checked_add(self.begun.elapsed());
        passed.map_or_else(SystemTime::now, |passed| passed.max(SystemTime::now()))
    }
}

/// In milliseconds since 1970.
pub(super) fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
