//! The agreement of a judge and people.

use std::fmt;

use serde::Serialize;

use crate::evaluate::Score;

/// The score from which a judge counts as saying right.
const RIGHT: f64 = 0.5;

/// The agreement of a judge with labels; `Display` is a short table.
///
/// Cohen's kappa is the agreement beyond what chance gives to two who say right as often as these two: 1
/// is full, 0 is none; Cohen, "A Coefficient of Agreement for Nominal Scales" (1960). Above 0.6 is often
/// called substantial, after Landis and Koch (1977).
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// The labelled rows.
    pub rows: usize,
    /// Rows that both call right.
    pub both_right: usize,
    /// Rows that both call wrong.
    pub both_wrong: usize,
    /// Rows that only the judge calls right.
    pub too_kind: usize,
    /// Rows that only the label calls right.
    pub too_strict: usize,
    /// The share of rows on which both agree.
    pub accuracy: f64,
    /// Cohen's kappa; nothing where both say the same of every row, so that chance explains all.
    pub kappa: Option<f64>,
    /// The places of the rows on which they disagree, with the judge's reasons.
    pub disagreements: Vec<(usize, String)>,
}

impl Agreement {
    pub(super) fn of(pairs: Vec<(bool, Score)>) -> Self {
        let mut found = Self {
            rows: pairs.len(),
            both_right: 0,
            both_wrong: 0,
            too_kind: 0,
            too_strict: 0,
            accuracy: 0.0,
            kappa: None,
            disagreements: Vec::new(),
        };
        for (place, (label, score)) in pairs.into_iter().enumerate() {
            let said = score.value >= RIGHT;
            *match (label, said) {
                (true, true) => &mut found.both_right,
                (false, false) => &mut found.both_wrong,
                (false, true) => &mut found.too_kind,
                (true, false) => &mut found.too_strict,
            } += 1;
            if label != said {
                found.disagreements.push((place, score.feedback.unwrap_or_default()));
            }
        }
        found.judged()
    }

    #[allow(clippy::cast_precision_loss)]
    fn judged(mut self) -> Self {
        let share = |count: usize| count as f64 / self.rows.max(1) as f64;
        let accuracy = share(self.both_right + self.both_wrong);
        let (label, judge) =
            (share(self.both_right + self.too_strict), share(self.both_right + self.too_kind));
        let chance = label * judge + (1.0 - label) * (1.0 - judge);
        self.kappa = (chance < 1.0).then(|| (accuracy - chance) / (1.0 - chance));
        self.accuracy = accuracy;
        self
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, both_right, both_wrong, too_kind, too_strict, accuracy, kappa, .. } = self;
        let kappa = kappa.map_or("not defined".to_owned(), |kappa| format!("{kappa:.3}"));
        writeln!(f, "the judge agrees with {accuracy:.3} of {rows} labels, Cohen's kappa {kappa}")?;
        writeln!(f, "                 label right  label wrong")?;
        writeln!(f, "  judge: right   {both_right:>11}  {too_kind:>11}")?;
        write!(f, "  judge: wrong   {too_strict:>11}  {both_wrong:>11}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kappa_is_that_of_the_textbook() {
        let pairs = |label: bool, said: f64, times: usize| vec![(label, Score::from(said)); times];
        let all = [pairs(true, 1.0, 20), pairs(false, 0.7, 5), pairs(true, 0.2, 10), pairs(false, 0.0, 15)];
        let found = Agreement::of(all.concat());
        assert!(
            (found.accuracy - 0.7).abs() < 1e-12 && (found.kappa.unwrap_or_default() - 0.4).abs() < 1e-12
        );
        assert_eq!((found.too_kind, found.too_strict, found.disagreements.len()), (5, 10, 15));
        assert!(
            found.to_string().starts_with("the judge agrees with 0.700 of 50 labels, Cohen's kappa 0.400")
        );
        assert_eq!(Agreement::of(pairs(true, 1.0, 3)).kappa, None);
    }
}
