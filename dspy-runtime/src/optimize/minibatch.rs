//! The choice of the train rows that a proposal is made from.

use dspy_numbers::random::Keyed;

/// The rows of one proposal: the train rows in a new random order each time all were seen, cut into pieces;
/// the last piece is filled up with rows of the next order.
pub(super) fn minibatch(rows: usize, size: usize, number: usize, seed: u64) -> Vec<usize> {
    let size = size.clamp(1, rows.max(1));
    let mut batch = Vec::with_capacity(size);
    let mut place = number * size;
    while batch.len() < size && rows > 0 {
        let epoch = place / rows;
        let order = Keyed::new(seed, &["gepa", "epoch", &epoch.to_string()]).sample(rows, rows);
        let row = order[place % rows];
        // Two orders may meet in one batch; it has no row twice.
        if !batch.contains(&row) {
            batch.push(row);
        } else if let Some(other) = order.iter().find(|row| !batch.contains(row)) {
            batch.push(*other);
        }
        place += 1;
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::minibatch;

    #[test]
    fn every_row_comes_once_an_epoch() {
        let mut seen: Vec<usize> = (0..4).flat_map(|number| minibatch(12, 3, number, 5)).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..12).collect::<Vec<_>>());
        assert_ne!(minibatch(12, 3, 0, 5), minibatch(12, 3, 4, 5), "the next epoch has another order");
    }

    #[test]
    fn no_row_is_in_a_batch_twice() {
        for number in 0..50 {
            let mut batch = minibatch(7, 3, number, 1);
            batch.sort_unstable();
            batch.dedup();
            assert_eq!(batch.len(), 3);
        }
        assert_eq!(minibatch(2, 3, 0, 1).len(), 2);
    }
}
