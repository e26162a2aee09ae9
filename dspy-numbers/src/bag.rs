//! Texts as bags of weighted features.

use std::collections::HashMap;

use crate::features::{self, Kind};

/// Function words, which say nothing about what a text is about.
const FUNCTION_WORDS: &str = " a about after again all also am an and any are as at be because been before but by can \
    could did do does doing done for from get got had has have he her him his how i if in into is it its just \
    like me more most my no nor not now of off on once only or other our out over own please said same she \
    should so some such than that the their them then there these they this those to too under until up us \
    very was we were what when where which while who why will with would you your ";

/// The features of a text and how often each occurs, sorted by feature.
#[derive(Clone, Debug, Default)]
pub struct Bag {
    counts: Vec<(u64, f32)>,
}

/// The rarity of each feature among some texts: the weight it has in comparisons.
#[derive(Clone, Debug, Default)]
pub struct Rarity {
    texts: f32,
    having: HashMap<u64, f32>,
}

impl Bag {
    /// Words, character 3-grams inside words, and pairs of neighbouring words.
    pub fn new(text: &str) -> Self {
        let mut counts: HashMap<u64, f32> = HashMap::new();
        features::each(&words(text), |kind, feature, weight| {
            let kind = match kind {
                Kind::Word => "w",
                Kind::Part => "g",
                Kind::Pair => "p",
            };
            *counts.entry(hash(kind, feature)).or_default() += weight;
        });
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_unstable_by_key(|(feature, _)| *feature);
        Self { counts }
    }

    /// The cosine of two texts under the weights, 0 to 1.
    pub fn cosine(&self, other: &Self, rarity: &Rarity) -> f32 {
        let norms = self.norm(rarity) * other.norm(rarity);
        if norms > 0.0 { self.dot(other, rarity) / norms } else { 0.0 }
    }

    fn dot(&self, other: &Self, rarity: &Rarity) -> f32 {
        let (mut a, mut b) = (self.counts.iter().peekable(), other.counts.iter().peekable());
        let mut sum = 0.0;
        while let (Some((left, x)), Some((right, y))) = (a.peek(), b.peek()) {
            match left.cmp(right) {
                std::cmp::Ordering::Less => {
                    a.next();
                }
                std::cmp::Ordering::Greater => {
                    b.next();
                }
                std::cmp::Ordering::Equal => {
                    let weight = rarity.weight(*left);
                    sum += saturated(*x) * saturated(*y) * weight * weight;
                    a.next();
                    b.next();
                }
            }
        }
        sum
    }

    fn norm(&self, rarity: &Rarity) -> f32 {
        let square = |(feature, count): &(u64, f32)| (saturated(*count) * rarity.weight(*feature)).powi(2);
        self.counts.iter().map(square).sum::<f32>().sqrt()
    }
}

impl Rarity {
    /// Counts in how many of the texts each feature occurs.
    pub fn of<'a>(texts: impl Iterator<Item = &'a Bag>) -> Self {
        let mut rarity = Self::default();
        for bag in texts {
            rarity.texts += 1.0;
            for (feature, _) in &bag.counts {
                *rarity.having.entry(*feature).or_default() += 1.0;
            }
        }
        rarity
    }

    fn weight(&self, feature: u64) -> f32 {
        let having = self.having.get(&feature).copied().unwrap_or_default();
        1.0 + ((self.texts + 1.0) / (having + 1.0)).ln()
    }
}

/// A word that stands often counts more than once, but not as often as it stands.
fn saturated(count: f32) -> f32 {
    1.0 + count.max(f32::MIN_POSITIVE).ln().max(-0.6)
}

/// The words that say something, lower-case and without endings that hardly change the meaning.
pub fn words(text: &str) -> Vec<String> {
    let split = text.split(|c: char| !c.is_alphanumeric() && c != '\'');
    let words = split.map(|word| word.trim_matches('\'').to_lowercase()).filter(|word| !word.is_empty());
    words
        .filter(|word| !FUNCTION_WORDS.contains(&format!(" {word} ")))
        .map(|word| stem(&word).to_owned())
        .collect()
}

fn stem(word: &str) -> &str {
    for ending in ["'s", "ing", "ies", "ied", "ed", "es", "ly", "s"] {
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| stem.chars().count() >= 4) {
            return stem;
        }
    }
    word
}

/// The number of a feature, the same everywhere.
pub fn hash(kind: &str, text: &str) -> u64 {
    features::hash(kind.bytes().chain(text.bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_texts_are_nearer_than_far_ones() {
        let [late, later, broken] =
            ["The parcel is late", "parcels arriving later than promised", "the vase is broken"]
                .map(Bag::new);
        let rarity = Rarity::of([&late, &later, &broken].into_iter());
        assert!(late.cosine(&later, &rarity) > late.cosine(&broken, &rarity));
        assert!((late.cosine(&late, &rarity) - 1.0).abs() < 1e-5);
        assert_eq!(Bag::new("").cosine(&late, &rarity), 0.0);
    }

    #[test]
    fn what_most_texts_have_weighs_less() {
        let texts = ["order late", "order broken", "order paid"].map(Bag::new);
        let rarity = Rarity::of(texts.iter());
        assert!(rarity.weight(hash("w", "order")) < rarity.weight(hash("w", "broken")));
    }
}
