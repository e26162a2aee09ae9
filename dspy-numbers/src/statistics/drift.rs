//! A bet against the score being where it was, that may be looked at after every row.

use std::collections::VecDeque;

use super::normal_quantile;

/// The number of rows from one beginning to the next.
const BLOCK: u64 = 64;
/// The number of blocks that the reported mean goes back.
const SHOWN: usize = 64;
/// The sizes of drops on which is bet: from 1/50 to 4/5 of the floor.
const DROPS: u16 = 12;
/// More gain than anybody asks for.
const MOST: f64 = 1e12;

/// Watches one mean in bounded memory.
#[derive(Debug)]
pub struct Evidence {
    floor: f64,
    needed: f64,
    bets: Vec<Bet>,
    /// The number of beginnings after the first.
    begun: u64,
    rows: u64,
    blocks: VecDeque<Block>,
    called_at: Option<u64>,
}

/// A bet on one size of a drop.
///
/// Invariant: `gain` is the sum over all beginnings of the stake there times the product of what each row since then
/// paid; so one number is enough for all of them.
#[derive(Debug)]
struct Bet {
    /// The payoff of a row that is right, less than 1, and of one that is wrong; between them it is linear in
    /// the score, and 1 on average where the mean is the floor.
    right: f64,
    wrong: f64,
    gain: f64,
}

#[derive(Debug, Default)]
struct Block {
    rows: f64,
    score: f64,
}

impl Evidence {
    /// Watches a mean that was measured on so many rows. It calls without a drop in at most this share of all cases: four fifths of it for the floor, the rest for the
    /// traffic.
    pub fn new(mean: f64, rows: usize, share: f64) -> Self {
        let floor = lower(mean, rows, share * 0.8);
        let step = 40.0_f64.powf(1.0 / f64::from(DROPS - 1));
        let bet = |drop: u16| {
            let q = floor * (1.0 - 0.02 * step.powi(drop.into()));
            Bet { right: q / floor, wrong: (1.0 - q) / (1.0 - floor), gain: 0.5 }
        };
        // Below a floor of nothing there is nothing to bet on.
        let bets = if floor > 0.0 && floor < 1.0 { (0..DROPS).map(bet).collect() } else { Vec::new() };
        Self {
            floor,
            needed: 1.0 / (share * 0.2),
            bets,
            begun: 0,
            rows: 0,
            blocks: VecDeque::with_capacity(SHOWN),
            called_at: None,
        }
    }

    /// Takes the score of the next row, from 0 to 1.
    pub fn observe(&mut self, score: f64) {
        if self.rows.is_multiple_of(BLOCK) {
            self.begin();
        }
        self.rows += 1;
        if let Some(block) = self.blocks.back_mut() {
            (block.rows, block.score) = (block.rows + 1.0, block.score + score);
        }
        for bet in &mut self.bets {
            bet.gain = (bet.gain * (score * bet.right + (1.0 - score) * bet.wrong)).min(MOST);
        }
        if self.called_at.is_none() && self.gain() >= self.needed {
            self.called_at = Some(self.rows);
        }
    }

    /// Half of the stake is bet on the first row, and 1/(k(k+1)) of the other half at the k-th beginning after it,
    /// so that all of it is bet in the end.
    fn begin(&mut self) {
        if self.rows > 0 {
            let before = self.in_hand();
            self.begun += 1;
            let stake = before - self.in_hand();
            self.bets.iter_mut().for_each(|bet| bet.gain += stake);
        }
        if self.blocks.len() == SHOWN {
            self.blocks.pop_front();
        }
        self.blocks.push_back(Block::default());
    }

    /// Returns the part of the stake that is not bet yet.
    #[allow(clippy::cast_precision_loss)]
    fn in_hand(&self) -> f64 {
        0.5 / (self.begun as f64 + 1.0)
    }

    /// The gain of all bets, in equal parts on each size of a drop.
    pub fn gain(&self) -> f64 {
        if self.bets.is_empty() {
            return 1.0;
        }
        self.in_hand() + self.bets.iter().map(|bet| bet.gain).sum::<f64>() / f64::from(DROPS)
    }

    /// The mean score of the last rows, about 4,000; nothing if there were none.
    pub fn score(&self) -> Option<f64> {
        let add = |(rows, score): (f64, f64), block: &Block| (rows + block.rows, score + block.score);
        let (rows, score) = self.blocks.iter().fold((0.0, 0.0), add);
        (self.rows > 0).then(|| score / rows)
    }

    /// The least that the measured rows leave possible for the mean.
    pub fn floor(&self) -> f64 {
        self.floor
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The gain that tells that the mean is below the floor.
    pub fn needed(&self) -> f64 {
        self.needed
    }

    /// The row with which that gain was there for the first time.
    pub fn called_at(&self) -> Option<u64> {
        self.called_at
    }
}

/// The lower end of Wilson's interval, one-sided: the true mean is below it with about this chance.
///
/// For scores between right and wrong it is lower still, since no scores with this mean vary more.
fn lower(mean: f64, rows: usize, chance: f64) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let n = rows as f64;
    let z = -normal_quantile(chance);
    let spread = z * (mean * (1.0 - mean) / n + z * z / (4.0 * n * n)).sqrt();
    ((mean + z * z / (2.0 * n) - spread) / (1.0 + z * z / n)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_bounds_are_those_of_tables() {
        for (chance, z) in [(0.05, 1.644_853_6), (0.025, 1.959_964), (0.001, 3.090_232_3), (0.5, 0.0)] {
            assert!((-normal_quantile(chance) - z).abs() < 1e-4, "{chance}: {}", -normal_quantile(chance));
        }
        // Newcombe (1998), table I: 81 of 263, 95 %: 0.2553; 0 of 20: 0.
        assert!((lower(81.0 / 263.0, 263, 0.025) - 0.2553).abs() < 1e-4);
        assert!(lower(0.0, 20, 0.025).abs() < 1e-9);
        assert!((lower(1.0, 29, 0.025) - 0.8830).abs() < 1e-4);
    }
}
