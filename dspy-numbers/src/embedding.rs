//! Texts as vectors, without a model: near texts share words and parts of words.
//!
//! Words, pairs of neighbouring words and three-letter parts of words are hashed into a fixed number of
//! places with a sign, after Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (2009),
//! so that collisions cancel out on average. The same text has the same vector on every machine.

use crate::features::{self, Kind};

/// The length of a vector: few enough to be compared by the thousand, enough for short texts.
const LENGTH: usize = 512;

/// A text as a vector of length 1, or of length 0 where the text has no words.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding(Box<[f32]>);

impl Embedding {
    /// The vector of a text.
    pub fn new(text: &str) -> Self {
        let mut places = vec![0.0_f32; LENGTH];
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let words: Vec<String> = words.map(str::to_lowercase).collect();
        features::each(&words, |kind, feature, weight| {
            let kind = match kind {
                Kind::Word => "word",
                Kind::Part => "part",
                Kind::Pair => "pair",
            };
            add(&mut places, kind, feature, weight);
        });
        let norm = places.iter().map(|value| value * value).sum::<f32>().sqrt();
        if norm > 0.0 {
            places.iter_mut().for_each(|value| *value /= norm);
        }
        Self(places.into())
    }

    /// The numbers.
    pub fn into_values(self) -> Vec<f32> {
        self.0.into()
    }

    /// The cosine of two texts: 1 for the same words, about 0 for texts that share nothing.
    pub fn cosine(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

#[allow(clippy::cast_possible_truncation)]
fn add(places: &mut [f32], kind: &str, feature: &str, weight: f32) {
    let hash = features::hash(kind.bytes().chain([0]).chain(feature.bytes()));
    let sign = if hash >> 63 == 0 { weight } else { -weight };
    // Its low bits mix least; the high ones have gone into the sign.
    places[(hash >> 32) as usize % LENGTH] += sign;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_texts_are_near() {
        let texts = ["the parcel came in pieces", "I want my money back", "the box was broken on arrival"];
        let texts: Vec<Embedding> = texts.iter().map(|text| Embedding::new(text)).collect();
        let nearest = |text: &str| {
            let text = Embedding::new(text);
            let cosines = texts.iter().map(|other| text.cosine(other)).enumerate();
            cosines.max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(place, _)| place)
        };
        for (place, text) in ["Parcel in two pieces!", "give me the money", "a broken box"].iter().enumerate()
        {
            assert_eq!(nearest(text), Some(place), "{text}");
        }
        assert!((texts[0].cosine(&texts[0]) - 1.0).abs() < 1e-5);
        assert_eq!(Embedding::new("?!").cosine(&texts[0]), 0.0, "nothing is near");
    }
}
