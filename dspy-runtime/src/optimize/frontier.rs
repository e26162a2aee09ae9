//! Candidates that no other is better than in everything.

/// What a candidate is weighed by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// More is better.
    pub(super) score: f64,
    /// In money or in tokens; less is better.
    pub(super) cost: f64,
    /// Less is better, in seconds.
    pub(super) latency: f64,
}

impl Point {
    /// Whether it is at least as good in everything, and better in something.
    fn dominates(self, other: Self) -> bool {
        let as_good = self.score >= other.score && self.cost <= other.cost && self.latency <= other.latency;
        as_good && self != other
    }
}

/// The places of the points that no other point dominates, in order.
pub(super) fn frontier(points: &[(usize, Point)]) -> Vec<usize> {
    let open = |point: &Point| !points.iter().any(|(_, other)| other.dominates(*point));
    points.iter().filter(|(_, point)| open(point)).map(|(place, _)| *place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_better_in_nothing_is_left_out() {
        let point = |score, cost, latency| Point { score, cost, latency };
        let points = [
            (0, point(0.5, 100.0, 1.0)),
            (1, point(0.7, 200.0, 1.0)),
            (2, point(0.7, 250.0, 1.0)),
            (3, point(0.7, 250.0, 0.5)),
            (4, point(0.5, 100.0, 1.0)),
            (5, point(0.4, 150.0, 2.0)),
        ];
        assert_eq!(frontier(&points), [0, 1, 3, 4], "equal points stand side by side");
        assert!(frontier(&[]).is_empty());
    }
}
