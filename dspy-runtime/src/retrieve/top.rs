//! The best of many.

use std::cmp::Ordering;

/// The `k` highest scores, the highest first; of equal ones the first place.
pub(super) fn top(mut hits: Vec<(usize, f64)>, k: usize) -> Vec<(usize, f64)> {
    if k == 0 {
        return Vec::new();
    }
    if hits.len() > k {
        // All before the k-th are better; only they need to be in order.
        hits.select_nth_unstable_by(k - 1, better);
        hits.truncate(k);
    }
    hits.sort_unstable_by(better);
    hits
}

fn better(a: &(usize, f64), b: &(usize, f64)) -> Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_come_first_and_equal_ones_in_order() {
        let hits = vec![(0, 1.0), (1, 3.0), (2, 1.0), (3, 2.0), (4, 3.0)];
        assert_eq!(top(hits.clone(), 4), [(1, 3.0), (4, 3.0), (3, 2.0), (0, 1.0)]);
        assert_eq!((top(hits.clone(), 0).len(), top(hits, 9).len()), (0, 5));
    }
}
