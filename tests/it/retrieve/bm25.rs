use dspy::retrieve::{Bm25, Passage, Retriever, words};
use proptest::prelude::*;

use super::{context, ids, message, passages};

/// The scores of the formula, worked out by another program from its text.
#[tokio::test]
async fn scores_are_those_of_the_formula() {
    let bm25 = Bm25::new(passages()).expect("ids differ");
    let near = |found: &[Passage], expected: &[(&str, f64)]| {
        assert_eq!(ids(found), expected.iter().map(|(id, _)| *id).collect::<Vec<_>>());
        for (found, (id, score)) in found.iter().zip(expected) {
            assert!((found.score - score).abs() < 1e-12, "{id}: {} is not {score}", found.score);
        }
    };
    let found = bm25.search(&context(), "LATE parcel?", 10).await.expect("it is in memory");
    near(
        &found,
        &[("a", 2.012_137_549_886_894_3), ("b", 0.388_457_859_735_253_15), ("c", 0.268_727_697_488_086_1)],
    );
    near(&bm25.find("lost, lost", 10), &[("b", 1.509_825_541_813_742_3), ("c", 1.044_468_354_268_410_8)]);
    let other = bm25.with_constants(0.9, 0.4).expect("in bounds");
    near(&other.find("late parcel", 2), &[("a", 1.934_294_480_641_683_3), ("b", 0.370_723_410_001_964_74)]);
}

#[test]
fn what_was_added_later_counts_like_what_was_there() {
    let whole = Bm25::new(passages()).expect("ids differ");
    let mut grown = Bm25::new(passages().into_iter().take(1)).expect("ids differ");
    grown.add(passages().into_iter().skip(1)).expect("ids differ");
    assert_eq!(whole.find("the lost parcel", 9), grown.find("the lost parcel", 9));
    assert_eq!(grown.get("d").map(|passage| passage.text.as_str()), Some("A cat"));

    let refused = message(grown.add([Passage::new("e", "parcel"), Passage::new("b", "parcel")]));
    assert!(refused.contains("1 and 5") && refused.contains("`b`"), "{refused}");
    assert_eq!((grown.len(), grown.find("parcel", 9).len()), (4, 3), "none was added");
    assert!(message(Bm25::new([Passage::new("x", ""), Passage::new("x", "")])).contains("0 and 1"));
}

#[test]
fn nothing_is_found_where_nothing_fits() {
    let empty = Bm25::<()>::new([]).expect("no ids");
    assert!(empty.is_empty() && empty.find("parcel", 3).is_empty());
    let bm25 = Bm25::new(passages()).expect("ids differ");
    for (query, k) in [("", 3), ("?!", 3), ("dog", 3), ("parcel", 0)] {
        assert!(bm25.find(query, k).is_empty(), "{query}");
    }
    for (k1, b) in [(-0.1, 0.5), (f64::NAN, 0.5), (1.0, 1.1), (1.0, f64::NAN)] {
        assert!(message(bm25.clone().with_constants(k1, b)).contains("`b` from 0 to 1"));
    }
}

#[test]
fn words_can_be_made_by_the_user() {
    let stem = |text: &str| words(text).into_iter().map(|word| word.chars().take(4).collect()).collect();
    let bm25 = Bm25::with_words(stem, passages()).expect("ids differ");
    assert_eq!(ids(&bm25.find("parceling", 9)), ["b", "a", "c"]);
    assert_eq!(words("Straße ΟΔΟΣ 東京-2"), ["straße", "οδος", "東京", "2"]);
}

proptest! {
    /// The best few are the beginning of all, in falling order, and no text without a word of the query.
    #[test]
    fn the_best_few_are_the_beginning_of_all(
        texts in prop::collection::vec("([a-e] ){0,6}", 0..20), query in "([a-f] ){0,4}", k in 0_usize..25
    ) {
        let passages = texts.iter().enumerate().map(|(id, text)| Passage::new(id.to_string(), text.as_str()));
        let bm25 = Bm25::new(passages).expect("ids differ");
        let (all, some) = (bm25.find(&query, 100), bm25.find(&query, k));
        prop_assert_eq!(&all[..k.min(all.len())], &some[..]);
        let in_order = |pair: &[Passage]| {
            let place = |passage: &Passage| passage.id.parse::<usize>().expect("a number");
            pair[0].score > pair[1].score
                || pair[0].score == pair[1].score && place(&pair[0]) < place(&pair[1])
        };
        prop_assert!(all.windows(2).all(in_order));
        let asked = words(&query);
        let shares = texts.iter().filter(|text| words(text).iter().any(|word| asked.contains(word)));
        prop_assert_eq!(all.len(), shares.count());
    }
}
