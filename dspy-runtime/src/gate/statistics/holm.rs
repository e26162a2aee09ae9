//! Several tests at once.

/// Chances corrected for how many there are, by Holm's method (A Simple Sequentially Rejective Multiple Test
/// Procedure, 1979): whoever takes those for real that are at most `alpha` takes any chance for real with a
/// probability of at most `alpha`.
pub(crate) fn adjusted(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by(|one, other| chances[*one].total_cmp(&chances[*other]));
    let (mut adjusted, mut highest) = (vec![1.0; chances.len()], 0.0_f64);
    for (place, index) in order.into_iter().enumerate() {
        highest = highest.max(chances[index] * super::count(chances.len() - place)).min(1.0);
        adjusted[index] = highest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::statistics::near;

    /// `p.adjust(c(0.01, 0.04, 0.03, 0.005), method = "holm")` of R is 0.03, 0.06, 0.06, 0.02.
    #[test]
    fn chances_are_those_of_r() {
        for (found, known) in adjusted(&[0.01, 0.04, 0.03, 0.005]).into_iter().zip([0.03, 0.06, 0.06, 0.02]) {
            near(found, known, 1e-12);
        }
        assert_eq!(adjusted(&[0.7, 0.9]), [1.0, 1.0]);
        assert_eq!(adjusted(&[0.2]), [0.2]);
        assert!(adjusted(&[]).is_empty());
    }
}
